// Figures of playback, and the rows in which the player shows them.

import { bitRate, count, frameRate, secondsText } from "../text.ts";
import { clipCodecs } from "./codecs.ts";
import type { Plays } from "./plays.ts";
import type { Delay, Source } from "./source.ts";
import { say } from "./words.ts";

/** `null` where one is not known. */
export interface Stats {
  /**
   * Seconds between the server's clock when the picture came in and now, where the picture tells that (PROGRAM-DATE-TIME); else what
   * the source knows of its own delay (`Source.latencyS`).
   */
  readonly delay_s: number | null;
  readonly buffer_s: number;
  /** Pictures shown or dropped so far. */
  readonly frames: number;
  readonly dropped: number;
  /** Pictures in the last second. */
  readonly rate: number;
  readonly stalls: number;
  /** Bits per second. */
  readonly bitRate: number | null;
  readonly width: number;
  readonly height: number;
  /** "H.264 High", "AAC". */
  readonly video: string | null;
  readonly audio: string | null;
  readonly connection: string | null;
  /** "UDP, 192.0.2.7:8189" where it is known. */
  readonly via: string | null;
}

/** Looks that real time takes to begin. */
const SETTLES = 2;

/** Takes the figures; pictures a second are counted from one `tick` to the next. */
export class Statistics {
  readonly #playback: Plays;
  readonly #serverNow: () => number | undefined;
  #framesBefore = 0;
  #rate = 0;
  /** Whose figures they are, looks until it has begun, and what it dropped until then. */
  #of: Source | undefined;
  #settling = 0;
  #droppedAtFirst = 0;

  constructor(playback: Plays, serverNow: () => number | undefined) {
    this.#playback = playback;
    this.#serverNow = serverNow;
  }

  /** Once a second. */
  tick(): void {
    const { video, source, flowing } = this.#playback;
    const { totalVideoFrames: frames, droppedVideoFrames } = video.getVideoPlaybackQuality();
    // Real time begins with what came since the last key frame, at once: those pictures are there to be decoded, not to be seen.
    if (source !== this.#of) {
      this.#of = source;
      this.#settling = source?.tellsFlow === true ? SETTLES : 0;
      this.#droppedAtFirst = 0;
    }
    if (this.#settling > 0) this.#droppedAtFirst = droppedVideoFrames;
    if (flowing) this.#settling -= 1;
    this.#rate = Math.max(0, frames - this.#framesBefore);
    this.#framesBefore = frames;
  }

  get delayS(): number | undefined {
    const { flowing, video, source } = this.#playback;
    const now = this.#serverNow();
    // On its way to another place the picture is still that of the place before.
    if (!flowing || video.seeking || now === undefined) return undefined;
    const shown = source?.shownAtMs;
    return shown === undefined ? source?.latencyS : Math.max(0, (now - shown) / 1000);
  }

  get stats(): Stats {
    const { video, source, stalls, delay } = this.#playback;
    const quality = video.getVideoPlaybackQuality();
    const codecs = clipCodecs(source?.codecs ?? "");
    const shownAs = source?.isNative === true ? "steady" : delay;
    return {
      delay_s: this.delayS ?? null,
      buffer_s: source?.bufferS ?? bufferAhead(video),
      frames: quality.totalVideoFrames,
      dropped: Math.max(0, quality.droppedVideoFrames - this.#droppedAtFirst),
      rate: this.#rate,
      stalls,
      bitRate: source?.bitsPerSecond ?? null,
      width: video.videoWidth,
      height: video.videoHeight,
      video: codecs.video ?? null,
      audio: codecs.audio ?? null,
      connection: source ? connectionOf(shownAs) : null,
      via: viaOf(source),
    };
  }

  /** Label, value, and whether the row is left out over a narrow picture. */
  get rows(): readonly (readonly [label: string, value: string, wide: boolean])[] {
    const s = this.stats;
    const dash = "–";
    const picture = { width: `${s.width}`, height: `${s.height}`, rate: frameRate(s.rate) };
    const dropped = { dropped: count(s.dropped), frames: count(s.frames) };
    return [
      [say("player-delay"), s.delay_s === null ? dash : secondsText(s.delay_s, 2), false],
      [say("player-stat-connection"), [s.connection, s.via].filter(Boolean).join(", ") || dash, false],
      [say("player-stat-buffer"), secondsText(s.buffer_s, 2), false],
      [say("player-stat-picture"), s.width > 0 ? say("player-stat-picture.value", picture) : dash, false],
      [say("player-stat-codecs"), [s.video, s.audio].filter(Boolean).join(", ") || dash, true],
      [say("player-stat-rate"), s.bitRate === null ? dash : bitRate(s.bitRate), false],
      [say("player-stat-dropped"), say("player-stat-dropped.value", dropped), false],
      [say("player-stat-stalls"), count(s.stalls), true],
    ];
  }
}

function viaOf(source: Source | undefined): string | null {
  const via = source?.via;
  if (via === undefined) return null;
  const host = via.address.includes(":") ? `[${via.address}]` : via.address;
  return `${via.protocol.toUpperCase()}, ${host}:${via.port}`;
}

function connectionOf(delay: Delay): string {
  if (delay === "realtime") return say("player-stat-connection.realtime");
  return delay === "low" ? say("player-stat-connection.low") : say("player-stat-connection.steady");
}

function bufferAhead(video: HTMLVideoElement): number {
  const { buffered, currentTime } = video;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime + 0.1 && currentTime < buffered.end(i)) return buffered.end(i) - currentTime;
  }
  return 0;
}
