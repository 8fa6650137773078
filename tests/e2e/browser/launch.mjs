// The browser of every story: headless, and talking to nobody but the page's server.

import { chromium } from "playwright-core";

export const DEADLINE_MS = 20_000;

/** `autoplay` is what the browser's switch is called by: by default a page may begin with sound. */
export function launch(executablePath, autoplay = "no-user-gesture-required", more = []) {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--autoplay-policy=${autoplay}`,
      ...more,
    ],
  });
}
