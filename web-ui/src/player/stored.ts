// Playback of one stored video into one <video>: from the first press to its end, and again.
//
// It waits for a press, goes on where its viewer stopped, and opens its source anew at the same place when that fails. A video that ends
// has ended: nothing is asked for any more.

import type { WatchState } from "../watch_state.ts";
import { keepPosition, rememberedPosition } from "./position.ts";
import type { Plays } from "./plays.ts";
import type { PlaybackEvents } from "./playback.ts";
import { keepPreferences, readPreferences } from "./preferences.ts";
import { Recovery, type Trouble } from "./recovery.ts";
import { openStored, type Source } from "./source.ts";
import { sound, turn } from "./volume.ts";

/** A wait shorter than this is not seen. */
const WAIT_SEEN_MS = 250;
/** The place is kept this often while it plays. */
const KEPT_EVERY_S = 5;
/** After playing this long the failures before are history. */
const WENT_WELL_S = 10;

/** Speeds to choose from; 1 is as it was made. */
export const SPEEDS: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 2];

export interface StoredAddress {
  readonly slug: string;
  /** Of its index.m3u8. */
  readonly hls: string;
  /** Where the address of the page says that it begins, in seconds. */
  readonly startS: number | undefined;
  /** Whether its first picture may be fetched before it is played: there is no poster, and no place is taken by it. */
  readonly mayLook: boolean;
}

export class StoredPlayback implements Plays {
  readonly video: HTMLVideoElement;
  readonly #address: StoredAddress;
  readonly #events: PlaybackEvents;
  readonly #recovery = new Recovery();
  readonly delay = "steady";
  readonly choice = "steady";
  readonly noRealTime = undefined;
  readonly soundWanted = false;
  readonly isAtLive = true;
  readonly canRewind = true;
  #source: Source | undefined;
  #state: WatchState | undefined;
  /** Where the next source begins. */
  #at: number;
  #speed = 1;

  refused = false;
  full: number | undefined;
  cannotPlay: string | undefined;
  flowing = false;
  /** Somebody has asked for it to play. */
  wanted = false;
  /** It has played to its end. */
  isOver = false;
  stalls = 0;
  #isPaused = false;
  #switching = false;
  #broken = false;
  #retryAt: number | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #waitTimer: ReturnType<typeof setTimeout> | undefined;
  #seconds = 0;

  constructor(video: HTMLVideoElement, address: StoredAddress, events: PlaybackEvents) {
    this.video = video;
    this.#address = address;
    this.#events = events;
    this.#at = address.startS ?? rememberedPosition(address.slug);
  }

