// Keeps the home page true: figures of streams on air by their own state, and which streams there are by asking for the
// page again.
//
// The page is asked every ten seconds while it can be seen, and at once when a stream on it begins or ends. Its list is
// replaced only when other streams are on it, so that nothing moves under a reader's hand without a reason.

import { show } from "./facts.ts";
import { Poll } from "./watch_state.ts";

const LIST = "[data-live-list]";
const EVERY_MS = 10_000;

/** Begins, when this page has a list. `replaced` is called with each list that came later. */
export function keepListTrue(announce: (text: string) => void, replaced: (list: HTMLElement) => void): void {
  let list = document.querySelector<HTMLElement>(LIST);
  if (!list) return;
  let polls = follow(list);

  async function refresh(): Promise<void> {
    if (document.visibilityState !== "visible" || !list) return;
    const next = await fetchList();
    if (!next || next.dataset["liveList"] === list.dataset["liveList"]) return;
    const focused = list.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    for (const poll of polls) poll.stop();
    list.replaceWith(next);
    list = next;
    polls = follow(list);
    replaced(list);
    if (focused) list.querySelector<HTMLElement>(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }

  function follow(root: HTMLElement): Poll[] {
    return [...root.querySelectorAll<HTMLElement>("[data-watch-url]")].map((card) => {
      let before: string | undefined;
      const poll = new Poll(card.dataset["watchUrl"] ?? "", ({ state }) => {
        card.classList.toggle("stale", state === undefined);
        if (!state) return;
        show(card, state);
        if (before !== undefined && before !== state.state) {
          if (state.title !== "") announce(`${state.title}: ${state.state === "live" ? "live" : "not live any more"}`);
          void refresh();
        }
        before = state.state;
      });
      poll.start();
      return poll;
    });
  }

  setInterval(() => void refresh(), EVERY_MS);
  document.addEventListener("visibilitychange", () => void refresh());
}

async function fetchList(): Promise<HTMLElement | undefined> {
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!response.ok) return undefined;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return page.querySelector<HTMLElement>(LIST) ?? undefined;
  } catch {
    return undefined; // The next turn asks again.
  }
}
