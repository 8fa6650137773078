// What a viewer chose, and what was found out about their network, remembered in this browser: volume, sound off, delay, and until
// when real time is not tried. Storage may be refused; then it is forgotten with the page.

export type DelayChoice = "automatic" | "realtime" | "low" | "steady";

export interface Preferences {
  /** 0 to 1. */
  readonly volume: number;
  readonly muted: boolean;
  readonly delay: DelayChoice;
  /** Until when Automatic does not try real time, in milliseconds since 1970; 0 where it does (automatic.ts). */
  readonly noRealTimeUntil: number;
}

const KEY = "media-server.player";
const DELAYS: readonly DelayChoice[] = ["automatic", "realtime", "low", "steady"];

/** Reads what was kept; whatever is missing or strange is as for a new viewer. */
export function parsePreferences(text: string | null): Preferences {
  let kept: Record<string, unknown> = {};
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    if (typeof value === "object" && value !== null) kept = value as Record<string, unknown>;
  } catch {
    // Not ours: as for a new viewer.
  }
  const { volume, noRealTimeUntil } = kept;
  return {
    volume: typeof volume === "number" && volume >= 0 && volume <= 1 ? volume : 1,
    muted: kept["muted"] === true,
    delay: DELAYS.find((choice) => choice === kept["delay"]) ?? "automatic",
    noRealTimeUntil: typeof noRealTimeUntil === "number" && noRealTimeUntil > 0 ? noRealTimeUntil : 0,
  };
}

export function readPreferences(): Preferences {
  try {
    return parsePreferences(localStorage.getItem(KEY));
  } catch {
    return parsePreferences(null);
  }
}

export function keepPreferences(change: Partial<Preferences>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...readPreferences(), ...change }));
  } catch {
    // Refused: it holds for this page alone.
  }
}
