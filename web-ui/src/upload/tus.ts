// One file on its way to the server by tus 1.0, without knowing a browser: in parts, each acknowledged when it is on the server's disk; after
// whatever went wrong it asks how far the server is, and goes on there. Transport, time and words of failures come in from outside.

/** What came back. */
export interface Answer {
  readonly status: number;
  header(name: string): string | undefined;
  /** Of a problem: its code, and what a person reads. */
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
  /** Of JSON: what it says. */
  readonly json?: unknown;
}

export interface Ask {
  readonly method: "POST" | "HEAD" | "PATCH" | "DELETE" | "GET";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Blob;
}

export interface Ports {
  /** Rejects where no answer came; `sent` hears how many bytes of the body have left. */
  ask(ask: Ask, signal: AbortSignal, sent?: (bytes: number) => void): Promise<Answer>;
  /** Resolves after so long, or at once when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** What is asked for a file. */
export interface Wanted {
  readonly filename: string;
  readonly visibility: string;
}

export interface Item {
  readonly kind: "video" | "image";
  readonly slug: string;
  readonly title: string;
  readonly url: string;
}

/** Why an upload stands still until somebody does something. */
export type Stop = "logged_out" | "gone" | "unreadable" | "refused";

export type Progress =
  | { readonly is: "waiting" }
  | { readonly is: "sending" }
  | { readonly is: "broken"; readonly retryInS: number; readonly busy: boolean }
  | { readonly is: "paused" }
  | { readonly is: "stopped"; readonly why: Stop; readonly detail?: string | undefined; readonly canResume: boolean }
  | { readonly is: "processing"; readonly item?: Item | undefined }
  | { readonly is: "ready"; readonly item: Item }
  | { readonly is: "failed"; readonly reason: string };

export interface Events {
  changed(): void;
  /** The server knows it by this address from now on; `undefined`: no more. */
  address(url: string | undefined): void;
}

/** Bytes of a part: some seconds on a fast line, little to send again where a slow one breaks. */
export const PART_BYTES = 16 * 1024 * 1024;
/** A proxy that takes less is met by smaller parts, down to this. */
const PART_BYTES_MIN = 256 * 1024;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
/** How often a whole file's state is asked for. */
const LOOK_MS = 1_500;
const VERSION = { "tus-resumable": "1.0.0" };

/** An answer that is none of those hoped for. */
class Refusal extends Error {
  constructor(readonly answer: Answer) {
    super(`${answer.status}`);
  }
}

/** The file could not be read. */
class Unreadable extends Error {}

export class Upload {
  readonly #ports: Ports;
  readonly #file: Blob;
  readonly #wanted: Wanted;
  readonly #events: Events;
  #url: string | undefined;
  #offset = 0;
  #ahead = 0;
  #part = PART_BYTES;
  #progress: Progress = { is: "waiting" };
  #running: AbortController | undefined;
  #resting: AbortController | undefined;

