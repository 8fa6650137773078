import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Events } from "./events.ts";

// One tab, and what stands around it: the other tabs of the browser, the server, and the clock.

/** The server's end of a stream of events. */
class Source extends EventTarget {
  static all: Source[] = [];
  static get open(): Source[] {
    return Source.all.filter((source) => !source.closed);
  }
  closed = false;
  readonly url: string;
  constructor(url: string) {
    super();
    this.url = url;
    Source.all.push(this);
  }
  get topics(): string[] {
    return (new URL(this.url, "http://here").searchParams.get("topics") ?? "").split(",");
  }
  says(topic: string, data: unknown, id = "1000"): void {
    this.dispatchEvent(Object.assign(new Event(topic), { data: JSON.stringify(data), lastEventId: id }));
  }
  close(): void {
    this.closed = true;
  }
}

/** What other tabs hear, and how they speak. */
class Channel extends EventTarget {
  static heard: Record<string, unknown>[] = [];
  static tab: Channel | undefined;
  readonly name: string;
  constructor(name: string) {
    super();
    this.name = name;
    Channel.tab = this;
  }
  postMessage(message: Record<string, unknown>): void {
    Channel.heard.push(structuredClone(message));
  }
  static says(message: Record<string, unknown>): void {
    Channel.tab?.dispatchEvent(Object.assign(new Event("message"), { data: message }));
  }
}

/** Whether another tab has the lock, and whether this one does. */
const lock = {
  isTaken: false,
  isOurs: false,
  give: undefined as (() => void) | undefined,
  request(_: string, { signal }: { signal: AbortSignal }, then: () => Promise<void> | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = (): void => {
        if (signal.aborted) return;
        lock.give = undefined;
        lock.isOurs = true;
        const held = then();
        void Promise.resolve(held).then(() => {
          lock.isOurs = false;
          resolve();
        });
      };
      signal.addEventListener("abort", () => {
        lock.give = undefined;
        reject(new DOMException("given up", "AbortError"));
      });
      if (lock.isTaken) lock.give = give;
      else give();
    });
  },
};

const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
let asked: string[] = [];
let answer: (path: string) => Response | undefined = () => undefined;

function show(state: "visible" | "hidden"): void {
  page.visibilityState = state;
  page.dispatchEvent(new Event("visibilitychange"));
}

