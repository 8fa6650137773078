import assert from "node:assert/strict";
import { test } from "node:test";
import { logical } from "./moving.ts";
import { AT_ONCE, Queue, Rate } from "./queue.ts";
import { Memory } from "./remember.ts";
import { type Answer, type Ask, type Item, PART_BYTES, type Ports, type Progress, Upload, metadata, parse } from "./tus.ts";
import { shown } from "./view.ts";

type Fault = "cut" | "lost answer" | { readonly status: number; readonly code?: string; readonly detail?: string; readonly retryAfter?: string };

/** A server of tus with one upload, a line that breaks where it is told to, and a clock of its own. */
class Server implements Ports {
  bytes = new Uint8Array();
  length: number | undefined;
  state = "receiving";
  reason: string | null = null;
  canResume = false;
  readonly asked: string[] = [];
  readonly waits: number[] = [];
  /** What befalls the requests to come, in order; `undefined`: nothing. */
  readonly faults: (Fault | undefined)[] = [];
  /** Called in the middle of a part. */
  midway: (() => void) | undefined;
  /** Takes no parts that are longer, as a proxy does. */
  bodyMax = Infinity;

  async ask({ method, headers, body }: Ask, signal: AbortSignal, sent?: (bytes: number) => void): Promise<Answer> {
    this.asked.push(method);
    const fault = this.faults.shift();
    const part = new Uint8Array((await body?.arrayBuffer()) ?? new ArrayBuffer(0));
    if (method === "PATCH" && this.midway) {
      sent?.(part.length / 2);
      this.midway();
      if (signal.aborted) {
        this.#take(headers, part.subarray(0, part.length / 2));
        throw new Error("given up");
      }
    }
    if (fault === "cut") {
      if (method === "PATCH") this.#take(headers, part.subarray(0, part.length / 4));
      throw new Error("no answer");
    }
    if (typeof fault === "object") return answer(fault.status, { "retry-after": fault.retryAfter }, fault);
    const good = this.#answer(method, headers, part);
    if (fault === "lost answer") throw new Error("no answer");
    if (method === "PATCH") sent?.(part.length);
    return good;
  }

  wait(ms: number): Promise<void> {
    this.waits.push(ms);
    return Promise.resolve();
  }

  #take(headers: Ask["headers"], part: Uint8Array): boolean {
    if (Number(headers["upload-offset"]) !== this.bytes.length) return false;
    const more = new Uint8Array(this.bytes.length + part.length);
    more.set(this.bytes);
    more.set(part, this.bytes.length);
    this.bytes = more;
    return true;
  }

  #answer(method: Ask["method"], headers: Ask["headers"], part: Uint8Array): Answer {
    if (method === "POST") {
      this.length = Number(headers["upload-length"]);
      this.bytes = new Uint8Array();
      return answer(201, { location: "/api/uploads/1" });
    }
    if (this.length === undefined) return answer(404, {}, { code: "not_found" });
    const place = { "upload-offset": String(this.bytes.length), "upload-length": String(this.length) };
    if (method === "HEAD") return answer(200, place);
    if (method === "GET") {
      const item = this.state === "ready" ? { kind: "video", slug: "a", title: "A", url: "/watch/a" } : null;
      const facts = { url: "/api/uploads/1", filename: "a.mp4", state: this.state, reason: this.reason, can_resume: this.canResume };
      return { ...answer(200, place), json: { ...facts, offset: this.bytes.length, length: this.length, item } };
    }
    if (method === "DELETE") {
      this.length = undefined;
      return answer(204, {});
    }
    if (part.length > this.bodyMax) return answer(413, {});
    if (this.state !== "receiving") return answer(409, place, { code: "whole" });
    if (!this.#take(headers, part)) return answer(409, place, { code: "wrong_offset" });
    if (this.bytes.length === this.length) this.state = "ready";
    return answer(204, { "upload-offset": String(this.bytes.length) });
  }
}

function answer(status: number, headers: Record<string, string | undefined>, problem: { code?: string; detail?: string } = {}): Answer {
  return { status, header: (name) => headers[name], code: problem.code, detail: problem.detail };
}

const SIZE = 2 * PART_BYTES + 1_000;
const CONTENT = new Uint8Array(SIZE).map((_, at) => (at * 7 + (at >> 11)) & 255);

class Story {
  readonly server = new Server();
  readonly file = new Blob([CONTENT]);
  readonly addresses: (string | undefined)[] = [];
  readonly seen: Progress[] = [];
  readonly upload: Upload;
  #until: (() => void) | undefined;

