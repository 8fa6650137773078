// What every page does in the browser beyond HTML: the appearance, times in the reader's own zone, live facts, and the
// small niceties of forms. Pages work without it.
//
// Loaded in the head without `defer`, so that a chosen appearance is there before the first paint; everything that
// needs the document waits for it.

import { duration, timeOfDay, watching } from "./text.ts";
import { Poll, type WatchState } from "./watch_state.ts";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const THEME_WORDS: Record<Theme, string> = { system: "as the system", light: "light", dark: "dark" };
const THEME_KEY = "media-server.theme";

applyTheme(rememberedTheme());

document.addEventListener("DOMContentLoaded", () => {
  offerThemes();
  localTimes(document);
  setInterval(() => localTimes(document), 15_000);
  passwordsCanBeShown();
  formsTellThatTheyWork();
  for (const card of document.querySelectorAll<HTMLElement>("[data-watch-url]")) follow(card);
  const facts = document.querySelector<HTMLElement>("[data-watch-facts]");
  if (facts) {
    document.addEventListener("stage-state", (event) => {
      show(facts, (event as CustomEvent<WatchState>).detail);
    });
  }
});

function rememberedTheme(): Theme {
  try {
    const kept = localStorage.getItem(THEME_KEY);
    return THEMES.find((theme) => theme === kept) ?? "system";
  } catch {
    return "system"; // storage is refused, in some private windows
  }
}

function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

function offerThemes(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-theme-button]")) {
    const word = button.querySelector("[data-theme-word]");
    const label = (theme: Theme): void => {
      if (word) word.textContent = THEME_WORDS[theme];
    };
    label(rememberedTheme());
    button.hidden = false;
    button.addEventListener("click", () => {
      const next = THEMES[(THEMES.indexOf(rememberedTheme()) + 1) % THEMES.length] ?? "system";
      try {
        localStorage.setItem(THEME_KEY, next);
      } catch {
        // It holds for this page alone then.
      }
      applyTheme(next);
      label(next);
    });
  }
}

/** `<time datetime data-time>` shows the hour, `<time datetime data-age>` how long ago. */
function localTimes(root: ParentNode): void {
  const now = new Date();
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[data-time], time[data-age]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    setText(time, "age" in time.dataset ? duration((now.getTime() - at.getTime()) / 1000) : timeOfDay(at, now));
  }
}

function passwordsCanBeShown(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-show]")) {
    const field = document.getElementById(button.dataset["show"] ?? "");
    if (!(field instanceof HTMLInputElement)) continue;
    const word = button.querySelector("span");
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      if (word) word.textContent = shown ? "Hide" : "Show";
    });
    // What is sent must be a password field again, or browsers offer to remember it as plain text.
    field.form?.addEventListener("submit", () => (field.type = "password"));
  }
}

function formsTellThatTheyWork(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[method=post]")) {
    const button = form.querySelector<HTMLButtonElement>("button.primary[type=submit]");
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
      button?.setAttribute("aria-busy", "true");
    });
    // Coming back from the next page must not find the form locked.
    addEventListener("pageshow", () => {
      sent = false;
      button?.removeAttribute("aria-busy");
    });
  }
}

/** Keeps one card's badge and figures true. */
function follow(card: HTMLElement): void {
  const url = card.dataset["watchUrl"];
  if (!url) return;
  let before: string | undefined;
  new Poll(url, ({ state }) => {
    card.classList.toggle("stale", state === undefined);
    if (!state) return;
    show(card, state);
    if (before !== undefined && before !== state.state && state.title !== "") {
      announce(`${state.title}: ${state.state === "live" ? "live now" : "not live any more"}`);
    }
    before = state.state;
  }).start();
}

const BADGES: Record<WatchState["state"], string> = {
  live: "LIVE",
  away: "Waiting",
  offline: "Offline",
  ended: "Ended",
  not_allowed: "Closed",
};

function show(root: HTMLElement, state: WatchState): void {
  const live = state.state === "live";
  const onAir = live || state.state === "away";
  for (const badge of root.querySelectorAll<HTMLElement>("[data-badge]")) {
    setText(badge, BADGES[state.state]);
    badge.classList.toggle("live", live);
  }
  for (const part of root.querySelectorAll<HTMLElement>("[data-on-air]")) part.hidden = !onAir;
  for (const viewers of root.querySelectorAll<HTMLElement>("[data-viewers]")) setText(viewers, watching(state.viewers));
  if (state.since !== null) {
    for (const time of root.querySelectorAll<HTMLTimeElement>("time[data-time], time[data-age]")) {
      time.dateTime = state.since;
    }
    localTimes(root);
  }
}

/** Writes only what changed: the rest of the page, and screen readers, are left in peace. */
function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function announce(text: string): void {
  const region = document.getElementById("announce");
  if (region) region.textContent = text;
}
