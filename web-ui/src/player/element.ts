// `<stage-player>`: watches one live stream, from before it begins until after it ends.
//
// Attributes: `src` (its index.m3u8), `state-url` (how it stands, as JSON), `slug`, `title`, `sprite` (the icons), and
// `live` when it is known to be on air, which saves a question. The element asks how the stream stands, opens a source
// while there is something to play, mends or replaces it when it fails, and says in plain words what is the matter
// while there is no picture. What it decides by lies in pure modules: recovery, slates, keys, clock, meters.
//
// For tests and pages: the property `stats`, and the bubbling events `stage-state` (detail: the WatchState),
// `stage-slate` (the slate's id or null), `stage-playing`, `stage-stall`, `stage-error` (the trouble and the step).

import { bitRate, count, delay as delayText } from "../text.ts";
import { type Answer, Poll, type WatchState } from "../watch_state.ts";
import { ServerClock } from "./clock.ts";
import { clipCodecs } from "./codecs.ts";
import { type Action, actionFor, type Focus } from "./keys.ts";
import { StallMeter } from "./meters.ts";
import { type DelayChoice, keepPreferences, readPreferences } from "./preferences.ts";
import { Recovery, type Trouble } from "./recovery.ts";
import { type Situation, slateFor } from "./slates.ts";
import { type Delay, openSource, type Source } from "./source.ts";
import { View } from "./view.ts";

/** Controls hide after this long without movement. */
const IDLE_MS = 3_000;
/** Farther than this behind where playback should be, "LIVE" becomes "Go to live". */
const AT_LIVE_S = 2.5;
/** Having been that far behind for this long without wanting to is put right by a jump. */
const BEHIND_S = 2;
/** A window shorter than this is no use to rewind in. */
const REWIND_MIN_S = 10;
/** A wait shorter than this is not seen; no ring, no stall. */
const WAIT_SEEN_MS = 250;
/** The stream is live and still nothing moves: the source is made anew. */
const STUCK_S = 8;
/** After playing this long the failures before are history. */
const WENT_WELL_S = 10;

/** Figures of playback; `null` where one is not known. */
export interface Stats {
  readonly delay_s: number | null;
  readonly buffer_s: number;
  readonly dropped: number;
  readonly stalls: number;
  /** Bits per second. */
  readonly bitRate: number | null;
  readonly width: number;
  readonly height: number;
}

export class StagePlayer extends HTMLElement {
  #view!: View;
  #poll: Poll | undefined;
  #source: Source | undefined;
  #connected: AbortController | undefined;
  readonly #clock = new ServerClock();
  readonly #recovery = new Recovery();
  readonly #stalls = new StallMeter();

  #state: WatchState | undefined;
  #unanswered = 0;
  #refused = false;
  #cannotPlay: string | undefined;
  /** The picture moves, or is paused where it can be seen. */
  #flowing = false;
  #started = false;
  /** Between two sources the video pauses by itself; that is nobody's wish. */
  #switching = false;
  #wantsPlay = true;
  /** Whoever has not gone back or paused is to be at live, also after a break. */
  #wantsLive = true;
  /** The browser allows no sound before a press; the viewer did not ask for silence. */
  #muteForced = false;
  #choice: DelayChoice = "automatic";
  #delay: Delay = "low";
  /** The connection broke and nothing played since. */
  #broken = false;
  #retryAt: number | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #waitTimer: ReturnType<typeof setTimeout> | undefined;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #goodSeconds = 0;
  #stuckSeconds = 0;
  #behindSeconds = 0;
  #framesBefore = 0;
  #framesPerSecond = 0;
  #slateId: string | null = null;

