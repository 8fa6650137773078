// Counters that need a memory of a few seconds. Pure: times come in as arguments.

/** Bits per second of the media that came, over the last ten seconds of it. */
export class RateMeter {
  #loads: { readonly bytes: number; readonly seconds: number }[] = [];
  #seconds = 0;
  #bytes = 0;

  add(bytes: number, seconds: number): void {
    if (!(bytes >= 0) || !(seconds > 0)) return;
    this.#loads.push({ bytes, seconds });
    this.#bytes += bytes;
    this.#seconds += seconds;
    while (this.#seconds > 10 && this.#loads.length > 1) {
      const oldest = this.#loads.shift();
      this.#bytes -= oldest?.bytes ?? 0;
      this.#seconds -= oldest?.seconds ?? 0;
    }
  }

  /** `undefined` before anything came. */
  get bitsPerSecond(): number | undefined {
    return this.#seconds > 0 ? (this.#bytes * 8) / this.#seconds : undefined;
  }
}

/** Counts stalls and says when there are too many for playback close to the edge. */
export class StallMeter {
  /** Four stalls within a minute: a viewer notices, and a few seconds of delay are the lesser evil. */
  static readonly TOO_MANY = 4;
  static readonly WINDOW_MS = 60_000;

  #recent: number[] = [];
  #total = 0;

  add(nowMs: number): void {
    this.#total += 1;
    this.#recent = this.#recent.filter((at) => nowMs - at < StallMeter.WINDOW_MS);
    this.#recent.push(nowMs);
  }

  get total(): number {
    return this.#total;
  }

  get tooMany(): boolean {
    return this.#recent.length >= StallMeter.TOO_MANY;
  }
}