  constructor(url?: string) {
    const wanted = { filename: "a.mp4", visibility: "private" };
    const events = { changed: () => this.#changed(), address: (to: string | undefined) => void this.addresses.push(to) };
    this.upload = new Upload(this.file, wanted, this.server, events, url);
  }

  #changed(): void {
    if (this.seen.at(-1)?.is !== this.upload.progress.is) this.seen.push(this.upload.progress);
    this.#until?.();
  }

  /** Resolves once it is so. */
  until(is: Progress["is"]): Promise<void> {
    return new Promise((done) => {
      this.#until = () => this.upload.progress.is === is && done();
      this.#until();
    });
  }

  async runs(is: Progress["is"] = "ready"): Promise<this> {
    this.upload.start();
    await this.until(is);
    return this;
  }

  isWhole(): void {
    assert.equal(this.server.bytes.length, SIZE);
    assert.deepEqual(this.server.bytes, CONTENT);
  }
}

test("a file goes up in parts and becomes an item", async () => {
  const story = await new Story().runs();
  assert.deepEqual(story.server.asked, ["POST", "PATCH", "PATCH", "PATCH", "GET"]);
  assert.deepEqual(story.addresses, ["/api/uploads/1"]);
  assert.deepEqual(story.upload.progress, { is: "ready", item: { kind: "video", slug: "a", title: "A", url: "/watch/a" } });
  story.isWhole();
});

test("a line that breaks is waited for, and nothing is sent twice that is there", async () => {
  const story = new Story();
  story.server.faults.push(undefined, undefined, "cut", "cut", undefined);
  await story.runs();
  // It asks how far the server is before it goes on, after each break.
  assert.deepEqual(story.server.asked, ["POST", "PATCH", "PATCH", "HEAD", "HEAD", "PATCH", "GET"]);
  assert.deepEqual(story.server.waits, [1_000, 2_000]);
  story.isWhole();
});

test("an answer that is lost on its way is no loss, also the last one", async () => {
  for (const nth of [1, 3]) {
    const story = new Story();
    for (let n = 0; n < nth; n++) story.server.faults.push(undefined);
    story.server.faults.push("lost answer");
    await story.runs();
    story.isWhole();
  }
});

test("an upload of an earlier visit goes on where the server is", async () => {
  const story = new Story("/api/uploads/1");
  story.server.length = SIZE;
  story.server.bytes = CONTENT.slice(0, PART_BYTES + 5);
  story.upload.known = PART_BYTES + 5;
  assert.equal(story.upload.sent, PART_BYTES + 5);
  await story.runs();
  assert.deepEqual(story.server.asked, ["HEAD", "PATCH", "PATCH", "GET"]);
  story.isWhole();
});

test("a false place is corrected at once, and waited with where that helps nothing", async () => {
  const story = new Story();
  const wrong = { status: 409, code: "wrong_offset" };
  story.server.faults.push(undefined, wrong, undefined, wrong, undefined, wrong);
  await story.runs();
  assert.deepEqual(story.server.waits, [2_000, 4_000]);
  story.isWhole();
});

test("a full disk stops it with the server's words, and Resume goes on", async () => {
  const story = new Story();
  const detail = "The disk is full. Free 1.4 GB, then Resume.";
  story.server.faults.push(undefined, undefined, { status: 507, code: "disk_full", detail });
  await story.runs("stopped");
  assert.deepEqual(story.upload.progress, { is: "stopped", why: "refused", detail, canResume: true });
  await story.runs();
  assert.deepEqual(story.server.asked.slice(-4), ["HEAD", "PATCH", "PATCH", "GET"]);
  story.isWhole();
});

test("a file that came but could not be made use of says why, and may be tried again where that can help", async () => {
  const story = new Story();
  const full = story.server;
  const ask = full.ask.bind(full);
  full.ask = async (what, signal, sent) => {
    const got = await ask(what, signal, sent);
    if (what.method === "PATCH" && full.state === "ready") {
      full.state = "failed";
      full.reason = "The disk is full.";
      full.canResume = true;
    }
    return got;
  };
  await story.runs("stopped");
  assert.deepEqual(story.upload.progress, { is: "stopped", why: "refused", detail: "The disk is full.", canResume: true });
  full.canResume = false;
  full.reason = "It holds ProRes video.";
  await story.runs("failed");
  assert.deepEqual(story.upload.progress, { is: "failed", reason: "It holds ProRes video." });
});

