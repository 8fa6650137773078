// Where the picture comes from: HLS through hls.js, or the browser's own HLS where hls.js cannot run.
//
// A source plays one index.m3u8 into one <video> from `start` to `stop` and is then thrown away: after an epoch, a
// failure or a change of delay the element makes a new one, so that no state of the old one can linger. It tells what
// went wrong and decides nothing (recovery.ts does). hls.js is tried first: Chromium answers "maybe" for native HLS and
// plays it badly, and Safari has no low delay over plain HTTP and tells nothing about its buffer.

import Hls, { type ErrorData, Events, ErrorDetails, ErrorTypes, type HlsConfig } from "hls.js";

import { RateMeter } from "./meters.ts";
import { parseRefusal, type Trouble } from "./recovery.ts";
import { type Via, WhepSource } from "./whep.ts";

export type Delay = "realtime" | "low" | "steady";

/** What a media playlist says of itself. */
export interface Playlist {
  /** Its own address, with the grant in it. */
  readonly url: string;
  readonly targetDurationS: number;
  /** `null` without parts. */
  readonly partTargetS: number | null;
}

export interface SourceEvents {
  /** The index was read: playback may begin. */
  ready(): void;
  /** The playlist was closed: nothing comes after what is buffered. */
  closing(): void;
  /** A media playlist was read for the first time. */
  playlist(playlist: Playlist): void;
  trouble(trouble: Trouble): void;
  /** From a source that `tellsFlow`: the picture moves. */
  flows(): void;
  /** Likewise: it stands still; `isCut` where more was sent, and did not come through. */
  waits(isCut: boolean): void;
}

export interface Source {
  /** Whether the browser plays by itself: it loads what it likes, and tells little. */
  readonly isNative: boolean;
  /** Whether it tells when the picture moves and when it stands still, which the video does not notice by itself. */
  readonly tellsFlow: boolean;
  start(): void;
  stop(): void;
  /** Tries to go on after a failure to decode. */
  recoverMedia(): void;
  /** What was only looked at shall play: more of it is loaded. */
  loadAhead?(): void;
  /** Seconds behind where playback should be; `undefined` when not known. */
  readonly behindTargetS: number | undefined;
  /** Where live is on the video's time line. */
  readonly livePosition: number | undefined;
  /** The sender's clock for the frame that is shown, in milliseconds since 1970. */
  readonly shownAtMs: number | undefined;
  /** Seconds from the server to the screen in real time, behind the end of the playlist in HLS: what is told without a PROGRAM-DATE-TIME. */
  readonly latencyS: number | undefined;
  readonly bitsPerSecond: number | undefined;
  /** Seconds in hand; `undefined` where what the video has buffered says it. */
  readonly bufferS: number | undefined;
  /** The way to the server, where the source knows it. */
  readonly via: Via | undefined;
  /** As in a CODECS attribute; empty when not known. */
  readonly codecs: string;
  /** Heights of the pictures that exist, tallest first, and the one that plays. */
  readonly heights: readonly number[];
  readonly height: number | undefined;
  /** Chooses one of `heights`; `undefined` lets the source choose. */
  choose(height: number | undefined): void;
}

/** Where a stream is to be had: by HLS, and by WebRTC where the server offers it. */
export interface Addresses {
  readonly hls: string;
  readonly whep: string | undefined;
}

export function openSource(video: HTMLVideoElement, { hls: url, whep }: Addresses, delay: Delay, events: SourceEvents): Source | undefined {
  if (delay === "realtime" && whep !== undefined) return new WhepSource(video, whep, events);
  if (Hls.isSupported()) return new HlsSource(video, url, config(delay), events);
  if (video.canPlayType("application/vnd.apple.mpegurl") !== "") return new NativeSource(video, url, events);
  return undefined;
}

