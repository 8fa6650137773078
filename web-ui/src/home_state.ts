// What the topic `home` and `GET /api/home` tell: the streams that the visitor may see listed. Pure.

import { parseWatchState, type WatchState } from "./watch_state.ts";

/** A stream on air. */
export type OnAir = Pick<WatchState, "state" | "since" | "viewers" | "title"> & {
  readonly slug: string;
  /** Whether there is a picture: there is none before the first key frame, nor of sound alone. */
  readonly hasPoster: boolean;
};

export interface HomeState {
  readonly live: readonly OnAir[];
  readonly offline: readonly string[];
}

/** Reads an answer; `undefined` when it is not one. */
export function parseHomeState(value: unknown): HomeState | undefined {
  const v = value as { live?: unknown; offline?: unknown } | null;
  if (typeof v !== "object" || !Array.isArray(v?.live) || !Array.isArray(v.offline)) return undefined;
  const live = v.live.flatMap((entry: unknown) => {
    const state = parseWatchState(entry);
    const { slug, poster } = (entry ?? {}) as { slug?: unknown; poster?: unknown };
    return state && typeof slug === "string" ? [{ ...state, slug, hasPoster: typeof poster === "string" }] : [];
  });
  return { live, offline: v.offline.filter((slug): slug is string => typeof slug === "string") };
}

/** Which streams are live and which are not, whatever their order: the same for a page and a state that show the same. */
export function listKey(live: Iterable<string>, offline: Iterable<string>): string {
  return [live, offline].map((slugs) => [...slugs].sort().join(" ")).join("/");
}

/** The same of what a page's `data-live-list` says: "b a / d c". */
export function listKeyOf(text: string): string {
  const [live = "", offline = ""] = text.split("/").map((part) => part.trim());
  const slugs = (part: string): string[] => part.split(/\s+/).filter(Boolean);
  return listKey(slugs(live), slugs(offline));
}
