// `<stage-player>`: watches one live stream, from before it begins until after it ends, or, with `stored`, one video.
//
// Attributes: `src` (its index.m3u8), `whep` (the door of WebRTC, where there is one), `slug`, `state-url` (how it stands, for who asks), `title`, `sprite` (the icons), `live`
// when it is known to be on air, which saves a question; for who compares delays `fixed`, the one that it plays with, and `muted`. For a video: `start` and
// `duration` in seconds, and its captions as elements inside. `embedded`: nothing but title and button before the first press.
// A `.p-poster` inside is the picture before playback. The element puts the
// parts together: how the stream stands, playback, what is pressed, and what is seen; and says in plain words what is the matter
// while there is no picture.
//
// For tests and pages: the property `stats`, and the bubbling events `stage-state` (detail: the WatchState), `stage-stats` (once a
// second), `stage-slate` (the slate's id or null), `stage-opened` (the delay), `stage-playlist`, `stage-playing`, `stage-stall`,
// `stage-error` (the trouble and the step).

import { delay as delayText } from "../text.ts";
import { Captions, captionsOf } from "./captions.ts";
import { Controls } from "./controls.ts";
import { type Fixed, Playback, type PlaybackEvents } from "./playback.ts";
import type { Plays } from "./plays.ts";
import { hasCode, seated } from "./seat.ts";
import { slateFor } from "./slates.ts";
import type { Delay } from "./source.ts";
import { StreamStanding } from "./standing.ts";
import { StoredPlayback } from "./stored.ts";
import { type Stats, Statistics } from "./statistics.ts";
import { View } from "./view.ts";
import { say } from "./words.ts";

const DELAYS: readonly Delay[] = ["realtime", "low", "steady"];

export class StagePlayer extends HTMLElement {
  #view!: View;
  #standing!: StreamStanding;
  #playback!: Plays;
  #captions: Captions | undefined;
  /** Whether there is anything to play by itself: in a frame somebody presses first. */
  #pressed = true;
  #controls!: Controls;
  #statistics!: Statistics;
  #connected: AbortController | undefined;
  #slateId: string | null = null;

