import assert from "node:assert/strict";
import { test } from "node:test";

import { History, type Live, type Status, banner, parseStatus, standing, tiles, what } from "./health.ts";

const LIVE: Live = {
  since: "2026-11-03T18:02:00Z",
  state: "receiving",
  protocol: "rtmp",
  playable: true,
  tracks: [
    { kind: "video", codec: "H.264", profile: "High", width: 1280, height: 720, frame_rate: 30 },
    { kind: "audio", codec: "AAC", sample_rate: 48000, channels: 2 },
  ],
  bit_rate: 2_600_000,
  frame_rate: 29.99,
  key_frame_interval_s: 2,
  viewers: { hls: 1280, webrtc: 0 },
  warnings: [],
};

const STATUS: Status = { live: LIVE, publisher: "203.0.113.x", key_in_use: null, test_signal: false, last_ended: null, refusals: [] };

test("what arrives is said in one line", () => {
  assert.equal(what(LIVE), "1280×720, 30\u00a0fps, H.264 High, AAC 48\u00a0kHz stereo, 2.6\u00a0Mb/s");
  const [video, audio] = LIVE.tracks as [Live["tracks"][number], Live["tracks"][number]];
  assert.equal(what({ ...LIVE, tracks: [video] }), "1280×720, 30\u00a0fps, H.264 High, no sound, 2.6\u00a0Mb/s");
  assert.equal(what({ ...LIVE, tracks: [audio] }), "no picture, AAC 48\u00a0kHz stereo, 2.6\u00a0Mb/s");
  // Tracks come one by one: what may still come is not said to be missing.
  assert.equal(what({ ...LIVE, playable: false, tracks: [video] }), "1280×720, 30\u00a0fps, H.264 High, 2.6\u00a0Mb/s");
  assert.equal(what({ ...LIVE, playable: false, tracks: [audio] }), "AAC 48\u00a0kHz stereo, 2.6\u00a0Mb/s");
  assert.equal(what({ ...LIVE, bit_rate: 0 }), "1280×720, 30\u00a0fps, H.264 High, AAC 48\u00a0kHz stereo");
  assert.match(what({ ...LIVE, frame_rate: 17.43 }), /, 17\.4\u00a0fps,/);
  assert.match(what({ ...LIVE, tracks: [video, { ...audio, sample_rate: 44100, channels: 1 }] }), /AAC 44\.1\u00a0kHz mono/);
});

test("the strip says how the stream stands", () => {
  assert.equal(standing(null), "waiting");
  assert.equal(standing({ ...LIVE, tracks: [] }), "starting");
  assert.equal(standing({ ...LIVE, state: "away" }), "away");
  const receiving = banner(STATUS);
  assert.equal(receiving.heading, `Receiving ${what(LIVE)}`);
  assert.equal(receiving.note, "by RTMP from 203.0.113.x");
  assert.equal(receiving.since, LIVE.since);
  assert.equal(banner({ ...STATUS, test_signal: true }).note, "from this server’s test signal");
  const ended = { since: "2026-11-03T18:02:00Z", until: "2026-11-03T19:14:00Z" };
  const waiting = banner({ ...STATUS, live: null, last_ended: ended });
  assert.equal(waiting.heading, "Waiting for your stream");
  assert.deepEqual(waiting.ended, { words: "The last broadcast ran 1\u00a0h 12\u00a0min and ended at", at: ended.until });
  assert.equal(banner({ ...STATUS, live: { ...LIVE, state: "away" } }).heading, "The sender lost its connection");
});

test("tiles tell figure, unit and verdict", () => {
  const samples = Array.from({ length: 30 }, (_, n) => ({
    at: new Date(n * 1000).toISOString(),
    bit_rate: n < 3 ? 0 : n < 8 ? n * 300_000 : n % 2 ? 2_400_000 : 2_800_000,
    frame_rate: 30,
    key_frame_interval_s: 8.3,
    viewers: { hls: 3, webrtc: 0 },
  }));
  const far = {
    code: "key_frames_far_apart",
    severity: "warning" as const,
    expected: 2,
    title: "",
    why: "",
    fix: "",
    fix_ffmpeg: null,
  };
  const [bits, rate, keys, people] = tiles({ ...LIVE, key_frame_interval_s: 8.3, warnings: [far] }, samples);
  assert.deepEqual([bits?.number, bits?.unit, bits?.verdict], ["2.6", "Mb/s", "Steady, ±200\u00a0kb/s"]);
  assert.deepEqual([rate?.number, rate?.unit, rate?.verdict], ["30", "fps", "Steady"]);
  assert.deepEqual([keys?.number, keys?.unit, keys?.verdict, keys?.warned], ["8.3", "s", "Should be 2\u00a0s", true]);
  assert.deepEqual([people?.number, people?.unit, people?.verdict], ["1,280", "", "1,280 by HLS"]);
  assert.equal(keys?.chart, "Key frame every: Should be 2\u00a0s");
  const [unknown] = tiles(null, []);
  assert.deepEqual([unknown?.number, unknown?.verdict, unknown?.spark.line], ["–", "Measuring", ""]);
});

test("history takes one sample a second and says when some are missing", () => {
  const history = new History();
  assert.equal(history.add(LIVE, 0), false);
  assert.equal(history.add(LIVE, 300), false);
  assert.equal(history.samples.length, 1);
  assert.equal(history.add(LIVE, 1_000), false);
  assert.equal(history.add(LIVE, 9_000), true);
  for (let n = 10; n < 500; n += 1) history.add(LIVE, n * 1_000);
  assert.equal(history.samples.length, 300);
});

test("what is no status is told from one", () => {
  assert.equal(parseStatus({ state: "not_allowed" }), undefined);
  assert.equal(parseStatus(null), undefined);
  assert.equal(parseStatus(STATUS), STATUS);
});
