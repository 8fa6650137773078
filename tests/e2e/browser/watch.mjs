// Opens a page in a real browser, logs in where it is told to, waits for the player to play, and prints what a viewer sees and
// hears as lines of JSON: {"opened": address} once the page is there, then {"seen": …}. The judging is done by the Rust story.
//
// node watch.mjs '{"chromium": path, "url": address, "username"?: …, "password"?: …, "watch"?: address, "seconds"?: n}'

import { DEADLINE_MS, launch } from "./launch.mjs";

const asked = JSON.parse(process.argv[2]);
const seconds = asked.seconds ?? 3;

const browser = await launch(asked.chromium);
try {
  const page = await browser.newPage();
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

  const opened = Date.now();
  const video = page.locator("stage-player video").first();
  await video.waitFor({ state: "attached", timeout: DEADLINE_MS });
  const handle = await video.elementHandle();
  await page.waitForFunction((element) => element.currentTime > 0 && !element.paused && element.videoWidth > 0, handle, {
    timeout: DEADLINE_MS,
  });
  const startedMs = Date.now() - opened;
  const from = await handle.evaluate((element) => element.currentTime);
  await page.waitForFunction(([element, time]) => element.currentTime > time, [handle, from + seconds], { timeout: DEADLINE_MS });
  const seen = await handle.evaluate((element) => ({
    width: element.videoWidth,
    height: element.videoHeight,
    currentTime: element.currentTime,
    audioBytes: element.webkitAudioDecodedByteCount,
    frames: element.getVideoPlaybackQuality().totalVideoFrames,
latencyS: document.querySelector("stage-player").stats.delay_s,
  }));
  console.log(JSON.stringify({ seen: { ...seen, startedMs }, complaints, elsewhere, url: page.url() }));
} finally {
  await browser.close();
}
