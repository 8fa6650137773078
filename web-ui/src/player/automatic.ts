// What Automatic stands for: real time, low delay where that does not work, steady where even that stalls. Pure: times come in as
// arguments.
//
// What the stream or the server is to blame for (B-frames, real time switched off, too many viewers) costs one question, and holds
// until the broadcast ends. What the network is to blame for costs the viewer four seconds without a picture, so it is remembered in
// this browser for all streams of this server, for a day; Real time chosen by hand that goes well is the proof that it is over.

import { StallMeter } from "./meters.ts";
import type { Delay } from "./source.ts";

/** Why real time does not work: the stream cannot be shown that way, the server cannot now, or the network does not let it through. */
export type Because = "unsuitable" | "busy" | "network";

/** Long enough that a viewer waits once, short enough that another network is found out about by itself. */
export const REMEMBERED_MS = 24 * 60 * 60 * 1000;

/** Where it is remembered until when real time is not tried, in milliseconds since 1970. */
export interface Memory {
  read(): number;
  keep(untilMs: number): void;
}

export class Automatic {
  readonly #offered: boolean;
  readonly #memory: Memory;
  /** Freezes and lost connections in real time; stalls with low delay. */
  #cuts = new StallMeter();
  #stalls = new StallMeter();
  #failed = false;
  #steady = false;

  /** `offered`: the server has real time for this stream. */
  constructor(offered: boolean, memory: Memory) {
    this.#offered = offered;
    this.#memory = memory;
  }

  /** What is to be played now. */
  delay(nowMs: number): Delay {
    if (this.#steady) return "steady";
    const until = this.#memory.read();
    // Farther ahead than it is ever kept, the clock was set back since.
    const isRemembered = nowMs < until && until <= nowMs + REMEMBERED_MS;
    return isRemembered ? "low" : this.realTime();
  }

  /** What is to be played where real time was chosen by hand: nothing remembered stands in its way. */
  realTime(): Delay {
    return this.#offered && !this.#failed ? "realtime" : "low";
  }

  /** Real time does not work. */
  failed(because: Because, nowMs: number): void {
    this.#failed = true;
    if (because === "network") this.#memory.keep(nowMs + REMEMBERED_MS);
  }

  /** Playback at this delay stood still for want of something to show, or was cut off. */
  interrupted(delay: Delay, nowMs: number): void {
    if (delay === "realtime") {
      this.#cuts.add(nowMs);
      if (this.#cuts.tooMany) this.failed("network", nowMs);
    } else if (delay === "low") {
      this.#stalls.add(nowMs);
      if (this.#stalls.tooMany) this.#steady = true;
    }
  }

  /** Real time, chosen by hand, has gone well for a while. */
  wentWell(): void {
    this.#memory.keep(0);
  }

  /** The broadcast is over: the next one may be sent in another way. */
  over(): void {
    this.#failed = false;
    this.#cuts = new StallMeter();
  }

  /** Somebody chose, or asked to try again: everything is allowed once more, but for what is remembered. */
  again(): void {
    this.over();
    this.#steady = false;
    this.#stalls = new StallMeter();
  }
}
