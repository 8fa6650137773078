// The part of the Go-live page that goes live from this browser: fields, preview, meter, the one button, and what is told on the way.
//
// The rest of the page is kept true by golive.ts, which also hears what the server receives and hands it on here.

import source from "../../../crates/web/locales/en/broadcast.ftl";
import type { Banner } from "../health.ts";
import { bitRate, duration, frameRate } from "../text.ts";
import { words } from "../words.ts";
import { asked, type Choice, isSecure, listed, RECOMMENDED, release, take, whyNot, type Why, type Wish } from "./devices.ts";
import { Meter } from "./meter.ts";
import { type Failure, type Media, type Ports, type Progress, type Sent, Whip } from "./whip.ts";

const say = words([source]);
/** How often the meter moves, and the figures of what is sent are read. */
const METER_MS = 60;
const FIGURES_MS = 1_000;
/** A browser begins carefully; what holds it back then is nothing to tell. */
const BEGINS_MS = 15_000;
const KEPT = "media-server.broadcast";

const WHY: Readonly<Record<Why, string>> = {
  insecure: "broadcast-insecure",
  refused: "broadcast-refused",
  missing: "broadcast-missing",
  busy: "broadcast-busy",
  unfit: "broadcast-unfit",
  nothing: "broadcast-nothing",
  failed: "broadcast-no-device",
};
const FAILURES: Readonly<Record<Failure, string>> = {
  already_live: "broadcast-already-live",
  ended: "broadcast-was-ended",
  logged_out: "broadcast-logged-out",
  not_allowed: "broadcast-not-allowed",
  switched_off: "broadcast-switched-off",
  unsuitable: "broadcast-unsuitable",
  no_h264: "broadcast-no-h264",
};

