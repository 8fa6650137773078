// What the server receives on a stream, in words: from `/api/streams/{slug}/status`, as the page says it for the first moment
// (crates/web/src/pages/health.rs), with the same messages.
//
// Pure. What comes from the server's own API is taken as it is, apart from its outer shape.

import health from "../../crates/web/locales/en/health.ftl";
import { type Course, type Figure, type Spark, course, spark } from "./charts.ts";
import { bitRate, count, duration, frameRate, secondsText } from "./text.ts";
import { words } from "./words.ts";

export const say = words([health]);

const NBSP = "\u00a0";
/** Seconds in which the bit rate of a new broadcast rises to what it is: it is measured over so many. */
const RISING = 5;
/** Samples kept: five minutes. */
const KEPT = 300;

export interface Viewers {
  readonly hls: number;
  readonly webrtc: number;
}

export interface Track {
  readonly kind: "video" | "audio";
  readonly codec: string;
  readonly profile?: string;
  readonly width?: number;
  readonly height?: number;
  readonly frame_rate?: number;
  readonly sample_rate?: number;
  readonly channels?: number;
}

export interface Warning {
  readonly code: string;
  readonly severity: "notice" | "warning" | "problem";
  readonly expected: number | null;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  readonly fix_ffmpeg: string | null;
}

export interface Live {
  readonly since: string;
  readonly state: "receiving" | "away";
  readonly protocol: string;
  /** Whether viewers can play it yet. */
  readonly playable: boolean;
  readonly tracks: readonly Track[];
  readonly bit_rate: number;
  readonly frame_rate: Figure;
  readonly key_frame_interval_s: Figure;
  readonly viewers: Viewers;
  readonly warnings: readonly Warning[];
}

export interface Refusal {
  readonly at: string;
  readonly protocol: string;
  readonly address: string;
  readonly message: string;
  readonly fix: string;
  readonly times: number;
}

export interface Status {
  readonly live: Live | null;
  readonly publisher: string | null;
  readonly key_in_use: { readonly id: string } | null;
  readonly test_signal: boolean;
  readonly last_ended: { readonly since: string; readonly until: string } | null;
  readonly refusals: readonly Refusal[];
}

/** One second of a broadcast. */
export interface Sample {
  readonly at: string;
  readonly bit_rate: number;
  readonly frame_rate: Figure;
  readonly key_frame_interval_s: Figure;
  readonly viewers: Viewers;
}

export type Standing = "waiting" | "starting" | "receiving" | "away";

/** Reads what a topic said; `undefined` when the stream may not be seen any more. */
export function parseStatus(data: unknown): Status | undefined {
  if (typeof data !== "object" || data === null || !("refusals" in data)) return undefined;
  return data as Status;
}

export function standing(live: Live | null): Standing {
  if (live === null) return "waiting";
  if (live.state === "away") return "away";
  return live.tracks.length === 0 ? "starting" : "receiving";
}

/** The strip at the top. */
export interface Banner {
  readonly standing: Standing;
  readonly heading: string;
  readonly note: string;
  readonly since: string | undefined;
  /** Words before the time at which the last broadcast ended, and that time. */
  readonly ended: { readonly words: string; readonly at: string } | undefined;
}

export function banner(status: Status): Banner {
  const { live, last_ended } = status;
  const now = standing(live);
  if (live !== null && now === "receiving") {
    const note = status.test_signal
      ? say("health-by-test")
      : say("health-by", { protocol: protocol(live.protocol), address: status.publisher ?? "" });
    return { standing: now, heading: say("health-receiving", { what: what(live) }), note, since: live.since, ended: undefined };
  }
  const seconds = last_ended ? (Date.parse(last_ended.until) - Date.parse(last_ended.since)) / 1000 : 0;
  const ended = last_ended && live === null ? { words: say("health-last", { length: duration(seconds) }), at: last_ended.until } : undefined;
  switch (now) {
    case "starting":
      return { standing: now, heading: say("health-starting"), note: say("health-starting.note"), since: undefined, ended };
    case "away":
      return { standing: now, heading: say("health-away"), note: say("health-away.note"), since: undefined, ended };
    default:
      return { standing: now, heading: say("health-waiting"), note: say("health-waiting.note"), since: undefined, ended };
  }
}

/** The name of a door, as senders know it. */
export function protocol(word: string): string {
  return say(`health-protocol-${word}`);
}

/** What arrives: "1280×720, 30 fps, H.264 High, AAC 48 kHz stereo, 2.6 Mb/s". */
export function what(live: Live): string {
  const video = live.tracks.find((track) => track.kind === "video");
  const audio = live.tracks.find((track) => track.kind === "audio");
  const parts: string[] = [];
  if (video) {
    if (video.width !== undefined && video.height !== undefined) parts.push(`${video.width}×${video.height}`);
    const rate = rateOf(live, video.frame_rate);
    if (rate !== undefined) parts.push(frameRate(rate));
    parts.push(`${video.codec} ${video.profile ?? ""}`.trimEnd());
  } else if (live.playable) {
    // What did not come before the first moment that can be played may still come, and is not called missing.
    parts.push(say("health-no-picture"));
  }
  if (audio) parts.push(sound(audio));
  else if (live.playable) parts.push(say("health-no-sound"));
  // Nothing is measured in the first moment.
  if (live.bit_rate > 0) parts.push(bitRate(live.bit_rate));
  return parts.join(", ");
}