  /** `url`: where the server knows it already. */
  constructor(file: Blob, wanted: Wanted, ports: Ports, events: Events, url?: string) {
    this.#file = file;
    this.#wanted = wanted;
    this.#ports = ports;
    this.#events = events;
    this.#url = url;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Bytes that are there, or on their way. */
  get sent(): number {
    return Math.min(this.#offset + this.#ahead, this.#file.size);
  }

  get size(): number {
    return this.#file.size;
  }

  get url(): string | undefined {
    return this.#url;
  }

  /** Whether bytes are going, or will be by themselves. */
  get isRunning(): boolean {
    return this.#progress.is === "sending" || this.#progress.is === "broken";
  }

  /** How far the server is known to be, where a page learnt it before anything is sent. */
  set known(offset: number) {
    this.#offset = offset;
  }

  /** Begins, or goes on. */
  start(): void {
    if (this.#running) return;
    if (this.#progress.is === "stopped" && this.#progress.why === "gone") this.#offset = 0;
    const running = new AbortController();
    this.#running = running;
    this.#tell({ is: "sending" });
    void this.#run(running.signal).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
  }

  /** Stops until it is started again. */
  pause(): void {
    if (!this.isRunning && this.#progress.is !== "waiting") return;
    this.#stop();
    this.#tell({ is: "paused" });
  }

  /** Tries again now instead of later: the line is back. */
  nudge(): void {
    this.#resting?.abort();
  }

  /** Stops, and lets the server forget it. */
  async cancel(): Promise<void> {
    this.#stop();
    const url = this.#url;
    if (url === undefined) return;
    this.#url = undefined;
    this.#events.address(undefined);
    // Where this does not come through, the server clears it away in a day.
    await this.#ports.ask({ method: "DELETE", url, headers: VERSION }, new AbortController().signal).catch(() => undefined);
  }

  #stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#ahead = 0;
  }

  #tell(progress: Progress): void {
    // Whoever hears that it stands still may start it again at once.
    if (progress.is === "stopped" || progress.is === "ready" || progress.is === "failed") this.#running = undefined;
    this.#progress = progress;
    this.#events.changed();
  }

  async #run(signal: AbortSignal): Promise<void> {
    // What the server has is asked for before the first byte of an upload that it knew before, and after everything that went wrong.
    let isKnown = this.#url === undefined;
    let failures = 0;
    for (;;) {
      try {
        if (this.#url === undefined) await this.#create(signal);
        else if (!isKnown) await this.#look(signal);
        isKnown = true;
        this.#tell({ is: "sending" });
        do {
          await this.#send(signal);
          failures = 0;
        } while (this.#offset < this.#file.size);
        await this.#follow(signal);
        return;
      } catch (error) {
        this.#ahead = 0;
        if (signal.aborted) return;
        const step = this.#judge(error);
        if (step.is === "stop") {
          this.#tell(step.progress);
          return;
        }
        isKnown = false;
        const backoff = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 0;
        // Once at once where the server only corrected the place; if that helps nothing it is a failure like others.
        const wait = step.is === "again" && failures === 0 ? 0 : Math.max(backoff, step.afterMs);
        failures += 1;
        if (wait > 0) await this.#rest(wait, step.busy, signal);
        if (signal.aborted) return;
      }
    }
  }

  async #rest(ms: number, busy: boolean, signal: AbortSignal): Promise<void> {
    const resting = new AbortController();
    this.#resting = resting;
    signal.addEventListener("abort", () => resting.abort(), { once: true });
    this.#tell({ is: "broken", retryInS: Math.ceil(ms / 1000), busy });
    await this.#ports.wait(ms, resting.signal);
    this.#resting = undefined;
  }

  async #create(signal: AbortSignal): Promise<void> {
    const headers = { ...VERSION, "upload-length": String(this.#file.size), "upload-metadata": metadata(this.#wanted) };
    const answer = await this.#ports.ask({ method: "POST", url: "/api/uploads", headers }, signal);
    const url = answer.header("location");
    if (answer.status !== 201 || url === undefined) throw new Refusal(answer);
    this.#url = url;
    this.#offset = 0;
    this.#events.address(url);
  }

  async #look(signal: AbortSignal): Promise<void> {
    const answer = await this.#ports.ask({ method: "HEAD", url: this.#url ?? "", headers: VERSION }, signal);
    const [offset, length] = [answer.header("upload-offset"), answer.header("upload-length")].map(Number);
    if (answer.status !== 200 || offset === undefined || !Number.isSafeInteger(offset)) throw new Refusal(answer);
    if (length !== this.#file.size) throw new Refusal({ ...answer, status: 404, header: () => undefined });
    this.#offset = offset;
  }

  async #send(signal: AbortSignal): Promise<void> {
    const body = this.#file.slice(this.#offset, this.#offset + this.#part);
    const headers = { ...VERSION, "upload-offset": String(this.#offset), "content-type": "application/offset+octet-stream" };
    const ask: Ask = { method: "PATCH", url: this.#url ?? "", headers, body };
    const answer = await this.#ports.ask(ask, signal, (bytes) => {
      this.#ahead = Math.min(bytes, body.size);
      this.#events.changed();
    });
    this.#ahead = 0;
    // The answer to the last part was lost: it has come to something, or is about to.
    const isWhole = answer.status === 409 && answer.code === "whole";
    const offset = isWhole ? this.#file.size : Number(answer.header("upload-offset"));
    if ((answer.status !== 204 && !isWhole) || !Number.isSafeInteger(offset)) throw new Refusal(answer);
    this.#offset = offset;
    this.#events.changed();
  }

  /** Asks until it is known what the file has become. */
  async #follow(signal: AbortSignal): Promise<void> {
    for (;;) {
      const answer = await this.#ports.ask({ method: "GET", url: this.#url ?? "", headers: {} }, signal);
      if (answer.status !== 200) throw new Refusal(answer);
      const told = parse(answer.json);
      if (told?.state === "ready" && told.item) return this.#tell({ is: "ready", item: told.item });
      if (told?.state === "failed") {
        const detail = told.reason ?? "";
        return this.#tell(told.canResume ? { is: "stopped", why: "refused", detail, canResume: true } : { is: "failed", reason: detail });
      }
      this.#tell({ is: "processing", item: told?.item });
      await this.#ports.wait(LOOK_MS, signal);
      if (signal.aborted) return;
    }
  }

  #judge(error: unknown): Step {
    if (error instanceof Unreadable || (error instanceof DOMException && error.name === "NotReadableError")) {
      return { is: "stop", progress: { is: "stopped", why: "unreadable", canResume: false } };
    }
    if (!(error instanceof Refusal)) return { is: "later", afterMs: 0, busy: false };
    const { answer } = error;
    const afterMs = Number(answer.header("retry-after") ?? 0) * 1000 || 0;
    const stop = (why: Stop, canResume: boolean): Step => ({
      is: "stop",
      progress: { is: "stopped", why, detail: answer.detail, canResume },
    });
    switch (answer.status) {
      case 409:
        if (answer.code === "taken") return stop("refused", false);
        return { is: "again", afterMs, busy: false };
      case 401:
        return stop("logged_out", true);
      case 404:
      case 410:
        this.#url = undefined;
        this.#events.address(undefined);
        return stop("gone", true);
      case 413:
        // A proxy in front, which knows no codes of ours.
        if (answer.code === undefined && this.#part > PART_BYTES_MIN) {
          this.#part = Math.max(PART_BYTES_MIN, Math.floor(this.#part / 4));
          return { is: "again", afterMs: 0, busy: false };
        }
        return stop("refused", false);
      case 507:
        return stop("refused", true);
      case 408:
      case 423:
      case 429:
        return { is: "later", afterMs, busy: answer.status !== 408 };
      default:
        return answer.status >= 500 && answer.status !== 501 ? { is: "later", afterMs, busy: true } : stop("refused", false);
    }
  }
}

type Step =
  | { readonly is: "stop"; readonly progress: Progress }
  | { readonly is: "again" | "later"; readonly afterMs: number; readonly busy: boolean };

/** An upload as the server tells it. */
export interface Told {
  readonly url: string;
  readonly filename: string;
  readonly state: "receiving" | "processing" | "ready" | "failed";
  readonly reason: string | undefined;
  readonly canResume: boolean;
  readonly offset: number;
  readonly length: number;
  readonly item: Item | undefined;
}

/** Reads what the server tells of an upload; `undefined` where it is something else. */
export function parse(value: unknown): Told | undefined {
  const v = value as Record<string, unknown> | null | undefined;
  const { url, filename, state, reason, offset, length } = v ?? {};
  if (typeof url !== "string" || typeof offset !== "number" || typeof length !== "number") return undefined;
  if (state !== "receiving" && state !== "processing" && state !== "ready" && state !== "failed") return undefined;
  const item = v?.["item"] as Partial<Item> | null | undefined;
  const isItem = (item?.kind === "video" || item?.kind === "image") && typeof item.slug === "string" && typeof item.url === "string" && typeof item.title === "string";
  return {
    url,
    filename: typeof filename === "string" ? filename : "",
    state,
    reason: typeof reason === "string" ? reason : undefined,
    canResume: v?.["can_resume"] === true,
    offset,
    length,
    item: isItem ? (item as Item) : undefined,
  };
}

/** The header of these wishes. */
export function metadata(wanted: Wanted): string {
  return Object.entries(wanted)
    .map(([key, value]) => `${key} ${base64(value as string)}`)
    .join(",");
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
