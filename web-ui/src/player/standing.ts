// How the stream stands, as the page's stream of events tells it, asked at once where waiting is not good enough; and what the
// server's clock says.

import { follow } from "../events.ts";
import { askWatchState, parseWatchState, type WatchState } from "../watch_state.ts";
import { ServerClock } from "./clock.ts";

/** Without an answer this often in a row the server is out of reach. */
const UNANSWERED = 2;
/**
 * Events tell what is news since the event before. Who was told in between that it may not be seen, by an answer, may hear of nothing when it
 * may again: they ask.
 */
const ASK_AGAIN_MS = 3_000;

export class StreamStanding {
  readonly #url: string;
  readonly #topic: string;
  /** What the page brings, such as an access code. */
  readonly #query: string;
  readonly #tell: (state: WatchState | undefined) => void;
  readonly #clock = new ServerClock();
  #state: WatchState | undefined;
  #unanswered = 0;
  #asking = false;
  #running = false;
  #stop: (() => void) | undefined;
  /** What the last event said. */
  #heard: WatchState | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  /** `tell` hears each state, and `undefined` when there was no answer. */
  constructor(slug: string, url: string, tell: (state: WatchState | undefined) => void) {
    this.#topic = `watch:${slug}`;
    this.#url = url;
    this.#query = url.split("?")[1] ?? "";
    this.#tell = tell;
  }

  start(): void {
    this.#running = true;
    this.#stop = follow(this.#topic, (data, now) => {
      const contradicts = data !== undefined && this.#clock.contradicts(now, Date.now());
      this.#heard = data === undefined ? undefined : parseWatchState(data);
      this.#take(this.#heard);
      if (contradicts) void this.ask();
    }, this.#query);
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#again);
    this.#stop?.();
  }

  /** Asks now instead of waiting for the next event; also the way to learn the server's clock. */
  async ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const { state, now, sentAt, receivedAt } = await askWatchState(this.#url);
    this.#asking = false;
    if (!this.#running) return;
    this.#clock.learn(now, sentAt, receivedAt);
    this.#take(state);
    clearTimeout(this.#again);
    if (state?.state === "not_allowed" && this.#heard?.state !== "not_allowed") this.#again = setTimeout(() => void this.ask(), ASK_AGAIN_MS);
  }

  /** `undefined` before the first answer. */
  get state(): WatchState | undefined {
    return this.#state;
  }

  get isUnreachable(): boolean {
    return this.#unanswered >= UNANSWERED;
  }

  /** The server's time now, in milliseconds since 1970. */
  get now(): number | undefined {
    return this.#clock.at(Date.now());
  }

  #take(state: WatchState | undefined): void {
    this.#unanswered = state === undefined ? this.#unanswered + 1 : 0;
    if (state) this.#state = state;
    this.#tell(state);
  }
}
