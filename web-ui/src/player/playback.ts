// Playback of one stream into one <video>: a source after another, from before it begins until after it ends.
//
// Opens a source while there is something to play, mends or replaces it when it fails, keeps whoever watches live at live, and
// knows what is wanted (to play, to hear, to be at live) apart from what the browser does just now. It shows nothing; what is
// seen follows `changed`.

import type { WatchState } from "../watch_state.ts";
import { Automatic, type Because } from "./automatic.ts";
import type { Plays } from "./plays.ts";
import { type DelayChoice, keepPreferences, readPreferences } from "./preferences.ts";
import { Recovery, type Step, type Trouble } from "./recovery.ts";
import { SAID_GOODBYE } from "./whep.ts";
import { type Addresses, type Delay, openSource, type Playlist, type Source } from "./source.ts";
import { sound, turn } from "./volume.ts";

/** Farther than this behind where playback should be is not live any more. */
const AT_LIVE_S = 2.5;
/** Having been that far behind for this long without wanting to is put right by a jump. */
const BEHIND_S = 2;
/** A window shorter than this is no use to rewind in. */
const REWIND_MIN_S = 10;
/** A wait shorter than this is not seen; no ring, no stall. */
const WAIT_SEEN_MS = 250;
/** The stream is live and still nothing moves: the source is made anew. Real time that has not begun says so before. */
const STUCK_S = 8;
/** After playing this long the failures before are history. */
const WENT_WELL_S = 10;

export interface PlaybackEvents {
  /** Something that can be seen is another. */
  changed(): void;
  /** Nothing comes any more: how does the stream stand? */
  inDoubt(): void;
  /** The picture goes, and another is on its way. */
  replacing(): void;
  opened(delay: Delay): void;
  playlist(playlist: Playlist): void;
  playing(): void;
  stalled(): void;
  trouble(trouble: Trouble, step: Step): void;
}

/** Plays with one delay alone, for who compares them: another is no way out, and nothing is remembered. */
export interface Fixed {
  readonly delay: Delay;
  readonly muted: boolean;
}

export class Playback implements Plays {
  readonly video: HTMLVideoElement;
  readonly #addresses: Addresses;
  readonly #events: PlaybackEvents;
  readonly #fixed: Fixed | undefined;
  readonly #recovery = new Recovery();
  readonly #automatic: Automatic;
  #source: Source | undefined;
  #state: WatchState | undefined;

  /** The server refused to go on. */
  refused = false;
  /** All places of the access code are taken: how many there are, 0 where that is not known. */
  full: number | undefined;
  /** CODECS that the browser does not play; empty where the reason is not known. */
  cannotPlay: string | undefined;
  /** Why real time does not work, where nothing else is wanted. */
  noRealTime: Because | undefined;
  /** The picture moves, or is paused where it can be seen. */
  flowing = false;
  /** The browser wants a press before it plays at all. */
  pressWanted = false;
  /** The browser allows no sound before a press; the viewer did not ask for silence. */
  soundWanted = false;
  choice: DelayChoice = "automatic";
  delay: Delay = "low";
  stalls = 0;
  /** Between two sources the video pauses by itself; that is nobody's wish. */
  #switching = false;
  #wantsPlay = true;
  /** Whoever has not gone back or paused is to be at live, also after a break. */
  #wantsLive = true;
  /** The connection broke and nothing played since. */
  #broken = false;
  #retryAt: number | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #waitTimer: ReturnType<typeof setTimeout> | undefined;
  #goodSeconds = 0;
  #stuckSeconds = 0;
  #behindSeconds = 0;