  connectedCallback(): void {
    if (!this.#view) this.#make();
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    this.#playback.start(signal);
    this.#view.delayChoice = this.#playback.choice;
    this.#controls.start(signal);
    const tick = setInterval(() => this.#tick(), 1_000);
    signal.addEventListener("abort", () => clearInterval(tick));
    this.#standing.start();
    if (this.hasAttribute("live") && this.#pressed) this.#playback.open();
    this.#render();
  }

  disconnectedCallback(): void {
    this.#standing.stop();
    this.#playback.stop();
    this.#connected?.abort();
  }

  get stats(): Stats {
    return this.#statistics.stats;
  }

  #make(): void {
    const slug = this.getAttribute("slug") ?? "";
    const title = this.getAttribute("title") ?? slug;
    // As an attribute it would also be a tooltip over the whole picture.
    this.removeAttribute("title");
    const poster = this.querySelector<HTMLElement>(".p-poster");
    const isStored = this.hasAttribute("stored");
    this.#pressed = !this.hasAttribute("embedded");
    const captions = captionsOf(this);
    this.#view = new View({
      title,
      sprite: this.getAttribute("sprite") ?? "",
      poster,
      played: isStored ? "stored" : "live",
      captions,
      durationS: numberOf(this.getAttribute("duration")),
      isLive: this.hasAttribute("live"),
    });
    if (isStored) this.#captions = new Captions(this.#view.video, captions);
    this.replaceChildren(this.#view.player);
    this.#standing = new StreamStanding(slug, this.getAttribute("state-url") ?? "", (state) => {
      if (state) {
        if (this.#pressed || isStored) this.#playback.follow(state);
        this.#tell("stage-state", state);
      }
      this.#render();
    });
    const url = seated(new URL(this.getAttribute("src") ?? "", document.baseURI).href);
    const door = this.getAttribute("whep");
    const whep = door === null ? undefined : seated(new URL(door, document.baseURI).href);
    this.#view.hasRealTime = whep !== undefined;
    this.#view.hasDelays = this.#fixed === undefined;
    const events: PlaybackEvents = {
      changed: () => this.#render(),
      inDoubt: () => void this.#standing.ask(),
      replacing: () => this.#view.holdPicture(),
      opened: (delay) => this.#tell("stage-opened", delay),
      playlist: (playlist) => this.#tell("stage-playlist", playlist),
      playing: () => this.#plays(),
      stalled: () => this.#tell("stage-stall", this.stats),
      trouble: (trouble, step) => this.#tell("stage-error", { trouble, step }),
    };
    this.#playback = isStored
      ? new StoredPlayback(this.#view.video, {
          slug,
          hls: url,
          startS: numberOf(this.getAttribute("start")),
          // A look takes a place of an access code.
          mayLook: poster === null && !this.hasAttribute("processing") && !hasCode(url),
        }, events)
      : new Playback(this.#view.video, { hls: url, whep }, events, this.#fixed);
    // A recording is no delay behind anything.
    this.#statistics = new Statistics(this.#playback, () => (isStored ? undefined : this.#standing.now));
    this.#controls = new Controls(this.#view, this.#playback, this.#captions, {
      press: () => this.#press(),
      isFresh: () => !this.#pressed || (isStored && this.#playback.pressWanted),
      refresh: () => this.#show(),
      isCovered: () => this.#slateId !== null,
    });
  }

  #press(): void {
    if (!this.#pressed) {
      this.#pressed = true;
      const { state } = this.#standing;
      if (state) this.#playback.follow(state);
      if (!this.#playback.source) this.#playback.open();
    }
    this.#playback.play();
    this.#render();
  }

  /** Whether a press is what it waits for. */
  get #pressWanted(): boolean {
    const state = this.#standing.state?.state ?? "ready";
    return this.#playback.pressWanted || (!this.#pressed && (state === "live" || state === "away" || state === "ready"));
  }

  get #fixed(): Fixed | undefined {
    const delay = DELAYS.find((one) => one === this.getAttribute("fixed"));
    return delay && { delay, muted: this.hasAttribute("muted") };
  }

  #plays(): void {
    this.#view.removePoster();
    // What the delay is measured against; the picture is there, so the question is in nobody's way.
    if (this.#standing.now === undefined) void this.#standing.ask();
    this.#controls.awake();
    this.#tell("stage-playing", this.stats);
  }

  #render(): void {
    const playback = this.#playback;
    const slate = slateFor({
      state: this.#standing.state,
      flowing: playback.flowing,
      refused: playback.refused,
      byCode: hasCode(this.getAttribute("src") ?? ""),
      full: playback.full,
      cannotPlay: playback.cannotPlay,
      noRealTime: playback.noRealTime,
      // Whoever looks at a poster misses nothing.
      unreachable: this.#standing.isUnreachable && !this.#pressWanted,
      retryInS: playback.retryInS,
      now: new Date(),
    });
    this.#view.slate(slate, (act) => {
      if (act === "log_in") location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      else playback.again();
    });
    this.#view.busy = slate === undefined && playback.isLoading;
    const isOver = playback instanceof StoredPlayback && playback.isOver;
    this.#view.big = slate !== undefined ? undefined : isOver ? "replay" : this.#pressWanted ? "play" : undefined;
    this.#view.fresh = this.hasAttribute("embedded") && this.#pressWanted;
    this.#view.soundOn.hidden = !playback.soundWanted;
    const id = slate?.id ?? null;
    if (id !== this.#slateId) {
      this.#slateId = id;
      this.#tell("stage-slate", id);
    }
  }

  #tick(): void {
    this.#playback.tick();
    this.#statistics.tick();
    this.#show();
    this.#tell("stage-stats", this.stats);
  }

  #show(): void {
    const { video } = this.#view;
    const delay = this.#statistics.delayS;
    this.#view.delay = delay === undefined ? undefined : delayText(delay);
    this.#view.atLive = this.#playback.isAtLive;
    this.#view.canRewind = this.#playback.canRewind;
    if (this.#captions) this.#view.languages(this.#captions.all, this.#captions.shown);
    if (!this.#view.menu.hidden) {
      const { source } = this.#playback;
      this.#view.about = this.#about(delay);
      this.#view.qualities(source?.heights ?? [], source?.height ?? (video.videoHeight || undefined));
    }
    if (!this.#view.statistics.hidden) this.#view.statisticsRows(this.#statistics.rows);
    this.#render();
  }

  /** What Automatic does now: "Now: low, 0.8 s behind". */
  #about(delay: number | undefined): string {
    const words = { realtime: "player-now-realtime", low: "player-now-low", steady: "player-now-steady" } as const;
    const choice = say(words[this.#playback.delay]);
    return delay === undefined ? say("player-now", { choice }) : say("player-now-behind", { choice, delay: delayText(delay) });
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

function numberOf(text: string | null): number | undefined {
  const number = Number(text ?? "");
  return text === null || !Number.isFinite(number) || number <= 0 ? undefined : number;
}
