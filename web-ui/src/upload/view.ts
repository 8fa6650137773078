// What an upload looks like: one row of the page, made once and touched only where something changed, so that focus and screen readers are left
// in peace. And the words for how it goes.

import source from "../../../crates/web/locales/en/upload.ftl";
import { bytes, duration } from "../text.ts";
import { words } from "../words.ts";
import { secondsLeft } from "./queue.ts";
import type { Item, Progress } from "./tus.ts";

export const say = words([source]);

/** Something that can be pressed. */
export interface Action {
  readonly key: string;
  readonly word: string;
  readonly named: string;
  readonly icon?: string;
  /** A link, where it leads somewhere. */
  readonly href?: string;
}

/** A row as it is now. */
export interface Shown {
  readonly name: string;
  readonly badge?: { readonly word: string; readonly tone: "" | "ok" | "warn" | "bad" } | undefined;
  /** 0 to 100; absent: no bar. */
  readonly percent?: number | undefined;
  readonly facts: readonly string[];
  readonly isBad?: boolean;
  readonly actions: readonly Action[];
}

/** What is known of an upload for its row. */
export interface Going {
  readonly name: string;
  readonly progress: Progress;
  readonly sent: number;
  readonly size: number;
  readonly bytesPerSecond: number;
}

function of({ sent, size }: Pick<Going, "sent" | "size">): { sent: string; length: string } {
  return { sent: bytes(sent), length: bytes(size) };
}

export function cancel(name: string): Action {
  return { key: "cancel", word: say("upload-cancel"), named: say("upload-cancel.named", { name }) };
}

export function resume(name: string): Action {
  return { key: "resume", word: say("upload-resume"), named: say("upload-resume.named", { name }), icon: "i-rotate" };
}

export function remove(name: string): Action {
  return { key: "remove", word: say("upload-remove"), named: say("upload-remove.named", { name }) };
}

export function choose(name: string): Action {
  return { key: "choose", word: say("upload-find"), named: say("upload-find.named", { name }) };
}

/** `url` of an image is the bare picture; people get the page about it. */
export function open(name: string, item: Item): Action {
  const href = item.kind === "image" ? `${item.url}/about` : item.url;
  return { key: "open", word: say("upload-open"), named: say("upload-open.named", { name }), href };
}

function pause(name: string): Action {
  return { key: "pause", word: say("upload-pause"), named: say("upload-pause.named", { name }) };
}

/** An upload of this page, as it goes. */
export function shown(going: Going): Shown {
  const { name, progress, sent, size } = going;
  const percent = size > 0 ? Math.floor((sent * 100) / size) : 0;
  switch (progress.is) {
    case "waiting":
      return { name, facts: [bytes(size), say("upload-waiting")], actions: [cancel(name)] };
    case "sending": {
      const facts = [say("upload-of", of(going))];
      const left = secondsLeft(size - sent, going.bytesPerSecond);
      if (left !== undefined) {
        facts.push(say("upload-rate", { rate: bytes(going.bytesPerSecond) }));
        facts.push(say("upload-left", { time: duration(left) }));
      }
      return { name, percent, facts, actions: [pause(name), cancel(name)] };
    }
    case "broken": {
      const wait = duration(progress.retryInS);
      const why = progress.busy ? say("upload-busy", { wait }) : say("upload-broke-again", { ...of(going), wait });
      return { name, percent, facts: [why], actions: [resume(name), cancel(name)] };
    }
    case "paused": {
      const badge = { word: say("upload-badge-paused"), tone: "warn" } as const;
      return { name, badge, percent, facts: [say("upload-paused-at", of(going))], actions: [resume(name), cancel(name)] };
    }
    case "stopped": {
      const badge = { word: say("upload-badge-stopped"), tone: "warn" } as const;
      const actions = progress.canResume ? [resume(name), remove(name)] : [remove(name)];
      return { name, badge, facts: [stopped(progress)], isBad: true, actions };
    }
    case "processing": {
      const facts = [say("upload-uploaded", { length: bytes(size) }), say("upload-making-ready")];
      const badge = { word: say("upload-badge-processing"), tone: "" } as const;
      return { name, badge, facts, actions: progress.item ? [open(name, progress.item)] : [] };
    }
    case "ready":
      return {
        name,
        badge: { word: say("upload-badge-ready"), tone: "ok" },
        facts: [say("upload-uploaded", { length: bytes(size) })],
        actions: [open(name, progress.item)],
      };
    case "failed":
      return {
        name,
        badge: { word: say("upload-badge-failed"), tone: "bad" },
        facts: [progress.reason],
        isBad: true,
        actions: [remove(name)],
      };
  }
}

