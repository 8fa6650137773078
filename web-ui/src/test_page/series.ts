// The last minute of one figure: its range, and its line for a small chart. Pure.

const LENGTH = 60;
/** The chart's box. */
const WIDTH = 100;
const HEIGHT = 32;

export class Series {
  #values: number[] = [];

  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > LENGTH) this.#values.shift();
  }

  get latest(): number | undefined {
    return this.#values.at(-1);
  }

  get range(): readonly [low: number, high: number] | undefined {
    return this.#values.length > 0 ? [Math.min(...this.#values), Math.max(...this.#values)] : undefined;
  }

  /** The line and the area below it as path data, over a base line of zero; empty before there are two values. */
  get paths(): { readonly line: string; readonly area: string } {
    if (this.#values.length < 2) return { line: "", area: "" };
    const top = Math.max(...this.#values) * 1.2 || 1;
    const step = WIDTH / (LENGTH - 1);
    const from = WIDTH - (this.#values.length - 1) * step;
    const points = this.#values.map((v, i) => `${(from + i * step).toFixed(1)} ${(HEIGHT - (v / top) * HEIGHT).toFixed(1)}`);
    const line = `M${points.join("L")}`;
    return { line, area: `${line}V${HEIGHT}H${from.toFixed(1)}z` };
  }
}
