// Keeps the Go-live page true: the strip, the figures and their charts, findings, refused attempts, which key is in use.
//
// The page comes complete from the server; here only what changed is touched, so that screen readers and selections are left in
// peace. Figures are not announced; how the stream stands, and a new refusal, are.

import live from "../../crates/web/locales/en/live.ftl";
import { follow } from "./events.ts";
import { localTimes } from "./facts.ts";
import { type Banner, History, type Refusal, type Sample, type Status, type Tile, type Warning, banner, parseStatus, protocol, say, tiles } from "./health.ts";
import { untilLeft, whileOnShow } from "./life.ts";
import { count } from "./text.ts";
import { words } from "./words.ts";

const sayLive = words([live]);
/** The picture is asked for again this often while it can be seen. */
const PICTURE_MS = 5_000;

/** Begins, on a page that is one. */
export function goLive(announce: (text: string) => void): void {
  const root = document.querySelector<HTMLElement>("[data-golive]");
  if (root) new GoLive(root, announce).begin();
}

class GoLive {
  readonly #root: HTMLElement;
  readonly #announce: (text: string) => void;
  readonly #slug: string;
  readonly #history = new History();
  #standing: string;
  #asked = false;
  #newest: string | undefined;
  readonly #drawn = new Map<string, string>();

  constructor(root: HTMLElement, announce: (text: string) => void) {
    this.#root = root;
    this.#announce = announce;
    this.#slug = root.dataset["golive"] ?? "";
    this.#standing = root.dataset["standing"] ?? "waiting";
  }

