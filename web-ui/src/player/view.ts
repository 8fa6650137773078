// What the player looks like: its elements, made once, and the words and choices put into them.
//
// Plain elements with the classes of player.css in the page's own tree, so that one stylesheet serves pages and player;
// the buttons and sliders are Media Chrome's, which know the state of the <video> by themselves. No inline styles. The
// only text from outside is the title, and it is set as text.

import "media-chrome/dist/media-controller.js";
import "media-chrome/dist/media-play-button.js";
import "media-chrome/dist/media-mute-button.js";
import "media-chrome/dist/media-volume-range.js";
import "media-chrome/dist/media-time-range.js";
import "media-chrome/dist/media-time-display.js";
import "media-chrome/dist/media-pip-button.js";
import "media-chrome/dist/media-fullscreen-button.js";

import type { Caption } from "./captions.ts";
import { keyList, type Played } from "./keys.ts";
import type { DelayChoice } from "./preferences.ts";
import type { Slate } from "./slates.ts";
import { SPEEDS } from "./stored.ts";
import { nameControls, say } from "./words.ts";

export interface Shown {
  readonly title: string;
  /** Address of the icons. */
  readonly sprite: string;
  /** An element that shows a picture until there is a moving one. */
  readonly poster: HTMLElement | null;
  readonly played: Played;
  /** Text over a stored video. */
  readonly captions: readonly Caption[];
  /** Seconds, where they are known before anything is loaded. */
  readonly durationS: number | undefined;
  readonly isLive: boolean;
}

export class View {
  readonly player: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly live: HTMLButtonElement | null;
  readonly soundOn: HTMLButtonElement;
  readonly bigPlay: HTMLButtonElement;
  readonly fullScreen: HTMLElement;
  readonly menuButton: HTMLButtonElement;
  readonly menu: HTMLElement;
  readonly help: HTMLElement;
  readonly statistics: HTMLElement;
  readonly #controls: HTMLElement;
  readonly #bar: HTMLElement;
  readonly #seek: HTMLElement;
  readonly #liveWord: HTMLElement | null;
  readonly #liveDot: HTMLElement | null;
  readonly #delay: HTMLElement | null;
  readonly #about: HTMLElement | null;
  /** Switches text over the picture on and off, where there is some. */
  readonly captionsButton: HTMLButtonElement | null;
  readonly #qualities: HTMLElement;
  readonly #slate: HTMLElement;
  readonly #busy: HTMLElement;
  readonly #icon: (name: string, more?: string) => string;
  readonly #poster: HTMLElement | null;
  #shown: string | undefined;
  /** The last picture of what played before. */
  #held: HTMLCanvasElement | undefined;

