// The test page: puts what `<stage-player>` tells and what the browser times into the places that the page keeps for it.

import source from "../../crates/web/locales/en/test.ftl";
import type { Step, Trouble } from "./player/recovery.ts";
import type { Delay, Playlist } from "./player/source.ts";
import type { Stats } from "./player/statistics.ts";
import { Log } from "./test_page/log.ts";
import { RECENT, type Request, Requests } from "./test_page/requests.ts";
import { Series } from "./test_page/series.ts";
import { bitRate, bytes, count, delay, duration, frameRate, milliseconds, secondsText } from "./text.ts";
import type { WatchState } from "./watch_state.ts";
import { words } from "./words.ts";

const say = words([source]);

/** Having shown this many pictures without a request that could be seen, the browser plays by itself. */
const UNSEEN_FRAMES = 60;

class TestPage {
  readonly #root: HTMLElement;
  readonly #player: HTMLElement;
  readonly #log: Log;
  readonly #requests: Requests;
  readonly #series = { delay: new Series(), buffer: new Series(), rate: new Series(), dropped: new Series() };
  #openedAt: number | undefined;
  #droppedBefore = 0;
  #state: WatchState["state"] | undefined;

  constructor(root: HTMLElement, player: HTMLElement) {
    this.#root = root;
    this.#player = player;
    this.#log = new Log(part(root, "#log"));
    this.#requests = new Requests(`/hls/${player.getAttribute("slug")}/`);
  }