/** What differs from hls.js's defaults, and why. */
function config(delay: Delay): Partial<HlsConfig> {
  return {
    // Parts and blocking playlist requests. In Steady whole segments are enough, at a fifth of the requests.
    lowLatencyMode: delay === "low",
    // The distance to live is the server's to say (PART-HOLD-BACK): any liveSync setting would override it, so there is
    // none for Low. Steady keeps about eight seconds in hand, which outlasts most breaks of a mobile network.
    ...(delay === "steady" ? { liveSyncDuration: 8 } : {}),
    // Default 1, never: after a stall the delay would stay. A tenth faster cannot be heard.
    maxLiveSyncPlaybackRate: 1.1,
    // Default 1: each stall would add a whole second of delay, kept until the end, where parts last a fifth of one.
    liveSyncOnStallIncrease: 0.25,
    // Default Infinity: a page left open for a day would hold a day of video.
    backBufferLength: 30,
    // Otherwise the video's length is the end of the last playlist, and controls take it for a recording.
    liveDurationInfinity: true,
    // fMP4 passes through untouched: a worker would only copy it there and back (and would need `blob:` in the policy).
    enableWorker: false,
    // A blocked playlist request answers late by design: up to three target durations. Default 10 s.
    playlistLoadPolicy: {
      default: {
        maxTimeToFirstByteMs: 15_000,
        maxLoadTimeMs: 20_000,
        timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 },
        errorRetry: { maxNumRetry: 1, retryDelayMs: 500, maxRetryDelayMs: 500 },
      },
    },
    // One quick retry for a lost part; after that the index is asked, which knows what is still there. Default six
    // retries, up to eight seconds apart: the buffer is empty long before.
    fragLoadPolicy: {
      default: {
        maxTimeToFirstByteMs: 8_000,
        maxLoadTimeMs: 20_000,
        timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 },
        errorRetry: { maxNumRetry: 1, retryDelayMs: 250, maxRetryDelayMs: 250 },
      },
    },
  };
}

/** Opens a stored video, from where playback shall begin. */
export function openStored(video: HTMLVideoElement, url: string, from: StoredFrom, events: SourceEvents): Source | undefined {
  if (Hls.isSupported()) return new HlsSource(video, url, storedConfig(from), events);
  if (video.canPlayType("application/vnd.apple.mpegurl") !== "") return new NativeSource(video, url, events);
  return undefined;
}

export interface StoredFrom {
  /** Seconds from the beginning. */
  readonly startS: number;
  /** Nobody has asked for it to play yet: the first picture is enough. */
  readonly isLook: boolean;
}

/** Seconds that are loaded ahead; hls.js's own default, put back once a look becomes playback. */
const AHEAD_S = 30;

function storedConfig({ startS, isLook }: StoredFrom): Partial<HlsConfig> {
  return {
    startPosition: startS,
    maxBufferLength: isLook ? 1 : AHEAD_S,
    // Default Infinity: what was seen of a film of three hours would all be kept.
    backBufferLength: 60,
    // As for live: fMP4 passes through untouched.
    enableWorker: false,
  };
}

class HlsSource implements Source {
  readonly #hls: Hls;
  readonly #video: HTMLVideoElement;
  readonly #url: string;
  readonly #events: SourceEvents;
  readonly #rate = new RateMeter();
  readonly isNative = false;
  readonly tellsFlow = false;
  readonly bufferS = undefined;
  readonly via = undefined;
  #codecs = "";
  #closed = false;
  #playlist = "";

  constructor(video: HTMLVideoElement, url: string, config: Partial<HlsConfig>, events: SourceEvents) {
    this.#video = video;
    this.#url = url;
    this.#events = events;
    this.#hls = new Hls(config);
  }

