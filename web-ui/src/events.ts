// What the server tells as it happens: one stream of events a browser, shared by its tabs.
//
// Browsers open six connections to a plain HTTP/1.1 host, so tabs must not hold one each. The visible tab that has the lock
// listens, for itself and for what other visible tabs want, and hands on what it hears. A hidden tab wants nothing and lets go of
// the lock. Where the stream cannot be had (a proxy that holds it back, a server that is away) topics are asked one by one until
// it can. A topic that is not up to date is told as `undefined`.

/** What a topic said, and the server's clock in milliseconds when it said so. */
export type Hear = (data: unknown, now: number) => void;

const LOCK = "media-server.events";
const CHANNEL = "media-server.events";
/** Without a word from the stream for this long (pings come every 15 s) it is taken for dead. */
const SILENCE_MS = 40_000;
const POLL_MS = 3_000;
const LISTEN_AGAIN_MS = 15_000;

type Message =
  | { readonly kind: "want"; readonly tab: string; readonly topics: readonly string[] }
  | { readonly kind: "who" }
  | { readonly kind: "said"; readonly topic: string; readonly data: unknown; readonly now: number }
  | { readonly kind: "stale" };

/** Where a topic can be asked: the answer is the data of its event. `query` is what the page brings, such as an access code. */
export function address(topic: string, query = ""): string {
  const [kind = "", slug = ""] = topic.split(":");
  const more = query === "" ? "" : `?${query}`;
  if (kind === "watch") return `/api/watch/${slug}${more}`;
  if (kind === "stream") return `/api/streams/${slug}/status${more}`;
  return `/api/${kind}${more}`;
}

/** What an answer that lets nobody in says: why, where that is told. */
export async function notAllowed(response: Response): Promise<unknown> {
  const value: unknown = await response.json().catch(() => undefined);
  const reason = (value as { reason?: unknown } | null | undefined)?.reason;
  return typeof reason === "string" ? { state: "not_allowed", reason } : { state: "not_allowed" };
}

/** The topics that all visible tabs want together, in a steady order. */
export function union(wants: Iterable<readonly string[]>): string[] {
  return [...new Set([...wants].flat())].sort();
}