test("what no other try can change is not tried again", async () => {
  for (const [fault, canResume] of [
    [{ status: 409, code: "taken", detail: "Taken." }, false],
    [{ status: 413, code: "too_large", detail: "Too large." }, false],
    [{ status: 422, code: "too_many", detail: "Too many." }, false],
    [{ status: 403, code: "forbidden", detail: "No." }, false],
    [{ status: 501, code: "uploads_off", detail: "Off." }, false],
  ] as const) {
    const story = new Story();
    story.server.faults.push(fault);
    await story.runs("stopped");
    assert.deepEqual(story.upload.progress, { is: "stopped", why: "refused", detail: fault.detail, canResume });
    assert.deepEqual(story.server.asked, ["POST"]);
  }
});

test("a server that is busy is asked again when it says", async () => {
  const story = new Story();
  story.server.faults.push({ status: 503, retryAfter: "7" }, undefined, { status: 423, retryAfter: "3" });
  await story.runs();
  assert.deepEqual(story.server.waits, [7_000, 3_000]);
  assert.ok(story.seen.some((progress) => progress.is === "broken" && progress.busy));
  story.isWhole();
});

test("whoever was logged out goes on after logging in", async () => {
  const story = new Story();
  story.server.faults.push(undefined, { status: 401 });
  await story.runs("stopped");
  assert.equal((story.upload.progress as { why?: string }).why, "logged_out");
  await story.runs();
  story.isWhole();
});

test("an upload that was cleared away begins again when it is resumed", async () => {
  const story = new Story("/api/uploads/1");
  await story.runs("stopped");
  assert.equal((story.upload.progress as { why?: string }).why, "gone");
  assert.deepEqual(story.addresses, [undefined]);
  await story.runs();
  assert.deepEqual(story.addresses, [undefined, "/api/uploads/1"]);
  story.isWhole();
});

test("a pause keeps what is there, and Resume goes on", async () => {
  const story = new Story();
  story.server.midway = () => {
    story.server.midway = undefined;
    story.upload.pause();
  };
  story.upload.start();
  await story.until("paused");
  await new Promise((done) => setTimeout(done));
  assert.equal(story.upload.progress.is, "paused");
  await story.runs();
  assert.deepEqual(story.server.asked, ["POST", "PATCH", "HEAD", "PATCH", "PATCH", "GET"]);
  story.isWhole();
});

test("a cancelled upload is forgotten by the server", async () => {
  const story = new Story();
  let cancelled: Promise<void> | undefined;
  story.server.midway = () => {
    story.server.midway = undefined;
    cancelled = story.upload.cancel();
  };
  story.upload.start();
  await new Promise((done) => setTimeout(done, 20));
  await cancelled;
  assert.equal(story.server.length, undefined);
  assert.deepEqual(story.addresses, ["/api/uploads/1", undefined]);
});

test("a proxy that takes only short bodies is met by shorter parts", async () => {
  const story = new Story();
  story.server.bodyMax = 1_048_576;
  await story.runs();
  story.isWhole();
});

test("a file that was moved is told from a line that broke", async () => {
  const story = new Story();
  story.server.ask = async ({ method }) => {
    if (method === "POST") return answer(201, { location: "/api/uploads/1" });
    throw new DOMException("gone", "NotReadableError");
  };
  await story.runs("stopped");
  assert.equal((story.upload.progress as { why?: string }).why, "unreadable");
});

test("metadata is base64 of UTF-8", () => {
  assert.equal(metadata({ filename: "Übung.mp4", visibility: "private" }), "filename w5xidW5nLm1wNA==,visibility cHJpdmF0ZQ==");
});

test("what is no upload is not read as one", () => {
  for (const value of [null, 1, {}, { url: "/x", offset: 1, length: 2, state: "odd" }]) assert.equal(parse(value), undefined);
});

class Fake {
  progress: Progress = { is: "waiting" };
  sent = 0;
  constructor(readonly size: number) {}
  get isRunning(): boolean {
    return this.progress.is === "sending";
  }
  start(): void {
    this.progress = { is: "sending" };
  }
  pause(): void {
    this.progress = { is: "paused" };
  }
  nudge(): void {}
}

