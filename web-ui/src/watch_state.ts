// How a stream stands, as `GET /api/watch/{slug}` tells it, and the loop that asks for it.
//
// The loop asks at once, then every five seconds, every two while there is nothing to watch (so that a page starts
// within two seconds of its stream), and not at all while the page is hidden. It never gives up: an answer that fails
// is told as `undefined` and asked again.

export type Standing = "live" | "away" | "offline" | "ended" | "not_allowed";

/** One answer. Times are RFC 3339, `null` where there is none. */
export interface WatchState {
  /** The server's clock when it answered. */
  readonly now: string;
  readonly state: Standing;
  /** When the broadcast began. */
  readonly since: string | null;
  /** When it ended, for `ended`. */
  readonly until: string | null;
  /** How long a sender may be away before its broadcast ends, in seconds. */
  readonly grace_s: number;
  readonly viewers: number;
  readonly title: string;
}

const STANDINGS: readonly string[] = ["live", "away", "offline", "ended", "not_allowed"];

/** Reads an answer; `undefined` when it is not one. */
export function parseWatchState(value: unknown): WatchState | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const v = value as Record<string, unknown>;
  const state = v["state"];
  if (typeof state !== "string" || !STANDINGS.includes(state)) return undefined;
  const number = (x: unknown): number => (typeof x === "number" && Number.isFinite(x) && x >= 0 ? x : 0);
  const time = (x: unknown): string | null => (typeof x === "string" && !Number.isNaN(Date.parse(x)) ? x : null);
  return {
    now: time(v["now"]) ?? "",
    state: state as Standing,
    since: time(v["since"]),
    until: time(v["until"]),
    grace_s: number(v["grace_s"]),
    viewers: number(v["viewers"]),
    title: typeof v["title"] === "string" ? v["title"] : "",
  };
}

/** Milliseconds until the next question. */
export function pollAfter(state: WatchState | undefined): number {
  return state?.state === "live" ? 5_000 : 2_000;
}

/** An answer with the local times between which it was made; `state` is undefined when there was none. */
export interface Answer {
  readonly state: WatchState | undefined;
  readonly sentAt: number;
  readonly receivedAt: number;
}

/** Asks one address again and again until `stop`. */
export class Poll {
  readonly #url: string;
  readonly #tell: (answer: Answer) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;
  #last: WatchState | undefined;
  #running = false;

  constructor(url: string, tell: (answer: Answer) => void) {
    this.#url = url;
    this.#tell = tell;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    document.addEventListener("visibilitychange", this.#visibility);
    void this.#ask();
  }

  stop(): void {
    this.#running = false;
    document.removeEventListener("visibilitychange", this.#visibility);
    clearTimeout(this.#timer);
    this.#asking?.abort();
  }

  /** Asks now instead of at the next turn. */
  hurry(): void {
    if (this.#running && this.#asking === undefined) void this.#ask();
  }

  readonly #visibility = (): void => {
    if (document.visibilityState === "visible") this.hurry();
    else clearTimeout(this.#timer);
  };

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    const asking = new AbortController();
    this.#asking = asking;
    // A server that accepts and never answers must not end the loop.
    const patience = setTimeout(() => asking.abort(), 8_000);
    const sentAt = Date.now();
    let state: WatchState | undefined;
    try {
      const response = await fetch(this.#url, { signal: asking.signal, headers: { accept: "application/json" } });
      if (response.status === 401 || response.status === 403 || response.status === 404) {
        state = parseWatchState({ state: "not_allowed" });
      } else if (response.ok) {
        state = parseWatchState(await response.json());
      }
    } catch {
      // No answer: told as such below.
    }
    clearTimeout(patience);
    this.#asking = undefined;
    if (!this.#running) return;
    this.#last = state ?? this.#last;
    this.#tell({ state, sentAt, receivedAt: Date.now() });
    if (document.visibilityState === "visible") {
      this.#timer = setTimeout(() => void this.#ask(), pollAfter(this.#last));
    }
  }
}
