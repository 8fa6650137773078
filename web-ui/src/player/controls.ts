// What is pressed: keys, buttons, the menu, the sheet of keys; and when the controls hide.

import type { Captions } from "./captions.ts";
import { type Action, actionFor, type Focus } from "./keys.ts";
import type { Plays } from "./plays.ts";
import { type DelayChoice, keepPreferences } from "./preferences.ts";
import { StoredPlayback } from "./stored.ts";
import type { View } from "./view.ts";

/** Controls hide after this long without movement. */
const IDLE_MS = 3_000;

export interface ControlsEvents {
  /** It shall play. */
  press(): void;
  /** Whether there is nothing to play before `press`. */
  isFresh(): boolean;
  /** Something was opened or chosen: what it shows is wanted now, not in a second. */
  refresh(): void;
  /** Whether a slate lies over the picture: then only the keys that make sense there act. */
  isCovered(): boolean;
}

export class Controls {
  readonly #view: View;
  readonly #playback: Plays;
  readonly #captions: Captions | undefined;
  readonly #events: ControlsEvents;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(view: View, playback: Plays, captions: Captions | undefined, events: ControlsEvents) {
    this.#captions = captions;
    this.#view = view;
    this.#playback = playback;
    this.#events = events;
  }

  start(signal: AbortSignal): void {
    const { player, menu, menuButton, help, live, bigPlay, soundOn, captionsButton } = this.#view;
    const on = <E extends Event>(target: EventTarget, type: string, act: (event: E) => void): void =>
      target.addEventListener(type, act as (event: Event) => void, { signal });

    // The seek line seeks by itself; this is how it tells.
    on<CustomEvent<number>>(player, "mediaseekrequest", ({ detail }) => this.#playback.wentTo(detail));
    on<KeyboardEvent>(player, "keydown", (event) => this.#pressed(event));
    for (const type of ["pointermove", "pointerdown", "keydown", "focusin"]) on(player, type, () => this.awake());
    on(player, "pointerdown", ({ target }) => {
      if (!menu.contains(target as Node) && !menuButton.contains(target as Node)) this.#openMenu(false);
    });
    on(player, "click", ({ target }) => {
      const act = (target as Element).closest<HTMLElement>("[data-act]")?.dataset["act"];
      if (act === "statistics" || act === "help" || act === "close") this.#act(act);
    });
    on(menuButton, "click", () => this.#openMenu(menu.hidden === true));
    on(menu, "change", ({ target }) => this.#chosen(target as HTMLInputElement));
    if (live) on(live, "click", () => this.#playback.toLive());
    if (captionsButton) on(captionsButton, "click", () => this.#act("captions"));
    on(bigPlay, "click", () => {
      this.#events.press();
      player.focus({ preventScroll: true });
    });
    // The bar's own button, and a press on the picture, know a <video> that has nothing in it yet.
    const first = (event: Event): void => {
      if (!this.#events.isFresh()) return;
      event.stopPropagation();
      this.#events.press();
    };
    player.addEventListener("mediaplayrequest", first, { capture: true, signal });
    on(soundOn, "click", () => {
      this.#playback.sound(true);
      player.focus({ preventScroll: true });
    });
    on<FocusEvent>(help, "focusout", ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && !help.contains(relatedTarget)) help.hidden = true;
    });
    on(this.#view.video, "pause", () => this.awake());
    signal.addEventListener("abort", () => clearTimeout(this.#idleTimer));
  }

  /** Shows the controls, and hides them again in a while. */
  awake(): void {
    this.#view.idle = false;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      const stay = this.#view.video.paused || this.#view.inUse || !this.#playback.flowing;
      this.#view.idle = !stay;
      if (stay) this.awake();
    }, IDLE_MS);
  }

  #chosen({ name, value }: HTMLInputElement): void {
    if (name === "quality") {
      this.#playback.chooseHeight(value === "" ? undefined : Number(value));
    } else if (name === "speed" && this.#playback instanceof StoredPlayback) {
      this.#playback.speed = Number(value);
    } else if (name === "captions") {
      this.#captions?.choose(value);
    } else {
      const delay = value as DelayChoice;
      keepPreferences({ delay });
      this.#playback.choose(delay);
    }
    this.#events.refresh();
  }

  #pressed(event: KeyboardEvent): void {
    const action = actionFor(event, focusOf(event.target as Element, this.#view.player), this.#playback instanceof StoredPlayback ? "stored" : "live");
    if (action === undefined) return;
    if (this.#events.isCovered() && action !== "close" && action !== "help" && action !== "full_screen") return;
    if (this.#act(action)) event.preventDefault();
  }

  /** Answers whether there was something to do. */
  #act(action: Action): boolean {
    const { video, fullScreen } = this.#view;
    switch (action) {
      case "play":
        if (video.paused) this.#events.press();
        else video.pause();
        return true;
      case "mute":
        this.#playback.sound(video.muted || video.volume === 0);
        return true;
      case "full_screen":
        fullScreen.click();
        return true;
      case "live":
        this.#playback.toLive();
        return true;
      case "back":
        this.#playback.seek(-5);
        return true;
      case "forward":
        this.#playback.seek(5);
        return true;
      case "far_back":
        this.#playback.seek(-10);
        return true;
      case "far_forward":
        this.#playback.seek(10);
        return true;
      case "slower":
      case "faster":
        if (!(this.#playback instanceof StoredPlayback)) return false;
        this.#playback.turnSpeed(action === "faster" ? 1 : -1);
        this.#view.speed = this.#playback.speed;
        return true;
      case "captions":
        if (!this.#captions || this.#captions.all.length === 0) return false;
        this.#captions.toggle();
        this.#events.refresh();
        return true;
      case "louder":
        this.#playback.turn(1);
        return true;
      case "quieter":
        this.#playback.turn(-1);
        return true;
      case "statistics":
        this.#toggleStatistics();
        return true;
      case "help":
        this.#toggleHelp();
        return true;
      case "close":
        return this.#closeWhatIsOpen();
    }
  }

  #toggleStatistics(): void {
    const { statistics, menu } = this.#view;
    statistics.hidden = !statistics.hidden;
    menu.querySelector('[data-act="statistics"]')?.setAttribute("aria-pressed", String(!statistics.hidden));
    this.#events.refresh();
  }

  #toggleHelp(): void {
    const { help, player } = this.#view;
    help.hidden = !help.hidden;
    if (help.hidden) {
      player.focus({ preventScroll: true });
    } else {
      this.#openMenu(false);
      help.focus({ preventScroll: true });
    }
  }

  #closeWhatIsOpen(): boolean {
    const { menu, menuButton, help, player } = this.#view;
    if (!menu.hidden) {
      this.#openMenu(false);
      menuButton.focus();
    } else if (!help.hidden) {
      help.hidden = true;
      player.focus({ preventScroll: true });
    } else {
      return false;
    }
    return true;
  }

  #openMenu(open: boolean): void {
    const { menu, menuButton, help } = this.#view;
    if (menu.hidden === !open) return;
    menu.hidden = !open;
    menuButton.setAttribute("aria-expanded", String(open));
    if (!open) return;
    help.hidden = true;
    this.#events.refresh();
    menu.querySelector<HTMLInputElement>("fieldset:not([hidden]) input:checked")?.focus({ preventScroll: true });
  }
}

function focusOf(target: Element, player: Element): Focus {
  if (target === player || target.matches("video, media-controller")) return "picture";
  return target.matches("input, media-time-range, media-volume-range") ? "slider" : "button";
}
