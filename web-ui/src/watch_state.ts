// How a stream stands, as the topic `watch:SLUG` and `GET /api/watch/{slug}` tell it.

import { notAllowed } from "./events.ts";

/** Of a stream, and of a stored video: `ready`, `processing`, `failed`. */
export type Standing = "live" | "away" | "offline" | "ended" | "ready" | "processing" | "failed" | "not_allowed";

/** Times are RFC 3339, `null` where there is none. */
export interface WatchState {
  readonly state: Standing;
  /** When the broadcast began. */
  readonly since: string | null;
  /** When it ended, for `ended`. */
  readonly until: string | null;
  /** How long a sender may be away before its broadcast ends, in seconds. */
  readonly grace_s: number;
  readonly viewers: number;
  readonly title: string;
  /** Why it may not be seen, for `not_allowed`: told to who has the very code that would open it; why it cannot be shown, for `failed`. */
  readonly reason?: string;
}

const STANDINGS: readonly string[] = ["live", "away", "offline", "ended", "ready", "processing", "failed", "not_allowed"];

/** Reads an answer; `undefined` when it is not one. */
export function parseWatchState(value: unknown): WatchState | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const v = value as Record<string, unknown>;
  const state = v["state"];
  if (typeof state !== "string" || !STANDINGS.includes(state)) return undefined;
  const number = (x: unknown): number => (typeof x === "number" && Number.isFinite(x) && x >= 0 ? x : 0);
  const time = (x: unknown): string | null => (typeof x === "string" && !Number.isNaN(Date.parse(x)) ? x : null);
  return {
    state: state as Standing,
    since: time(v["since"]),
    until: time(v["until"]),
    grace_s: number(v["grace_s"]),
    viewers: number(v["viewers"]),
    title: typeof v["title"] === "string" ? v["title"] : "",
    ...(typeof v["reason"] === "string" ? { reason: v["reason"] } : {}),
  };
}

/** One answer to a question: the state, the server's clock, and the local times between which it was made. */
export interface Answer {
  /** `undefined` when there was no answer. */
  readonly state: WatchState | undefined;
  /** Milliseconds since 1970; NaN when it was not told. */
  readonly now: number;
  readonly sentAt: number;
  readonly receivedAt: number;
}

/** Asks once, now, for who cannot wait for the next event. */
export async function askWatchState(url: string): Promise<Answer> {
  const sentAt = Date.now();
  let state: WatchState | undefined;
  let now = Number.NaN;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(8_000), headers: { accept: "application/json" } });
    if ([401, 403, 404].includes(response.status)) {
      state = parseWatchState(await notAllowed(response));
    } else if (response.ok) {
      const value: unknown = await response.json();
      state = parseWatchState(value);
      now = Date.parse(String((value as { now?: unknown } | null)?.now));
    }
  } catch {
    // No answer: told as such.
  }
  return { state, now, sentAt, receivedAt: Date.now() };
}
