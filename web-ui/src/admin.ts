// The page of the server: figures as they are heard, and its parts made anew when other streams, warnings or refusals are on it.

import { follow } from "./events.ts";
import { untilLeft } from "./life.ts";
import { serverFigures, type ServerState } from "./server_state.ts";
import { bitRate, count } from "./text.ts";

/** Begins, where this page is that of the server. `replaced` is called with each part that came later. */
export function serverPage(replaced: (part: HTMLElement) => void): void {
  const root = document.querySelector<HTMLElement>("[data-server-page]");
  if (!root) return;
  let asking = false;

  const stop = follow("server", (data) => {
    const stale = root.querySelector<HTMLElement>("[data-stale]");
    const state = data as ServerState | undefined;
    const isKnown = state !== undefined && "streams" in state;
    root.classList.toggle("stale", !isKnown);
    if (stale) stale.hidden = isKnown;
    if (!isKnown) return;
    show(root, state);
    if (state.key !== root.dataset["serverPage"] && !asking) {
      asking = true;
      void renew(root, replaced).finally(() => (asking = false));
    }
  });
  untilLeft(stop);
}

function show(root: HTMLElement, state: ServerState): void {
  for (const [tile, figure] of Object.entries(serverFigures(state))) {
    const element = root.querySelector(`[data-tile="${tile}"]`);
    const [number = "", unit = ""] = figure.split("\u00a0");
    setText(element?.querySelector("[data-number]"), number);
    setText(element?.querySelector("[data-unit]"), unit);
  }
  for (const stream of state.streams) {
    const row = root.querySelector(`[data-stream="${CSS.escape(stream.slug)}"]`);
    setText(row?.querySelector("[data-bit-rate]"), bitRate(stream.bit_rate));
    setText(row?.querySelector("[data-viewers-count]"), count(stream.viewers.hls + stream.viewers.webrtc));
  }
}

/** Asks for the page again and takes its parts, all but the tiles: those are true already. */
async function renew(root: HTMLElement, replaced: (part: HTMLElement) => void): Promise<void> {
  const next = await fetchRoot();
  if (!next) return;
  root.dataset["serverPage"] = next.dataset["serverPage"] ?? "";
  for (const part of root.querySelectorAll<HTMLElement>("[data-part]")) {
    const fresh = next.querySelector<HTMLElement>(`[data-part="${part.dataset["part"] ?? ""}"]`);
    if (!fresh) continue;
    if (part.dataset["part"] === "tiles") {
      const verdicts = fresh.querySelectorAll(".verdict");
      part.querySelectorAll(".verdict").forEach((verdict, n) => setText(verdict, verdicts[n]?.textContent ?? ""));
      continue;
    }
    const focused = part.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    part.replaceWith(document.adoptNode(fresh));
    replaced(fresh);
    if (focused) fresh.querySelector<HTMLElement>(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }
}

async function fetchRoot(): Promise<HTMLElement | undefined> {
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!response.ok) return undefined;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return page.querySelector<HTMLElement>("[data-server-page]") ?? undefined;
  } catch {
    return undefined; // What is heard next asks again.
  }
}

function setText(element: Element | null | undefined, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}