/** The rate that the encoder declares, where what comes is close to it; else the rate that comes. */
function rateOf(live: Live, declared: number | undefined): number | undefined {
  const comes = live.frame_rate;
  if (comes === null) return declared;
  if (declared !== undefined && Math.abs(comes - declared) < declared * 0.02) return declared;
  return oneDecimal(comes);
}

function sound(audio: Track): string {
  if (audio.sample_rate === undefined || audio.channels === undefined) return audio.codec;
  return say("health-sound", { codec: audio.codec, khz: String(audio.sample_rate / 1000), channels: audio.channels });
}

/** A figure with its chart. */
export interface Tile {
  readonly id: string;
  readonly number: string;
  readonly unit: string;
  readonly verdict: string;
  readonly chart: string;
  readonly warned: boolean;
  readonly spark: Spark;
}

/** The four figures, with the last minutes of each. */
export function tiles(live: Live | null, samples: readonly Sample[]): Tile[] {
  const warning = (...codes: string[]): Warning | undefined => live?.warnings.find(({ code }) => codes.includes(code));
  const bits = samples.map((sample): Figure => sample.bit_rate);
  // It rises from nothing in the first seconds, which is no unsteadiness.
  const began = bits.findIndex((sample) => sample !== null && sample > 0);
  const judged = bits.slice(began < 0 ? 0 : began + RISING);
  const rates = samples.map((sample) => sample.frame_rate);
  const keys = samples.map((sample) => sample.key_frame_interval_s);
  const people = samples.map(({ viewers }): Figure => viewers.hls + viewers.webrtc);
  const rateText = (n: number): string => frameRate(oneDecimal(n));
  const far = warning("key_frames_far_apart");
  const { hls, webrtc } = live?.viewers ?? { hls: 0, webrtc: 0 };
  return [
    tile("health-bit-rate", text(live?.bit_rate, bitRate), bits, courseWords(course(judged), 20_000, bitRate), !!warning("bit_rate_over_told", "frames_late")),
    tile("health-frame-rate", text(live?.frame_rate, rateText), rates, courseWords(course(rates), 0.5, rateText), !!warning("variable_frame_rate", "frames_lost")),
    tile(
      "health-key-frames",
      text(live?.key_frame_interval_s, seconds),
      keys,
      far ? say("health-should-be", { expected: seconds(far.expected ?? 2) }) : courseWords(course(keys), 0.1, seconds),
      far !== undefined,
    ),
    tile(
      "health-watching",
      text(live && hls + webrtc, count),
      people,
      webrtc > 0 ? say("health-viewers", { webrtc: count(webrtc), hls: count(hls) }) : say("health-viewers-hls", { hls: count(hls) }),
      false,
    ),
  ];
}

function text(figure: Figure | undefined, write: (n: number) => string): string {
  return figure === null || figure === undefined ? "–" : write(figure);
}

function tile(id: string, figure: string, samples: readonly Figure[], verdict: string, warned: boolean): Tile {
  // The unit is what follows the space that does not break.
  const [number = "", unit = ""] = figure.split(NBSP);
  const chart = say("health-chart", { label: say(id), verdict });
  return { id, number, unit, verdict, chart, warned, spark: spark(samples) };
}

/** How figures behave, in words; `byMin` is the least that is worth telling. */
function courseWords(of: Course, byMin: number, write: (n: number) => string): string {
  if (of.kind === "unknown") return say("health-measuring");
  if (of.kind === "moving") return say("health-between", { low: write(of.low), high: write(of.high) });
  return of.by < byMin ? say("health-steady") : say("health-steady-by", { by: write(of.by) });
}

function oneDecimal(n: number): number {
  return Math.round(n * 10) / 10;
}

function seconds(s: number): string {
  const rounded = oneDecimal(s);
  return secondsText(rounded, Number.isInteger(rounded) ? 0 : 1);
}

/** The last five minutes, second by second. */
export class History {
  #samples: Sample[] = [];

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  replace(samples: readonly Sample[]): void {
    this.#samples = samples.slice(-KEPT);
  }

  /**
   * Adds how it stands now; more often than once a second it is the same second. Answers whether seconds are missing before it,
   * so that the whole is to be asked for again.
   */
  add(live: Live, now: number): boolean {
    const last = this.#samples.at(-1);
    const gap = last ? now - Date.parse(last.at) : 0;
    const { bit_rate, frame_rate, key_frame_interval_s, viewers } = live;
    if (last && gap < 900) return false;
    this.#samples.push({ at: new Date(now).toISOString(), bit_rate, frame_rate, key_frame_interval_s, viewers });
    if (this.#samples.length > KEPT) this.#samples.shift();
    return gap > 3_500;
  }
}
