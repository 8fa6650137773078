// A browser that a Rust story drives: one JSON command a line on standard input, one JSON answer a line on standard output,
// {"value": …, "at": ms} or {"error": …}. The story and the judging are in Rust; here is only what a hand and an eye do.
//
// node drive.mjs PATH-OF-CHROMIUM AUTOPLAY-POLICY [MORE SWITCHES]
//
// Commands name the profile they mean ({"in": name}); a profile is a browser context with its own cookies and one page, made when
// it is first named. `name/more` is another tab of the profile `name`. What a page tells in its live regions is kept as well, and what
// it asks for. Every wait has a deadline. Script of ours runs in the page by the debugger's door, which the page's policy does
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
const contexts = new Map();
const profiles = new Map();

async function context(name) {
  const known = contexts.get(name);
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
  const aloud = [];
  await context.exposeBinding("storyAloud", (_, text) => void aloud.push(text));
  await context.addInitScript(listen);
  const told = new Set();
  await context.exposeBinding("storyTold", (_, event) => void told.add(event));
  await context.addInitScript((events) => {
    for (const event of events) document.addEventListener(event, () => globalThis.storyTold(event));
  }, TOLD);
  const made = { context, complaints, complain, told, aloud };
  contexts.set(name, made);
  return made;
}

async function profile(name) {
  const known = profiles.get(name);
  if (known) return known;
  const { context: own, complaints, complain, told, aloud } = await context(name.split("/")[0]);
  const page = await own.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") complain(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complain(`uncaught: ${error}`));
  page.on("dialog", (dialog) => {
    // A page that would lose something asks in the browser's words; stories mean what they do.
    if (dialog.type() !== "beforeunload") return complain(`dialog: ${dialog.message()}`);
    aloud.push("leave this page?");
    void dialog.accept();
  });
  const asked = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    const entry = { path: pathname, type: request.resourceType(), ended: false, bytes: 0 };
    asked.push(entry);
    entry.request = request;
  });
  const end = async (request) => {
    const entry = asked.find((entry) => entry.request === request);
    if (entry) entry.ended = true;
    const sizes = await request.sizes().catch(() => undefined);
    if (entry && sizes) entry.bytes = sizes.responseHeadersSize + sizes.responseBodySize;
  };
  page.on("requestfinished", end);
  page.on("requestfailed", end);
  const made = { page, complaints, told, aloud, asked };
  profiles.set(name, made);
  return made;
}

/** Tells what a screen reader would say by itself: what appears in live regions, and alerts that a page comes with. */
function listen() {
  const REGIONS = "[role=status], [role=alert], [aria-live]:not([aria-live=off])";
  const said = new WeakMap();
  const text = (region) => (region.checkVisibility() ? region.innerText.trim().replaceAll(/\s+/g, " ") : "");
  const look = () => {
    for (const region of document.querySelectorAll(REGIONS)) {
      const now = text(region);
      if (now === (said.get(region) ?? "")) continue;
      said.set(region, now);
      if (now !== "") globalThis.storyAloud(now);
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    // A status that was there from the start is read where it stands, an alert is not waited for.
    for (const region of document.querySelectorAll(REGIONS)) if (region.role !== "alert") said.set(region, text(region));
    look();
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  });
}

/** What has the focus, as somebody sees it who has no mouse; nothing at the end of the page. */
function focus() {
  let at = document.activeElement;
  const hosts = [];
  while (at?.shadowRoot?.activeElement) {
    hosts.push(at);
    at = at.shadowRoot.activeElement;
  }
  if (!at || at === document.body || at === document.documentElement) return null;
  const draws = (element, pseudo) => {
    const style = getComputedStyle(element, pseudo);
    const isRinged = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0;
    // Elements with a range inside draw their ring as a shadow.
    return isRinged || (hosts.includes(element) && style.boxShadow.includes("inset"));
  };
  // The ring may be drawn around a field's frame, or by what lies over a card.
  const around = [at, ...hosts, at.parentElement, at.closest("label")].filter(Boolean);
  const box = at.getBoundingClientRect();
  const name = `${at.localName}${at.id ? `#${at.id}` : ""} “${(at.getAttribute("aria-label") ?? at.innerText ?? at.value ?? "").trim().slice(0, 40)}”`;
  // Whoever asks for the focus alone has begun no walk.
  globalThis.storyVisited ??= new Set();
  // A field for a day or a time has a stop for each of its parts; anything else that keeps the focus is a trap.
  const isPart = globalThis.storyLast === at && ["date", "datetime-local", "time"].includes(at.type);
  const isNew = isPart || !globalThis.storyVisited.has(at);
  globalThis.storyLast = at;
  globalThis.storyVisited.add(at);
  const [first] = globalThis.storyVisited;
  const isSeen = around.some((element) => draws(element) || draws(element, "::after")) && box.width > 0 && box.height > 0;
  const isThere = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  return { name, isNew, isFirst: at === first, isSeen, isThere };
}

