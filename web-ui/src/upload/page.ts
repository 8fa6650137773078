// Brings files: what is dropped or chosen on the upload page goes up, some at a time, and goes on while its user moves between pages (moving.ts),
// with a small sign in the bar of the others. What an earlier visit left is listed with what it takes to go on.

import { onNextPages, untilLeft } from "../life.ts";
import { bytes, duration } from "../text.ts";
import { moveSoftly } from "./moving.ts";
import { Queue, Rate, secondsLeft } from "./queue.ts";
import { type Fingerprint, forgetHandle, type Handle, handleAt, keepHandle, Memory } from "./remember.ts";
import { ports } from "./transport.ts";
import { type Told, Upload, parse } from "./tus.ts";
import { type Shown, Row, choose, open, remove, resume, say, setText, shown, stopped } from "./view.ts";

/** How often figures are written; a browser tells them more often than anybody reads. */
const SHOW_MS = 250;
/** How often what an earlier visit left is asked about, while something is being made of it. */
const LOOK_MS = 3_000;
/** Files of one drop: more is a folder that was meant to be something else. */
const FILES_MAX = 500;

/** A file, and what lets the browser open it again. */
interface Brought {
  readonly file: File;
  readonly handle?: Promise<Handle | undefined> | undefined;
}

/** An upload of this document. */
interface Entry {
  readonly name: string;
  readonly upload: Upload;
  readonly rate: Rate;
  readonly row: Row;
  last: string;
}