  connectedCallback(): void {
    if (!this.#view) {
      const title = this.getAttribute("title") ?? this.getAttribute("slug") ?? "";
      // As an attribute it would also be a tooltip over the whole picture.
      this.removeAttribute("title");
      this.#view = new View(title, this.getAttribute("sprite") ?? "");
      this.replaceChildren(this.#view.player);
    }
    const { volume, delay } = readPreferences();
    this.#view.video.volume = volume;
    this.#choose(delay);
    this.#connected = new AbortController();
    this.#listen(this.#connected.signal);
    const tick = setInterval(() => this.#tick(), 1_000);
    this.#connected.signal.addEventListener("abort", () => clearInterval(tick));
    this.#poll = new Poll(this.getAttribute("state-url") ?? "", (answer) => this.#answered(answer));
    this.#poll.start();
    if (this.hasAttribute("live")) this.#open();
    this.#render();
  }

  disconnectedCallback(): void {
    this.#poll?.stop();
    this.#close();
    this.#connected?.abort();
    for (const timer of [this.#waitTimer, this.#idleTimer]) clearTimeout(timer);
  }

  get stats(): Stats {
    const { video } = this.#view;
    return {
      delay_s: this.#delayS() ?? null,
      buffer_s: bufferAhead(video),
      dropped: video.getVideoPlaybackQuality().droppedVideoFrames,
      stalls: this.#stalls.total,
      bitRate: this.#source?.bitsPerSecond ?? null,
      width: video.videoWidth,
      height: video.videoHeight,
    };
  }

  // ----- the stream -----

  #answered({ state, sentAt, receivedAt }: Answer): void {
    this.#unanswered = state === undefined ? this.#unanswered + 1 : 0;
    if (state) {
      this.#clock.learn(Date.parse(state.now), sentAt, receivedAt);
      this.#state = state;
      this.#follow(state);
      this.#tell("stage-state", state);
    }
    this.#render();
  }

  #follow({ state }: WatchState): void {
    switch (state) {
      case "live":
        this.#refused = false;
        if (!this.#source && this.#retryTimer === undefined && this.#cannotPlay === undefined) this.#open();
        break;
      case "away":
        break; // What is open goes on by itself when the sender is back; a new source would find nothing new.
      case "offline":
      case "ended":
        this.#broken = false;
        if (!this.#flowing) this.#close();
        break;
      case "not_allowed":
        this.#close();
        break;
    }
  }

  #open(): void {
    this.#close();
    this.#wantsLive = true; // a new source begins at live
    const url = new URL(this.getAttribute("src") ?? "", document.baseURI).href;
    this.#source = openSource(this.#view.video, url, this.#delay, {
      ready: () => void this.#begin(),
      // The next epoch, or the end: the answer is there when the buffer runs out.
      closing: () => this.#poll?.hurry(),
      trouble: (trouble) => this.#mend(trouble),
    });
    if (this.#source) this.#source.start();
    else this.#cannotPlay = "";
    this.#render();
  }

  #close(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#retryAt = undefined;
    this.#switching = true;
    this.#flowing = false;
    this.#goodSeconds = 0;
    this.#stuckSeconds = 0;
    this.#source?.stop();
    this.#source = undefined;
  }

  #mend(trouble: Trouble): void {
    const step = this.#recovery.decide(trouble, Date.now());
    this.#broken = step.step === "reload" && step.because === "network";
    this.#tell("stage-error", { trouble, step });
    switch (step.step) {
      case "recover_media":
        this.#source?.recoverMedia();
        break;
      case "reload":
        if (step.because === "gone") this.#poll?.hurry();
        this.#reopenAfter(step.afterS);
        break;
      case "refused":
        this.#refused = true;
        this.#close();
        break;
      case "cannot_play":
        this.#cannotPlay = step.codecs;
        this.#close();
        break;
    }
    this.#render();
  }

  /** What is buffered goes on playing meanwhile. */
  #reopenAfter(seconds: number): void {
    clearTimeout(this.#retryTimer);
    this.#retryAt = Date.now() + seconds * 1000;
    this.#retryTimer = setTimeout(() => this.#open(), seconds * 1000);
  }

