// The server's clock, as seen from here: what a measured delay is measured against.
//
// Each answer that carries the server's time is a sample; the sample with the shortest way there and back is the most
// exact (half its round trip bounds its error), so that one is believed. Pure: times come in as arguments.

/** How many answers are remembered: about half a minute of them, so that a local clock that is set is noticed. */
const SAMPLES = 8;

interface Sample {
  readonly offset: number;
  readonly roundTrip: number;
}

export class ServerClock {
  readonly #samples: Sample[] = [];

  /** Takes one answer: the server's time and the local times around it, all in milliseconds since 1970. */
  learn(serverNow: number, sentAt: number, receivedAt: number): void {
    const roundTrip = receivedAt - sentAt;
    if (!Number.isFinite(serverNow) || !(roundTrip >= 0)) return;
    this.#samples.push({ offset: serverNow - (sentAt + receivedAt) / 2, roundTrip });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** The server's time at the local time `local`; `undefined` before the first answer. */
  at(local: number): number | undefined {
    let best = this.#samples[0];
    for (const sample of this.#samples) {
      if (best === undefined || sample.roundTrip < best.roundTrip) best = sample;
    }
    return best && local + best.offset;
  }
}
