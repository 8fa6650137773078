// Sending by WHIP (RFC 9725): a session after another until it is stopped, with the same tracks.
//
// The server looks at no candidates, so the offer leaves before any are gathered and nothing is trickled. A session that is lost
// (ICE failed, or disconnected for five seconds) is let go of and made anew, less and less often, without end. What cannot become better by
// asking again ends it, with the reason. The browser's parts come in as ports, so that all of this is tried out without one.

/** Waits between tries, in seconds; the last one repeats. */
const BACK_OFF_S = [0.5, 1, 2, 4, 8, 15];
/** A connection that is not there by then is tried anew. */
const CONNECT_MS = 10_000;
/** ICE mends itself within moments, or not at all. */
const DISCONNECTED_MS = 5_000;
/** The server holds a session for so long that it lost: until then our own stands in our way. */
const OWN_SESSION_MS = 60_000;
/** A server that does not take a goodbye by then is not there. */
const GOODBYE_MS = 3_000;
const AUDIO_BITS = 128_000;

/** Why it is over though nobody stopped it; each has words. */
export type Failure = "already_live" | "ended" | "logged_out" | "not_allowed" | "switched_off" | "unsuitable" | "no_h264";

/** How it goes: `retryInS` while it waits for the next try. */
export type Progress = { readonly is: "connecting" | "live" | "stopped" } | { readonly is: "waiting"; readonly retryInS: number };

export interface Events {
  progress(progress: Progress): void;
  failed(why: Failure): void;
}

/** What of `RTCPeerConnection` is used. */
export type Peer = Pick<
  RTCPeerConnection,
  | "addTransceiver"
  | "setLocalDescription"
  | "setRemoteDescription"
  | "localDescription"
  | "connectionState"
  | "getSenders"
  | "getStats"
  | "close"
  | "addEventListener"
>;

export interface Ports {
  readonly fetch: typeof fetch;
  peer(): Peer;
  /** What the browser can send of a kind, in its own order. */
  codecs(kind: string): readonly RTCRtpCodec[];
  /** A key for this stream, lent to this page; the status where it is refused. */
  lend(): Promise<string | number>;
  /** Ends early when `signal` does. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  now(): number;
}

/** What is sent. */
export interface Media {
  readonly stream: MediaStream;
  readonly bitRate: number;
  /** Whether the picture is a screen, of which every letter matters. */
  readonly isScreen: boolean;
}

type Outcome = { readonly is: "lost" } | { readonly is: "later"; readonly afterS: number | undefined } | { readonly is: "failed"; readonly why: Failure };

export class Whip {
  readonly #url: string;
  readonly #ports: Ports;
  readonly #events: Events;
  #media: Media | undefined;
  #stopped = new AbortController();
  #key: string | undefined;
  #peer: Peer | undefined;
  #session: string | undefined;
  /** Ends the wait for the end of the session that runs. */
  #end: (() => void) | undefined;
  #wasLiveAt: number | undefined;

  constructor(url: string, ports: Ports, events: Events) {
    this.#url = url;
    this.#ports = ports;
    this.#events = events;
  }

  get isRunning(): boolean {
    return this.#media !== undefined;
  }

  start(media: Media): void {
    this.#media = media;
    this.#stopped = new AbortController();
    this.#wasLiveAt = undefined;
    void this.#run(this.#stopped.signal);
  }

