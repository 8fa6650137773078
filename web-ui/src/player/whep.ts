// Real time: the picture by WebRTC, asked for by WHEP (draft-ietf-wish-whep-03).
//
// One session from `start` to `stop`. The server looks at no candidates, so the offer leaves before any are gathered. What cannot
// work here (a network that forbids it, an encoder whose pictures WebRTC cannot order) is told once, as trouble of its kind; what
// to do instead is not decided here.

import { RateMeter } from "./meters.ts";
import type { Source, SourceEvents } from "./source.ts";

/** Without a picture by then, real time does not work here. */
const FIRST_FRAME_MS = 4_000;
/** How often the browser's figures are read. */
const LOOK_EVERY_MS = 1_000;
/** What is read of the browser's statistics (webrtc-stats). */
interface Figures {
  readonly type: string;
  readonly bytesReceived?: number;
  readonly nominated?: boolean;
  readonly currentRoundTripTime?: number;
}

export class WhepSource implements Source {
  readonly isNative = false;
  readonly behindTargetS = undefined;
  readonly livePosition = undefined;
  readonly shownAtMs = undefined;
  readonly heights = [];
  readonly #video: HTMLVideoElement;
  readonly #url: string;
  readonly #events: SourceEvents;
  readonly #rate = new RateMeter();
  readonly #ended = new AbortController();
  #peer: RTCPeerConnection | undefined;
  #session: string | undefined;
  #codecs = "";
  /** From a picture's last packet to the screen, and the way there and back, in milliseconds. */
  #heldMs: number | undefined;
  #roundTripMs = 0;
  #bytes = 0;
  #bytesNow = 0;
  #isOver = false;

  constructor(video: HTMLVideoElement, url: string, events: SourceEvents) {
    this.#video = video;
    this.#url = url;
    this.#events = events;
  }

  start(): void {
    void this.#connect().catch(() => this.#fail());
  }

  stop(): void {
    this.#isOver = true;
    this.#ended.abort();
    this.#peer?.close();
    this.#video.srcObject = null;
    // The page may be on its way out.
    if (this.#session !== undefined) void fetch(this.#session, { method: "DELETE", keepalive: true }).catch(() => undefined);
  }

  recoverMedia(): void {
    this.#fail();
  }

  choose(): void {
    // One picture for all.
  }

  get codecs(): string {
    return this.#codecs;
  }

  get height(): number | undefined {
    return this.#video.videoHeight || undefined;
  }

  get bitsPerSecond(): number | undefined {
    return this.#rate.bitsPerSecond;
  }

  /** From the server to the screen: half the way there and back, and what the browser holds it for. */
  get latencyS(): number | undefined {
    return this.#heldMs === undefined ? undefined : (this.#heldMs + this.#roundTripMs / 2) / 1000;
  }

  async #connect(): Promise<void> {
    const peer = new RTCPeerConnection();
    this.#peer = peer;
    const stream = new MediaStream();
    peer.addTransceiver("video", { direction: "recvonly" });
    peer.addTransceiver("audio", { direction: "recvonly" });
    peer.addEventListener("track", ({ track }) => {
      stream.addTrack(track);
      if (this.#video.srcObject !== stream) this.#video.srcObject = stream;
    });
    peer.addEventListener("connectionstatechange", () => {
      if (peer.connectionState === "failed" || peer.connectionState === "closed") this.#gone();
    });
    const offer = await peer.createOffer();
    await peer.setLocalDescription(offer);
    const response = await fetch(this.#url, {
      method: "POST",
      headers: { "content-type": "application/sdp" },
      body: offer.sdp ?? "",
      signal: this.#ended.signal,
    });
    if (!response.ok) {
      // Not live, or no leave: as for a playlist. Anything else will not become better by asking again.
      const known = response.status === 401 || response.status === 403 || response.status === 409;
      if (!known) return this.#fail();
      const status = response.status === 409 ? 404 : response.status;
      return this.#trouble({ kind: "network", of: "index", status });
    }
    const location = response.headers.get("location");
    if (location !== null) this.#session = new URL(location, response.url).href;
    const answer = await response.text();
    if (this.#isOver) return this.stop();
    this.#codecs = codecsOf(answer);
    await peer.setRemoteDescription({ type: "answer", sdp: answer });
    this.#events.ready();
    this.#watchTime();
  }

  #watchTime(): void {
    if ("requestVideoFrameCallback" in this.#video) this.#video.requestVideoFrameCallback((_, first) => this.#frame(first));
    const tooLate = setTimeout(() => this.#video.videoWidth === 0 && this.#fail(), FIRST_FRAME_MS);
    const look = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#ended.signal.addEventListener("abort", () => {
      clearTimeout(tooLate);
      clearInterval(look);
    });
  }

  /** Each picture says when it came and when it is seen. */
  #frame(metadata: VideoFrameCallbackMetadata): void {
    const { receiveTime, presentationTime } = metadata;
    if (receiveTime !== undefined) {
      const held = Math.max(0, presentationTime - receiveTime);
      this.#heldMs = this.#heldMs === undefined ? held : this.#heldMs * 0.9 + held * 0.1;
    }
    if (!this.#isOver) this.#video.requestVideoFrameCallback((_, next) => this.#frame(next));
  }

  async #look(): Promise<void> {
    const report = await this.#peer?.getStats();
    report?.forEach((entry: Figures) => {
      if (entry.type === "inbound-rtp") {
        this.#bytesNow += entry.bytesReceived ?? 0;
      } else if (entry.type === "candidate-pair" && entry.nominated === true) {
        this.#roundTripMs = (entry.currentRoundTripTime ?? 0) * 1000;
      }
    });
    this.#rate.add(this.#bytesNow - this.#bytes, LOOK_EVERY_MS / 1000);
    this.#bytes = this.#bytesNow;
    this.#bytesNow = 0;
  }

  /** The server or the network ended it: how the stream stands says what comes next. */
  #gone(): void {
    if (this.#video.videoWidth === 0) this.#fail();
    else this.#trouble({ kind: "network", of: "pieces", status: 404 });
  }

  #fail(): void {
    this.#trouble({ kind: "real_time" });
  }

  #trouble(trouble: Parameters<SourceEvents["trouble"]>[0]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.trouble(trouble);
  }
}

/** CODECS as a playlist would have them, from an answer's own lines. */
export function codecsOf(answer: string): string {
  const profile = /profile-level-id=([0-9a-f]{6})/i.exec(answer)?.[1];
  const codecs = [];
  if (profile !== undefined) codecs.push(`avc1.${profile.toLowerCase()}`);
  if (/^a=rtpmap:\d+ opus\//im.test(answer)) codecs.push("opus");
  return codecs.join(",");
}