class Uploader {
  readonly #owner: string;
  readonly #lengthMax: number;
  readonly #memory: Memory;
  readonly #queue = new Queue<Upload>();
  readonly #entries = new Map<Upload, Entry>();
  readonly #earlier = new Map<string, Row>();
  #told: readonly Told[] = [];
  #handles = new Map<string, Handle>();
  #listed: Promise<void> = Promise.resolve();
  #root: HTMLElement | undefined;
  /** The upload that a file is looked for, by its button. */
  #lookedFor: Told | undefined;
  #showing: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement) {
    this.#owner = root.dataset["owner"] ?? "";
    this.#lengthMax = Number(root.dataset["lengthMax"]);
    this.#memory = new Memory(this.#owner);
  }

  begin(): void {
    moveSoftly(() => this.#queue.isRunning);
    addEventListener("online", () => this.#queue.nudge());
    // Times that are left run down also where nothing moves.
    setInterval(() => this.#queue.isRunning && this.#show(), 1_000);
    this.come();
    onNextPages(() => this.come());
  }

  /** Another page is on show, or the first one. */
  come(): void {
    const root = document.querySelector<HTMLElement>("[data-upload]") ?? undefined;
    this.#root = root?.dataset["owner"] === this.#owner ? root : undefined;
    if (this.#root) this.#bind(this.#root);
    this.#show();
  }

  // ----- the page -----

  #bind(root: HTMLElement): void {
    for (const part of root.querySelectorAll<HTMLElement>("[data-scripted]")) part.hidden = false;
    for (const part of root.querySelectorAll<HTMLElement>("[data-plain]")) part.hidden = true;
    const input = this.#part<HTMLInputElement>("input[type=file]");
    input.multiple = true;
    input.required = false;
    input.classList.add("vh");
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])].map((file) => ({ file }));
      input.value = "";
      const lookedFor = this.#lookedFor;
      this.#lookedFor = undefined;
      if (lookedFor && files[0]) void this.#found(lookedFor, files[0]);
      else void this.#bring(files);
    });
    input.addEventListener("cancel", () => (this.#lookedFor = undefined));
    root.querySelector("form")?.addEventListener("submit", (event) => event.preventDefault());
    this.#dropAnywhere();
    // Rows are this document's: they move to the new page as they are.
    const list = this.#part("[data-queue] ul");
    list.replaceChildren(...[...this.#entries.values()].map(({ row }) => row.element));
    this.#earlier.clear();
    this.#listed = this.#list();
  }

  #dropAnywhere(): void {
    const zone = this.#part("[data-drop]");
    const left = new AbortController();
    untilLeft(() => left.abort());
    const { signal } = left;
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      zone.classList.add("over");
    };
    document.addEventListener("dragenter", over, { signal });
    document.addEventListener("dragover", over, { signal });
    document.addEventListener("dragleave", (event) => event.relatedTarget === null && zone.classList.remove("over"), { signal });
    const drop = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      zone.classList.remove("over");
      void this.#bring(dropped(event.dataTransfer));
    };
    document.addEventListener("drop", drop, { signal });
  }

  #part<E extends HTMLElement = HTMLElement>(selector: string): E {
    const found = this.#root?.querySelector<E>(selector);
    if (!found) throw new Error(`the page has no ${selector}`);
    return found;
  }

  // ----- files -----

  async #bring(brought: readonly Brought[]): Promise<void> {
    // Where an upload goes on is known only then.
    await this.#listed;
    const wrong: string[] = [];
    let begun = 0;
    for (const one of brought.slice(0, FILES_MAX)) {
      const { file } = one;
      const values = { name: file.name, length: bytes(file.size), max: bytes(this.#lengthMax) };
      if (file.size === 0) wrong.push(say("upload-empty", values));
      else if (file.size > this.#lengthMax) wrong.push(say("upload-too-large", values));
      else if (this.#goesOn(file)) begun += 1;
      else {
        const url = this.#memory.find(file);
        this.#add(one, this.#told.find((told) => told.url === url && told.state === "receiving"));
        begun += 1;
      }
    }
    this.#problem(wrong.join(" "));
    if (begun > 0) announce(say("upload-told-began", { count: begun }));
  }

  /** Whether this very file is here already; one that stands still goes on. */
  #goesOn(file: File): boolean {
    const url = this.#memory.find(file);
    const entry = [...this.#entries.values()].find(({ upload }) => url !== undefined && upload.url === url);
    if (!entry || ["ready", "failed"].includes(entry.upload.progress.is)) return false;
    if (!entry.upload.isRunning) entry.upload.start();
    return true;
  }

  /** A file that was looked for: the same as far as can be told. */
  async #found(told: Told, brought: Brought): Promise<void> {
    const { file } = brought;
    if (file.size !== told.length || (told.filename !== "" && file.name !== told.filename)) {
      this.#problem(say("upload-other", { name: file.name, length: bytes(file.size) }));
      return;
    }
    this.#problem("");
    this.#add(brought, told);
  }

  #add({ file, handle }: Brought, told?: Told): void {
    const visibility = this.#root?.querySelector<HTMLSelectElement>("select[name=visibility]")?.value ?? "private";
    let known = told?.url;
    const upload: Upload = new Upload(file, { filename: file.name, visibility }, ports(), {
      changed: () => this.#changed(upload),
      address: (url) => {
        if (known !== undefined) this.#forget(known);
        known = url;
        if (url !== undefined) void this.#keep(file, url, handle);
      },
    }, told?.url);
    if (told) {
      upload.known = told.offset;
      void this.#keep(file, told.url, handle);
      this.#earlier.get(told.url)?.element.remove();
      this.#earlier.delete(told.url);
      this.#told = this.#told.filter(({ url }) => url !== told.url);
    }
    const row = new Row(document.body.dataset["sprite"] ?? "", (key) => void this.#press(upload, key));
    this.#entries.set(upload, { name: file.name, upload, rate: new Rate(), row, last: "" });
    if (this.#root) this.#part("[data-queue] ul").append(row.element);
    this.#queue.add(upload);
    this.#show();
  }

  async #keep(file: Fingerprint, url: string, handle: Promise<Handle | undefined> | undefined): Promise<void> {
    this.#memory.keep(file, url);
    const kept = await handle?.catch(() => undefined);
    if (kept?.kind === "file") await keepHandle(url, kept);
  }

  #forget(url: string): void {
    this.#memory.forget(url);
    this.#handles.delete(url);
    void forgetHandle(url);
  }

  async #press(upload: Upload, key: string): Promise<void> {
    if (key === "pause") upload.pause();
    else if (key === "resume" && upload.progress.is === "broken") upload.nudge();
    else if (key === "resume") upload.start();
    else {
      const entry = this.#entries.get(upload);
      const next = entry?.row.element.nextElementSibling ?? entry?.row.element.previousElementSibling;
      this.#entries.delete(upload);
      entry?.row.element.remove();
      this.#queue.remove(upload);
      (next?.querySelector<HTMLElement>("button, a") ?? this.#root?.querySelector<HTMLElement>("input[type=file]"))?.focus();
      this.#show();
      await upload.cancel();
    }
  }

  // ----- how it goes -----

  #changed(upload: Upload): void {
    const entry = this.#entries.get(upload);
    if (entry && entry.last !== upload.progress.is) {
      entry.last = upload.progress.is;
      this.#news(entry);
      this.#queue.fill();
    }
    this.#showing ??= setTimeout(() => {
      this.#showing = undefined;
      this.#show();
    }, SHOW_MS);
  }

  /** What who does not look is told. */
  #news({ name, upload }: Entry): void {
    const { progress } = upload;
    if (progress.is === "processing") announce(say("upload-told-done", { name }));
    else if (progress.is === "ready") announce(say("upload-told-ready", { name }));
    else if (progress.is === "stopped") announce(say("upload-told-stopped", { name, why: stopped(progress) }));
    else if (progress.is === "failed") announce(say("upload-told-stopped", { name, why: progress.reason }));
    if ((progress.is === "ready" || progress.is === "failed") && upload.url !== undefined) this.#forget(upload.url);
  }

  #show(): void {
    const now = performance.now();
    const totals = this.#queue.totals(now);
    this.#sign(totals.files, totals.percent);
    for (const { name, upload, rate, row } of this.#entries.values()) {
      if (upload.progress.is === "sending") rate.add(now, upload.sent);
      if (!this.#root) continue;
      row.show(shown({ name, progress: upload.progress, sent: upload.sent, size: upload.size, bytesPerSecond: rate.bytesPerSecond }));
    }
    if (!this.#root) return;
    this.#part("[data-queue]").hidden = this.#entries.size === 0;
    const left = secondsLeft(totals.left, totals.bytesPerSecond);
    const values = { count: totals.files, left: bytes(totals.left) };
    const timed = left === undefined ? say("upload-summary", values) : say("upload-summary.time", { ...values, time: duration(left) });
    setText(this.#part("[data-summary]"), totals.files === 0 ? "" : timed);
  }

  /** In the bar of every other page: that something goes up, and where it is seen. */
  #sign(count: number, percent: number): void {
    const bar = document.querySelector("header.bar .end");
    let sign = document.querySelector<HTMLAnchorElement>("[data-upload-sign]");
    if (count === 0 || this.#root) {
      const has = this.#root === undefined && [...this.#entries.values()].some(({ upload }) => upload.progress.is === "stopped");
      if (!has) {
        sign?.remove();
        return;
      }
    }
    if (!sign) {
      sign = document.createElement("a");
      sign.className = "btn plain upload-sign";
      sign.href = "/upload";
      sign.dataset["uploadSign"] = "";
      bar?.prepend(sign);
    }
    setText(sign, count === 0 ? say("upload-pill.stopped") : say("upload-pill", { count, percent }));
  }

  #problem(text: string): void {
    const problem = this.#root?.querySelector<HTMLElement>("[data-problem]");
    if (!problem) return;
    problem.hidden = text === "";
    for (const words of problem.querySelectorAll("p")) setText(words, text);
    if (text !== "") announce(text);
  }

  // ----- what an earlier visit left -----

  async #list(): Promise<void> {
    clearTimeout(this.#looking);
    const told = await fetchList();
    if (!told) return; // What the page came with stays.
    const own = new Set([...this.#entries.keys()].map(({ url }) => url));
    this.#told = told.filter(({ url }) => !own.has(url));
    await Promise.all(
      this.#told.map(async ({ url, state }) => {
        const handle = state === "receiving" && this.#memory.fileAt(url) ? await handleAt(url) : undefined;
        if (handle) this.#handles.set(url, handle);
      }),
    );
    this.#showEarlier();
    if (this.#told.some(({ state }) => state === "processing") && this.#root) {
      this.#looking = setTimeout(() => void (this.#listed = this.#list()), LOOK_MS);
      untilLeft(() => clearTimeout(this.#looking));
    }
  }

  #showEarlier(): void {
    if (!this.#root) return;
    const list = this.#part("[data-earlier] ul");
    const rows = this.#told.map((told) => {
      const row = this.#earlier.get(told.url) ?? new Row(document.body.dataset["sprite"] ?? "", (key) => void this.#pressEarlier(told.url, key));
      this.#earlier.set(told.url, row);
      row.show(this.#shownEarlier(told));
      return row.element;
    });
    const isSame = rows.length === list.childElementCount && rows.every((row, n) => row === list.children[n]);
    if (!isSame) list.replaceChildren(...rows);
    this.#part("[data-earlier]").hidden = rows.length === 0;
  }

  #shownEarlier(told: Told): Shown {
    const name = told.filename === "" ? say("upload-nameless") : told.filename;
    const values = { sent: bytes(told.offset), length: bytes(told.length) };
    switch (told.state) {
      case "receiving": {
        const badge = { word: say("upload-badge-stopped"), tone: "warn" } as const;
        const isKept = this.#handles.has(told.url);
        const facts = [isKept ? say("upload-here-kept", values) : say("upload-here", values)];
        return { name, badge, facts, actions: [isKept ? resume(name) : choose(name), remove(name)] };
      }
      case "processing":
        return {
          name,
          badge: { word: say("upload-badge-processing"), tone: "" },
          facts: [bytes(told.length)],
          actions: told.item ? [open(name, told.item)] : [],
        };
      case "ready":
        return {
          name: told.item?.title ?? name,
          badge: { word: say("upload-badge-ready"), tone: "ok" },
          facts: [bytes(told.length)],
          actions: told.item ? [open(told.item.title, told.item)] : [],
        };
      case "failed":
        return {
          name,
          badge: told.canResume ? { word: say("upload-badge-stopped"), tone: "warn" } : { word: say("upload-badge-failed"), tone: "bad" },
          facts: [told.reason ?? say("upload-refused")],
          isBad: true,
          actions: told.canResume ? [resume(name), remove(name)] : [remove(name)],
        };
    }
  }

  async #pressEarlier(url: string, key: string): Promise<void> {
    const told = this.#told.find((one) => one.url === url);
    if (!told) return;
    if (key === "choose") {
      this.#lookedFor = told;
      this.#part<HTMLInputElement>("input[type=file]").click();
    } else if (key === "resume" && told.state === "receiving") {
      await this.#reopen(told);
    } else {
      // Whole already: an empty part lets the server try again.
      const offset = { "upload-offset": String(told.offset), "content-type": "application/offset+octet-stream" };
      const version = { "tus-resumable": "1.0.0" };
      const ask =
        key === "resume"
          ? ({ method: "PATCH", url, headers: { ...version, ...offset } } as const)
          : ({ method: "DELETE", url, headers: version } as const);
      if (key !== "resume") this.#forget(url);
      const answer = await ports().ask(ask, new AbortController().signal).catch(() => undefined);
      if (answer && answer.status >= 400 && answer.status !== 404) this.#problem(answer.detail ?? say("upload-refused"));
      this.#listed = this.#list();
      await this.#listed;
    }
  }

  /** Opens a file by the handle that the browser kept; it asks its user once more. */
  async #reopen(told: Told): Promise<void> {
    const handle = this.#handles.get(told.url);
    const before = this.#memory.fileAt(told.url);
    try {
      const granted = (await handle?.requestPermission?.({ mode: "read" })) ?? "granted";
      const file = granted === "granted" ? await handle?.getFile() : undefined;
      if (handle && file && file.size === before?.size && file.lastModified === before.lastModified) {
        this.#add({ file, handle: Promise.resolve(handle) }, told);
        return;
      }
    } catch {
      // Moved or deleted.
    }
    this.#handles.delete(told.url);
    void forgetHandle(told.url);
    this.#showEarlier();
    this.#problem(say("upload-unreadable"));
  }
}