  /** Sends something else from now on, without a break where its tracks are of the same kinds. */
  async use(media: Media): Promise<void> {
    if (!this.#media) return;
    this.#media = media;
    const senders = this.#peer?.getSenders() ?? [];
    const tracks = media.stream.getTracks();
    const fits = senders.length === tracks.length && tracks.every((track) => senders.some((sender) => sender.track?.kind === track.kind));
    if (!fits) {
      this.#end?.();
      return;
    }
    for (const sender of senders) {
      const track = tracks.find(({ kind }) => kind === sender.track?.kind);
      if (track) await sender.replaceTrack(track);
    }
    await this.#limit();
  }

  stop(): void {
    if (!this.#media) return;
    this.#media = undefined;
    this.#stopped.abort();
    this.#end?.();
    this.#letGo();
    this.#events.progress({ is: "stopped" });
  }

  async stats(): Promise<Sent | undefined> {
    const report = await this.#peer?.getStats().catch(() => undefined);
    return report && read(report.values());
  }

  async #run(stopped: AbortSignal): Promise<void> {
    for (let tries = 0; !stopped.aborted; ) {
      this.#events.progress({ is: "connecting" });
      const begun = this.#ports.now();
      const outcome = await this.#try(stopped);
      if (stopped.aborted) return;
      this.#letGo();
      if (outcome.is === "failed") {
        this.#media = undefined;
        this.#stopped.abort();
        this.#events.failed(outcome.why);
        this.#events.progress({ is: "stopped" });
        return;
      }
      // Whatever ran for a while begins the count anew.
      if (outcome.is === "lost" && this.#ports.now() - begun > 2 * CONNECT_MS) tries = 0;
      const retryInS = (outcome.is === "later" ? outcome.afterS : undefined) ?? waitBefore(tries);
      tries += 1;
      this.#events.progress({ is: "waiting", retryInS });
      await this.#ports.wait(retryInS * 1000, stopped);
    }
  }

  /** One session, from its offer until it is lost. */
  async #try(stopped: AbortSignal): Promise<Outcome> {
    const media = this.#media;
    if (!media) return { is: "lost" };
    const key = this.#key ?? (await this.#ports.lend().catch(() => 0));
    if (typeof key === "number") return lendingRefused(key);
    this.#key = key;
    const peer = this.#ports.peer();
    this.#peer = peer;
    for (const track of media.stream.getTracks()) {
      const transceiver = peer.addTransceiver(track, { direction: "sendonly", streams: [media.stream] });
      const codecs = preferred(track.kind, this.#ports.codecs(track.kind));
      if (codecs.length === 0 && track.kind === "video") return { is: "failed", why: "no_h264" };
      transceiver.setCodecPreferences?.([...codecs]);
    }
    const ended = this.#watch(peer);
    await peer.setLocalDescription();
    const answer = await this.#ask(key, peer.localDescription?.sdp ?? "", stopped);
    if (typeof answer !== "string") return answer;
    try {
      await peer.setRemoteDescription({ type: "answer", sdp: answer });
    } catch {
      return { is: "failed", why: "unsuitable" };
    }
    if (stopped.aborted) return { is: "lost" };
    // The server says goodbye to whom it lets go of.
    const transport = peer.getSenders()[0]?.transport;
    transport?.addEventListener("statechange", () => transport.state === "closed" && peer === this.#peer && this.#end?.());
    await this.#limit();
    await ended;
    return { is: "lost" };
  }

  /** Ends when the session does; tells when it is connected. */
  #watch(peer: Peer): Promise<void> {
    return new Promise((end) => {
      const over = new AbortController();
      let wasLive = false;
      this.#end = () => {
        if (wasLive) this.#wasLiveAt = this.#ports.now();
        over.abort();
        end();
      };
      const endAfter = (ms: number, unless: () => boolean): void => {
        void this.#ports.wait(ms, over.signal).then(() => over.signal.aborted || unless() || this.#end?.());
      };
      peer.addEventListener("connectionstatechange", () => {
        switch (peer.connectionState) {
          case "connected":
            wasLive = true;
            return this.#events.progress({ is: "live" });
          case "disconnected":
            return endAfter(DISCONNECTED_MS, () => peer.connectionState === "connected");
          case "failed":
          case "closed":
            return this.#end?.();
        }
      });
      endAfter(CONNECT_MS, () => ["connected", "disconnected"].includes(peer.connectionState));
    });
  }

  /** The answer to an offer, or what its refusal comes to. */
  async #ask(key: string, offer: string, signal: AbortSignal): Promise<string | Outcome> {
    const headers = { "content-type": "application/sdp", authorization: `Bearer ${key}` };
    let response: Response;
    try {
      response = await this.#ports.fetch(this.#url, { method: "POST", headers, body: offer, signal });
      if (response.status === 201) {
        const location = response.headers.get("location");
        if (location !== null) this.#session = new URL(location, response.url || this.#url).href;
        return await response.text();
      }
    } catch {
      return { is: "later", afterS: undefined };
    }
    const code = await codeOf(response);
    const after = Number(response.headers.get("retry-after"));
    const afterS = after > 0 && after <= 60 ? after : undefined;
    switch (response.status) {
      case 401:
        // It ended while this page had it: another one is lent, or refused.
        this.#key = undefined;
        return { is: "later", afterS: 0.2 };
      case 403:
        return { is: "failed", why: code === "broadcast_ended" ? "ended" : "not_allowed" };
      case 409: {
        if (code === "broadcast_ended") return { is: "failed", why: "ended" };
        // Our own session that was lost may still stand there.
        const isOwn = this.#wasLiveAt !== undefined && this.#ports.now() - this.#wasLiveAt < OWN_SESSION_MS;
        return isOwn ? { is: "later", afterS: afterS ?? 2 } : { is: "failed", why: "already_live" };
      }
      case 404:
      case 405:
      case 501:
        return { is: "failed", why: "switched_off" };
      case 429:
        return { is: "later", afterS };
      default:
        return response.status >= 500 ? { is: "later", afterS } : { is: "failed", why: "unsuitable" };
    }
  }

