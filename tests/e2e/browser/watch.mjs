// Opens a page in a real browser, logs in where it is told to, waits for the player to play, and prints what a viewer sees and
// hears as lines of JSON: {"opened": address} once the page is there, then {"seen": …}. The judging is done by the Rust story.
//
// node watch.mjs '{"chromium": path, "url": address, "username"?: …, "password"?: …, "watch"?: address, "seconds"?: n}'

import { DEADLINE_MS, launch } from "./launch.mjs";
import { hears } from "./sound.mjs";

const asked = JSON.parse(process.argv[2]);
const seconds = asked.seconds ?? 3;
/** What plays, made by the player; not the poster, which was in the page before it and goes. */
const VIDEO = "stage-player video[slot=media]";

const browser = await launch(asked.chromium);
try {
  const page = await browser.newPage();
  // What the player told on its way, for the account of a failure.
  await page.addInitScript(() => {
    window.told = [];
    for (const name of ["state", "opened", "playlist", "playing", "stall", "error", "slate"]) {
      document.addEventListener(`stage-${name}`, ({ detail }) => {
        window.told.push(`${Math.round(performance.now())} ms ${name} ${JSON.stringify(detail)}`);
      });
    }
  });
  const complaints = [];
  const elsewhere = [];
  const origin = new URL(asked.url).origin;
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== origin) elsewhere.push(request.url());
  });
  await page.goto(asked.url);
  if (asked.username) {
    await page.fill("#username", asked.username);
    await page.fill("#password", asked.password);
    await Promise.all([page.waitForNavigation(), page.click("form button[type=submit]")]);
  }
  if (asked.watch) await page.goto(asked.watch);
  await page.waitForSelector("stage-player", { state: "attached", timeout: DEADLINE_MS });
  console.log(JSON.stringify({ opened: page.url(), words: await page.innerText("body") }));

  // Waits until `holds` does; failing that, says what the player told, what it holds and what it asked for.
  const within = async (given, holds) => {
    try {
      await page.waitForFunction(holds, given, { timeout: DEADLINE_MS });
    } catch (error) {
      const account = await page.evaluate((given) => {
        const video = document.querySelector(given);
        const ranges = (of) => Array.from({ length: of.length }, (_, i) => [of.start(i), of.end(i)]);
        return {
          told: window.told,
          now: performance.now(),
          stats: document.querySelector("stage-player").stats,
          video: {
            currentTime: video.currentTime, paused: video.paused, readyState: video.readyState, seeking: video.seeking,
            buffered: ranges(video.buffered), seekable: ranges(video.seekable), error: video.error?.message,
          },
          asked: performance.getEntriesByType("resource").slice(-40)
            .map((entry) => `${Math.round(entry.startTime)}+${Math.round(entry.duration)} ms ${entry.responseStatus} ${entry.name.slice(-70)}`),
        };
      }, VIDEO);
      console.error(JSON.stringify({ ...account, complaints }, null, 1));
      throw error;
    }
  };

  const opened = Date.now();
  const video = page.locator(VIDEO).first();
  await video.waitFor({ state: "attached", timeout: DEADLINE_MS });
  const handle = await video.elementHandle();
  await within(handle, (element) => element.currentTime > 0 && !element.paused && element.videoWidth > 0);
  const startedMs = Date.now() - opened;
  const from = await handle.evaluate((element) => element.currentTime);
  // A late beginning is put right by a jump, which is no playing: frames count, not the position alone.
  await within(
    [handle, from + seconds],
    ([element, time]) => element.currentTime > time && element.getVideoPlaybackQuality().totalVideoFrames > 25,
  );
  const seen = await handle.evaluate((element) => ({
    width: element.videoWidth,
    height: element.videoHeight,
    currentTime: element.currentTime,
    frames: element.getVideoPlaybackQuality().totalVideoFrames,
    latencyS: document.querySelector("stage-player").stats.delay_s,
  }));
  const sounds = await handle.evaluate(hears);
  console.log(JSON.stringify({ seen: { ...seen, sounds, startedMs }, complaints, elsewhere, url: page.url() }));
} finally {
  await browser.close();
}