  constructor(shown: Shown) {
    const { title, sprite, poster } = shown;
    nameControls();
    this.#icon = (name, more = "") =>
      `<svg class="icon" ${more} aria-hidden="true"><use href="${sprite}#i-${name}"></use></svg>`;
    const player = document.createElement("div");
    player.className = "player square";
    player.tabIndex = 0;
    player.setAttribute("role", "region");
    player.setAttribute("aria-label", say("player-label", { title }));
    player.innerHTML = this.#markup(shown);
    part(player, ".p-top > :last-child").textContent = title;
    this.player = player;
    this.video = part(player, "video");
    this.live = player.querySelector<HTMLButtonElement>(".p-live");
    this.captionsButton = player.querySelector<HTMLButtonElement>(".p-captions");
    this.soundOn = part(player, ".p-sound");
    this.bigPlay = part(player, ".p-big");
    this.fullScreen = part(player, "media-fullscreen-button");
    this.menuButton = part(player, ".p-gear");
    this.menu = part(player, ".p-menu");
    this.help = part(player, ".p-help");
    this.statistics = part(player, ".p-stats");
    this.#controls = part(player, "media-controller");
    // It makes itself a stop of the keyboard unless told otherwise while it is made; with -1 left on it, browsers pass over its buttons too.
    this.#controls.removeAttribute("tabindex");
    this.#bar = part(player, ".p-bar");
    this.#seek = part(player, "media-time-range");
    this.#liveWord = player.querySelector<HTMLElement>(".p-live-word");
    this.#liveDot = player.querySelector<HTMLElement>(".p-live .dot");
    this.#delay = player.querySelector<HTMLElement>(".p-delay > :first-child");
    this.#about = player.querySelector<HTMLElement>(".about");
    this.#qualities = part(player, ".p-qualities");
    this.#slate = part(player, ".p-slate");
    this.#busy = part(player, ".p-busy");
    // Everything that lies over the picture goes along into full screen, not the controls alone.
    (this.#controls as HTMLElement & { fullscreenElement: HTMLElement }).fullscreenElement = player;
    this.#poster = poster;
    // Behind the controls, whose <video> is transparent until it has a picture.
    if (poster) player.prepend(poster);
  }

  #markup({ played, captions, durationS, isLive }: Shown): string {
    const icon = this.#icon;
    const isStored = played === "stored";
    const delays = [
      choice("automatic", say("player-delay-automatic"), ""),
      choice("realtime", say("player-delay-realtime"), say("player-delay-realtime.about")),
      choice("low", say("player-delay-low"), say("player-delay-low.about")),
      choice("steady", say("player-delay-steady"), say("player-delay-steady.about")),
    ].join("");
    const keys = keyList(played).map(([key, does]) => `<dt><kbd>${key.replace("<", "&lt;")}</kbd></dt><dd>${does}</dd>`).join("");
    const speeds = SPEEDS.map((speed) => radio("speed", `${speed}`, speed === 1 ? say("player-speed-normal") : say("player-speed-times", { speed: `${speed}` }), speed === 1)).join("");
    const menuName = isStored ? say("player-menu-stored") : say("player-menu");
    const choices = isStored
      ? `<fieldset><legend>${say("player-speed")}</legend>${speeds}</fieldset><div><fieldset class="p-languages"${captions.length === 0 ? " hidden" : ""}><legend>${say("player-captions")}</legend></fieldset><fieldset class="p-qualities"><legend>${say("player-quality")}</legend></fieldset></div>`
      : `<fieldset><legend>${say("player-delay")}</legend>${delays}</fieldset>
  <fieldset class="p-qualities"><legend>${say("player-quality")}</legend></fieldset>`;
    const where = isStored
      ? `<media-time-display class="p-time" showduration notoggle></media-time-display>`
      : `<button class="p-btn p-live" type="button"><span class="dot live"></span><span class="p-live-word">${say("player-live")}</span></button>`;
    const behind = isStored
      ? ""
      : `<span class="p-delay" hidden><span class="num"></span><span class="p-wide"> ${say("player-behind")}</span></span>`;
    const captionsButton = captions.length === 0
      ? ""
      : `<button class="p-btn p-captions" type="button" aria-label="${say("player-captions")}" aria-pressed="false">${icon("captions")}</button>`;
    const duration = durationS === undefined ? "" : ` defaultduration="${durationS}"`;
    return `
<media-controller class="p-frame" tabindex="-1" autohide="-1" nohotkeys novolumepref nomutedpref nosubtitleslangpref noautoseektolive defaultstreamtype="${isStored ? "on-demand" : "live"}"${duration}>
  <video slot="media" playsinline></video>
  <div class="p-bar">
    <media-time-range class="p-seek"${isStored ? "" : " hidden"}></media-time-range>
    <div class="p-row">
      <media-play-button class="p-btn" notooltip>${icon("play", 'slot="play"')}${icon("pause", 'slot="pause"')}</media-play-button>
      <media-mute-button class="p-btn" notooltip>${icon("mute", 'slot="off"')}${icon("volume", 'slot="low"')}${icon("volume", 'slot="medium"')}${icon("volume", 'slot="high"')}</media-mute-button>
      <media-volume-range class="p-volume p-wide"></media-volume-range>
      ${where}
      <span class="push"></span>
      ${behind}${captionsButton}
      <button class="p-btn p-gear" type="button" aria-label="${menuName}" aria-expanded="false">${icon("gear")}</button>
      <media-pip-button class="p-btn p-wide" notooltip>${icon("pip", 'slot="enter"')}${icon("pip", 'slot="exit"')}</media-pip-button>
      <media-fullscreen-button class="p-btn" notooltip>${icon("full", 'slot="enter"')}${icon("unfull", 'slot="exit"')}</media-fullscreen-button>
    </div>
  </div>
</media-controller>
<div class="p-top">${isLive ? `<span class="badge live">${say("player-live")}</span>` : ""}<span></span></div>
<span class="p-busy" hidden></span>
<button class="p-big" type="button" aria-label="${say("player-play")}" hidden>${icon("play")}</button>
<button class="btn p-sound" type="button" hidden>${icon("mute")}${say("player-sound-on")}</button>
<dl class="p-stats" aria-label="${say("player-statistics")}" hidden></dl>
<div class="p-menu" role="group" aria-label="${menuName}" hidden>
  ${choices}
  <div class="p-more"><button type="button" data-act="statistics" aria-pressed="false">${say("player-statistics")}</button><button type="button" data-act="help">${say("player-keys")}</button></div>
</div>
<div class="p-help" role="group" aria-label="${say("player-keys")}" tabindex="-1" hidden>
  <p class="p-help-head">${say("player-keys")}<button class="p-btn" type="button" data-act="close" aria-label="${say("player-close")}">${icon("x")}</button></p>
  <dl>${keys}</dl>
</div>
<div class="p-slate" role="status"></div>`;
  }