  /** Holds the encoders to what was chosen, and says what they are to save when they must. */
  async #limit(): Promise<void> {
    const media = this.#media;
    for (const sender of this.#peer?.getSenders() ?? []) {
      const parameters = sender.getParameters();
      const [encoding] = parameters.encodings;
      if (!media || !encoding) continue;
      const isVideo = sender.track?.kind === "video";
      encoding.maxBitrate = isVideo ? media.bitRate : AUDIO_BITS;
      if (isVideo) parameters.degradationPreference = media.isScreen ? "maintain-resolution" : "balanced";
      // A browser that does not take one of them sends as it likes.
      await sender.setParameters(parameters).catch(() => undefined);
    }
  }

  #letGo(): void {
    const [peer, session] = [this.#peer, this.#session];
    this.#peer = undefined;
    this.#end = undefined;
    this.#session = undefined;
    if (session === undefined) {
      peer?.close();
      return;
    }
    // Told before the connection says goodbye, after which the session is not there any more; the page may be on its way out.
    const end = { method: "DELETE", headers: { authorization: `Bearer ${this.#key}` }, keepalive: true, signal: AbortSignal.timeout(GOODBYE_MS) };
    void this.#ports.fetch(session, end).catch(() => undefined).finally(() => peer?.close());
  }
}

/** Seconds before the next try, after so many before. */
export function waitBefore(tries: number): number {
  return BACK_OFF_S[Math.min(tries, BACK_OFF_S.length - 1)] ?? 1;
}

function lendingRefused(status: number): Outcome {
  switch (status) {
    case 401:
      return { is: "failed", why: "logged_out" };
    case 403:
    case 404:
      return { is: "failed", why: "not_allowed" };
    default:
      return { is: "later", afterS: undefined };
  }
}

/** The `code` of a problem (RFC 9457). */
async function codeOf(response: Response): Promise<string | undefined> {
  try {
    const { code } = (await response.json()) as { code?: unknown };
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What the server takes and nothing else: Opus; H.264 in constrained baseline, which every viewer decodes, before high, with its repairs.
 */
export function preferred(kind: string, codecs: readonly RTCRtpCodec[]): readonly RTCRtpCodec[] {
  const is = (codec: RTCRtpCodec, name: string): boolean => codec.mimeType.toLowerCase() === `${kind}/${name}`;
  if (kind === "audio") return codecs.filter((codec) => is(codec, "opus"));
  const h264 = codecs.filter((codec) => is(codec, "h264") && /packetization-mode=1/.test(codec.sdpFmtpLine ?? ""));
  const rank = ({ sdpFmtpLine = "" }: RTCRtpCodec): number => {
    const [, profile = ""] = /profile-level-id=([0-9a-f]{4})/i.exec(sdpFmtpLine) ?? [];
    const order = ["42e0", "42c0", "640c", "6400", "4200", "4d00"];
    const place = order.indexOf(profile.toLowerCase());
    return place < 0 ? order.length : place;
  };
  if (h264.length === 0) return [];
  return [...[...h264].sort((a, b) => rank(a) - rank(b)), ...codecs.filter((codec) => is(codec, "rtx"))];
}

/** What leaves this browser now, counted since the session began. */
export interface Sent {
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /** What keeps the picture below what was chosen. */
  readonly limit: "none" | "cpu" | "bandwidth" | "other";
}

interface Entry {
  readonly type: string;
  readonly kind?: string;
  readonly bytesSent?: number;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly framesPerSecond?: number;
  readonly qualityLimitationReason?: string;
}

export function read(entries: Iterable<Entry>): Sent {
  let sent: Sent = { bytes: 0, width: 0, height: 0, frameRate: 0, limit: "none" };
  for (const entry of entries) {
    if (entry.type !== "outbound-rtp") continue;
    sent = { ...sent, bytes: sent.bytes + (entry.bytesSent ?? 0) };
    if (entry.kind !== "video") continue;
    const reason = entry.qualityLimitationReason;
    sent = {
      ...sent,
      width: entry.frameWidth ?? 0,
      height: entry.frameHeight ?? 0,
      frameRate: entry.framesPerSecond ?? 0,
      limit: reason === "cpu" || reason === "bandwidth" || reason === "other" ? reason : "none",
    };
  }
  return sent;
}
