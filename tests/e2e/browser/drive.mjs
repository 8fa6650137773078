// A browser that a Rust story drives: one JSON command a line on standard input, one JSON answer a line on standard output,
// {"value": …, "at": ms} or {"error": …}. The story and the judging are in Rust; here is only what a hand and an eye do.
//
// node drive.mjs PATH-OF-CHROMIUM AUTOPLAY-POLICY [MORE SWITCHES]
//
// Commands name the profile they mean ({"in": name}); a profile is a browser context with its own cookies and one page, made when
// it is first named. Every wait has a deadline. Script of ours runs in the page by the debugger's door, which the page's policy does
// not judge; what the page itself does is judged, and every violation, console error and uncaught error is kept as a complaint.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { DEADLINE_MS, launch } from "./launch.mjs";
import { hears } from "./sound.mjs";
import { fakeWhip } from "./whip.mjs";

const LOOK_EVERY_MS = 40;
/** What the player tells, and a story can wait for without touching the page. */
const TOLD = ["stage-playing"];
/** The rules of WCAG 2.0 to 2.2, levels A and AA. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const browser = await launch(process.argv[2], process.argv[3], process.argv.slice(4));
const profiles = new Map();

async function profile(name) {
  const known = profiles.get(name);
  if (known) return known;
  // Without motion nothing is judged, or pictured, half way between two colours.
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", colorScheme: "light", locale: "en-GB" });
  context.setDefaultTimeout(DEADLINE_MS);
  const complaints = [];
  const complain = (text) => complaints.push(text);
  await context.exposeBinding("storyViolation", (_, text) => complain(text));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      globalThis.storyViolation(`policy: ${event.effectiveDirective} ${event.blockedURI} at ${location.pathname}`);
    });
  });
  const told = new Set();
  await context.exposeBinding("storyTold", (_, event) => void told.add(event));
  await context.addInitScript((events) => {
    for (const event of events) document.addEventListener(event, () => globalThis.storyTold(event));
  }, TOLD);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") complain(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complain(`uncaught: ${error}`));
  page.on("dialog", (dialog) => complain(`dialog: ${dialog.message()}`));
  const made = { page, complaints, told };
  profiles.set(name, made);
  return made;
}

/** Looks at an expression until it is neither false nor nothing; a navigation in between only means looking again. */
async function until(page, expression, withinMs) {
  const end = Date.now() + (withinMs ?? DEADLINE_MS);
  for (;;) {
    let last = "not yet";
    try {
      const value = await page.evaluate(expression);
      if (value) return value;
    } catch (error) {
      last = String(error);
    }
    if (Date.now() > end) throw new Error(`waited for \`${expression}\` (${last}) at ${page.url()}: ${await words(page)}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function hear({ told }, event) {
  const end = Date.now() + DEADLINE_MS;
  while (!told.has(event)) {
    if (Date.now() > end) throw new Error(`waited for ${event}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function words(page) {
  return page.evaluate("document.body?.innerText ?? ''").catch(() => "");
}

/** What axe finds, and what leads sideways out of the page. */
async function faults(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(
    (tags) =>
      globalThis.axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] }).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary?.split("\n").slice(1).join(";").trim()}`)),
      ),
    TAGS,
  );
  const sideways = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  if (sideways > 0) found.push(`scrolls sideways by ${sideways} px`);
  return found;
}

const commands = {
  open: ({ page }, { url }) => page.goto(url, { waitUntil: "load" }).then((response) => response?.status()),
  reload: ({ page }) => page.reload({ waitUntil: "load" }).then((response) => response?.status()),
  prepare: ({ page }, { script }) => page.addInitScript(script),
  fake_whip: ({ page }) => page.addInitScript(fakeWhip),
  press: ({ page }, { keys }) => page.keyboard.press(keys),
  type: ({ page }, { text }) => page.keyboard.type(text),
  select: ({ page }, { selector, value }) => page.selectOption(selector, value),
  click: ({ page }, { selector }) => page.click(selector),
  see: ({ page }, { expression }) => page.evaluate(expression),
  until: ({ page }, { expression, within_ms }) => until(page, expression, within_ms),
  hear: (profile, { event }) => hear(profile, event),
  sounds: ({ page }) => page.locator("stage-player video[slot=media]").first().evaluate(hears),
  size: ({ page }, { width, height }) => page.setViewportSize({ width, height }),
  scheme: ({ page }, { scheme }) => page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" }),
  faults: ({ page }) => faults(page),
  picture: ({ page }, { file, whole }) => page.screenshot({ path: file, fullPage: whole ?? false }).then(() => true),
  complaints: ({ complaints }) => complaints.splice(0),
};

try {
  for await (const line of createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    let answer;
    try {
      answer = { value: (await commands[asked.do](await profile(asked.in), asked)) ?? null, at: Date.now() };
    } catch (error) {
      answer = { error: `${asked.do}: ${error.message}` };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
} finally {
  await browser.close();
}
