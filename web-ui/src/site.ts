// What every page does in the browser beyond HTML: the appearance, times in the reader's own zone, live facts, and the
// small niceties of forms. Pages work without it.
//
// Loaded in the head with `defer`, so that nothing of the page waits for it (the poster of a watch page above all), and with
// `blocking="render"`, so that a chosen appearance is there before the first paint where browsers know that; elsewhere the style, which
// the first paint waits for, comes at the same time. Everything that needs the document waits for it.

import frame from "../../crates/web/locales/en/frame.ftl";
import script from "../../crates/web/locales/en/script.ftl";
import { serverPage } from "./admin.ts";
import { questions } from "./ask.ts";
import { codePages } from "./codes.ts";
import { copyButtons } from "./copy.ts";
import { localTimes, show, showDelay } from "./facts.ts";
import { goLive } from "./golive.ts";
import { onNextPages, page } from "./life.ts";
import { keepListTrue } from "./live_list.ts";
import { reach } from "./reach.ts";
import { sharing } from "./share.ts";
import { slugFromTitle } from "./slug.ts";
import type { WatchState } from "./watch_state.ts";
import { words } from "./words.ts";

const say = words([frame]);
const sayLive = words([script]);

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const THEME_KEY = "media-server.theme";

applyTheme(rememberedTheme());

document.addEventListener("DOMContentLoaded", () => {
  setInterval(() => localTimes(document), 15_000);
  questions();
  begin();
});
onNextPages(begin);

/** For each page: the first of the document, and those that take its place. */
function begin(): void {
  offerThemes();
  localTimes(document);
  passwordsCanBeShown();
  formsTellThatTheyWork();
  submitOnce();
  keepListTrue(announce);
  copyButtons(document, announce);
  sharing(announce);
  codePages();
  slugFromTitle();
  goLive(announce);
  reach(announce);
  serverPage(localTimes);
  watchFacts();
}

/** What a page with a player says of its stream. */
function watchFacts(): void {
  const facts = document.querySelector<HTMLElement>("[data-watch-facts]");
  if (!facts) return;
  const signal = page();
  let before: WatchState["state"] | undefined;
  const heard = (event: Event): void => {
    const now = (event as CustomEvent<WatchState>).detail;
    show(facts, now);
    // That it is away or over is told by what then lies over the picture; a picture that comes tells nothing to who does not see it.
    if (now.state === "live" && before !== undefined && before !== "live") announce(sayLive("script-began", { title: now.title }));
    before = now.state;
  };
  document.addEventListener("stage-state", heard, { signal });
  const stats = (event: Event): void => showDelay(facts, (event as CustomEvent<{ readonly delay_s: number | null }>).detail.delay_s);
  document.addEventListener("stage-stats", stats, { signal });
}

function themeWord(theme: Theme): string {
  switch (theme) {
    case "system":
      return say("frame-appearance-system");
    case "light":
      return say("frame-appearance-light");
    case "dark":
      return say("frame-appearance-dark");
  }
}

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
      if (word) word.textContent = themeWord(theme);
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

function passwordsCanBeShown(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-show]")) {
    const field = document.getElementById(button.dataset["show"] ?? "");
    if (!(field instanceof HTMLInputElement)) continue;
    const word = button.querySelector("span");
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      if (word) word.textContent = shown ? say("frame-hide") : say("frame-show");
    });
    // What is sent must be a password field again, or browsers offer to remember it as plain text.
    field.form?.addEventListener("submit", () => (field.type = "password"));
  }
}

function formsTellThatTheyWork(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[method=post]:not([data-download])")) {
    const button = form.querySelector<HTMLButtonElement>("button.primary[type=submit]");
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
      button?.setAttribute("aria-busy", "true");
    });
    // Coming back from the next page must not find the form locked.
    addEventListener(
      "pageshow",
      () => {
        sent = false;
        button?.removeAttribute("aria-busy");
      },
      { signal: page() },
    );
  }
}

/** What is told together, and the region that stands empty before: the same words a second time are news only then. */
const ANNOUNCED_AFTER_MS = 100;
let toAnnounce: string[] = [];

function announce(text: string): void {
  const region = document.getElementById("announce");
  if (!region) return;
  region.textContent = "";
  if (toAnnounce.push(text) > 1) return;
  setTimeout(() => {
    region.textContent = toAnnounce.join(". ");
    toAnnounce = [];
  }, ANNOUNCED_AFTER_MS);
}

/** Presses the one button of a page that exists to have it pressed; a link's preview, which runs no script, does not. */
function submitOnce(): void {
  document.querySelector<HTMLFormElement>("form[data-submit-once]")?.requestSubmit();
}