/** `undefined` where there is none, or where it is refused as storage is. */
function channel(name: string): BroadcastChannel | undefined {
  try {
    return typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}

/** A tab's ear; pages use those of `follow`. Tabs that bring the same share one stream; what opens with a code is nothing for the others. */
export class Events {
  readonly #query: string;
  readonly #tab = crypto.randomUUID?.() ?? String(Math.random());
  readonly #hearers = new Map<string, Set<Hear>>();
  readonly #last = new Map<string, { data: unknown; now: number }>();
  readonly #others = new Map<string, readonly string[]>();
  readonly #channel: BroadcastChannel | undefined;
  #source: EventSource | undefined;
  #sourceTopics = "";
  #letGo: (() => void) | undefined;
  #asking: AbortController | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #poll: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #opening: ReturnType<typeof setTimeout> | undefined;

  constructor(query = "") {
    this.#query = query;
    this.#channel = channel(CHANNEL + query);
    this.#channel?.addEventListener("message", (event) => this.#receive(event.data as Message));
    document.addEventListener("visibilitychange", () => this.#changed());
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", () => this.#changed());
  }

  follow(topic: string, hear: Hear): () => void {
    const hearers = this.#hearers.get(topic) ?? new Set();
    hearers.add(hear);
    this.#hearers.set(topic, hearers);
    const last = this.#last.get(topic);
    if (last) hear(last.data, last.now);
    this.#changed();
    return () => {
      hearers.delete(hear);
      if (hearers.size === 0) {
        this.#hearers.delete(topic);
        this.#last.delete(topic);
      }
      this.#changed();
    };
  }

  #wanted(): string[] {
    return document.visibilityState === "visible" ? [...this.#hearers.keys()] : [];
  }

  /** What this tab wants, or whether it can be seen, is another: told to the others, and acted upon. */
  #changed(): void {
    const topics = this.#wanted();
    this.#post({ kind: "want", tab: this.#tab, topics });
    if (topics.length === 0) {
      this.#leave();
      return;
    }
    if (this.#letGo) this.#open();
    else if (!this.#asking) this.#apply();
  }

  /** Waits for the lock, however long; who has it listens. */
  #apply(): void {
    if (!navigator.locks) {
      this.#letGo = () => undefined; // An insecure context has no locks: each tab listens for itself.
      this.#open();
      return;
    }
    const asking = new AbortController();
    this.#asking = asking;
    navigator.locks
      .request(LOCK + this.#query, { signal: asking.signal }, () => {
        this.#asking = undefined;
        if (this.#wanted().length === 0) return undefined;
        return new Promise<void>((letGo) => {
          this.#letGo = letGo;
          this.#others.clear();
          this.#post({ kind: "who" });
          this.#open();
        });
      })
      .catch(() => {
        if (asking.signal.aborted) return; // Given up in `#leave`.
        // Refused, as storage is to frames on other sites where third parties get none: this frame listens for itself.
        this.#asking = undefined;
        this.#letGo = () => undefined;
        this.#open();
      });
  }

  #leave(): void {
    this.#post({ kind: "want", tab: this.#tab, topics: [] });
    this.#asking?.abort();
    this.#asking = undefined;
    for (const timer of [this.#silence, this.#poll, this.#again, this.#opening]) clearTimeout(timer);
    this.#source?.close();
    this.#source = undefined;
    this.#sourceTopics = "";
    this.#letGo?.();
    this.#letGo = undefined;
    this.#last.clear();
  }

  #receive(message: Message): void {
    if (message.kind === "said") this.#tell(message.topic, message.data, message.now);
    if (message.kind === "stale") this.#tellStale();
    if (message.kind === "who") this.#post({ kind: "want", tab: this.#tab, topics: this.#wanted() });
    if (message.kind === "want" && this.#letGo) {
      if (message.topics.length === 0) this.#others.delete(message.tab);
      else this.#others.set(message.tab, message.topics);
      // A topic that is heard already says nothing again by itself.
      for (const topic of message.topics) {
        const last = this.#last.get(topic);
        if (last) this.#post({ kind: "said", topic, ...last });
      }
      this.#open();
    }
  }

  /** Opens the stream for what is wanted now; wishes that come together open one. */
  #open(): void {
    clearTimeout(this.#opening);
    this.#opening = setTimeout(() => this.#listen(), this.#source ? 150 : 0);
  }

  #topics(): string[] {
    const shared = navigator.locks && this.#channel ? this.#others.values() : [];
    return union([this.#wanted(), ...shared]);
  }

  #listen(): void {
    const topics = this.#topics();
    if (topics.length === 0 || (this.#source && topics.join() === this.#sourceTopics)) return;
    this.#source?.close();
    clearTimeout(this.#again);
    this.#sourceTopics = topics.join();
    const source = new EventSource(`/api/events?topics=${topics.join(",")}${this.#query === "" ? "" : `&${this.#query}`}`);
    this.#source = source;
    for (const topic of topics) {
      source.addEventListener(topic, (event: MessageEvent<string>) => {
        this.#isAlive();
        this.#said(topic, JSON.parse(event.data), Number(event.lastEventId) || Date.now());
      });
    }
    source.addEventListener("open", () => this.#isAlive());
    source.addEventListener("ping", () => this.#isAlive());
    source.addEventListener("error", () => this.#failed(source));
    this.#expectWord(source);
  }

  #isAlive(): void {
    clearTimeout(this.#poll);
    this.#poll = undefined;
    if (this.#source) this.#expectWord(this.#source);
  }

  #expectWord(source: EventSource): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#failed(source), SILENCE_MS);
  }

  /** The stream is gone or says nothing: topics are asked meanwhile, and the stream is tried again in a while. */
  #failed(source: EventSource): void {
    if (source !== this.#source) return;
    source.close();
    clearTimeout(this.#silence);
    this.#source = undefined;
    this.#again = setTimeout(() => this.#open(), LISTEN_AGAIN_MS);
    if (this.#poll === undefined) void this.#ask();
  }

  async #ask(): Promise<void> {
    let answered = false;
    for (const topic of this.#topics()) {
      try {
        const response = await fetch(address(topic, this.#query), {
          headers: { accept: "application/json" },
          signal: AbortSignal.timeout(5_000),
        });
        if (!this.#letGo || this.#source) return;
        if ([401, 403, 404].includes(response.status)) this.#said(topic, await notAllowed(response), Date.now());
        else if (response.ok) this.#said(topic, await response.json(), Date.parse(response.headers.get("date") ?? "") || Date.now());
        answered ||= response.status < 500;
      } catch {
        // No answer: told below when no other topic had one either.
      }
    }
    if (!answered) {
      this.#post({ kind: "stale" });
      this.#tellStale();
    }
    if (this.#letGo && !this.#source) this.#poll = setTimeout(() => void this.#ask(), POLL_MS);
  }

  #said(topic: string, data: unknown, now: number): void {
    this.#last.set(topic, { data, now });
    this.#post({ kind: "said", topic, data, now });
    this.#tell(topic, data, now);
  }

  #tell(topic: string, data: unknown, now: number): void {
    const hearers = this.#hearers.get(topic);
    if (!hearers) return;
    this.#last.set(topic, { data, now });
    for (const hear of hearers) hear(data, now);
  }

  #tellStale(): void {
    for (const hearers of this.#hearers.values()) for (const hear of hearers) hear(undefined, Date.now());
  }

  #post(message: Message): void {
    this.#channel?.postMessage(message);
  }
}

const ears = new Map<string, Events>();

/**
 * Hears a topic from now on: at once what it said last, then whatever is new. Call what comes back to stop. `query` is what the page
 * brings, such as an access code.
 */
export function follow(topic: string, hear: Hear, query = ""): () => void {
  const events = ears.get(query) ?? new Events(query);
  ears.set(query, events);
  return events.follow(topic, hear);
}
