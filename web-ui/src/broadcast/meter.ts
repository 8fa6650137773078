// How loud the microphone is, as the meter on the page shows it.

/** Below this nothing is heard; the meter begins here. */
const FLOOR_DB = -60;

/** From 0 to 100 for samples between -1 and 1: the mean level in decibels below the loudest there is. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / Math.max(1, samples.length));
  return Math.round(Math.min(100, Math.max(0, (1 - db / FLOOR_DB) * 100)));
}

export class Meter {
  readonly #context = new AudioContext();
  readonly #analyser = this.#context.createAnalyser();
  readonly #samples = new Float32Array(this.#analyser.fftSize);

  constructor(stream: MediaStream) {
    this.#context.createMediaStreamSource(stream).connect(this.#analyser);
    void this.#context.resume();
  }

  get level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return loudness(this.#samples);
  }

  stop(): void {
    void this.#context.close();
  }
}
