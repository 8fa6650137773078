// Where a viewer stopped in each video, remembered in this browser. Storage may be refused; then a video begins at its beginning.

const KEY = "media-server.positions";
/** Videos whose place is remembered; the longest forgotten goes first. */
const VIDEOS_MAX = 50;
/** Who stopped this early has not begun, and who stopped this late has finished. */
const EDGE_S = 10;

/** Places by slug, the newest last. */
export type Positions = readonly (readonly [slug: string, seconds: number])[];

/** Reads what was kept; what is strange is left out. */
export function parsePositions(text: string | null): Positions {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(value)) return [];
    return value.filter(
      (entry): entry is [string, number] =>
        Array.isArray(entry) && typeof entry[0] === "string" && typeof entry[1] === "number" && entry[1] > 0,
    );
  } catch {
    return [];
  }
}

/** With the place in one video as it is now: without it at the video's edges. */
export function withPosition(positions: Positions, slug: string, seconds: number, duration: number): Positions {
  const others = positions.filter(([other]) => other !== slug);
  const isInside = seconds >= EDGE_S && (!Number.isFinite(duration) || seconds <= duration - EDGE_S);
  return isInside ? [...others, [slug, Math.floor(seconds)] as const].slice(-VIDEOS_MAX) : others;
}

/** In seconds; 0 where there is none. */
export function rememberedPosition(slug: string): number {
  try {
    return parsePositions(localStorage.getItem(KEY)).find(([other]) => other === slug)?.[1] ?? 0;
  } catch {
    return 0;
  }
}

export function keepPosition(slug: string, seconds: number, duration: number): void {
  try {
    const kept = parsePositions(localStorage.getItem(KEY));
    localStorage.setItem(KEY, JSON.stringify(withPosition(kept, slug, seconds, duration)));
  } catch {
    // Refused: it begins at the beginning.
  }
}
