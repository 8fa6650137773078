// The test page: puts what each `<stage-player>` tells and what the browser times into the places that the page keeps for it.

import source from "../../crates/web/locales/en/test.ftl";
import { onNextPages, untilLeft } from "./life.ts";
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

/** Who says something in the log. */
type Who = "stream" | "network" | Delay;

class TestPage {
  readonly #root: HTMLElement;
  readonly #log: Log;
  readonly #requests: Requests;
  readonly #sides: readonly Side[];
  #state: WatchState["state"] | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#log = new Log(part(root, "#log"));
    const players = [...root.querySelectorAll<HTMLElement>("[data-side] stage-player")];
    const slug = players[0]?.getAttribute("slug");
    this.#requests = new Requests(`/hls/${slug}/`, `/${slug}/whep`);
    this.#sides = players.map((player) => new Side(player, this.#requests, (who, text) => this.#say(who, text)));
  }

  start(): void {
    for (const side of this.#sides) side.start();
    // All hear of the stream alike.
    const heard = (event: Event): void => this.#stands((event as CustomEvent<WatchState>).detail.state);
    this.#root.addEventListener("stage-state", heard);
    this.#root.addEventListener("stage-playlist", (event) => {
      part<HTMLInputElement>(this.#root, "#media").value = (event as CustomEvent<Playlist>).detail.url;
    });
    this.#root.addEventListener("stage-stats", () => this.#unseen());
    this.#listenToRequests();
    this.#buttons();
  }

  #say(who: Who, text: string): void {
    const names = {
      stream: "test-who-stream",
      network: "test-who-network",
      realtime: "test-who-realtime",
      low: "test-who-low",
      steady: "test-who-low",
    } as const;
    this.#log.add(say(names[who]), text);
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
    untilLeft(() => observer.disconnect());
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

  #unseen(): void {
    if (this.#requests.count === 0 && this.#sides.some((side) => side.hasShown(UNSEEN_FRAMES))) {
      setText(part(this.#root, "[data-requests-total]"), say("test-requests.unseen"));
    }
  }

  #buttons(): void {
    const clear = part(this.#root, "[data-log-clear]");
    clear.hidden = false;
    clear.addEventListener("click", () => this.#log.clear());
  }
}

/** One of the players, and the figures of it. */
class Side {
  readonly #panel: HTMLElement;
  readonly #player: HTMLElement;
  readonly #requests: Requests;
  readonly #log: (who: Who, text: string) => void;
  readonly #who: Delay;
  readonly #series = { delay: new Series(), buffer: new Series(), rate: new Series(), dropped: new Series() };
  #openedAt: number | undefined;
  #droppedBefore = 0;
  #frames = 0;

  constructor(player: HTMLElement, requests: Requests, log: (who: Who, text: string) => void) {
    this.#player = player;
    this.#panel = player.closest<HTMLElement>("[data-side]") ?? player;
    this.#who = this.#panel.dataset["side"] === "realtime" ? "realtime" : "low";
    this.#requests = requests;
    this.#log = log;
  }

  start(): void {
    const on = <D>(type: string, hear: (detail: D) => void): void =>
      this.#player.addEventListener(type, (event) => hear((event as CustomEvent<D>).detail));
    on<Delay>("stage-opened", (choice) => this.#opened(choice));
    on<Playlist>("stage-playlist", (playlist) => this.#playlist(playlist));
    on<Stats>("stage-playing", (stats) => this.#plays(stats));
    on<Stats>("stage-stall", () => this.#stalled());
    on<{ trouble: Trouble; step: Step }>("stage-error", ({ trouble, step }) => this.#failed(trouble, step));
    on<string | null>("stage-slate", (slate) => slate !== null && this.#playing(false));
    on<Stats>("stage-stats", (stats) => this.#show(stats));
    this.#listenToVideo();
  }

  hasShown(frames: number): boolean {
    return this.#frames > frames;
  }

  // ----- what happens -----

  #say(text: string): void {
    this.#log(this.#who, text);
  }

  #opened(delayChoice: Delay): void {
    this.#openedAt = performance.now();
    this.#playing(false);
    const words = { realtime: "test-log-opened.realtime", low: "test-log-opened.low", steady: "test-log-opened.steady" } as const;
    const choice = say(words[delayChoice]);
    this.#say(say("test-log-opened", { choice }));
  }

  #playlist({ targetDurationS, partTargetS }: Playlist): void {
    const segment = duration(targetDurationS);
    const facts =
      partTargetS === null
        ? say("test-playlist.whole", { segment })
        : say("test-playlist.parts", { part: milliseconds(partTargetS * 1000), segment });
    this.#fact("playlist", facts);
    this.#say(say("test-log-playlist", { facts }));
  }

  #plays(stats: Stats): void {
    if (this.#openedAt === undefined) {
      this.#say(say("test-log-again"));
    } else {
      const time = milliseconds(performance.now() - this.#openedAt);
      this.#openedAt = undefined;
      this.#fact("first", time);
      this.#say(say("test-log-first", { time }));
    }
    this.#playing(true);
    this.#show(stats);
  }

  #stalled(): void {
    this.#playing(false);
    this.#say(say("test-log-stall"));
  }

  #failed(trouble: Trouble, step: Step): void {
    const status = trouble.kind === "network" && trouble.status !== undefined ? String(trouble.status) : "–";
    switch (step.step) {
      case "by_hls": {
        const words = { unsuitable: "test-log-by-hls.unsuitable", busy: "test-log-by-hls.busy", network: "test-log-by-hls.network" } as const;
        return this.#say(say("test-log-by-hls", { because: say(words[step.because]) }));
      }
      case "recover_media":
        return this.#say(say("test-log-media"));
      case "refused":
        return this.#say(say("test-log-refused"));
      case "cannot_play":
        return this.#say(say("test-log-cannot"));
      case "reload": {
        const values = { status, wait: secondsText(step.afterS, 1) };
        const text = step.because === "network" ? say("test-log-broken", values) : say("test-log-gone", values);
        return this.#say(step.because === "media" ? say("test-log-media") : text);
      }
    }
  }

  #listenToVideo(): void {
    const attach = (): void => {
      const video = this.#player.querySelector<HTMLVideoElement>("media-controller video:not(.p-poster)");
      if (!video) return;
      video.addEventListener("resize", () => {
        const size = { width: String(video.videoWidth), height: String(video.videoHeight) };
        if (video.videoWidth > 0) this.#say(say("test-log-size", size));
      });
      video.addEventListener("ratechange", () => {
        const behind = this.#series.delay.latest;
        const values = { speed: video.playbackRate.toFixed(2), delay: behind === undefined ? "–" : delay(behind) };
        this.#say(say("test-log-speed", values));
      });
    };
    void customElements.whenDefined("stage-player").then(attach);
  }

  // ----- what is shown -----

  #playing(is: boolean): void {
    const badge = part(this.#panel, "[data-playing]");
    badge.classList.toggle("ok", is);
    badge.textContent = (is ? badge.dataset["yes"] : badge.dataset["no"]) ?? "";
  }

  #show(stats: Stats): void {
    if (stats.connection === null) return; // nothing plays
    this.#frames = stats.frames;
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
    this.#fact("sound", stats.audio ?? "–");
    this.#fact("stalls", count(stats.stalls));
    // How real time comes, the player knows; how HLS comes, the browser's times of requests.
    const protocol = stats.via ?? (this.#who === "low" ? this.#requests.protocol : "");
    const kind = stats.connection;
    this.#fact("connection", protocol === "" ? kind : say("test-connection.value", { kind, protocol }));
  }

  #tile(name: string, series: Series, format: (value: number) => string, figure?: string, verdict?: string): void {
    const tile = part(this.#panel, `[data-tile=${name}]`);
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
    setText(part(this.#panel, `[data-fact=${name}]`), text);
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

function begin(): void {
  const root = document.querySelector<HTMLElement>("[data-test]");
  if (root) new TestPage(root).start();
}

begin();
onNextPages(begin);