/** The files of a drop, with their handles where the browser lends them. */
function dropped(data: DataTransfer | null): Brought[] {
  const items = [...(data?.items ?? [])].filter(({ kind }) => kind === "file");
  return items.flatMap((item) => {
    const file = item.getAsFile();
    // Has to be asked for while the event lasts.
    const handle = (item as DataTransferItem & { getAsFileSystemHandle?(): Promise<Handle> }).getAsFileSystemHandle?.();
    const isFolder = (item as DataTransferItem & { webkitGetAsEntry?(): { isDirectory: boolean } | null }).webkitGetAsEntry?.()?.isDirectory === true;
    return file && !isFolder ? [{ file, handle }] : [];
  });
}

async function fetchList(): Promise<readonly Told[] | undefined> {
  try {
    const response = await fetch("/api/uploads", { headers: { accept: "application/json" } });
    if (!response.ok) return undefined;
    const { uploads } = (await response.json()) as { uploads?: unknown };
    return Array.isArray(uploads) ? uploads.map(parse).filter((told) => told !== undefined) : undefined;
  } catch {
    return undefined;
  }
}

/** Said to who does not see it; the region stands empty before, so that the same words are news again. */
let toAnnounce: string[] = [];
function announce(text: string): void {
  const region = document.getElementById("announce");
  if (!region) return;
  region.textContent = "";
  if (toAnnounce.push(text) > 1) return;
  setTimeout(() => {
    region.textContent = toAnnounce.join(". ");
    toAnnounce = [];
  }, 100);
}

const root = document.querySelector<HTMLElement>("[data-upload]");
if (root) new Uploader(root).begin();