test("some go at once and the rest in their turn", () => {
  const queue = new Queue<Fake>();
  const all = [...Array(5)].map(() => new Fake(100));
  for (const one of all) queue.add(one);
  const running = (): number => queue.uploads.filter(({ isRunning }) => isRunning).length;
  assert.equal(running(), AT_ONCE);
  all[0]?.pause();
  queue.fill();
  assert.equal(running(), AT_ONCE);
  assert.equal(all[3]?.isRunning, true);
  const [second] = all.slice(1, 2);
  if (second) queue.remove(second);
  assert.equal(running(), AT_ONCE);
  assert.equal(queue.isRunning, true);
});

test("totals are of what goes on by itself", () => {
  const queue = new Queue<Fake>();
  const [one, two, paused] = [new Fake(1_000), new Fake(3_000), new Fake(9_000)];
  for (const upload of [one, two, paused]) queue.add(upload);
  paused.pause();
  queue.totals(0);
  one.sent = 500;
  two.sent = 1_500;
  assert.deepEqual(queue.totals(2_000), { files: 2, left: 2_000, percent: 50, bytesPerSecond: 1_000 });
});

test("speed is that of the last seconds", () => {
  const rate = new Rate();
  for (let s = 0; s <= 20; s++) rate.add(s * 1000, s < 10 ? s * 10 : 100 + (s - 10) * 1_000);
  assert.equal(rate.bytesPerSecond, 1_000);
  rate.add(21_000, 5);
  assert.equal(rate.bytesPerSecond, 0);
});

test("a browser remembers which file went where, for each of its users", () => {
  const kept = new Map<string, string>();
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  const [ann, bob] = [new Memory("1", storage), new Memory("2", storage)];
  const file = { name: "a.mp4", size: 10, lastModified: 5 };
  ann.keep(file, "/api/uploads/1");
  assert.equal(ann.find(file), "/api/uploads/1");
  assert.equal(bob.find(file), undefined);
  assert.equal(ann.find({ ...file, lastModified: 6 }), undefined, "the same name, another file");
  for (let n = 0; n < 200; n++) bob.keep({ ...file, size: n }, `/api/uploads/b${n}`);
  assert.ok((kept.get("media-server.uploads")?.length ?? 0) < 20_000);
  ann.keep(file, "/api/uploads/2");
  ann.keep(file, "/api/uploads/3");
  assert.equal(ann.find(file), "/api/uploads/3");
  ann.forget("/api/uploads/3");
  assert.equal(ann.find(file), undefined);
  kept.set("media-server.uploads", "{");
  assert.equal(ann.find(file), undefined);
});

test("a script is the same whatever its hash", () => {
  assert.equal(logical("http://a/assets/site-0123456789ab.js"), logical("http://a/assets/site-ba9876543210.js"));
  assert.notEqual(logical("/assets/test-0123456789ab.js"), logical("/assets/site-0123456789ab.js"));
});

test("rows say what is, why, and what can be pressed", () => {
  const going = { name: "a.mp4", sent: 640e6, size: 2.1e9, bytesPerSecond: 48e6 };
  const row = (progress: Progress): ReturnType<typeof shown> => shown({ ...going, progress });
  const keys = (progress: Progress): string[] => row(progress).actions.map(({ key }) => key);
  assert.deepEqual(row({ is: "sending" }).facts, ["640\u00a0MB of 2.1\u00a0GB", "48\u00a0MB/s", "31\u00a0s left"]);
  assert.deepEqual(keys({ is: "sending" }), ["pause", "cancel"]);
  const broken = row({ is: "broken", retryInS: 4, busy: false });
  assert.equal(broken.facts[0], "The connection broke at 640\u00a0MB of 2.1\u00a0GB. Nothing is lost: it continues from there in 4\u00a0s.");
  assert.deepEqual(keys({ is: "paused" }), ["resume", "cancel"]);
  assert.deepEqual(keys({ is: "failed", reason: "x" }), ["remove"]);
  assert.equal(row({ is: "paused" }).actions[0]?.named, "Resume a.mp4");
});

test("an image opens on its page for people, a video where it plays", () => {
  const going = { name: "a", sent: 1, size: 1, bytesPerSecond: 0 };
  const href = (item: Item): string | undefined => shown({ ...going, progress: { is: "ready", item } }).actions[0]?.href;
  assert.equal(href({ kind: "image", slug: "a", title: "A", url: "/images/a" }), "/images/a/about");
  assert.equal(href({ kind: "video", slug: "a", title: "A", url: "/watch/a" }), "/watch/a");
});