  constructor(video: HTMLVideoElement, addresses: Addresses, events: PlaybackEvents, fixed?: Fixed) {
    this.video = video;
    this.#fixed = fixed;
    this.#addresses = addresses;
    this.#events = events;
    this.#automatic = new Automatic(addresses.whep !== undefined, {
      read: () => readPreferences().noRealTimeUntil,
      keep: (noRealTimeUntil) => keepPreferences({ noRealTimeUntil }),
    });
  }

  /** Begins with what the viewer chose before; `signal` ends what it hears from the video. */
  start(signal: AbortSignal): void {
    const { volume, muted, delay } = { ...readPreferences(), ...this.#fixed };
    this.video.volume = volume;
    this.video.muted = muted;
    this.choice = delay;
    this.delay = this.#wanted();
    this.#listen(signal);
  }

  stop(): void {
    this.close();
    clearTimeout(this.#waitTimer);
  }

  // ----- the stream -----

  /** How the stream stands is another, or was told again. */
  follow(state: WatchState): void {
    this.#state = state;
    switch (state.state) {
      case "live":
        this.refused = false;
        if (!this.#source && this.#retryTimer === undefined && this.cannotPlay === undefined && this.noRealTime === undefined) this.open();
        break;
      case "away":
        break; // What is open goes on by itself when the sender is back; a new source would find nothing new.
      case "offline":
      case "ended":
        this.#broken = false;
        this.#automatic.over();
        this.noRealTime = undefined;
        this.full = undefined;
        if (!this.flowing) this.close();
        break;
      case "not_allowed":
        this.full = undefined;
        this.close();
        break;
    }
  }

  open(): void {
    if (this.#source) this.#events.replacing();
    this.close();
    this.delay = this.#wanted();
    this.#wantsLive = true; // a new source begins at live
    const source = openSource(this.video, this.#addresses, this.delay, {
      ready: () => void this.#begin(),
      // The next epoch, or the end: the answer is there when the buffer runs out.
      closing: () => this.#events.inDoubt(),
      playlist: (playlist) => this.#events.playlist(playlist),
      trouble: (trouble) => this.#mend(trouble),
      flows: () => this.#flows(),
      waits: (isCut) => this.#standsStill(isCut),
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

  close(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#retryAt = undefined;
    this.#switching = true;
    this.flowing = false;
    this.#goodSeconds = 0;
    this.#stuckSeconds = 0;
    this.#source?.stop();
    this.#source = undefined;
  }

  /** Somebody asked to try again: everything is allowed once more. */
  again(): void {
    this.#recovery.forget();
    this.#automatic.again();
    this.cannotPlay = undefined;
    this.noRealTime = undefined;
    this.#wantsPlay = true;
    this.#events.inDoubt();
    this.open();
  }

  #mend(trouble: Trouble): void {
    const step = this.#recovery.decide(trouble, Date.now());
    this.#broken = step.step === "reload" && step.because === "network";
    this.#events.trouble(trouble, step);
    // Nothing more comes of it, and nothing else would say that the picture stands.
    if (this.#source?.tellsFlow === true) this.flowing = false;
    switch (step.step) {
      case "recover_media":
        this.#source?.recoverMedia();
        break;
      case "reload":
        if (step.because === "gone") this.#events.inDoubt();
        if (this.delay === "realtime" && trouble.kind === "network" && trouble.of === "pieces" && trouble.status !== SAID_GOODBYE) this.#cut();
        this.#reopenAfter(step.afterS);
        break;
      case "by_hls":
        if (this.#mayBeLive && this.#fixed) {
          this.noRealTime = step.because;
          this.close();
        } else if (this.#mayBeLive) {
          this.#automatic.failed(step.because, Date.now());
          this.#reopenAfter(0);
        } else {
          // Nothing came because nothing was sent.
          this.#events.inDoubt();
          this.#reopenAfter(1);
        }
        break;
      case "wait":
        this.full = step.places;
        this.#retryIn(step.afterS);
        break;
      case "refused":
        this.refused = true;
        this.close();
        break;
      case "cannot_play":
        this.cannotPlay = step.codecs;
        this.close();
        break;
    }
    this.#events.changed();
  }

  /** Nothing may play meanwhile: who waits for a place sees what they wait for. */
  #retryIn(seconds: number): void {
    this.close();
    this.#reopenAfter(seconds);
  }

  /** What is buffered goes on playing meanwhile. */
  #reopenAfter(seconds: number): void {
    clearTimeout(this.#retryTimer);
    this.#retryAt = Date.now() + seconds * 1000;
    this.#retryTimer = setTimeout(() => this.open(), seconds * 1000);
  }

  #ended(): void {
    this.flowing = false;
    const state = this.#state?.state;
    if (state === "live" || state === "away") this.#reopenAfter(0.1);
    else this.close();
    this.#events.changed();
  }

  // ----- what is wanted -----

  async #begin(): Promise<void> {
    this.#switching = false;
    if (!this.#wantsPlay) return;
    if (await mayPlay(this.video)) return;
    if (!this.video.muted) {
      this.soundWanted = true;
      this.video.muted = true;
      this.#events.changed();
      if (await mayPlay(this.video)) return;
    }
    this.pressWanted = true;
    this.#events.changed();
  }

  play(): void {
    this.#wantsPlay = true;
    this.pressWanted = false;
    void mayPlay(this.video);
    this.#events.changed();
  }

  /**
   * A new source begins at live within half a second. Seeking there is left to native HLS: hls.js (1.7.4), which loads
   * whole segments while it is behind, now and then waits for seconds before it loads parts again.
   */
  toLive(): void {
    this.#wantsLive = true;
    this.#wantsPlay = true;
    const behind = this.#source?.behindTargetS;
    const position = this.#source?.livePosition;
    if (behind !== undefined && behind >= AT_LIVE_S) {
      this.open();
      return;
    }
    if (behind === undefined && position !== undefined) this.video.currentTime = position;
    this.play();
  }

  sound(on: boolean): void {
    sound(this.video, on);
  }

  /** A twentieth louder or quieter. */
  turn(by: 1 | -1): void {
    turn(this.video, by);
  }

  seek(by: number): void {
    const { seekable, currentTime } = this.video;
    if (seekable.length === 0) return;
    const latest = this.#source?.livePosition ?? seekable.end(seekable.length - 1);
    const time = Math.min(Math.max(currentTime + by, seekable.start(0)), latest);
    this.wentTo(time);
    this.video.currentTime = time;
  }

  /** Somebody went there; whoever goes back does not want to be at live. */
  wentTo(time: number): void {
    const live = this.#source?.livePosition;
    this.#wantsLive = live === undefined || time > live - AT_LIVE_S;
  }

  choose(choice: DelayChoice): void {
    this.choice = choice;
    this.#automatic.again();
    this.#follow();
  }

  /** What the choice comes to now. */
  #wanted(): Delay {
    if (this.#fixed) return this.#fixed.delay;
    if (this.choice === "automatic") return this.#automatic.delay(Date.now());
    return this.choice === "realtime" ? this.#automatic.realTime() : this.choice;
  }

  /** Plays what is wanted now, where that is another than what plays. */
  #follow(): void {
    if (this.#source && this.#wanted() !== this.delay) this.open();
  }

  chooseHeight(height: number | undefined): void {
    this.#source?.choose(height);
  }

  // ----- how it goes -----

  /** What plays, for its figures. */
  get source(): Source | undefined {
    return this.#source;
  }

  get isLoading(): boolean {
    return this.#source !== undefined && !this.flowing && !this.pressWanted;
  }

  /** The connection broke: seconds to the next try, 0 while it is made. */
  get retryInS(): number | undefined {
    return this.#broken ? Math.max(0, Math.ceil(((this.#retryAt ?? 0) - Date.now()) / 1000)) : undefined;
  }

  get isAtLive(): boolean {
    return (this.#source?.behindTargetS ?? 0) < AT_LIVE_S;
  }

  get canRewind(): boolean {
    const { seekable } = this.video;
    return seekable.length > 0 && seekable.end(seekable.length - 1) - seekable.start(0) >= REWIND_MIN_S;
  }

  /** Once a second: notices what no event tells. */
  tick(): void {
    const moving = this.flowing && !this.video.paused;
    this.#goodSeconds = moving ? this.#goodSeconds + 1 : 0;
    if (this.#goodSeconds === WENT_WELL_S) {
      this.#recovery.wentWell();
      if (this.choice === "realtime" && this.delay === "realtime") this.#automatic.wentWell();
    }
    const stuck = this.isLoading && this.#state?.state === "live" && this.#wantsPlay;
    this.#stuckSeconds = stuck && this.#retryTimer === undefined ? this.#stuckSeconds + 1 : 0;
    if (this.#stuckSeconds >= STUCK_S) this.open();
    // A sender that was away, or a network that was, leaves playback behind; whoever watched live is taken back there.
    this.#behindSeconds = moving && this.#wantsLive && !this.isAtLive ? this.#behindSeconds + 1 : 0;
    if (this.#behindSeconds >= BEHIND_S) this.toLive();
  }

  #flows(): void {
    clearTimeout(this.#waitTimer);
    if (this.flowing) return;
    this.flowing = true;
    this.full = undefined;
    this.#broken = false;
    this.#stuckSeconds = 0;
    this.pressWanted = false;
    this.#events.playing();
    this.#events.changed();
  }

  #waits(): void {
    clearTimeout(this.#waitTimer);
    const stall = this.flowing && !this.video.seeking && !this.#switching;
    this.#waitTimer = setTimeout(() => {
      this.flowing = false;
      if (stall) this.#stalled();
      this.#events.changed();
    }, WAIT_SEEN_MS);
  }

  #stalled(): void {
    if (this.#state?.state === "away") return; // Nothing came because nothing was sent.
    this.stalls += 1;
    this.#events.stalled();
    if (this.delay === "low") this.#cut();
    this.#follow();
  }

  /** In real time a picture stands still without having been cut off where nothing is sent. */
  #standsStill(isCut: boolean): void {
    if (!this.flowing) return;
    this.flowing = false;
    this.#stalled();
    if (isCut) this.#cut();
    this.#follow();
    this.#events.changed();
  }

  /** Too little came, or the connection broke. */
  #cut(): void {
    if (this.#mayBeLive) this.#automatic.interrupted(this.delay, Date.now());
  }

  /** As far as is known, something is sent. */
  get #mayBeLive(): boolean {
    return this.#state === undefined || this.#state.state === "live";
  }

  #listen(signal: AbortSignal): void {
    const { video } = this;
    const on = (type: string, act: () => void): void => video.addEventListener(type, act, { signal });
    const itself = (): boolean => this.#source?.tellsFlow !== true;
    on("playing", () => itself() && this.#flows());
    on("timeupdate", () => itself() && video.readyState >= 3 && !video.paused && this.#flows());
    on("waiting", () => itself() && this.#waits());
    on("ended", () => this.#ended());
    on("play", () => (this.#wantsPlay = true));
    on("pause", () => {
      if (this.#switching || video.ended) return;
      this.#wantsPlay = false;
      this.#wantsLive = false;
    });
    on("volumechange", () => {
      if (!video.muted && this.soundWanted) {
        this.soundWanted = false;
        this.#events.changed();
      }
      if (!this.soundWanted && !this.#fixed) keepPreferences({ volume: video.volume, muted: video.muted });
    });
  }
}

/** Starts playback; false when the browser forbids it before a press. */
async function mayPlay(video: HTMLVideoElement): Promise<boolean> {
  try {
    await video.play();
    return true;
  } catch (error) {
    // Anything else is a source that went away meanwhile: the next one asks again.
    return !(error instanceof DOMException && error.name === "NotAllowedError");
  }
}
