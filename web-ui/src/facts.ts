// The live facts of a stream on a page: badge, since when, how many watch, how far behind. Written into the elements that the
// templates mark with data attributes; only what changed is touched, so that screen readers and selections are left in peace.

import live from "../../crates/web/locales/en/live.ftl";
import { age, count, day, delay, moment, timeOfDay } from "./text.ts";
import type { WatchState } from "./watch_state.ts";
import { words } from "./words.ts";

const say = words([live]);

/** What cards and pages tell of a stream. */
export type Shown = Pick<WatchState, "state" | "since" | "viewers">;

function badge(state: WatchState["state"]): string {
  switch (state) {
    case "live":
      return say("live-badge");
    case "away":
      return say("live-badge-away");
    case "offline":
      return say("live-badge-offline");
    case "ended":
      return say("live-badge-ended");
    default:
      return say("live-badge-closed");
  }
}

/**
 * `[data-badge]` says how the stream stands, `[data-on-air]` is there only while it is on air, `[data-viewers]` counts,
 * and times follow the beginning of the broadcast.
 */
export function show(root: HTMLElement, { state, since, viewers }: Shown): void {
  const isLive = state === "live";
  for (const element of root.querySelectorAll<HTMLElement>("[data-badge]")) {
    setText(element, badge(state));
    element.classList.toggle("live", isLive);
  }
  for (const part of root.querySelectorAll<HTMLElement>("[data-on-air]")) part.hidden = !isLive && state !== "away";
  for (const element of root.querySelectorAll<HTMLElement>("[data-viewers]")) {
    setText(element, say("live-watching", { count: count(viewers) }));
  }
  if (since === null) return;
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[data-time], time[data-age]")) time.dateTime = since;
  localTimes(root);
}

/** `[data-delay]` says how far behind live the player is, as measured; `null` where that is not known. */
export function showDelay(root: HTMLElement, seconds: number | null): void {
  const text = seconds === null ? "–" : say("live-behind", { delay: delay(seconds) });
  for (const element of root.querySelectorAll<HTMLElement>("[data-delay]")) setText(element, text);
}

/**
 * In the reader's zone: `<time datetime data-time>` shows the hour, `data-day` the day, `data-moment` both, `data-age` how long ago it is.
 */
export function localTimes(root: ParentNode): void {
  const now = new Date();
  for (const time of times(root)) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    setText(time, told(time, at, now));
  }
}

function told({ dataset }: HTMLTimeElement, at: Date, now: Date): string {
  if ("age" in dataset) return age((now.getTime() - at.getTime()) / 1000);
  if ("day" in dataset) return day(at);
  return "moment" in dataset ? moment(at, now) : timeOfDay(at, now);
}

function times(root: ParentNode): NodeListOf<HTMLTimeElement> {
  return root.querySelectorAll<HTMLTimeElement>("time[data-time], time[data-age], time[data-day], time[data-moment]");
}

function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