  start(): void {
    const on = <D>(type: string, hear: (detail: D) => void): void =>
      this.#player.addEventListener(type, (event) => hear((event as CustomEvent<D>).detail));
    on<WatchState>("stage-state", (state) => this.#stands(state.state));
    on<Delay>("stage-opened", (choice) => this.#opened(choice));
    on<Playlist>("stage-playlist", (playlist) => this.#playlist(playlist));
    on<Stats>("stage-playing", (stats) => this.#plays(stats));
    on<Stats>("stage-stall", () => this.#stalled());
    on<{ trouble: Trouble; step: Step }>("stage-error", ({ trouble, step }) => this.#failed(trouble, step));
    on<string | null>("stage-slate", (slate) => slate !== null && this.#playing(false));
    on<Stats>("stage-stats", (stats) => this.#show(stats));
    this.#listenToRequests();
    this.#listenToVideo();
    this.#buttons();
  }

  // ----- what happens -----

  #say(who: "stream" | "player" | "network", text: string): void {
    const names = { stream: say("test-who-stream"), player: say("test-who-player"), network: say("test-who-network") };
    this.#log.add(names[who], text);
  }

  #stands(state: WatchState["state"]): void {
    if (state === this.#state) return;
    this.#state = state;
    part(this.#root, "[data-offline]").hidden = state === "live" || state === "away";
    switch (state) {
      case "live":
        return this.#say("stream", say("test-state-live"));
      case "away":
        return this.#say("stream", say("test-state-away"));
      case "offline":
        return this.#say("stream", say("test-state-offline"));
      case "ended":
        return this.#say("stream", say("test-state-ended"));
      case "not_allowed":
        return this.#say("stream", say("test-state-closed"));
    }
  }

  #opened(delayChoice: Delay): void {
    this.#openedAt = performance.now();
    this.#playing(false);
    const words = { realtime: "test-log-opened.realtime", low: "test-log-opened.low", steady: "test-log-opened.steady" } as const;
    const choice = say(words[delayChoice]);
    this.#say("player", say("test-log-opened", { choice }));
  }

  #playlist({ url, targetDurationS, partTargetS }: Playlist): void {
    const segment = duration(targetDurationS);
    const facts =
      partTargetS === null
        ? say("test-playlist.whole", { segment })
        : say("test-playlist.parts", { part: milliseconds(partTargetS * 1000), segment });
    this.#fact("playlist", facts);
    part<HTMLInputElement>(this.#root, "#media").value = url;
    this.#say("player", say("test-log-playlist", { facts }));
  }

  #plays(stats: Stats): void {
    if (this.#openedAt === undefined) {
      this.#say("player", say("test-log-again"));
    } else {
      const time = milliseconds(performance.now() - this.#openedAt);
      this.#openedAt = undefined;
      this.#fact("first", time);
      this.#say("player", say("test-log-first", { time }));
    }
    this.#playing(true);
    this.#show(stats);
  }

  #stalled(): void {
    this.#playing(false);
    this.#say("player", say("test-log-stall"));
  }

  #failed(trouble: Trouble, step: Step): void {
    const status = trouble.kind === "network" && trouble.status !== undefined ? String(trouble.status) : "–";
    switch (step.step) {
      case "by_hls":
        return this.#say("network", say("test-log-by-hls"));
      case "recover_media":
        return this.#say("player", say("test-log-media"));
      case "refused":
        return this.#say("network", say("test-log-refused"));
      case "cannot_play":
        return this.#say("player", say("test-log-cannot"));
      case "reload": {
        const values = { status, wait: secondsText(step.afterS, 1) };
        const text = step.because === "network" ? say("test-log-broken", values) : say("test-log-gone", values);
        return this.#say("network", step.because === "media" ? say("test-log-media") : text);
      }
    }
  }

  #listenToRequests(): void {
    if (typeof PerformanceObserver === "undefined") return;
    const observer = new PerformanceObserver((list) => {
      const taken = list.getEntries().map((entry) => this.#requests.take(entry as PerformanceResourceTiming));
      const requests = taken.filter((request): request is Request => request !== undefined);
      for (const { name, status, tookMs } of requests) {
        if (status >= 400) {
          this.#say("network", say("test-log-status", { name, status: String(status), time: milliseconds(tookMs) }));
        }
      }
      if (requests.length > 0) this.#showRequests();
    });
    observer.observe({ type: "resource", buffered: true });
  }

  #listenToVideo(): void {
    const attach = (): void => {
      const video = this.#player.querySelector<HTMLVideoElement>("media-controller video:not(.p-poster)");
      if (!video) return;
      video.addEventListener("resize", () => {
        const size = { width: String(video.videoWidth), height: String(video.videoHeight) };
        if (video.videoWidth > 0) this.#say("player", say("test-log-size", size));
      });
      video.addEventListener("ratechange", () => {
        const behind = this.#series.delay.latest;
        const values = { speed: video.playbackRate.toFixed(2), delay: behind === undefined ? "–" : delay(behind) };
        this.#say("player", say("test-log-speed", values));
      });
    };
    void customElements.whenDefined("stage-player").then(attach);
  }

  // ----- what is shown -----

  #playing(is: boolean): void {
    const badge = part(this.#root, "[data-playing]");
    badge.classList.toggle("ok", is);
    badge.textContent = (is ? badge.dataset["yes"] : badge.dataset["no"]) ?? "";
  }

  #show(stats: Stats): void {
    if (stats.connection === null) return; // nothing plays
    if (stats.delay_s !== null) this.#series.delay.add(stats.delay_s);
    this.#series.buffer.add(stats.buffer_s);
    if (stats.bitRate !== null) this.#series.rate.add(stats.bitRate);
    this.#series.dropped.add(Math.max(0, stats.dropped - this.#droppedBefore));
    this.#droppedBefore = stats.dropped;
    this.#tile("delay", this.#series.delay, (s) => secondsText(s, 2));
    this.#tile("buffer", this.#series.buffer, (s) => secondsText(s, 2));
    this.#tile("rate", this.#series.rate, bitRate);
    this.#tile("dropped", this.#series.dropped, count, count(stats.dropped), say("test-dropped.verdict", { frames: count(stats.frames) }));
    if (stats.width > 0) {
      const size = { width: String(stats.width), height: String(stats.height) };
      this.#fact("picture", say("test-picture.value", { ...size, rate: frameRate(stats.rate), codec: stats.video ?? "–" }));
    }
    if (this.#requests.count === 0 && stats.frames > UNSEEN_FRAMES) {
      setText(part(this.#root, "[data-requests-total]"), say("test-requests.unseen"));
    }
    this.#fact("sound", stats.audio ?? "–");
    this.#fact("stalls", count(stats.stalls));
    const { protocol } = this.#requests;
    const kind = stats.connection ?? "–";
    this.#fact("connection", protocol === "" ? kind : say("test-connection.value", { kind, protocol }));
  }

  #tile(name: string, series: Series, format: (value: number) => string, figure?: string, verdict?: string): void {
    const tile = part(this.#root, `[data-tile=${name}]`);
    const { latest, range } = series;
    if (latest === undefined || range === undefined) return;
    setFigure(part(tile, ".figure"), figure ?? format(latest));
    const [low, high] = range;
    setText(part(tile, ".verdict"), verdict ?? say("test-range", { low: format(low), high: format(high) }));
    const { line, area } = series.paths;
    part<SVGPathElement>(tile, "path.l").setAttribute("d", line);
    part<SVGPathElement>(tile, "path.a").setAttribute("d", area);
  }

  #fact(name: string, text: string): void {
    setText(part(this.#root, `[data-fact=${name}]`), text);
  }

  #showRequests(): void {
    const rows = Array.from({ length: RECENT }, (_, nth) => {
      const request = this.#requests.recent[nth];
      const took = request ? milliseconds(request.tookMs) : "–";
      const size = request && request.bytes > 0 ? bytes(request.bytes) : "–";
      const row = document.createElement("tr");
      for (const [i, text] of [request?.name ?? "–", took, size].entries()) {
        const cell = document.createElement("td");
        cell.textContent = text;
        cell.className = i === 0 ? "mono" : "r num";
        row.append(cell);
      }
      return row;
    });
    part(this.#root, "[data-requests]").replaceChildren(...rows);
    const total = { count: count(this.#requests.count), bytes: bytes(this.#requests.bytes) };
    setText(part(this.#root, "[data-requests-total]"), say("test-requests.total", total));
  }

  // ----- what is pressed -----

  #buttons(): void {
    const clear = part(this.#root, "[data-log-clear]");
    clear.hidden = false;
    clear.addEventListener("click", () => this.#log.clear());
  }
}

/** A figure with its unit set smaller: they are parted by a space that does not break. */
function setFigure(element: HTMLElement, text: string): void {
  if (element.dataset["figure"] === text) return;
  element.dataset["figure"] = text;
  const at = text.indexOf("\u00a0");
  const unit = document.createElement("small");
  unit.textContent = at < 0 ? "" : text.slice(at + 1);
  element.replaceChildren(at < 0 ? text : `${text.slice(0, at)} `, ...(at < 0 ? [] : [unit]));
}

function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function part<E extends Element = HTMLElement>(root: ParentNode, selector: string): E {
  const found = root.querySelector<E>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

const root = document.querySelector<HTMLElement>("[data-test]");
const player = root?.querySelector<HTMLElement>("stage-player");
if (root && player) new TestPage(root, player).start();

for (const form of document.querySelectorAll<HTMLFormElement>("[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
}
