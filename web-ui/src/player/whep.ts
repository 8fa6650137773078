// Real time: the picture by WebRTC, asked for by WHEP (draft-ietf-wish-whep-03).
//
// One session from `start` to `stop`. The server looks at no candidates, so the offer leaves before any are gathered. What cannot
// work here (a network that forbids it, an encoder whose pictures WebRTC cannot order) is told once, as trouble of its kind; what
// to do instead is not decided here. A <video> does not notice that a stream of WebRTC stands still: the browser's figures of what
// was decoded do, also in a tab that nobody sees.

import type { Because } from "./automatic.ts";
import { RateMeter } from "./meters.ts";
import { parseRefusal } from "./recovery.ts";
import type { Source, SourceEvents } from "./source.ts";

/** Without a picture so long after it was asked for, real time does not work here. */
const FIRST_PICTURE_MS = 4_000;
/** A server that does not take a goodbye by then is not there. */
const GOODBYE_MS = 3_000;
/** How often the browser's figures are read. */
const LOOK_EVERY_MS = 500;
/** A picture that has stood for this long stands still. */
const FROZEN_MS = 1_500;
/** Checks of the connection are answered about every 2.5 s (RFC 7675): a server unheard for longer than this is not there any more. */
const UNHEARD_MS = 6_000;
/** A session that the network lost, and one that the server ended (its stream is over, or cannot be shown this way any more), told as a server would. */
const LOST = 404;
export const SAID_GOODBYE = 410;

export class WhepSource implements Source {
  readonly isNative = false;
  readonly tellsFlow = true;
  readonly behindTargetS = undefined;
  readonly livePosition = undefined;
  readonly shownAtMs = undefined;
  readonly heights = [];
  readonly #video: HTMLVideoElement;
  readonly #url: string;
  readonly #events: SourceEvents;
  readonly #rate = new RateMeter();
  readonly #ended = new AbortController();
  readonly #stream = new MediaStream();
  #peer: RTCPeerConnection | undefined;
  #session: string | undefined;
  #answer = "";
  #isOver = false;
  #figures: Figures | undefined;
  #lookedAt = 0;
  #movedAt = 0;
  #heardAt = 0;
  #isFrozen = false;
  /** From a picture's last packet to the screen. */
  #heldMs: number | undefined;
  #bufferS: number | undefined;

  constructor(video: HTMLVideoElement, url: string, events: SourceEvents) {
    this.#video = video;
    this.#url = url;
    this.#events = events;
  }

