// The live facts of a stream on a page: badge, since when, how many watch. Written into the elements that the templates
// mark with data attributes; only what changed is touched, so that screen readers and selections are left in peace.

import { duration, timeOfDay, watching } from "./text.ts";
import type { WatchState } from "./watch_state.ts";

const BADGES: Record<WatchState["state"], string> = {
  live: "LIVE",
  away: "Waiting",
  offline: "Offline",
  ended: "Ended",
  not_allowed: "Closed",
};

/**
 * `[data-badge]` says how the stream stands, `[data-on-air]` is there only while it is on air, `[data-viewers]` counts,
 * and times follow the beginning of the broadcast.
 */
export function show(root: HTMLElement, state: WatchState): void {
  const live = state.state === "live";
  for (const badge of root.querySelectorAll<HTMLElement>("[data-badge]")) {
    setText(badge, BADGES[state.state]);
    badge.classList.toggle("live", live);
  }
  for (const part of root.querySelectorAll<HTMLElement>("[data-on-air]")) part.hidden = !live && state.state !== "away";
  for (const viewers of root.querySelectorAll<HTMLElement>("[data-viewers]")) setText(viewers, watching(state.viewers));
  if (state.since === null) return;
  for (const time of times(root)) time.dateTime = state.since;
  localTimes(root);
}

/** `<time datetime data-time>` shows the hour in the reader's zone, `<time datetime data-age>` how long ago. */
export function localTimes(root: ParentNode): void {
  const now = new Date();
  for (const time of times(root)) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    setText(time, "age" in time.dataset ? duration((now.getTime() - at.getTime()) / 1000) : timeOfDay(at, now));
  }
}

function times(root: ParentNode): NodeListOf<HTMLTimeElement> {
  return root.querySelectorAll<HTMLTimeElement>("time[data-time], time[data-age]");
}

function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
