// Camera, microphone, screen: what can be chosen, how a browser is asked for it, and why it says no.

/** What is sent: by the values of the fields in the page. */
export interface Wish {
  /** `camera:ID` (an empty ID is the browser's own choice), `screen`, or `none`. */
  readonly picture: string;
  /** `microphone:ID`, `screen` for what the screen plays, or `none`. */
  readonly sound: string;
  /** Lines of the picture. */
  readonly height: number;
}

/** Bits per second that suit a size; what the page recommends. */
export const RECOMMENDED: ReadonlyMap<number, number> = new Map([
  [480, 1_200_000],
  [720, 2_500_000],
  [1080, 4_500_000],
]);

const FRAME_RATE = 30;

/** Why there is no picture or sound; each has words. */
export type Why = "insecure" | "refused" | "missing" | "busy" | "unfit" | "nothing" | "failed";

/** What a browser is asked for; either part may be missing. */
export interface Asked {
  readonly devices?: MediaStreamConstraints;
  readonly screen?: DisplayMediaStreamOptions;
}

/** `undefined` where nothing is wanted at all. */
export function asked({ picture, sound, height }: Wish): Asked | undefined {
  const camera = deviceOf(picture, "camera");
  const microphone = deviceOf(sound, "microphone");
  const size = { height: { ideal: height }, width: { ideal: widthOf(height) }, frameRate: { ideal: FRAME_RATE, max: FRAME_RATE } };
  const devices: MediaStreamConstraints = {
    ...(camera === undefined ? {} : { video: { ...size, ...exact(camera) } }),
    ...(microphone === undefined ? {} : { audio: { ...exact(microphone), echoCancellation: true, noiseSuppression: true } }),
  };
  const screen: DisplayMediaStreamOptions = {
    // A screen is as large as it is; it is made smaller, never larger.
    video: { height: { max: height }, width: { max: widthOf(height) }, frameRate: { max: FRAME_RATE } },
    audio: sound === "screen",
  };
  const hasDevices = camera !== undefined || microphone !== undefined;
  if (picture !== "screen") return hasDevices ? { devices } : undefined;
  return hasDevices ? { devices, screen } : { screen };
}

function deviceOf(value: string, kind: string): string | undefined {
  return value.startsWith(`${kind}:`) ? value.slice(kind.length + 1) : undefined;
}

function exact(id: string): MediaTrackConstraints {
  return id === "" ? {} : { deviceId: { exact: id } };
}

/** Of the same shape as a television. */
export function widthOf(height: number): number {
  return Math.round((height * 16) / 9 / 2) * 2;
}

/** Why the browser gave nothing (Media Capture and Streams, 10.2; Screen Capture, 5.1). */
export function whyNot(error: unknown): Why {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "refused";
    case "NotFoundError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    case "OverconstrainedError":
      return "unfit";
    default:
      return "failed";
  }
}

/** Whether browsers give cameras to this page at all. */
export function isSecure(): boolean {
  return isSecureContext && "mediaDevices" in navigator;
}

/**
 * Takes what is wanted; throws what the browser throws. The screen comes first, since browsers show their question for it only in
 * answer to a press, and a press is soon forgotten.
 */
export async function take(wanted: Asked): Promise<MediaStream> {
  const stream = new MediaStream();
  try {
    const parts = [
      wanted.screen && (await navigator.mediaDevices.getDisplayMedia(wanted.screen)),
      wanted.devices && (await navigator.mediaDevices.getUserMedia(wanted.devices)),
    ];
    for (const part of parts) for (const track of part?.getTracks() ?? []) stream.addTrack(track);
    return stream;
  } catch (error) {
    release(stream);
    throw error;
  }
}

export function release(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** A device as a choice: the value of the field, and its name, which is empty before the browser was allowed to tell it. */
export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** Cameras and microphones as choices; at least the browser's own choice of each. */
export function choices(devices: readonly Pick<MediaDeviceInfo, "kind" | "deviceId" | "label">[]): {
  readonly cameras: readonly Choice[];
  readonly microphones: readonly Choice[];
} {
  const of = (kind: MediaDeviceKind, word: string): readonly Choice[] => {
    // Chromium lists the system's choice twice, once by the name of a role.
    const own = devices.filter((device) => device.kind === kind && device.deviceId !== "communications" && device.deviceId !== "");
    const found = own.map(({ deviceId, label }) => ({ value: `${word}:${deviceId === "default" ? "" : deviceId}`, label }));
    return found.length > 0 ? found : [{ value: `${word}:`, label: "" }];
  };
  return { cameras: of("videoinput", "camera"), microphones: of("audioinput", "microphone") };
}

export async function listed(): Promise<ReturnType<typeof choices>> {
  try {
    return choices(await navigator.mediaDevices.enumerateDevices());
  } catch {
    return choices([]);
  }
}