  /** Shows a slate, or takes it away. The controls below it cannot be reached meanwhile. */
  slate(slate: Slate | undefined, act: (act: "log_in" | "again") => void): void {
    const key = slate && `${slate.id} ${slate.line}`;
    if (key === this.#shown) return;
    const sameSlate = slate !== undefined && this.#shown?.startsWith(`${slate.id} `) === true;
    this.#shown = key;
    if (sameSlate) {
      // Only the line changed, by a countdown perhaps: the button keeps the focus.
      part(this.#slate, ".line-text").textContent = slate.line;
      return;
    }
    const hadFocus = this.player.contains(document.activeElement) && document.activeElement !== this.player;
    this.#controls.inert = slate !== undefined;
    if (slate === undefined) {
      this.#slate.replaceChildren();
    } else {
      this.#slate.innerHTML = `<div class="slate">${this.#icon(slate.icon)}<p class="say"></p><p class="line-text"></p></div>`;
      part(this.#slate, ".say").textContent = slate.say;
      const line = part(this.#slate, ".line-text");
      line.textContent = slate.line;
      const { button } = slate;
      if (button) {
        const element = document.createElement("button");
        element.type = "button";
        element.className = "btn";
        element.textContent = button.label;
        element.addEventListener("click", () => act(button.act));
        line.after(element);
      }
      this.menu.hidden = true;
      this.help.hidden = true;
      this.menuButton.setAttribute("aria-expanded", "false");
    }
    if (hadFocus) this.player.focus({ preventScroll: true });
  }

  /** What plays is about to be replaced: its last picture stays until the first of the next one. */
  holdPicture(): void {
    const { videoWidth, videoHeight } = this.video;
    if (videoWidth === 0) return;
    const held = document.createElement("canvas");
    held.className = "p-poster";
    held.ariaHidden = "true";
    held.width = videoWidth;
    held.height = videoHeight;
    held.getContext("2d")?.drawImage(this.video, 0, 0);
    this.#held?.remove();
    this.#held = held;
    this.player.prepend(held);
  }

  /** The moving picture is on its way: when its first frame is there, what stood in its place goes. */
  removePoster(): void {
    const standIns = [this.#poster, this.#held].filter((standIn) => standIn?.isConnected === true);
    if (standIns.length === 0) return;
    const gone = (): void => standIns.forEach((standIn) => standIn?.remove());
    if ("requestVideoFrameCallback" in this.video) this.video.requestVideoFrameCallback(gone);
    else setTimeout(gone, 1_000);
  }

  /** The ring while the picture is on its way. */
  set busy(busy: boolean) {
    this.#busy.hidden = !busy;
  }

  set atLive(atLive: boolean) {
    if (this.#liveWord) setText(this.#liveWord, atLive ? say("player-live") : say("player-go-to-live"));
    this.#liveDot?.classList.toggle("live", atLive);
  }

  /** "0.4 s", "4:12"; `undefined` hides it. */
  set delay(text: string | undefined) {
    const box = this.#delay?.parentElement;
    if (box) box.hidden = text === undefined;
    if (this.#delay && text !== undefined) setText(this.#delay, text);
  }

  /** The seek line is there when there is something to rewind to. */
  set canRewind(can: boolean) {
    this.#seek.hidden = !can;
  }

  /** What Automatic does now: "Now: low, 0.8 s behind". */
  set about(text: string) {
    if (this.#about) setText(this.#about, text);
  }

  /** Which languages there are, and which is shown; empty for none. */
  languages(all: readonly Caption[], shown: string): void {
    this.captionsButton?.setAttribute("aria-pressed", String(shown !== ""));
    const box = this.menu.querySelector<HTMLElement>(".p-languages");
    if (!box || all.length === 0) return;
    if (!box.querySelector("label")) {
      const rows = [["", say("player-captions-off")] as const, ...all.map(({ language, label }) => [language, label] as const)];
      for (const [value, word] of rows) {
        const label = document.createElement("label");
        label.innerHTML = `<input type="radio" name="captions"><span></span>`;
        part<HTMLInputElement>(label, "input").value = value;
        part(label, "span").textContent = word;
        if (value !== "") label.lang = value;
        box.append(label);
      }
    }
    for (const input of box.querySelectorAll("input")) input.checked = input.value === shown;
  }

  set speed(speed: number) {
    const input = this.menu.querySelector<HTMLInputElement>(`input[name=speed][value="${speed}"]`);
    if (input) input.checked = true;
  }

  /** Nothing was pressed yet: title and button alone. */
  set fresh(fresh: boolean) {
    this.player.classList.toggle("fresh", fresh);
    this.#bar.inert = fresh;
  }

  /** The large button: what it does now; `undefined` hides it. */
  set big(does: "play" | "replay" | undefined) {
    const { bigPlay } = this;
    bigPlay.hidden = does === undefined;
    if (does === undefined || bigPlay.dataset["does"] === does) return;
    bigPlay.dataset["does"] = does;
    bigPlay.setAttribute("aria-label", does === "play" ? say("player-play") : say("player-replay"));
    bigPlay.innerHTML = this.#icon(does === "play" ? "play" : "rotate");
  }

  /** Whether the delay can be chosen at all. */
  set hasDelays(has: boolean) {
    const choices = this.menu.querySelector("fieldset");
    if (choices) choices.hidden = !has;
  }

  /** Whether real time can be chosen. */
  set hasRealTime(has: boolean) {
    const input = this.menu.querySelector<HTMLInputElement>("input[name=delay][value=realtime]");
    const label = input?.closest<HTMLElement>("label");
    if (label) label.hidden = !has;
  }

  set delayChoice(choice: DelayChoice) {
    const input = this.menu.querySelector<HTMLInputElement>(`input[name=delay][value=${choice}]`);
    if (input) input.checked = true;
  }

  /** The qualities that exist; a single one is only named. */
  qualities(heights: readonly number[], playing: number | undefined): void {
    const key = `${heights.join()} ${playing}`;
    if (this.#qualities.dataset["key"] === key) return;
    this.#qualities.dataset["key"] = key;
    const chosen = this.#qualities.querySelector<HTMLInputElement>("input:checked")?.value ?? "";
    const rows = [["", playing ? say("player-quality-automatic-now", { height: `${playing}` }) : say("player-quality-automatic")]];
    if (heights.length > 1) rows.push(...heights.map((height) => [String(height), say("player-quality-height", { height: `${height}` })]));
    const focused = this.#qualities.contains(document.activeElement);
    for (const label of this.#qualities.querySelectorAll("label")) label.remove();
    for (const [value = "", word = ""] of rows) {
      const label = document.createElement("label");
      label.innerHTML = `<input type="radio" name="quality"><span></span>`;
      const input = part<HTMLInputElement>(label, "input");
      input.value = value;
      input.checked = value === chosen;
      part(label, "span").textContent = word;
      this.#qualities.append(label);
    }
    if (focused) this.#qualities.querySelector<HTMLInputElement>("input:checked")?.focus();
  }

  /** Rows of the statistics: label, value, and whether it is left out over a narrow picture. */
  statisticsRows(rows: readonly (readonly [label: string, value: string, wide: boolean])[]): void {
    this.statistics.replaceChildren(
      ...rows.flatMap(([label, value, wide]) =>
        [document.createElement("dt"), document.createElement("dd")].map((cell, i) => {
          cell.textContent = i === 0 ? label : value;
          cell.classList.toggle("p-wide", wide);
          return cell;
        }),
      ),
    );
  }

  /** Whether the controls must stay: the keyboard is in them, or something of theirs is open. */
  get inUse(): boolean {
    return !this.menu.hidden || !this.help.hidden || this.#bar.querySelector(":focus-visible") !== null;
  }

  set idle(idle: boolean) {
    this.player.classList.toggle("idle", idle);
  }
}

function radio(name: string, value: string, word: string, isChosen: boolean): string {
  return `<label><input type="radio" name="${name}" value="${value}"${isChosen ? " checked" : ""}><span>${word}</span></label>`;
}

function choice(value: DelayChoice, word: string, about: string): string {
  const line = about || value === "automatic" ? `<span class="about">${about}</span>` : "";
  return `<label><input type="radio" name="delay" value="${value}"><span>${word}</span>${line}</label>`;
}

function part<E extends Element = HTMLElement>(root: ParentNode, selector: string): E {
  const found = root.querySelector<E>(selector);
  if (!found) throw new Error(`the player has no ${selector}`);
  return found;
}

function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