  start(signal: AbortSignal): void {
    const { volume, muted } = readPreferences();
    this.video.volume = volume;
    this.video.muted = muted;
    this.#listen(signal);
    if (this.#address.mayLook) this.open();
  }

  stop(): void {
    this.#keep();
    this.#close();
    clearTimeout(this.#waitTimer);
  }

  follow(state: WatchState): void {
    const before = this.#state?.state;
    this.#state = state;
    switch (state.state) {
      case "ready":
        this.refused = false;
        // It was being made ready, or was closed for a while.
        if (before !== undefined && before !== "ready" && (this.wanted || this.#address.mayLook)) this.open();
        break;
      case "not_allowed":
      case "processing":
      case "failed":
        this.full = undefined;
        this.#close();
        break;
    }
  }

  open(): void {
    if (this.#source) this.#events.replacing();
    this.#close();
    const source = openStored(this.video, this.#address.hls, { startS: this.#at, isLook: !this.wanted }, {
      ready: () => this.#begin(),
      closing: () => undefined,
      playlist: (playlist) => this.#events.playlist(playlist),
      trouble: (trouble) => this.#mend(trouble),
      flows: () => undefined,
      waits: () => undefined,
    });
    this.#source = source;
    if (source) {
      this.#events.opened(this.delay);
      source.start();
    } else {
      this.cannotPlay = "";
    }
    this.#events.changed();
  }

  #close(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#retryAt = undefined;
    if (this.#source && this.video.readyState > 0 && !this.isOver) this.#at = this.video.currentTime;
    this.#switching = true;
    this.flowing = false;
    this.#source?.stop();
    this.#source = undefined;
  }

  again(): void {
    this.#recovery.forget();
    this.cannotPlay = undefined;
    this.wanted = true;
    this.#isPaused = false;
    this.#events.inDoubt();
    this.open();
  }

  #mend(trouble: Trouble): void {
    const step = this.#recovery.decide(trouble, Date.now());
    this.#broken = step.step === "reload" && step.because === "network";
    this.#events.trouble(trouble, step);
    switch (step.step) {
      case "recover_media":
        this.#source?.recoverMedia();
        if (!this.#isPaused && this.wanted) void this.video.play().catch(() => undefined);
        break;
      case "reload":
        if (step.because === "gone") this.#events.inDoubt();
        this.#reopenAfter(step.afterS);
        break;
      case "wait":
        this.full = step.places;
        this.#close();
        this.#reopenAfter(step.afterS);
        break;
      case "refused":
        this.refused = true;
        this.#close();
        break;
      case "cannot_play":
        this.cannotPlay = step.codecs;
        this.#close();
        break;
      case "by_hls":
        break;
    }
    this.#events.changed();
  }

  #reopenAfter(seconds: number): void {
    clearTimeout(this.#retryTimer);
    this.#retryAt = Date.now() + seconds * 1000;
    this.#retryTimer = setTimeout(() => {
      if (this.#state?.state === "not_allowed") return;
      this.open();
    }, seconds * 1000);
  }

  #begin(): void {
    this.#switching = false;
    this.video.playbackRate = this.#speed;
    // The browser's own HLS begins at the beginning.
    if (this.#source?.isNative === true && this.#at > 0) this.video.currentTime = this.#at;
    if (this.wanted && !this.#isPaused) void this.#play();
  }

  async #play(): Promise<void> {
    try {
      await this.video.play();
    } catch (error) {
      // The browser wants a press of its own; anything else is a source that went away meanwhile.
      if (error instanceof DOMException && error.name === "NotAllowedError") this.wanted = false;
    }
    this.#events.changed();
  }

  // ----- what is wanted -----

  play(): void {
    const isFirst = !this.wanted;
    this.wanted = true;
    this.#isPaused = false;
    if (this.isOver) {
      this.isOver = false;
      this.video.currentTime = 0;
    }
    if (!this.#source && this.#retryTimer === undefined) this.open();
    else if (isFirst) this.#source?.loadAhead?.();
    // In the press itself: some browsers let nothing play with sound that begins later.
    void this.#play();
    this.#events.changed();
  }

  toLive(): void {
    // There is no such place.
  }

  choose(): void {
    // There is one delay.
  }

  sound(on: boolean): void {
    sound(this.video, on);
  }

  turn(by: 1 | -1): void {
    turn(this.video, by);
  }

  seek(by: number): void {
    const { duration, currentTime } = this.video;
    if (!Number.isFinite(duration)) return;
    const time = Math.min(Math.max(currentTime + by, 0), duration);
    this.wentTo(time);
    this.video.currentTime = time;
  }

  wentTo(time: number): void {
    if (Number.isFinite(this.video.duration) && time < this.video.duration) this.isOver = false;
    this.#events.changed();
  }

  get speed(): number {
    return this.#speed;
  }

  set speed(speed: number) {
    this.#speed = speed;
    this.video.playbackRate = speed;
  }

  /** One step of [SPEEDS] faster or slower. */
  turnSpeed(by: 1 | -1): void {
    const at = SPEEDS.indexOf(this.#speed);
    this.speed = SPEEDS[Math.min(Math.max(at + by, 0), SPEEDS.length - 1)] ?? 1;
  }

  chooseHeight(height: number | undefined): void {
    this.#source?.choose(height);
  }

  // ----- how it goes -----

  get source(): Source | undefined {
    return this.#source;
  }

  get isLoading(): boolean {
    return this.wanted && this.#source !== undefined && !this.flowing && !this.isOver && !this.#isPaused;
  }

  get pressWanted(): boolean {
    return !this.wanted;
  }

  get retryInS(): number | undefined {
    return this.#broken ? Math.max(0, Math.ceil(((this.#retryAt ?? 0) - Date.now()) / 1000)) : undefined;
  }

  tick(): void {
    const moving = this.flowing && !this.video.paused;
    this.#seconds = moving ? this.#seconds + 1 : 0;
    if (this.#seconds === WENT_WELL_S) this.#recovery.wentWell();
    if (moving && this.#seconds % KEPT_EVERY_S === 0) this.#keep();
  }

  #keep(): void {
    if (!this.wanted || this.video.readyState === 0) return;
    keepPosition(this.#address.slug, this.isOver ? 0 : this.video.currentTime, this.video.duration);
  }

  #flows(): void {
    clearTimeout(this.#waitTimer);
    if (this.flowing || !this.wanted) return;
    this.flowing = true;
    this.full = undefined;
    this.#broken = false;
    this.#events.playing();
    this.#events.changed();
  }

  #waits(): void {
    clearTimeout(this.#waitTimer);
    const stall = this.flowing && !this.video.seeking && !this.#switching;
    this.#waitTimer = setTimeout(() => {
      this.flowing = false;
      if (stall) {
        this.stalls += 1;
        this.#events.stalled();
      }
      this.#events.changed();
    }, WAIT_SEEN_MS);
  }

  #listen(signal: AbortSignal): void {
    const { video } = this;
    const on = (type: string, act: () => void): void => video.addEventListener(type, act, { signal });
    on("playing", () => this.#flows());
    on("timeupdate", () => video.readyState >= 3 && !video.paused && this.#flows());
    on("waiting", () => this.#waits());
    on("seeked", () => this.#events.changed());
    on("play", () => {
      this.wanted = true;
      this.#isPaused = false;
      this.isOver = false;
    });
    on("pause", () => {
      if (this.#switching || video.ended) return;
      this.#isPaused = true;
      this.#keep();
    });
    on("ended", () => {
      this.isOver = true;
      this.#keep();
      this.#events.changed();
    });
    on("volumechange", () => keepPreferences({ volume: video.volume, muted: video.muted }));
    addEventListener("pagehide", () => this.#keep(), { signal });
  }
}
