import assert from "node:assert/strict";
import { test } from "node:test";

import { asked, choices, RECOMMENDED, whyNot, widthOf } from "./devices.ts";
import { loudness } from "./meter.ts";
import { type Failure, type Media, type Peer, preferred, type Progress, read, waitBefore, Whip } from "./whip.ts";

// ----- devices -----

test("what_is_chosen_is_what_the_browser_is_asked_for", () => {
  const camera = asked({ picture: "camera:abc", sound: "microphone:", height: 720 });
  assert.equal(camera?.screen, undefined);
  const video = camera?.devices?.video as MediaTrackConstraints;
  assert.deepEqual([video.deviceId, video.height, video.width], [{ exact: "abc" }, { ideal: 720 }, { ideal: 1280 }]);
  assert.equal((camera?.devices?.audio as MediaTrackConstraints).deviceId, undefined, "the browser's own choice");

  const screen = asked({ picture: "screen", sound: "microphone:xyz", height: 1080 });
  assert.equal(screen?.screen?.audio, false);
  assert.deepEqual((screen?.screen?.video as MediaTrackConstraints).height, { max: 1080 });
  assert.equal(screen?.devices?.video, undefined);
  assert.ok(screen?.devices?.audio);
  assert.equal(asked({ picture: "screen", sound: "screen", height: 720 })?.screen?.audio, true);

  const alone = asked({ picture: "none", sound: "microphone:", height: 720 });
  assert.deepEqual(Object.keys(alone?.devices ?? {}), ["audio"]);
  assert.equal(asked({ picture: "none", sound: "none", height: 720 }), undefined);
});

test("sizes_are_whole_and_even_and_have_a_bit_rate", () => {
  assert.deepEqual([480, 720, 1080].map(widthOf), [854, 1280, 1920]);
  assert.deepEqual([...RECOMMENDED.keys()], [480, 720, 1080]);
});

test("each_way_to_say_no_has_its_reason", () => {
  const named = (name: string): string => whyNot(Object.assign(new Error(name), { name }));
  assert.deepEqual(
    ["NotAllowedError", "NotFoundError", "NotReadableError", "OverconstrainedError", "TypeError"].map(named),
    ["refused", "missing", "busy", "unfit", "failed"],
  );
  assert.equal(whyNot("strange"), "failed");
});

test("there_is_always_a_camera_and_a_microphone_to_choose", () => {
  const before = choices([{ kind: "videoinput", deviceId: "", label: "" }]);
  assert.deepEqual(before, { cameras: [{ value: "camera:", label: "" }], microphones: [{ value: "microphone:", label: "" }] });
  const { microphones } = choices([
    { kind: "audioinput", deviceId: "default", label: "Default - Desk" },
    { kind: "audioinput", deviceId: "communications", label: "Communications - Desk" },
    { kind: "audioinput", deviceId: "d1", label: "Desk" },
    { kind: "audiooutput", deviceId: "o", label: "Speaker" },
  ]);
  assert.deepEqual(microphones.map(({ value }) => value), ["microphone:", "microphone:d1"]);
});

test("loudness_goes_from_silence_to_the_loudest_there_is", () => {
  assert.equal(loudness(new Float32Array(64)), 0);
  assert.equal(loudness(new Float32Array(64).fill(1)), 100);
  assert.equal(loudness(new Float32Array(64).fill(0.0316)), 50); // 30 dB below
  assert.equal(loudness(new Float32Array(0)), 0);
});

// ----- sending -----

test("only_h264_is_offered_the_profile_that_everybody_decodes_first", () => {
  const codec = (mimeType: string, sdpFmtpLine?: string): RTCRtpCodec => ({ mimeType, clockRate: 90_000, ...(sdpFmtpLine ? { sdpFmtpLine } : {}) });
  const high = codec("video/H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f");
  const base = codec("video/H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
  const single = codec("video/H264", "packetization-mode=0;profile-level-id=42e01f");
  const rtx = codec("video/rtx");
  assert.deepEqual(preferred("video", [codec("video/VP8"), rtx, high, single, base]), [base, high, rtx]);
  assert.deepEqual(preferred("video", [codec("video/VP8"), rtx]), [], "without H.264 there is nothing to send");
  const opus = codec("audio/opus");
  assert.deepEqual(preferred("audio", [codec("audio/red"), opus, codec("audio/PCMU")]), [opus]);
});

test("tries_come_less_and_less_often", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 9].map(waitBefore), [0.5, 1, 2, 4, 8, 15, 15]);
});

test("what_is_sent_is_read_from_the_browsers_figures", () => {
  const sent = read([
    { type: "outbound-rtp", kind: "audio", bytesSent: 100 },
    { type: "outbound-rtp", kind: "video", bytesSent: 900, frameWidth: 640, frameHeight: 360, framesPerSecond: 15, qualityLimitationReason: "cpu" },
    { type: "codec" },
  ]);
  assert.deepEqual(sent, { bytes: 1_000, width: 640, height: 360, frameRate: 15, limit: "cpu" });
});

