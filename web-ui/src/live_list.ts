// Keeps the home page true by the topic `home`: figures of streams on air as they are told, and which streams there are by
// asking for the page again. Its list is replaced only when other streams are on it, or the first picture of one, so that nothing
// moves under a reader's hand without a reason.

import source from "../../crates/web/locales/en/script.ftl";
import { follow } from "./events.ts";
import { localTimes, show } from "./facts.ts";
import { type HomeState, listKey, listKeyOf, parseHomeState } from "./home_state.ts";
import { untilLeft } from "./life.ts";
import { Posters } from "./posters.ts";
import { words } from "./words.ts";

const say = words([source]);

const LIST = "[data-live-list]";
/** A page that could not be had is asked for again this much later. */
const AGAIN_MS = 3_000;

/** Begins, when this page has a list. */
export function keepListTrue(announce: (text: string) => void): void {
  const list = document.querySelector<HTMLElement>(LIST);
  if (!list) return;
  const live = new LiveList(list, announce);
  untilLeft(follow("home", (data) => live.hear(data === undefined ? undefined : parseHomeState(data))));
}

class LiveList {
  #list: HTMLElement;
  readonly #announce: (text: string) => void;
  readonly #posters = new Posters();
  #told: HomeState | undefined;
  #asking = false;

  constructor(list: HTMLElement, announce: (text: string) => void) {
    this.#list = list;
    this.#announce = announce;
    this.#posters.watch(list);
  }

  /** `undefined`: the server could not be asked; what is shown may be out of date. */
  hear(state: HomeState | undefined): void {
    this.#list.classList.toggle("stale", state === undefined);
    for (const line of this.#list.querySelectorAll<HTMLElement>("[data-stale]")) line.hidden = state !== undefined;
    if (!state) return;
    this.#announceChanges(state);
    this.#told = state;
    for (const stream of state.live) {
      const card = this.#card(stream.slug);
      if (card) show(card, stream);
    }
    void this.#refresh();
  }

  #announceChanges(state: HomeState): void {
    if (!this.#told) return;
    const titles = (s: HomeState): Map<string, string> => new Map(s.live.map(({ slug, title }) => [slug, title]));
    const [before, now] = [titles(this.#told), titles(state)];
    const began = [...now].filter(([slug]) => !before.has(slug)).map(([, title]) => say("script-began", { title }));
    const ended = [...before].filter(([slug]) => !now.has(slug)).map(([, title]) => say("script-ended", { title }));
    const news = [...began, ...ended];
    if (news.length > 0) this.#announce(news.join(". "));
  }

  #card(slug: string): HTMLElement | null {
    return this.#list.querySelector(`[data-slug="${CSS.escape(slug)}"]`);
  }

  /** Asks for the page when what it lists is not what was told. */
  async #refresh(): Promise<void> {
    if (this.#asking || this.#isTrue()) return;
    this.#asking = true;
    const next = await fetchList();
    this.#asking = false;
    if (!next) {
      setTimeout(() => void this.#refresh(), AGAIN_MS);
      return;
    }
    const focused = this.#list.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    // What somebody looks through or types into stays as it is.
    const library = this.#list.querySelector("[data-library]");
    const within = library?.contains(document.activeElement) === true ? document.activeElement : undefined;
    if (library) next.querySelector("[data-library]")?.replaceWith(library);
    this.#list.replaceWith(next);
    if (within instanceof HTMLElement) within.focus();
    this.#list = next;
    this.#posters.watch(next);
    localTimes(next);
    if (focused) next.querySelector<HTMLElement>(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }

  #isTrue(): boolean {
    if (!this.#told) return true;
    const live = this.#told.live.map(({ slug }) => slug);
    // The first picture comes a moment after the stream.
    const lacks = this.#told.live.some(({ slug, hasPoster }) => hasPoster && !this.#card(slug)?.querySelector("[data-poster]"));
    if (lacks) return false;
    return listKeyOf(this.#list.dataset["liveList"] ?? "") === listKey(live, this.#told.offline);
  }
}

async function fetchList(): Promise<HTMLElement | undefined> {
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(8_000) });
    if (!response.ok) return undefined;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return page.querySelector<HTMLElement>(LIST) ?? undefined;
  } catch {
    return undefined; // Asked again in a while.
  }
}