class Page {
  readonly #root: HTMLElement;
  readonly #preview: HTMLVideoElement;
  readonly #whip: Whip;
  #stream: MediaStream | undefined;
  /** What the stream is of: fields that say the same need no new one. */
  #taken = "";
  #meter: Meter | undefined;
  #progress: Progress = { is: "stopped" };
  #retryAt = 0;
  #liveAt = 0;
  #received: Banner | undefined;
  #sent: Sent | undefined;
  #bitsPerSecond = 0;
  #wake: WakeLockSentinel | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#preview = this.#part("[data-preview]");
    this.#whip = new Whip(new URL(root.dataset["broadcast"] ?? "", location.href).href, this.#ports(), {
      progress: (progress) => this.#goes(progress),
      failed: (why) => this.#tell(say(FAILURES[why])),
    });
  }

  start(): void {
    if (!isSecure()) {
      this.#tell(say(WHY.insecure));
      return;
    }
    this.#recall();
    this.#part<HTMLFieldSetElement>("fieldset").disabled = false;
    void this.#list();
    navigator.mediaDevices.addEventListener("devicechange", () => void this.#list());
    this.#part("form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#goLive();
    });
    this.#part("[data-stop]").addEventListener("click", () => this.#whip.stop());
    this.#part("[data-try]").addEventListener("click", () => void this.#take());
    this.#part("form").addEventListener("change", ({ target }) => void this.#changed(target as HTMLSelectElement));
    document.addEventListener("golive-banner", (event) => {
      this.#received = (event as CustomEvent<Banner>).detail;
      this.#show();
    });
    addEventListener("beforeunload", (event) => this.#whip.isRunning && event.preventDefault());
    addEventListener("pagehide", () => this.#whip.stop());
    document.addEventListener("visibilitychange", () => void this.#stayAwake());
    setInterval(() => this.#move(), METER_MS);
    setInterval(() => void this.#look(), FIGURES_MS);
    void this.#showAtOnce();
    this.#show();
  }

  #ports(): Ports {
    return {
      fetch: (input, init) => fetch(input, init),
      peer: () => new RTCPeerConnection(),
      codecs: (kind) => RTCRtpSender.getCapabilities(kind)?.codecs ?? [],
      lend: async () => {
        const response = await fetch(this.#root.dataset["key"] ?? "", { method: "POST", headers: { accept: "application/json" } });
        return response.ok ? ((await response.json()) as { key: string }).key : response.status;
      },
      wait: (ms, signal) =>
        new Promise((done) => {
          const timer = setTimeout(done, ms);
          signal.addEventListener("abort", () => {
            clearTimeout(timer);
            done();
          });
        }),
      now: () => performance.now(),
    };
  }

  // ----- devices -----

  get #wish(): Wish {
    return { picture: this.#field("picture").value, sound: this.#field("sound").value, height: Number(this.#field("height").value) };
  }

  /** Whoever allowed it before sees themselves at once. */
  async #showAtOnce(): Promise<void> {
    try {
      const state = await navigator.permissions.query({ name: "camera" as PermissionName });
      if (state.state === "granted" && this.#wish.picture.startsWith("camera:")) await this.#take();
    } catch {
      // A browser that does not tell asks when it is pressed.
    }
  }

  /** Takes what the fields say, unless that is what there is; whether there is something now. */
  async #take(): Promise<boolean> {
    const key = JSON.stringify(this.#wish);
    if (this.#stream && key === this.#taken) return true;
    const wanted = asked(this.#wish);
    if (!wanted) {
      this.#tell(say(WHY.nothing));
      return false;
    }
    let stream: MediaStream;
    try {
      // Many cameras serve one taker: what there was is let go of first, unless viewers see it.
      if (!this.#whip.isRunning) this.#release();
      stream = await take(wanted);
    } catch (error) {
      this.#tell(say(WHY[whyNot(error)]));
      return false;
    }
    this.#tell("");
    this.#release();
    this.#stream = stream;
    this.#taken = key;
    for (const track of stream.getTracks()) {
      track.addEventListener("ended", () => this.#lost(stream, track));
      track.contentHint = track.kind === "audio" ? "" : this.#wish.picture === "screen" ? "detail" : "motion";
    }
    this.#preview.srcObject = stream;
    this.#meter = stream.getAudioTracks().length > 0 ? new Meter(stream) : undefined;
    await this.#list();
    this.#show();
    return true;
  }

  #release(): void {
    release(this.#stream);
    this.#meter?.stop();
    this.#stream = undefined;
    this.#meter = undefined;
    this.#preview.srcObject = null;
  }

  /** A device was unplugged, or the screen is shared no more. */
  #lost(stream: MediaStream, track: MediaStreamTrack): void {
    if (stream !== this.#stream) return;
    const isScreen = track.kind === "video" && this.#wish.picture === "screen";
    this.#whip.stop();
    this.#release();
    this.#tell(isScreen ? say("broadcast-sharing-ended") : say("broadcast-device-gone"));
    this.#show();
  }

  async #list(): Promise<void> {
    const { cameras, microphones } = await listed();
    this.#offer("picture", cameras, say("broadcast-camera"), (label) => say("broadcast-camera.named", { label }));
    this.#offer("sound", microphones, say("broadcast-microphone"), (label) => say("broadcast-microphone.named", { label }));
    const ofScreen = this.#field("sound").querySelector<HTMLOptionElement>("option[value=screen]");
    if (!ofScreen) return;
    ofScreen.hidden = this.#field("picture").value !== "screen";
    if (ofScreen.hidden && ofScreen.selected) this.#field("sound").selectedIndex = 0;
  }

  /** Puts the devices before the choices that the page brought. */
  #offer(name: string, devices: readonly Choice[], word: string, named: (label: string) => string): void {
    const field = this.#field(name);
    const chosen = field.dataset["kept"] ?? field.value;
    delete field.dataset["kept"];
    for (const old of field.querySelectorAll("option[data-device]")) old.remove();
    const options = devices.map(({ value, label }) => {
      const option = new Option(label === "" ? word : named(label), value);
      option.dataset["device"] = "";
      return option;
    });
    field.prepend(...options);
    const fits = [...field.options].some(({ value }) => value === chosen);
    // Before the browser told their names, the field held its own choice.
    field.value = fits ? chosen : chosen.includes(":") ? (options[0]?.value ?? chosen) : chosen;
    if (field.selectedIndex < 0) field.selectedIndex = 0;
  }

  // ----- what is pressed -----

  async #goLive(): Promise<void> {
    if (this.#whip.isRunning || !(await this.#take())) return;
    const media = this.#media();
    if (!media || this.#whip.isRunning) return;
    this.#keep();
    this.#whip.start(media);
  }

  #media(): Media | undefined {
    const stream = this.#stream;
    return stream && { stream, bitRate: Number(this.#field("bit-rate").value), isScreen: this.#wish.picture === "screen" };
  }

  async #changed(field: HTMLSelectElement): Promise<void> {
    if (field.name === "height") this.#field("bit-rate").value = String(RECOMMENDED.get(Number(field.value)) ?? "");
    this.#keep();
    await this.#list();
    // What can be seen follows what is chosen; what was never shown waits for the button.
    if (!this.#stream || (field.name !== "bit-rate" && !(await this.#take()))) return;
    const media = this.#media();
    if (media && this.#whip.isRunning) await this.#whip.use(media);
  }

  /** The fields as they were here before. */
  #recall(): void {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Record<string, unknown>;
      for (const name of ["picture", "sound", "height", "bit-rate"]) {
        const value = kept[name];
        if (typeof value !== "string") continue;
        const field = this.#field(name);
        if ([...field.options].some((option) => option.value === value)) field.value = value;
        else if (value.includes(":")) field.dataset["kept"] = value;
      }
    } catch {
      // As for somebody new.
    }
  }

  #keep(): void {
    try {
      const names = ["picture", "sound", "height", "bit-rate"];
      localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(names.map((name) => [name, this.#field(name).value]))));
    } catch {
      // Refused: it holds for this page alone.
    }
  }

  // ----- how it goes -----

  #goes(progress: Progress): void {
    this.#progress = progress;
    if (progress.is === "live") this.#liveAt = performance.now();
    this.#retryAt = progress.is === "waiting" ? performance.now() + progress.retryInS * 1000 : 0;
    if (progress.is === "connecting") this.#tell("");
    if (progress.is !== "live") this.#sent = undefined;
    void this.#stayAwake();
    this.#show();
    // What the server receives is announced by the rest of the page.
    const region = document.getElementById("announce");
    if (region && progress.is !== "connecting") setText(region, this.#state());
  }

  /** A screen that goes dark takes camera and page with it on many phones. */
  async #stayAwake(): Promise<void> {
    const wanted = this.#whip.isRunning && document.visibilityState === "visible";
    if (wanted === (this.#wake?.released === false)) return;
    try {
      if (wanted) this.#wake = await navigator.wakeLock?.request("screen");
      else await this.#wake?.release();
    } catch {
      // The battery is low, or the browser has none.
    }
  }

  #move(): void {
    const meter = this.#part<HTMLMeterElement>("meter");
    const level = this.#meter?.level ?? 0;
    if (meter.value !== level) meter.value = level;
  }

  async #look(): Promise<void> {
    const before = this.#sent;
    this.#sent = this.#progress.is === "live" ? await this.#whip.stats() : undefined;
    const more = this.#sent && before ? this.#sent.bytes - before.bytes : 0;
    this.#bitsPerSecond = Math.max(0, (more * 8 * 1000) / FIGURES_MS);
    this.#show();
  }

  #show(): void {
    const isRunning = this.#whip.isRunning;
    this.#part("[data-start]").hidden = isRunning;
    this.#part("[data-stop]").hidden = !isRunning;
    this.#part("[data-try]").hidden = this.#stream !== undefined;
    this.#part("[data-own]").hidden = this.#stream === undefined;
    this.#part("[data-own-only]").hidden = isRunning;
    setText(this.#part("[data-own-size]"), this.#ownSize());
    setText(this.#part("[data-state]"), this.#state());
    setText(this.#part("[data-sends]"), this.#sends());
  }

  #ownSize(): string {
    const settings = this.#stream?.getVideoTracks()[0]?.getSettings();
    if (settings?.width === undefined || settings.height === undefined) return "";
    const size = { width: String(settings.width), height: String(settings.height) };
    return say("broadcast-size", { ...size, rate: frameRate(Math.round(settings.frameRate ?? 0)) });
  }

  #state(): string {
    switch (this.#progress.is) {
      case "connecting":
        return say("broadcast-connecting");
      case "live":
        return this.#received?.standing === "receiving" ? say("broadcast-received", { what: this.#received.heading }) : say("broadcast-live");
      case "waiting": {
        const wait = Math.ceil((this.#retryAt - performance.now()) / 1000);
        return wait >= 1 ? say("broadcast-waiting.in", { wait: duration(wait) }) : say("broadcast-waiting");
      }
      case "stopped":
        return say("broadcast-stopped");
    }
  }

  /** What leaves this browser, and what holds it back. */
  #sends(): string {
    const sent = this.#sent;
    if (!sent) return "";
    const rate = bitRate(this.#bitsPerSecond);
    const what =
      sent.height > 0
        ? say("broadcast-sends", { width: String(sent.width), height: String(sent.height), frames: frameRate(Math.round(sent.frameRate)), rate })
        : say("broadcast-sends.sound", { rate });
    const limits = { cpu: "broadcast-limit-cpu", bandwidth: "broadcast-limit-bandwidth" } as const;
    const hasBegun = performance.now() - this.#liveAt > BEGINS_MS;
    return hasBegun && (sent.limit === "cpu" || sent.limit === "bandwidth") ? `${what} ${say(limits[sent.limit])}` : what;
  }

  /** Says what is wrong; nothing takes it away. */
  #tell(text: string): void {
    const problem = this.#part("[data-problem]");
    problem.hidden = text === "";
    setText(this.#part("[data-problem] p"), text);
  }

  #field(name: string): HTMLSelectElement {
    return this.#part<HTMLSelectElement>(`select[name=${name}]`);
  }

  #part<E extends HTMLElement = HTMLElement>(selector: string): E {
    const found = this.#root.querySelector<E>(selector);
    if (!found) throw new Error(`the page has no ${selector}`);
    return found;
  }
}

function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const root = document.querySelector<HTMLElement>("[data-broadcast]");
if (root) new Page(root).start();