  begin(): void {
    untilLeft(follow(`stream:${this.#slug}`, (data, now) => this.#hear(data, now)));
    whileOnShow(() => this.#picture(), PICTURE_MS);
    this.#downloads();
  }

  #hear(data: unknown, now: number): void {
    const status = data === undefined ? undefined : parseStatus(data);
    const stale = this.#one("[data-stale]");
    if (stale) {
      stale.hidden = status !== undefined;
      if (data !== undefined && status === undefined) setText(stale, say("health-closed"));
      else setText(stale, say("health-stale"));
    }
    this.#root.classList.toggle("stale", status === undefined);
    if (status) this.#show(status, now);
  }

  #show(status: Status, now: number): void {
    if (status.live === null) {
      this.#history.replace([]);
      this.#asked = false;
    } else if (!this.#asked || this.#history.add(status.live, now)) {
      void this.#askHistory();
    }
    this.#strip(banner(status));
    if (status.live) for (const tile of tiles(status.live, this.#history.samples)) this.#tile(tile);
    this.#once("notes", status.live?.warnings ?? [], (warnings) => this.#notes(warnings));
    this.#once("refused", status.refusals, (refusals) => this.#refused(refusals));
    this.#keys(status.live?.state === "receiving" ? status.key_in_use?.id : undefined);
    for (const form of this.#all("[data-test-start]")) form.hidden = status.test_signal;
    for (const form of this.#all("[data-test-stop]")) form.hidden = !status.test_signal;
  }

  async #askHistory(): Promise<void> {
    this.#asked = true;
    try {
      const response = await fetch(`/api/streams/${this.#slug}/history`, { headers: { accept: "application/json" } });
      if (response.ok) this.#history.replace(((await response.json()) as { samples: Sample[] }).samples);
    } catch {
      // The chart begins with what is heard from now on.
    }
  }

  #strip(now: Banner): void {
    // For the part of the page that sends.
    document.dispatchEvent(new CustomEvent<Banner>("golive-banner", { detail: now }));
    const strip = this.#one("[data-banner]");
    if (!strip) return;
    const [mark, tone] = now.standing === "receiving" ? ["ok", "ok"] : now.standing === "away" ? ["warn", "warn"] : ["wait", ""];
    strip.className = `banner sentence ${tone}`.trimEnd();
    for (const part of this.#all("[data-mark]")) part.toggleAttribute("hidden", part.dataset["mark"] !== mark);
    setText(this.#one("[data-heading]"), now.heading);
    setText(this.#one("[data-note]"), now.note);
    this.#time("[data-since]", now.since);
    this.#time("[data-ended]", now.ended?.at);
    setText(this.#one("[data-ended-words]"), now.ended?.words ?? "");
    const isOn = now.standing !== "waiting";
    for (const part of this.#all("[data-on]")) part.hidden = !isOn;
    const badge = this.#one("[data-badge]");
    const isLive = now.standing === "receiving" || now.standing === "starting";
    setText(badge, sayLive(isLive ? "live-badge" : isOn ? "live-badge-away" : "live-badge-offline"));
    badge?.classList.toggle("live", isLive);
    if (now.standing === this.#standing) return;
    this.#standing = now.standing;
    this.#announce(isOn ? now.heading : say("health-now-waiting"));
    this.#picture();
  }

  #time(selector: string, at: string | undefined): void {
    const part = this.#one(selector);
    if (!part) return;
    part.hidden = at === undefined;
    if (at === undefined) return;
    for (const time of part.querySelectorAll("time")) time.dateTime = at;
    localTimes(part);
  }

  #tile(tile: Tile): void {
    const at = this.#one(`[data-tile="${tile.id}"]`);
    if (!at) return;
    setText(at.querySelector("[data-number]"), tile.number);
    setText(at.querySelector("[data-unit]"), tile.unit);
    const verdict = at.querySelector("[data-verdict]");
    setText(verdict, tile.verdict);
    verdict?.classList.toggle("warn", tile.warned);
    const chart = at.querySelector("svg");
    chart?.classList.toggle("warn", tile.warned);
    if (chart?.getAttribute("aria-label") !== tile.chart) chart?.setAttribute("aria-label", tile.chart);
    chart?.querySelector(".l")?.setAttribute("d", tile.spark.line);
    chart?.querySelector(".a")?.setAttribute("d", tile.spark.area);
  }

  #notes(warnings: readonly Warning[]): void {
    const list = this.#one("[data-notes]");
    if (!list) return;
    list.hidden = warnings.length === 0;
    list.replaceChildren(...warnings.map((warning) => this.#note(warning)));
  }

  #note(warning: Warning): HTMLElement {
    const icon = this.#icon(warning.severity === "notice" ? "info" : "warn", warning.severity === "problem" ? "tone-bad" : "tone-warn");
    const { fixObs = "", fixFfmpeg = "" } = this.#one("[data-notes]")?.dataset ?? {};
    const fix = make("p", "fix", make("strong", "", fixObs), ` ${warning.fix}`);
    if (warning.fix_ffmpeg !== null) {
      const code = make("span", "mono", warning.fix_ffmpeg);
      code.translate = false;
      fix.append(` ${fixFfmpeg} `, code);
    }
    return make("li", "", icon, make("div", "", make("p", "name", warning.title), make("p", "quiet-text", warning.why), fix));
  }

  #refused(refusals: readonly Refusal[]): void {
    const panel = this.#one("[data-refused]");
    if (!panel) return;
    panel.hidden = refusals.length === 0;
    const labels = [...panel.querySelectorAll("th")].map((head) => head.textContent ?? "");
    const cell = (place: number, ...content: (Node | string)[]): HTMLElement => {
      const td = make("td", "", ...content);
      if (place < 3) td.dataset["label"] = labels[place] ?? "";
      return td;
    };
    const rows = refusals.map((refusal) => {
      const time = document.createElement("time");
      time.dateTime = refusal.at;
      time.dataset["time"] = "";
      const times = refusal.times > 1 ? [make("small", "", say("health-refused-times", { count: count(refusal.times) }))] : [];
      const from = cell(1, refusal.address);
      from.className = "num";
      const server = this.#root.dataset["server"] ?? "";
      const fix = server === "" ? refusal.fix : refusal.fix.replace("rtmp://HOST:1935/live", server);
      return make("tr", "", cell(0, time, ...times), from, cell(2, protocol(refusal.protocol)), cell(3, refusal.message, make("small", "", fix)));
    });
    panel.querySelector("tbody")?.replaceChildren(...rows);
    localTimes(panel);
    const newest = refusals[0];
    const isNew = newest !== undefined && this.#newest !== undefined && newest.at !== this.#newest;
    this.#newest = newest?.at ?? "";
    if (isNew) this.#announce(say("health-refused-new", { message: newest.message }));
  }

  #keys(inUse: string | undefined): void {
    for (const row of this.#all("[data-key]")) {
      const isIt = row.dataset["key"] === inUse;
      row.querySelector("[data-in-use]")?.toggleAttribute("hidden", !isIt);
      row.querySelector("[data-not-in-use]")?.toggleAttribute("hidden", isIt);
    }
  }

  /** The picture of now, put in the place of the one before once it can be shown, so that nothing flickers. */
  #picture(): void {
    const old = this.#root.querySelector<HTMLVideoElement>("video[data-picture]");
    if (!old || this.#standing !== "receiving" || document.visibilityState !== "visible") return;
    const fresh = old.cloneNode() as HTMLVideoElement;
    fresh.muted = true;
    fresh.addEventListener("loadeddata", () => old.replaceWith(fresh), { once: true });
    fresh.src = `${old.dataset["picture"] ?? ""}?at=${Date.now()}`;
  }

  /** A profile holds a key of its own, which belongs into the list; the page itself stays, with a key it may show once. */
  #downloads(): void {
    for (const form of this.#all("form[data-download]")) {
      form.addEventListener("submit", () => setTimeout(() => void this.#refreshKeys(), 1_000));
    }
  }

  async #refreshKeys(): Promise<void> {
    try {
      const response = await fetch(location.pathname, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const [fresh, old] = [page.querySelector("[data-keys]"), this.#one("[data-keys]")];
      if (fresh && old) old.replaceWith(fresh);
      localTimes(this.#root);
    } catch {
      // It is there when the page is loaded again.
    }
  }

  /** Draws a list only when it is another than before. */
  #once<T>(name: string, value: T, draw: (value: T) => void): void {
    const text = JSON.stringify(value);
    if (this.#drawn.get(name) === text) return;
    this.#drawn.set(name, text);
    draw(value);
  }

  #icon(name: string, tone: string): SVGElement {
    const SVG = "http://www.w3.org/2000/svg";
    const icon = document.createElementNS(SVG, "svg");
    icon.setAttribute("class", `icon ${tone}`);
    icon.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(SVG, "use");
    use.setAttribute("href", `${document.body.dataset["sprite"] ?? ""}#i-${name}`);
    icon.append(use);
    return icon;
  }

  #one(selector: string): HTMLElement | null {
    return this.#root.querySelector<HTMLElement>(selector);
  }

  #all(selector: string): NodeListOf<HTMLElement> {
    return this.#root.querySelectorAll<HTMLElement>(selector);
  }
}

function make(name: string, className: string, ...content: (Node | string)[]): HTMLElement {
  const element = document.createElement(name);
  if (className !== "") element.className = className;
  element.append(...content);
  return element;
}

function setText(element: Element | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}