  #again(): void {
    this.#recovery.forget();
    this.#cannotPlay = undefined;
    this.#unanswered = 0;
    this.#wantsPlay = true;
    this.#poll?.hurry();
    this.#open();
  }

  #ended(): void {
    this.#flowing = false;
    const state = this.#state?.state;
    if (state === "live" || state === "away") this.#reopenAfter(0.1);
    else this.#close();
    this.#render();
  }

  // ----- playback -----

  async #begin(): Promise<void> {
    this.#switching = false;
    const { video, bigPlay, soundOn } = this.#view;
    if (!this.#wantsPlay) return;
    if (!this.#started && !this.#muteForced) video.muted = readPreferences().muted;
    if (await mayPlay(video)) return;
    if (!video.muted) {
      this.#muteForced = true;
      video.muted = true;
      soundOn.hidden = false;
      if (await mayPlay(video)) return;
    }
    bigPlay.hidden = false;
  }

  /**
   * A new source begins at live within half a second. Seeking there is left to native HLS: hls.js (1.7.4), which loads
   * whole segments while it is behind, now and then waits for seconds before it loads parts again.
   */
  #toLive(): void {
    this.#wantsLive = true;
    this.#wantsPlay = true;
    const behind = this.#source?.behindTargetS;
    const position = this.#source?.livePosition;
    if (behind !== undefined && behind >= AT_LIVE_S) {
      this.#open();
      return;
    }
    if (behind === undefined && position !== undefined) this.#view.video.currentTime = position;
    this.#play();
  }

  #play(): void {
    this.#wantsPlay = true;
    this.#view.bigPlay.hidden = true;
    void mayPlay(this.#view.video);
  }

  #sound(on: boolean): void {
    const { video } = this.#view;
    video.muted = !on;
    if (on && video.volume === 0) video.volume = 0.5;
  }

  #seek(by: number): void {
    const { video } = this.#view;
    const { seekable } = video;
    if (seekable.length === 0) return;
    const latest = this.#source?.livePosition ?? seekable.end(seekable.length - 1);
    this.#goTo(Math.min(Math.max(video.currentTime + by, seekable.start(0)), latest));
  }

  #goTo(time: number): void {
    this.#wentTo(time);
    this.#view.video.currentTime = time;
  }

  #wentTo(time: number): void {
    const live = this.#source?.livePosition;
    this.#wantsLive = live === undefined || time > live - AT_LIVE_S;
  }

  #choose(choice: DelayChoice): void {
    this.#choice = choice;
    const before = this.#delay;
    this.#delay = choice === "steady" ? "steady" : "low";
    this.#view.delayChoice = choice;
    if (this.#source && this.#delay !== before) this.#open();
  }

  #stalled(): void {
    if (this.#state?.state === "away") return; // Nothing came because nothing was sent.
    this.#stalls.add(Date.now());
    this.#tell("stage-stall", this.stats);
    if (this.#choice === "automatic" && this.#delay === "low" && this.#stalls.tooMany) {
      this.#delay = "steady";
      this.#open();
    }
  }

  #delayS(): number | undefined {
    const now = this.#clock.at(Date.now());
    const shown = this.#source?.shownAtMs;
    if (now !== undefined && shown !== undefined) return Math.max(0, (now - shown) / 1000);
    return this.#source?.latencyS;
  }

  // ----- what is seen -----

  #render(): void {
    const byCode = /[?&](access_code|code)=/.test(this.getAttribute("src") ?? "");
    const situation: Situation = {
      state: this.#state,
      flowing: this.#flowing,
      refused: this.#refused,
      byCode,
      cannotPlay: this.#cannotPlay,
      unreachable: this.#unanswered >= 2,
      retryInS: this.#broken ? Math.ceil(((this.#retryAt ?? 0) - Date.now()) / 1000) : undefined,
      now: new Date(),
    };
    const slate = slateFor(situation);
    this.#view.slate(slate, (act) => {
      if (act === "log_in") location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
      else this.#again();
    });
    this.#view.busy = slate === undefined && this.#source !== undefined && !this.#flowing && this.#view.bigPlay.hidden === true;
    const id = slate?.id ?? null;
    if (id !== this.#slateId) {
      this.#slateId = id;
      this.#tell("stage-slate", id);
    }
  }

  #tick(): void {
    const { video } = this.#view;
    const source = this.#source;
    const moving = this.#flowing && !video.paused;
    this.#goodSeconds = moving ? this.#goodSeconds + 1 : 0;
    if (this.#goodSeconds === WENT_WELL_S) this.#recovery.wentWell();
    const stuck = source && !this.#flowing && this.#state?.state === "live" && this.#wantsPlay && this.#view.bigPlay.hidden === true;
    this.#stuckSeconds = stuck && this.#retryTimer === undefined ? this.#stuckSeconds + 1 : 0;
    if (this.#stuckSeconds >= STUCK_S) this.#open();

    const frames = video.getVideoPlaybackQuality().totalVideoFrames;
    this.#framesPerSecond = Math.max(0, frames - this.#framesBefore);
    this.#framesBefore = frames;

    // A sender that was away, or a network that was, leaves playback behind; whoever watched live is taken back there.
    const behind = source?.behindTargetS ?? 0;
    this.#behindSeconds = moving && this.#wantsLive && behind >= AT_LIVE_S ? this.#behindSeconds + 1 : 0;
    if (this.#behindSeconds >= BEHIND_S) this.#toLive();

    const delay = this.#flowing ? this.#delayS() : undefined;
    this.#view.delay = delay === undefined ? undefined : delayText(delay);
    this.#view.atLive = behind < AT_LIVE_S;
    const { seekable } = video;
    this.#view.canRewind = seekable.length > 0 && seekable.end(seekable.length - 1) - seekable.start(0) >= REWIND_MIN_S;
    if (!this.#view.menu.hidden) {
      this.#view.about = `Now: ${this.#delay}${delay === undefined ? "" : `, ${delayText(delay)} behind`}`;
      this.#view.qualities(source?.heights ?? [], source?.height ?? (video.videoHeight || undefined));
    }
    if (!this.#view.statistics.hidden) this.#showStatistics();
    this.#render();
  }

  #showStatistics(): void {
    const { delay_s, buffer_s, dropped, stalls, bitRate: rate, width, height } = this.stats;
    const { video, audio } = clipCodecs(this.#source?.codecs ?? "");
    const dash = "–";
    this.#view.statisticsRows([
      ["Delay", delay_s === null ? dash : `${delay_s.toFixed(2)} s`, false],
      ["Connection", this.#source?.connection ?? dash, false],
      ["Buffer", `${buffer_s.toFixed(2)} s`, false],
      ["Picture", width > 0 ? `${width}×${height}, ${this.#framesPerSecond} fps` : dash, false],
      ["Codecs", [video, audio].filter(Boolean).join(", ") || dash, true],
      ["Bit rate", rate === null ? dash : bitRate(rate), false],
      ["Dropped", `${count(dropped)} of ${count(this.#view.video.getVideoPlaybackQuality().totalVideoFrames)}`, false],
      ["Stalls", count(stalls), true],
    ]);
  }

  #awake(): void {
    this.#view.idle = false;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      const stay = this.#view.video.paused || this.#view.inUse || !this.#flowing;
      this.#view.idle = !stay;
      if (stay) this.#awake();
    }, IDLE_MS);
  }

  // ----- what is pressed -----

  #listen(signal: AbortSignal): void {
    const { player, video, menu, menuButton, help } = this.#view;
    const on = { signal };
    const flows = (): void => {
      clearTimeout(this.#waitTimer);
      if (this.#flowing) return;
      this.#flowing = true;
      this.#started = true;
      this.#broken = false;
      this.#stuckSeconds = 0;
      this.#view.bigPlay.hidden = true;
      this.#tell("stage-playing", this.stats);
      this.#awake();
      this.#render();
    };
    video.addEventListener("playing", flows, on);
    video.addEventListener("timeupdate", () => video.readyState >= 3 && !video.paused && flows(), on);
    video.addEventListener(
      "waiting",
      () => {
        clearTimeout(this.#waitTimer);
        const stall = this.#flowing && !video.seeking && !this.#switching;
        this.#waitTimer = setTimeout(() => {
          this.#flowing = false;
          if (stall) this.#stalled();
          this.#render();
        }, WAIT_SEEN_MS);
      },
      on,
    );
    video.addEventListener("ended", () => this.#ended(), on);
    video.addEventListener("play", () => (this.#wantsPlay = true), on);
    video.addEventListener(
      "pause",
      () => {
        if (!this.#switching && !video.ended) {
          this.#wantsPlay = false;
          this.#wantsLive = false;
        }
        this.#awake();
      },
      on,
    );
    video.addEventListener(
      "volumechange",
      () => {
        if (!video.muted) {
          this.#muteForced = false;
          this.#view.soundOn.hidden = true;
        }
        if (!this.#muteForced) keepPreferences({ volume: video.volume, muted: video.muted });
      },
      on,
    );

    // The seek line seeks by itself; this is how it tells.
    player.addEventListener("mediaseekrequest", (event) => this.#wentTo((event as CustomEvent<number>).detail), on);

    player.addEventListener("keydown", (event) => this.#pressed(event), on);
    for (const type of ["pointermove", "pointerdown", "keydown", "focusin"] as const) {
      player.addEventListener(type, () => this.#awake(), on);
    }
    player.addEventListener(
      "pointerdown",
      (event) => {
        const target = event.target as Element;
        if (!menu.contains(target) && !menuButton.contains(target)) this.#openMenu(false);
      },
      on,
    );
    player.addEventListener(
      "click",
      (event) => {
        const act = (event.target as Element).closest<HTMLElement>("[data-act]")?.dataset["act"];
        if (act === "statistics" || act === "help" || act === "close") this.#act(act);
      },
      on,
    );
    menuButton.addEventListener("click", () => this.#openMenu(menu.hidden === true), on);
    menu.addEventListener(
      "change",
      (event) => {
        const { name, value } = event.target as HTMLInputElement;
        if (name === "quality") {
          this.#source?.choose(value === "" ? undefined : Number(value));
        } else {
          const choice = value as DelayChoice;
          keepPreferences({ delay: choice });
          this.#choose(choice);
        }
        this.#tick();
      },
      on,
    );
    this.#view.live.addEventListener("click", () => this.#toLive(), on);
    this.#view.bigPlay.addEventListener("click", () => this.#play(), on);
    this.#view.soundOn.addEventListener(
      "click",
      () => {
        this.#sound(true);
        player.focus({ preventScroll: true });
      },
      on,
    );
    help.addEventListener(
      "focusout",
      ({ relatedTarget }) => {
        if (relatedTarget instanceof Node && !help.contains(relatedTarget)) help.hidden = true;
      },
      on,
    );
  }

  #pressed(event: KeyboardEvent): void {
    const action = actionFor(event, focusOf(event.target as Element, this.#view.player));
    if (action === undefined) return;
    if (this.#slateId !== null && action !== "close" && action !== "help" && action !== "full_screen") return;
    if (this.#act(action)) event.preventDefault();
  }

  /** Answers whether there was something to do. */
  #act(action: Action): boolean {
    const { video, player, menu, help, statistics } = this.#view;
    switch (action) {
      case "play":
        if (video.paused) this.#play();
        else video.pause();
        return true;
      case "mute":
        this.#sound(video.muted || video.volume === 0);
        return true;
      case "full_screen":
        this.#view.fullScreen.click();
        return true;
      case "live":
        this.#toLive();
        return true;
      case "back":
        this.#seek(-5);
        return true;
      case "forward":
        this.#seek(5);
        return true;
      case "louder":
      case "quieter":
        video.volume = Math.min(1, Math.max(0, Math.round(video.volume * 20 + (action === "louder" ? 1 : -1)) / 20));
        if (action === "louder") video.muted = false;
        return true;
      case "statistics":
        statistics.hidden = !statistics.hidden;
        menu.querySelector('[data-act="statistics"]')?.setAttribute("aria-pressed", String(!statistics.hidden));
        if (!statistics.hidden) this.#showStatistics();
        return true;
      case "help":
        help.hidden = !help.hidden;
        if (help.hidden) {
          player.focus({ preventScroll: true });
        } else {
          this.#openMenu(false);
          help.focus({ preventScroll: true });
        }
        return true;
      case "close":
        if (!menu.hidden) {
          this.#openMenu(false);
          this.#view.menuButton.focus();
        } else if (!help.hidden) {
          help.hidden = true;
          player.focus({ preventScroll: true });
        } else {
          return false;
        }
        return true;
    }
  }

  #openMenu(open: boolean): void {
    const { menu, menuButton } = this.#view;
    if (menu.hidden === !open) return;
    menu.hidden = !open;
    menuButton.setAttribute("aria-expanded", String(open));
    if (!open) return;
    this.#view.help.hidden = true;
    this.#tick();
    menu.querySelector<HTMLInputElement>("input:checked")?.focus({ preventScroll: true });
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
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

function bufferAhead(video: HTMLVideoElement): number {
  const { buffered, currentTime } = video;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime + 0.1 && currentTime < buffered.end(i)) return buffered.end(i) - currentTime;
  }
  return 0;
}

function focusOf(target: Element, player: Element): Focus {
  if (target === player || target.matches("video, media-controller")) return "picture";
  return target.matches("input, media-time-range, media-volume-range") ? "slider" : "button";
}