/** Why an upload stands still. */
export function stopped(progress: Progress & { readonly is: "stopped" }): string {
  switch (progress.why) {
    case "logged_out":
      return say("upload-logged-out");
    case "gone":
      return say("upload-gone");
    case "unreadable":
      return say("upload-unreadable");
    case "refused":
      return progress.detail ?? say("upload-refused");
  }
}

/** A row of the page. */
export class Row {
  readonly element = document.createElement("li");
  readonly #press: (key: string) => void;
  readonly #sprite: string;
  readonly #name = made("span", "name");
  readonly #badge = made("span", "badge");
  readonly #bar = document.createElement("progress");
  readonly #facts = made("p", "meta");
  readonly #actions = made("div", "line");
  #pressed = "";

  constructor(sprite: string, press: (key: string) => void) {
    this.#sprite = sprite;
    this.#press = press;
    const mini = made("div", "mini");
    mini.append(this.#icon("i-film", "icon"));
    const line = made("p", "line");
    line.append(this.#name, this.#badge);
    const grow = made("div", "grow flow tight");
    this.#bar.max = 100;
    grow.append(line, this.#bar, this.#facts);
    this.element.append(mini, grow, this.#actions);
  }

  show(row: Shown): void {
    setText(this.#name, row.name);
    this.#badge.hidden = row.badge === undefined;
    if (row.badge) {
      setText(this.#badge, row.badge.word);
      setClass(this.#badge, `badge ${row.badge.tone}`.trimEnd());
    }
    this.#bar.hidden = row.percent === undefined;
    if (row.percent !== undefined && this.#bar.value !== row.percent) this.#bar.value = row.percent;
    if (this.#bar.getAttribute("aria-label") !== row.name) this.#bar.setAttribute("aria-label", row.name);
    while (this.#facts.childElementCount > row.facts.length) this.#facts.lastElementChild?.remove();
    while (this.#facts.childElementCount < row.facts.length) this.#facts.append(document.createElement("span"));
    row.facts.forEach((fact, n) => {
      const span = this.#facts.children[n];
      if (!span) return;
      setText(span, fact);
      setClass(span, row.isBad === true ? "tone-bad" : "");
    });
    this.#act(row.actions);
  }

  #act(actions: readonly Action[]): void {
    const key = JSON.stringify(actions);
    if (key === this.#pressed) return;
    this.#pressed = key;
    const hadFocus = this.#actions.contains(document.activeElement);
    this.#actions.replaceChildren(...actions.map((action) => this.#button(action)));
    // Whoever pressed Pause finds Resume under the finger.
    if (hadFocus) this.#actions.querySelector<HTMLElement>("a, button")?.focus();
  }

  #button({ key, word, named, icon, href }: Action): HTMLElement {
    const button = document.createElement(href === undefined ? "button" : "a");
    button.className = "btn small";
    button.setAttribute("aria-label", named);
    if (button instanceof HTMLButtonElement) {
      button.type = "button";
      button.addEventListener("click", () => this.#press(key));
    } else {
      button.setAttribute("href", href ?? "");
    }
    if (icon !== undefined) button.append(this.#icon(icon, "icon s"));
    button.append(word);
    return button;
  }

  #icon(name: string, className: string): SVGSVGElement {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", className);
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${this.#sprite}#${name}`);
    svg.append(use);
    return svg;
  }
}

function made(tag: string, className: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function setClass(element: Element, className: string): void {
  if (element.className !== className) element.className = className;
}
