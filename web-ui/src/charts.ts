// Small charts of the last minutes as SVG paths, and how their figures behave. The server draws the same for the first moment
// (crates/web/src/pages/charts.rs).
//
// A chart is 100 wide and 32 high; zero is its base line, so that a small change looks small. Where nothing is known there is a gap.

const BASE = 32;
/** What the largest figure reaches. */
const TOP = 3;
/** Points drawn; what is more is thinned out. */
const POINTS_MAX = 100;
/** Samples that words are made of: those of the last minute. */
const JUDGED = 60;
/** A chart spans this many samples at least, so that a new broadcast does not jump about. */
const SPAN_MIN = 60;
/** What stays within this part of its middle is steady. */
const STEADY = 0.15;

/** A figure, or nothing known of that second. */
export type Figure = number | null;

/** A line, and the area beneath it. */
export interface Spark {
  readonly line: string;
  readonly area: string;
}

/** Draws one sample a second, oldest first; nothing without two figures. */
export function spark(samples: readonly Figure[]): Spark {
  const known = samples.filter((sample) => sample !== null);
  if (known.length < 2) return { line: "", area: "" };
  const largest = Math.max(...known);
  const scale = largest > 0 ? (BASE - TOP) / largest : 0;
  const span = Math.max(samples.length, SPAN_MIN) - 1;
  const step = Math.max(1, Math.ceil(samples.length / POINTS_MAX));
  let [line, area] = ["", ""];
  let lastX: string | undefined;
  samples.forEach((sample, place) => {
    const isDrawn = place % step === 0 || place + 1 === samples.length;
    const x = (100 - ((samples.length - 1 - place) * 100) / span).toFixed(1);
    if (sample === null) {
      if (lastX !== undefined) area += `L${lastX} ${BASE}z`;
      lastX = undefined;
    } else if (isDrawn) {
      const y = (BASE - sample * scale).toFixed(1);
      line += `${lastX === undefined ? "M" : "L"}${x} ${y}`;
      area += `${lastX === undefined ? `M${x} ${BASE}` : ""}L${x} ${y}`;
      lastX = x;
    }
  });
  if (lastX !== undefined) area += `L${lastX} ${BASE}z`;
  return { line, area };
}

/** How the figures of the last minute behave: too few to say, within so much of their middle, or between two. */
export type Course =
  | { readonly kind: "unknown" }
  | { readonly kind: "steady"; readonly by: number }
  | { readonly kind: "moving"; readonly low: number; readonly high: number };

export function course(samples: readonly Figure[]): Course {
  const judged = samples.slice(-JUDGED).filter((sample) => sample !== null);
  if (judged.length < 5) return { kind: "unknown" };
  const [low, high] = [Math.min(...judged), Math.max(...judged)];
  const [middle, by] = [(low + high) / 2, (high - low) / 2];
  return by <= middle * STEADY ? { kind: "steady", by } : { kind: "moving", low, high };
}