/** A peer that does as it is told, and can be told that its connection is another. */
class FakePeer {
  connectionState: RTCPeerConnectionState = "new";
  localDescription = { type: "offer", sdp: "an offer" } as RTCSessionDescription;
  closed = false;
  readonly senders: { track: { kind: string }; parameters: RTCRtpSendParameters }[] = [];
  readonly #hearers: (() => void)[] = [];

  addTransceiver(track: { kind: string }): unknown {
    this.senders.push({ track, parameters: { encodings: [{}] } as unknown as RTCRtpSendParameters });
    return { setCodecPreferences: () => undefined };
  }
  async setLocalDescription(): Promise<void> {}
  async setRemoteDescription(): Promise<void> {}
  getSenders(): unknown[] {
    return this.senders.map((sender) => ({
      track: sender.track,
      getParameters: () => sender.parameters,
      setParameters: async (parameters: RTCRtpSendParameters) => void (sender.parameters = parameters),
      replaceTrack: async (track: { kind: string }) => void (sender.track = track),
    }));
  }
  async getStats(): Promise<ReadonlyMap<string, never>> {
    return new Map<string, never>();
  }
  close(): void {
    this.closed = true;
  }
  addEventListener(_: string, hear: () => void): void {
    this.#hearers.push(hear);
  }
  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    for (const hear of this.#hearers) hear();
  }
}

/** A server that gives the answers of a list, one after the other, and a browser around it. */
class Rig {
  readonly peers: FakePeer[] = [];
  readonly requests: string[] = [];
  readonly told: string[] = [];
  readonly waited: number[] = [];
  lent = 0;
  lends: (string | number)[] = [];
  clock = 0;
  readonly #waiting: { ms: number; done: () => void }[] = [];
  readonly whip: Whip;

  constructor(answers: readonly (() => Response)[]) {
    const left = [...answers];
    const server = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const { method = "GET", headers } = init ?? {};
      this.requests.push(`${method} ${new URL(String(input)).pathname} ${(headers as Record<string, string>)["authorization"]}`);
      if (method === "DELETE") return new Response(null);
      const answer = left.shift();
      if (!answer) throw new TypeError("no server");
      return answer();
    };
    const codec = { mimeType: "video/H264", clockRate: 90_000, sdpFmtpLine: "packetization-mode=1;profile-level-id=42e01f" };
    this.whip = new Whip(
      "https://a.example/live/whip",
      {
        fetch: server as typeof fetch,
        peer: () => {
          const peer = new FakePeer();
          this.peers.push(peer);
          return peer as unknown as Peer;
        },
        codecs: () => [codec],
        lend: async () => this.lends.shift() ?? `key${++this.lent}`,
        wait: (ms, signal) =>
          new Promise((done) => {
            this.#waiting.push({ ms, done });
            signal.addEventListener("abort", () => done());
          }),
        now: () => this.clock,
      },
      {
        progress: (progress: Progress) => this.told.push(progress.is === "waiting" ? `waiting ${progress.retryInS}` : progress.is),
        failed: (why: Failure) => this.told.push(`failed ${why}`),
      },
    );
  }

  /** Lets what can go on go on. */
  async settle(): Promise<void> {
    for (let i = 0; i < 30; i++) await new Promise((done) => setImmediate(done));
  }

  /** Lets the waits of this length pass. */
  async pass(ms: number): Promise<void> {
    this.clock += ms;
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.ms === ms) waiting.done();
      else this.#waiting.push(waiting);
    }
    await this.settle();
  }
}

const track = (kind: string): MediaStreamTrack => ({ kind }) as MediaStreamTrack;
const media = (kinds: readonly string[] = ["video", "audio"], bitRate = 2_500_000): Media => ({
  stream: { getTracks: () => kinds.map(track) } as unknown as MediaStream,
  bitRate,
  isScreen: false,
});
const created = (session = "s1") => (): Response =>
  new Response("an answer", { status: 201, headers: { location: `/live/whip/${session}`, etag: '"1"' } });
const problem = (status: number, code: string, headers: Record<string, string> = {}) => (): Response =>
  new Response(JSON.stringify({ code }), { status, headers: { "content-type": "application/problem+json", ...headers } });

test("a_session_is_asked_for_with_a_lent_key_and_ended_when_it_is_stopped", async () => {
  const rig = new Rig([created()]);
  rig.whip.start(media());
  await rig.settle();
  rig.peers[0]?.become("connected");
  const [video, audio] = rig.peers[0]?.senders ?? [];
  assert.deepEqual([video?.parameters.encodings[0]?.maxBitrate, audio?.parameters.encodings[0]?.maxBitrate], [2_500_000, 128_000]);
  rig.whip.stop();
  await rig.settle();
  assert.deepEqual(rig.told, ["connecting", "live", "stopped"]);
  assert.deepEqual(rig.requests, ["POST /live/whip Bearer key1", "DELETE /live/whip/s1 Bearer key1"]);
  assert.equal(rig.peers[0]?.closed, true);
  assert.equal(rig.whip.isRunning, false);
});

