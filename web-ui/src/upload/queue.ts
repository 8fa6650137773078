// The files that go up: some at a time, the rest in their turn. Pure: what an upload does is upload.ts's, what is seen the page's.

import type { Upload } from "./tus.ts";

/** Files that are sent at once: enough that small ones do not wait for each other, few enough that each moves. */
export const AT_ONCE = 3;
/** What the speed is measured over. */
const OVER_MS = 5_000;

/** Bytes a second, of what has been sent lately. */
export class Rate {
  readonly #seen: { readonly at: number; readonly bytes: number }[] = [];

  /** `bytes` have been sent in all at `now`. Fewer than before: what was measured is about something else. */
  add(now: number, bytes: number): void {
    const last = this.#seen.at(-1);
    if (last && bytes < last.bytes) this.#seen.length = 0;
    this.#seen.push({ at: now, bytes });
    while (this.#seen.length > 2 && now - (this.#seen[0]?.at ?? now) > OVER_MS) this.#seen.shift();
  }

  get bytesPerSecond(): number {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (!first || !last || last.at <= first.at) return 0;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}

/** Seconds until so many bytes are sent; `undefined` where nothing moves. */
export function secondsLeft(bytes: number, bytesPerSecond: number): number | undefined {
  return bytesPerSecond > 0 ? Math.ceil(bytes / bytesPerSecond) : undefined;
}

export interface Totals {
  /** Files that are not whole and go on by themselves. */
  readonly files: number;
  readonly left: number;
  readonly percent: number;
  readonly bytesPerSecond: number;
}

export class Queue<T extends Pick<Upload, "progress" | "isRunning" | "sent" | "size" | "start" | "pause" | "nudge">> {
  readonly #uploads: T[] = [];
  readonly #rate = new Rate();

  get uploads(): readonly T[] {
    return this.#uploads;
  }

  add(upload: T): void {
    this.#uploads.push(upload);
    this.fill();
  }

  remove(upload: T): void {
    const at = this.#uploads.indexOf(upload);
    if (at >= 0) this.#uploads.splice(at, 1);
    this.fill();
  }

  /** Starts those whose turn it is; to be called whenever one changes. */
  fill(): void {
    let places = AT_ONCE - this.#uploads.filter((upload) => upload.isRunning).length;
    for (const upload of this.#uploads) {
      if (places <= 0) return;
      if (upload.progress.is !== "waiting") continue;
      places -= 1;
      upload.start();
    }
  }

  /** Tries those that wait for the line again. */
  nudge(): void {
    for (const upload of this.#uploads) upload.nudge();
  }

  /** Whether something is lost for now when the page goes. */
  get isRunning(): boolean {
    return this.#uploads.some((upload) => upload.isRunning || upload.progress.is === "waiting");
  }

  /** How far those are that go on by themselves. */
  totals(now: number): Totals {
    const going = this.#uploads.filter((upload) => upload.isRunning || upload.progress.is === "waiting");
    const size = going.reduce((sum, upload) => sum + upload.size, 0);
    const sent = going.reduce((sum, upload) => sum + upload.sent, 0);
    this.#rate.add(now, sent);
    return {
      files: going.length,
      left: size - sent,
      percent: size > 0 ? Math.floor((sent * 100) / size) : 0,
      bytesPerSecond: this.#rate.bytesPerSecond,
    };
  }
}