  start(): void {
    const hls = this.#hls;
    hls.on(Events.MANIFEST_LOADED, (_, { levels }) => {
      this.#codecs = levels.find((level) => level.attrs.CODECS)?.attrs.CODECS ?? "";
    });
    hls.on(Events.MANIFEST_PARSED, () => this.#events.ready());
    hls.on(Events.LEVEL_UPDATED, (_, { details }) => {
      const [url = ""] = details.url.split("?"); // without what only this request waited for
      if (url !== this.#playlist) {
        this.#playlist = url;
        const partTargetS = details.partTarget > 0 ? details.partTarget : null;
        this.#events.playlist({ url, targetDurationS: details.targetduration, partTargetS });
      }
      if (details.live || this.#closed) return;
      this.#closed = true;
      this.#events.closing();
    });
    hls.on(Events.FRAG_LOADED, (_, { frag, part }) => {
      const piece = part ?? frag;
      if (frag.sn !== "initSegment") this.#rate.add(piece.stats.total, piece.duration);
    });
    hls.on(Events.ERROR, (_, data) => {
      const trouble = troubleOf(data, this.#codecs);
      if (trouble) this.#events.trouble(trouble);
    });
    hls.loadSource(this.#url);
    hls.attachMedia(this.#video);
  }

  stop(): void {
    this.#hls.destroy();
  }

  recoverMedia(): void {
    this.#hls.recoverMediaError();
  }

  loadAhead(): void {
    this.#hls.config.maxBufferLength = AHEAD_S;
  }

  get behindTargetS(): number | undefined {
    const target = this.#hls.targetLatency;
    return target === null || this.#hls.latency === 0 ? undefined : this.#hls.latency - target;
  }

  get livePosition(): number | undefined {
    return this.#hls.liveSyncPosition ?? undefined;
  }

  get shownAtMs(): number | undefined {
    return this.#hls.playingDate?.getTime();
  }

  get latencyS(): number | undefined {
    return this.#hls.latency > 0 ? this.#hls.latency : undefined;
  }

  get bitsPerSecond(): number | undefined {
    return this.#rate.bitsPerSecond;
  }

  get codecs(): string {
    return this.#codecs;
  }

  get heights(): readonly number[] {
    const heights = this.#hls.levels.map((level) => level.height).filter((height) => height > 0);
    return [...new Set(heights)].sort((a, b) => b - a);
  }

  get height(): number | undefined {
    return this.#hls.levels[this.#hls.currentLevel]?.height || undefined;
  }

  choose(height: number | undefined): void {
    this.#hls.nextLevel = height === undefined ? -1 : this.#hls.levels.findIndex((level) => level.height === height);
  }
}

/** What an error of hls.js means for playback; `undefined` while hls.js deals with it by itself. */
function troubleOf(data: ErrorData, codecs: string): Trouble | undefined {
  switch (data.details) {
    case ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR:
    case ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR:
    case ErrorDetails.BUFFER_ADD_CODEC_ERROR:
      return { kind: "codec", codecs };
  }
  if (!data.fatal) return undefined;
  if (data.type === ErrorTypes.NETWORK_ERROR) {
    const status = data.response?.code;
    const isIndex = data.details === ErrorDetails.MANIFEST_LOAD_ERROR;
    const refusal = isIndex && data.networkDetails instanceof XMLHttpRequest ? parseRefusal(data.networkDetails.responseText) : undefined;
    return {
      kind: "network",
      of: isIndex ? "index" : "pieces",
      status: status === undefined || status === 0 ? undefined : status,
      ...(refusal ? { refusal } : {}),
    };
  }
  return { kind: "media" };
}

/** The browser's own HLS. It tells little: no buffer target, no bit rate, no levels. */
class NativeSource implements Source {
  readonly isNative = true;
  readonly tellsFlow = false;
  readonly bufferS = undefined;
  readonly via = undefined;
  readonly codecs = "";
  readonly behindTargetS = undefined;
  readonly latencyS = undefined;
  readonly bitsPerSecond = undefined;
  readonly heights = [];
  readonly height = undefined;
  readonly #video: HTMLVideoElement & { getStartDate?(): Date };
  readonly #url: string;
  readonly #listening = new AbortController();
  readonly #events: SourceEvents;

  constructor(video: HTMLVideoElement, url: string, events: SourceEvents) {
    this.#video = video;
    this.#url = url;
    this.#events = events;
  }

  start(): void {
    const once = { signal: this.#listening.signal };
    this.#video.addEventListener("loadedmetadata", () => this.#events.ready(), once);
    this.#video.addEventListener(
      "error",
      () => {
        if (this.#video.error?.code === MediaError.MEDIA_ERR_DECODE) this.#events.trouble({ kind: "media" });
        else void this.#askWhy();
      },
      once,
    );
    this.#video.src = this.#url;
  }

  stop(): void {
    this.#listening.abort();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  recoverMedia(): void {
    this.#video.load();
  }

  /** The browser does not tell what it was answered: the index is asked for once more. */
  async #askWhy(): Promise<void> {
    const { signal } = this.#listening;
    let trouble: Trouble = { kind: "network", of: "index", status: undefined };
    try {
      const response = await fetch(this.#url, { signal });
      const refusal = response.ok ? undefined : parseRefusal(await response.text());
      if (!response.ok) trouble = { ...trouble, status: response.status, ...(refusal ? { refusal } : {}) };
    } catch {
      // Nothing answers.
    }
    if (!signal.aborted) this.#events.trouble(trouble);
  }

  choose(): void {
    // There is nothing to choose from.
  }

  get livePosition(): number | undefined {
    const { seekable } = this.#video;
    return seekable.length > 0 ? seekable.end(seekable.length - 1) : undefined;
  }

  get shownAtMs(): number | undefined {
    const start = this.#video.getStartDate?.().getTime();
    return start === undefined || Number.isNaN(start) ? undefined : start + this.#video.currentTime * 1000;
  }
}