  start(): void {
    const tooLate = setTimeout(() => void this.#look().then(() => this.#hasMoved || this.#fail("network")), FIRST_PICTURE_MS);
    this.#ended.signal.addEventListener("abort", () => clearTimeout(tooLate));
    // What throws here is the browser, which has no WebRTC or does not take the answer.
    void this.#connect().catch(() => this.#fail("unsuitable"));
  }

  stop(): void {
    this.#isOver = true;
    this.#ended.abort();
    // Also setting it to nothing once more would begin anew what plays there by now.
    if (this.#video.srcObject === this.#stream) this.#video.srcObject = null;
    const peer = this.#peer;
    if (this.#session === undefined) {
      peer?.close();
      return;
    }
    // Told before the connection says goodbye, after which the session is not there any more; the page may be on its way out.
    const end = { method: "DELETE", keepalive: true, signal: AbortSignal.timeout(GOODBYE_MS) };
    void fetch(this.#session, end).catch(() => undefined).finally(() => peer?.close());
  }

  recoverMedia(): void {
    this.#fail("unsuitable");
  }

  choose(): void {
    // One picture for all.
  }

  get codecs(): string {
    return codecsOf(this.#answer);
  }

  get height(): number | undefined {
    return this.#video.videoHeight || undefined;
  }

  get bitsPerSecond(): number | undefined {
    return this.#rate.bitsPerSecond;
  }

  get via(): Via | undefined {
    return this.#figures?.via;
  }

  get bufferS(): number | undefined {
    return this.#bufferS;
  }

  /**
   * From the server to the screen: half the way there and back, and what the browser holds a picture for, from its last packet until it
   * is seen; where the browser does not tell that, what it waits in the buffer before it is decoded. The server, which sends a picture on
   * as it comes, adds next to nothing. (The sender reports of RTP, by which a browser estimates when a picture came to the server, are off by
   * more than all of this.)
   */
  get latencyS(): number | undefined {
    const heldMs = this.#heldMs ?? (this.#bufferS === undefined ? undefined : this.#bufferS * 1000);
    return heldMs === undefined ? undefined : (heldMs + (this.#figures?.roundTripMs ?? 0) / 2) / 1000;
  }

  async #connect(): Promise<void> {
    if (!takesH264()) return this.#fail("unsuitable");
    const peer = new RTCPeerConnection();
    this.#peer = peer;
    peer.addTransceiver("video", { direction: "recvonly" });
    peer.addTransceiver("audio", { direction: "recvonly" });
    peer.addEventListener("track", ({ track }) => {
      if (this.#isOver) return;
      this.#stream.addTrack(track);
      if (this.#video.srcObject !== this.#stream) this.#video.srcObject = this.#stream;
    });
    peer.addEventListener("connectionstatechange", () => peer.connectionState === "failed" && this.#lost());
    await peer.setLocalDescription();
    const response = await this.#ask(peer.localDescription?.sdp ?? "");
    if (!response) return this.#trouble({ kind: "network", of: "index", status: undefined });
    if (!response.ok) return this.#refused(response.status, await response.text().catch(() => ""));
    const location = response.headers.get("location");
    if (location !== null) this.#session = new URL(location, response.url).href;
    this.#answer = await response.text();
    if (this.#isOver) return this.stop();
    await peer.setRemoteDescription({ type: "answer", sdp: this.#answer });
    if (this.#isOver) return;
    // The server says goodbye to whom it lets go of.
    const transport = peer.getReceivers()[0]?.transport;
    transport?.addEventListener("statechange", () => transport.state === "closed" && this.#dismissed());
    this.#events.ready();
    this.#watch();
  }

  /** `undefined` without an answer. */
  async #ask(offer: string): Promise<Response | undefined> {
    try {
      const headers = { "content-type": "application/sdp" };
      return await fetch(this.#url, { method: "POST", headers, body: offer, signal: this.#ended.signal });
    } catch {
      return undefined;
    }
  }

  #refused(status: number, body: string): void {
    const refusal = parseRefusal(body);
    switch (status) {
      case 401:
      case 403:
        return this.#trouble({ kind: "network", of: "index", status, ...(refusal ? { refusal } : {}) });
      case 409: // Not live: as for a playlist that is not there.
        return this.#trouble({ kind: "network", of: "index", status: 404 });
      default:
        return this.#fail(whyNot(status));
    }
  }

  #watch(): void {
    if ("requestVideoFrameCallback" in this.#video) this.#video.requestVideoFrameCallback((_, first) => this.#picture(first));
    const look = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#ended.signal.addEventListener("abort", () => clearInterval(look));
  }

  /** Each picture says when it came and when it is seen. The first one tells at once that there is something to see. */
  #picture({ receiveTime, presentationTime }: VideoFrameCallbackMetadata): void {
    if (this.#isOver) return;
    if (receiveTime !== undefined) {
      const held = Math.max(0, presentationTime - receiveTime);
      this.#heldMs = this.#heldMs === undefined ? held : this.#heldMs * 0.9 + held * 0.1;
    }
    if (!this.#hasMoved || this.#isFrozen) void this.#look();
    this.#video.requestVideoFrameCallback((_, next) => this.#picture(next));
  }

  /** Whether anything was shown yet. */
  get #hasMoved(): boolean {
    return this.#movedAt > 0;
  }

  async #look(): Promise<void> {
    const report = await this.#peer?.getStats().catch(() => undefined);
    if (!report || this.#isOver) return;
    const now = performance.now();
    const before = this.#figures;
    const figures = read(report.values(), hasPicture(this.#answer));
    this.#figures = figures;
    if (before) {
      this.#rate.add(figures.bytes - before.bytes, (now - this.#lookedAt) / 1000);
      const pictures = figures.buffered.pictures - before.buffered.pictures;
      if (pictures > 0) this.#bufferS = (figures.buffered.seconds - before.buffered.seconds) / pictures;
    }
    this.#lookedAt = now;
    if (figures.heard !== (before?.heard ?? 0)) this.#heardAt = now;
    if (figures.shown !== (before?.shown ?? 0)) {
      this.#movedAt = now;
      this.#isFrozen = false;
      // A video that is paused shows one picture, whatever is decoded.
      if (!this.#video.paused) this.#events.flows();
    } else if (this.#hasMoved && !this.#isFrozen && now - this.#movedAt > FROZEN_MS) {
      this.#isFrozen = true;
      // A server that has nothing to send still reports every second: who hears no more than that is not cut off.
      this.#events.waits(this.#heardAt <= this.#movedAt || figures.bytesOfShown !== before?.bytesOfShown);
    }
    if (this.#hasMoved && now - this.#heardAt > UNHEARD_MS) this.#lost();
  }

  /** There is no way to the server: none any more, or none at all. */
  #lost(): void {
    if (this.#hasMoved) this.#broke(LOST);
    else this.#fail("network");
  }

  /** The server has let go of the session, which is not there any more. */
  #dismissed(): void {
    if (this.#isOver) return;
    this.#session = undefined;
    this.#broke(SAID_GOODBYE);
  }

  /** How the stream stands says what comes next. */
  #broke(status: number): void {
    this.#trouble({ kind: "network", of: "pieces", status });
  }

  #fail(because: Because): void {
    this.#trouble({ kind: "real_time", because });
  }

  #trouble(trouble: Parameters<SourceEvents["trouble"]>[0]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ended.abort();
    this.#events.trouble(trouble);
  }
}

/** Why a server that answers so has no real time. */
export function whyNot(status: number): Because {
  // Too many sessions, or a server in trouble. All else will not become better by asking again: B-frames and the like (422),
  // switched off (501), a server that knows no such door (404).
  return status === 429 || (status >= 500 && status !== 501) ? "busy" : "unsuitable";
}

export interface Via {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
}

/** What is used of the browser's statistics (webrtc-stats), all counted since the session began. */
export interface Figures {
  readonly bytes: number;
  /** Pictures that were decoded; of sound alone its packets. */
  readonly shown: number;
  /** Bytes of the track that `shown` counts. */
  readonly bytesOfShown: number;
  /** Anything at all from the server: grows as long as it is there. */
  readonly heard: number;
  readonly roundTripMs: number;
  /** Seconds that pictures waited in the browser's buffer, and how many pictures those were. */
  readonly buffered: { readonly seconds: number; readonly pictures: number };
  /** The way to the server: the address at its end, and how. */
  readonly via: Via | undefined;
}

/** The entries of `getStats`, of which each browser knows some. */
interface Entry {
  readonly type: string;
  readonly id?: string;
  readonly kind?: string;
  readonly bytesReceived?: number;
  readonly packetsReceived?: number;
  readonly framesDecoded?: number;
  readonly jitterBufferDelay?: number;
  readonly jitterBufferEmittedCount?: number;
  readonly nominated?: boolean;
  readonly currentRoundTripTime?: number;
  readonly responsesReceived?: number;
  readonly remoteCandidateId?: string;
  readonly protocol?: string;
  readonly address?: string;
  readonly port?: number;
}

/** `picture`: whether there is one, or sound alone. */
export function read(entries: Iterable<Entry>, picture: boolean): Figures {
  const shown = picture ? "video" : "audio";
  let track: Entry | undefined;
  let remote: string | undefined;
  const candidates = new Map<string | undefined, Via>();
  let [bytes, heard, roundTripMs] = [0, 0, 0];
  for (const entry of entries) {
    if (entry.type === "inbound-rtp") {
      bytes += entry.bytesReceived ?? 0;
      if (entry.kind === shown) track = entry;
    } else if (entry.type === "candidate-pair" && entry.nominated === true) {
      heard += (entry.bytesReceived ?? 0) + (entry.responsesReceived ?? 0);
      roundTripMs = (entry.currentRoundTripTime ?? 0) * 1000;
      remote = entry.remoteCandidateId;
    } else if (entry.type === "remote-candidate") {
      candidates.set(entry.id, { protocol: entry.protocol ?? "", address: entry.address ?? "", port: entry.port ?? 0 });
    }
  }
  return {
    bytes,
    shown: (picture ? track?.framesDecoded : track?.packetsReceived) ?? 0,
    bytesOfShown: track?.bytesReceived ?? 0,
    heard,
    roundTripMs,
    buffered: { seconds: track?.jitterBufferDelay ?? 0, pictures: track?.jitterBufferEmittedCount ?? 0 },
    via: candidates.get(remote),
  };
}

/** Whether this browser decodes what streams are made of; one that does not say is asked by the offer. */
function takesH264(): boolean {
  const codecs = RTCRtpReceiver.getCapabilities?.("video")?.codecs;
  return codecs?.some(({ mimeType }) => mimeType.toLowerCase() === "video/h264") ?? true;
}

/** Whether an answer has a picture. */
export function hasPicture(answer: string): boolean {
  return /^m=video [1-9]/m.test(answer);
}

/** CODECS as a playlist would have them, from an answer's own lines. */
export function codecsOf(answer: string): string {
  const profile = /profile-level-id=([0-9a-f]{6})/i.exec(answer)?.[1];
  const codecs = [];
  if (profile !== undefined) codecs.push(`avc1.${profile.toLowerCase()}`);
  if (/^a=rtpmap:\d+ opus\//im.test(answer)) codecs.push("opus");
  return codecs.join(",");
}