test("a_lost_connection_is_made_again_by_itself_and_its_own_old_session_is_waited_for", async () => {
  const rig = new Rig([created("s1"), problem(409, "already_live"), created("s2")]);
  rig.whip.start(media());
  await rig.settle();
  rig.peers[0]?.become("connected");
  rig.peers[0]?.become("disconnected");
  await rig.settle();
  assert.deepEqual(rig.told, ["connecting", "live"], "ICE may mend itself");
  await rig.pass(5_000);
  assert.deepEqual(rig.told.slice(2), ["waiting 0.5"]);
  await rig.pass(500);
  assert.deepEqual(rig.told.slice(3), ["connecting", "waiting 2"], "409 is our own session");
  await rig.pass(2_000);
  rig.peers[2]?.become("connected");
  assert.deepEqual(rig.told.slice(5), ["connecting", "live"]);
  assert.equal(rig.requests.filter((request) => request.startsWith("DELETE /live/whip/s1")).length, 1);
  rig.whip.stop();
});

test("a_connection_that_mends_itself_is_left_alone", async () => {
  const rig = new Rig([created()]);
  rig.whip.start(media());
  await rig.settle();
  rig.peers[0]?.become("connected");
  rig.peers[0]?.become("disconnected");
  rig.peers[0]?.become("connected");
  await rig.pass(5_000);
  await rig.pass(10_000);
  assert.deepEqual(rig.told, ["connecting", "live", "live"]);
  rig.whip.stop();
});

test("whoever_is_live_already_is_not_pushed_aside", async () => {
  const rig = new Rig([problem(409, "already_live")]);
  rig.whip.start(media());
  await rig.settle();
  assert.deepEqual(rig.told, ["connecting", "failed already_live", "stopped"]);
  assert.equal(rig.whip.isRunning, false);
});

test("a_key_that_ended_is_replaced_by_another_one_and_a_login_that_ended_ends_it", async () => {
  const rig = new Rig([problem(401, "unauthorized"), created()]);
  rig.whip.start(media());
  await rig.settle();
  await rig.pass(200);
  assert.deepEqual(rig.requests, ["POST /live/whip Bearer key1", "POST /live/whip Bearer key2"]);
  rig.whip.stop();

  const out = new Rig([]);
  out.lends = [401];
  out.whip.start(media());
  await out.settle();
  assert.deepEqual(out.told, ["connecting", "failed logged_out", "stopped"]);
});

test("a_server_that_is_full_or_away_is_asked_again_when_it_says_or_later_and_later", async () => {
  const rig = new Rig([problem(503, "too_many_sessions", { "retry-after": "7" })]);
  rig.whip.start(media());
  await rig.settle();
  await rig.pass(7_000); // nothing answers any more
  await rig.pass(1_000);
  assert.deepEqual(rig.told, ["connecting", "waiting 7", "connecting", "waiting 1", "connecting", "waiting 2"]);
  rig.whip.stop();
  await rig.settle();
  assert.equal(rig.told.at(-1), "stopped", "stopping ends the wait");
});

test("what_will_not_become_better_is_told", async () => {
  const cases: [() => Response, Failure][] = [
    [problem(403, "forbidden"), "not_allowed"],
    [problem(403, "broadcast_ended"), "ended"],
    [problem(409, "broadcast_ended"), "ended"],
    [problem(404, "not_found"), "switched_off"],
    [problem(501, "webrtc_off"), "switched_off"],
    [problem(422, "unacceptable"), "unsuitable"],
  ];
  for (const [answer, why] of cases) {
    const rig = new Rig([answer]);
    rig.whip.start(media());
    await rig.settle();
    assert.equal(rig.told[1], `failed ${why}`);
  }
});

test("a_session_that_never_connects_is_tried_again", async () => {
  const rig = new Rig([created(), created()]);
  rig.whip.start(media());
  await rig.settle();
  await rig.pass(10_000);
  assert.deepEqual(rig.told, ["connecting", "waiting 0.5"]);
  rig.whip.stop();
});

test("another_device_takes_the_place_of_the_old_one_and_another_kind_needs_a_new_session", async () => {
  const rig = new Rig([created("s1"), created("s2")]);
  rig.whip.start(media());
  await rig.settle();
  rig.peers[0]?.become("connected");
  const other = media(["video", "audio"], 1_200_000);
  await rig.whip.use(other);
  assert.equal(rig.peers.length, 1, "no new session");
  assert.equal(rig.peers[0]?.senders[0]?.parameters.encodings[0]?.maxBitrate, 1_200_000);
  await rig.whip.use(media(["audio"]));
  await rig.settle();
  await rig.pass(500);
  assert.deepEqual(rig.peers[1]?.senders.map((sender) => sender.track.kind), ["audio"]);
  rig.whip.stop();
});
