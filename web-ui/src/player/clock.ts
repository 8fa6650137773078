// The server's clock, as seen from here: what a measured delay is measured against.
//
// Each answer to a question is a sample; the sample with the shortest way there and back is the most exact (half its round trip
// bounds its error), so that one is believed. An event only contradicts. Pure: times come in as arguments.

/** How many answers are remembered. */
const SAMPLES = 8;
/** An event cannot come from the future; this much is the error of a sample. */
const AHEAD_MS = 150;
/** An event that is repeated to a page that listens anew may be older than it arrives, but not for ever. */
const BEHIND_MS = 60_000;

interface Sample {
  readonly offset: number;
  readonly roundTrip: number;
}

export class ServerClock {
  #samples: Sample[] = [];

  /** Takes one answer: the server's time and the local times around it, all in milliseconds since 1970. */
  learn(serverNow: number, sentAt: number, receivedAt: number): void {
    const roundTrip = receivedAt - sentAt;
    if (!Number.isFinite(serverNow) || !(roundTrip >= 0)) return;
    this.#samples.push({ offset: serverNow - (sentAt + receivedAt) / 2, roundTrip });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** Whether an event that carries the server's time shows that one of the two clocks was set: then nothing learnt holds. */
  contradicts(serverNow: number, heardAt: number): boolean {
    const now = this.at(heardAt);
    if (now === undefined || (serverNow <= now + AHEAD_MS && serverNow >= now - BEHIND_MS)) return false;
    this.#samples = [];
    return true;
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