/** Lets what waits for nothing but a promise go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

async function later(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await settle();
}

beforeEach(() => {
  Source.all = [];
  Channel.heard = [];
  Object.assign(lock, { isTaken: false, isOurs: false, give: undefined });
  page.visibilityState = "visible";
  asked = [];
  answer = () => undefined;
  for (const [name, value] of Object.entries({
    document: page,
    navigator: { locks: lock },
    BroadcastChannel: Channel,
    EventSource: Source,
    addEventListener: () => undefined,
    fetch: async (path: string) => {
      asked.push(path);
      const given = answer(path);
      if (!given) throw new TypeError("no answer");
      return given;
    },
  })) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  mock.timers.enable({ apis: ["setTimeout"] });
});

afterEach(() => mock.timers.reset());

test("topics of a tab share one stream, and each hears its own", async () => {
  const events = new Events();
  const heard: unknown[] = [];
  events.follow("watch:live", (data, now) => heard.push(["watch", data, now]));
  events.follow("home", (data) => heard.push(["home", data]));
  await later(0);
  assert.equal(Source.all.length, 1);
  assert.deepEqual(Source.all[0]?.topics, ["home", "watch:live"]);
  Source.all[0]?.says("watch:live", { state: "live" }, "1234");
  assert.deepEqual(heard, [["watch", { state: "live" }, 1234]]);
  assert.deepEqual(asked, [], "nothing is asked while the stream is there");
});

test("while another tab listens this one opens nothing and hears what that says", async () => {
  lock.isTaken = true;
  const events = new Events();
  const heard: unknown[] = [];
  events.follow("home", (data) => heard.push(data));
  await later(60_000);
  assert.deepEqual(Source.all, []);
  const wants = Channel.heard.filter(({ kind }) => kind === "want");
  assert.deepEqual(wants.at(-1)?.["topics"], ["home"], "the other is told what to listen for");
  Channel.says({ kind: "said", topic: "home", data: { live: [] }, now: 5 });
  Channel.says({ kind: "said", topic: "server", data: "of no interest", now: 5 });
  Channel.says({ kind: "stale" });
  assert.deepEqual(heard, [{ live: [] }, undefined]);
  // The other is closed; the place is this one's.
  lock.give?.();
  await later(0);
  assert.equal(Source.open.length, 1);
});

test("tab that listens does so for the others too, and hands on what it hears", async () => {
  const events = new Events();
  events.follow("home", () => undefined);
  await later(0);
  Channel.says({ kind: "want", tab: "other", topics: ["stream:live"] });
  await later(200);
  assert.equal(Source.open.length, 1, "never two");
  assert.deepEqual(Source.open[0]?.topics, ["home", "stream:live"]);
  Source.open[0]?.says("stream:live", { live: null }, "7");
  assert.deepEqual(Channel.heard.at(-1), { kind: "said", topic: "stream:live", data: { live: null }, now: 7 });
  Channel.says({ kind: "want", tab: "other", topics: [] });
  await later(200);
  assert.deepEqual(Source.open.map(({ topics }) => topics), [["home"]]);
});

test("hidden tab closes its stream and lets go, and comes back when it is seen", async () => {
  const events = new Events();
  events.follow("home", () => undefined);
  await later(0);
  assert.equal(Source.open.length, 1);
  show("hidden");
  await settle();
  assert.deepEqual([Source.open.length, lock.isOurs], [0, false]);
  await later(120_000);
  assert.deepEqual([Source.open.length, asked.length], [0, 0], "hidden, it asks for nothing");
  show("visible");
  await later(0);
  assert.deepEqual([Source.open.length, lock.isOurs], [1, true]);
});

test("tab that was never seen opens nothing", async () => {
  page.visibilityState = "hidden";
  new Events().follow("home", () => undefined);
  await later(60_000);
  assert.deepEqual([Source.all.length, asked.length], [0, 0]);
});

test("stream that fails is replaced by asking, and tried again", async () => {
  const events = new Events();
  const heard: unknown[] = [];
  events.follow("stream:live", (data) => heard.push(data));
  events.follow("watch:live", () => undefined);
  answer = (path) => (path.endsWith("status") ? Response.json({ live: null }) : Response.json({ title: "Not found" }, { status: 404 }));
  await later(0);
  Source.open[0]?.dispatchEvent(new Event("error"));
  await settle();
  assert.deepEqual(asked, ["/api/streams/live/status", "/api/watch/live"]);
  assert.deepEqual(heard, [{ live: null }]);
  assert.ok(Channel.heard.some((said) => said["topic"] === "watch:live" && (said["data"] as { state: string }).state === "not_allowed"));
  await later(3_000);
  assert.equal(asked.length, 4, "asked every three seconds");
  for (let second = 0; second < 12; second += 3) await later(3_000);
  assert.equal(Source.open.length, 1, "after a while the stream is tried again");
  Source.open[0]?.dispatchEvent(new Event("open"));
  const before = asked.length;
  await later(30_000);
  assert.equal(asked.length, before, "with a stream nothing is asked");
});

test("stream without a word for forty seconds is taken for dead", async () => {
  const events = new Events();
  const heard: unknown[] = [];
  events.follow("home", (data) => heard.push(data));
  await later(0);
  Source.open[0]?.dispatchEvent(new Event("open"));
  await later(39_000);
  Source.open[0]?.says("home", { live: [] });
  await later(39_000);
  Source.open[0]?.says("ping", 1);
  await later(39_000);
  assert.equal(Source.open.length, 1, "a word in between will do, and be it a ping");
  await later(2_000);
  assert.deepEqual([Source.open.length, asked.length], [0, 1]);
  assert.deepEqual(heard, [{ live: [] }, undefined], "no answer either: what is shown may be out of date");
  assert.equal(Channel.heard.at(-1)?.["kind"], "stale", "and the other tabs know");
});

test("what_opens_with_a_code_is_heard_apart_and_told_why_it_ends", async () => {
  const events = new Events("access_code=k7q4");
  const said: unknown[] = [];
  const stop = events.follow("watch:hall", (data) => said.push(data));
  await later(0);
  assert.equal(Source.open[0]?.url, "/api/events?topics=watch:hall&access_code=k7q4");
  assert.match(Channel.tab?.name ?? "", /access_code=k7q4$/, "tabs without it hear nothing");
  answer = () => new Response(JSON.stringify({ state: "not_allowed", reason: "access_code_paused" }), { status: 404 });
  Source.open[0]?.dispatchEvent(new Event("error"));
  await later(0);
  await settle();
  assert.deepEqual(asked, ["/api/watch/hall?access_code=k7q4"]);
  assert.deepEqual(said, [{ state: "not_allowed", reason: "access_code_paused" }]);
  stop();
});