/** Those that can be used and were not come to. Of a group of radio buttons one is; the player is one stop with keys of its own. */
function missed() {
  const USED = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]:not([tabindex='-1'])";
  const visited = globalThis.storyVisited ?? new Set();
  const groups = new Set([...visited].filter((element) => element.type === "radio").map((element) => element.name));
  return [...document.querySelectorAll(USED)]
    .filter((element) => element.checkVisibility({ checkVisibilityCSS: true }) && !element.disabled && element.tabIndex >= 0 && !element.closest("[inert]"))
    .filter((element) => !visited.has(element) && !(element.type === "radio" && groups.has(element.name)))
    .map((element) => `${element.localName}${element.id ? `#${element.id}` : ""} “${(element.getAttribute("aria-label") ?? element.innerText ?? "").trim().slice(0, 40)}” cannot be reached by Tab`);
}

/** Has the next Tab come to the first stop of the page, wherever the focus was. */
function start() {
  globalThis.storyVisited = new Set();
  globalThis.storyLast = null;
  const top = document.createElement("span");
  top.tabIndex = -1;
  document.body.prepend(top);
  top.focus({ preventScroll: true });
  top.remove();
}

/** Goes through the page by Tab alone, from its start to its end; what is wrong for who has no mouse. */
async function walk(page) {
  const STOPS_MAX = 400;
  await page.evaluate(start);
  const wrong = [];
  let hasBegun = false;
  for (let stop = 0; stop < STOPS_MAX; stop++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(focus);
    // Behind the last stop is the browser's own frame, or the first stop again; a focus that is lost on the way leaves stops that are missed.
    if (!at && hasBegun) break;
    if (!at) continue;
    if (!at.isNew) {
      if (!at.isFirst) wrong.push(`Tab comes back to ${at.name} before the end of the page`);
      break;
    }
    hasBegun = true;
    if (!at.isSeen) wrong.push(`the focus on ${at.name} cannot be seen`);
    if (!at.isThere) wrong.push(`the focus is on ${at.name}, outside of the window`);
  }
  return [...wrong, ...(await page.evaluate(missed))];
}

async function hearAloud({ aloud, page }, text, withinMs) {
  const end = Date.now() + (withinMs ?? DEADLINE_MS);
  for (;;) {
    const at = aloud.findIndex((told) => told.includes(text));
    if (at >= 0) return aloud.splice(0, at + 1).at(-1);
    if (Date.now() > end) throw new Error(`waited to be told \`${text}\`; told was ${JSON.stringify(aloud)} at ${page.url()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
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
  return [...found, ...(await sideways(page))];
}

async function sideways(page) {
  const over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  return over > 0 ? [`scrolls sideways by ${over} px`] : [];
}

/** The frame in the page whose address holds this. */
async function inside(page, part) {
  const end = Date.now() + DEADLINE_MS;
  for (;;) {
    const frame = page.frames().find((frame) => frame !== page.mainFrame() && frame.url().includes(part));
    if (frame) return frame;
    if (Date.now() > end) throw new Error(`no frame of ${part} in ${page.url()}: ${page.frames().map((frame) => frame.url()).join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Lets the page send no faster than this. */
async function pace(page, uploadThroughput) {
  const talk = await page.context().newCDPSession(page);
  await talk.send("Network.enable");
  await talk.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
  return true;
}

const commands = {
  open: ({ page }, { url }) => page.goto(url, { waitUntil: "load" }).then((response) => response?.status()),
  begin: ({ page }, { url }) => page.goto(url, { waitUntil: "commit" }).then((response) => response?.status()),
  reload: ({ page }) => page.reload({ waitUntil: "load" }).then((response) => response?.status()),
  prepare: ({ page }, { script }) => page.addInitScript(script),
  fake_whip: ({ page }) => page.addInitScript(fakeWhip),
  press: ({ page }, { keys }) => page.keyboard.press(keys),
  type: ({ page }, { text }) => page.keyboard.type(text),
  select: ({ page }, { selector, value }) => page.selectOption(selector, value),
  files: ({ page }, { selector, files }) => page.setInputFiles(selector, files).then(() => true),
  pace: ({ page }, { bytes_per_s }) => pace(page, bytes_per_s),
  click: ({ page }, { selector }) => page.click(selector),
  see: ({ page }, { expression }) => page.evaluate(expression),
  until: ({ page }, { expression, within_ms }) => until(page, expression, within_ms),
  inside_see: async ({ page }, { part, expression }) => (await inside(page, part)).evaluate(expression),
  inside_until: async ({ page }, { part, expression, within_ms }) => until(await inside(page, part), expression, within_ms),
  inside_click: async ({ page }, { part, selector }) => (await inside(page, part)).click(selector),
  cookies: ({ page }) => page.context().cookies(),
  hear: (profile, { event }) => hear(profile, event),
  sounds: ({ page }) => page.locator("stage-player video[slot=media]").first().evaluate(hears),
  size: ({ page }, { width, height }) => page.setViewportSize({ width, height }),
  scheme: ({ page }, { scheme }) => page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" }),
  faults: ({ page }) => faults(page),
  sideways: ({ page }) => sideways(page),
  walk: ({ page }) => walk(page),
  focus: ({ page }) => page.evaluate(focus),
  aloud: (profile, { text, within_ms }) => hearAloud(profile, text, within_ms),
  asked: ({ asked }) => asked.map(({ path, type, ended, bytes }) => ({ path, type, ended, bytes })),
  block: ({ page }, { pattern }) => page.route(pattern, (route) => route.abort()).then(() => true),
  hang: ({ page }, { pattern }) => page.route(pattern, () => undefined).then(() => true),
  unblock: ({ page }) => page.unrouteAll({ behavior: "ignoreErrors" }).then(() => true),
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
