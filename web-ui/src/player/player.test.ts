import assert from "node:assert/strict";
import { test } from "node:test";

import { parseWatchState, type Standing } from "../watch_state.ts";
import { Automatic, REMEMBERED_MS } from "./automatic.ts";
import { ServerClock } from "./clock.ts";
import { clipCodecs } from "./codecs.ts";
import { actionFor, type Focus } from "./keys.ts";
import { RateMeter, StallMeter } from "./meters.ts";
import { parsePreferences } from "./preferences.ts";
import { parseRefusal, Recovery } from "./recovery.ts";
import { seated } from "./seat.ts";
import { parsePositions, withPosition } from "./position.ts";
import { type Situation, slateFor } from "./slates.ts";
import { codecsOf, hasPicture, read, whyNot } from "./whep.ts";

const NOW = new Date("2026-11-24T19:20:00Z");
const plain = (text: string | undefined): string | undefined => text?.replaceAll("\u00a0", " ");

function situation(state: Standing | undefined, more: Partial<Situation> = {}): Situation {
  return {
    state: parseWatchState({
      state,
      since: "2026-11-24T18:02:00Z",
      until: state === "ended" ? "2026-11-24T19:14:00Z" : null,
      grace_s: 30,
    }),
    flowing: false,
    refused: false,
    byCode: false,
    full: undefined,
    cannotPlay: undefined,
    noRealTime: undefined,
    unreachable: false,
    retryInS: undefined,
    now: NOW,
    timeZone: "UTC",
    ...more,
  };
}

test("each_standing_has_its_slate", () => {
  const cases: [Standing, string | undefined, string | undefined][] = [
    ["live", undefined, undefined],
    ["offline", "Not live right now", "This page starts by itself when the stream does. You can leave it open."],
    ["away", "The sender lost its connection", "Waiting for it to come back. If it does within 30 s, it continues here."],
    ["ended", "The broadcast has ended", "It ran 1 h 12 min and ended at 19:14."],
    ["not_allowed", "This is not open to everyone", "Log in, or open the link with your access code again."],
  ];
  for (const [state, say, line] of cases) {
    const slate = slateFor(situation(state));
    assert.equal(slate?.say, say);
    assert.equal(plain(slate?.line), line);
  }
});

test("a_moving_picture_is_covered_only_when_it_may_not_be_seen", () => {
  for (const state of ["live", "away", "offline", "ended"] as const) {
    assert.equal(slateFor(situation(state, { flowing: true, retryInS: 4, unreachable: true })), undefined);
  }
  assert.equal(slateFor(situation("not_allowed", { flowing: true }))?.id, "not_allowed");
  assert.equal(slateFor(situation("live", { flowing: true, refused: true }))?.id, "not_allowed");
});

test("whoever_came_with_a_code_is_told_that_the_code_ended", () => {
  assert.equal(slateFor(situation("not_allowed", { byCode: true }))?.id, "code_off");
});

test("real_time_that_alone_is_wanted_says_why_it_is_not_there", () => {
  for (const noRealTime of ["unsuitable", "busy", "network"] as const) {
    const slate = slateFor(situation("live", { noRealTime }));
    assert.equal(slate?.id, "no_real_time");
    assert.equal(slate?.button?.act, "again");
  }
});

test("a_broken_connection_counts_down", () => {
  assert.equal(plain(slateFor(situation("live", { retryInS: 4 }))?.line), "Trying again in 4 s.");
  assert.equal(slateFor(situation("live", { retryInS: 0 }))?.line, "Trying again.");
  assert.equal(slateFor(situation(undefined, { unreachable: true }))?.id, "network");
});

test("a_codec_that_cannot_be_decoded_is_named", () => {
  const line = (cannotPlay: string): string | undefined => slateFor(situation("live", { cannotPlay }))?.line;
  assert.match(line("hvc1.1.6.L93.B0,mp4a.40.2") ?? "", /^It is HEVC, .* Try Safari/);
  assert.match(line("av01.0.04M.08") ?? "", /^It is AV1, /);
  assert.match(line("") ?? "", /could not be decoded/);
});

test("codecs_have_names", () => {
  assert.deepEqual(clipCodecs("avc1.64001f,mp4a.40.2"), { video: "H.264 High", audio: "AAC" });
  assert.deepEqual(clipCodecs("avc1.42c01e, opus"), { video: "H.264 Baseline", audio: "Opus" });
  assert.deepEqual(clipCodecs("mp4a.40.34"), { video: undefined, audio: "MP3" });
  assert.deepEqual(clipCodecs("stpp.ttml"), { video: undefined, audio: undefined });
});

test("a_playlist_that_is_gone_asks_the_index_at_once", () => {
  const recovery = new Recovery();
  const gone = { kind: "network", of: "pieces", status: 410 } as const;
  const waits = Array.from({ length: 4 }, () => recovery.decide(gone, 0)).map((s) => (s.step === "reload" ? s.afterS : -1));
  assert.deepEqual(waits, [0.3, 1, 2, 2]);
});

test("only_the_index_can_refuse", () => {
  const recovery = new Recovery();
  assert.equal(recovery.decide({ kind: "network", of: "index", status: 403 }, 0).step, "refused");
  assert.equal(recovery.decide({ kind: "network", of: "pieces", status: 403 }, 0).step, "reload");
});

test("a_network_that_stays_away_is_asked_less_and_less_without_end", () => {
  const recovery = new Recovery();
  const wait = (): number => {
    const step = recovery.decide({ kind: "network", of: "index", status: undefined }, 0);
    return step.step === "reload" ? step.afterS : -1;
  };
  assert.deepEqual(Array.from({ length: 7 }, wait), [1, 2, 4, 8, 15, 15, 15]);
  recovery.wentWell();
  assert.equal(wait(), 1);
});

test("a_picture_that_keeps_failing_is_given_up_and_a_press_allows_it_again", () => {
  const recovery = new Recovery();
  const steps = [0, 1_000, 2_000, 3_000].map((at) => recovery.decide({ kind: "media" }, at).step);
  assert.deepEqual(steps, ["recover_media", "reload", "reload", "cannot_play"]);
  recovery.forget();
  assert.equal(recovery.decide({ kind: "media" }, 4_000).step, "recover_media");
});

test("failures_to_decode_that_lie_far_apart_are_each_the_first", () => {
  const recovery = new Recovery();
  for (let at = 0; at < 10; at++) {
    assert.equal(recovery.decide({ kind: "media" }, at * 40_000).step, "recover_media");
  }
});

test("the_answer_that_travelled_least_sets_the_clock", () => {
  const clock = new ServerClock();
  assert.equal(clock.at(0), undefined);
  clock.learn(10_000, 0, 1_000); // 9,500 ahead, give or take 500
  clock.learn(10_220, 1_000, 1_040); // 9,200 ahead, give or take 20
  clock.learn(12_000, 2_000, 3_000);
  assert.equal(clock.at(5_000), 14_200);
});

test("a_clock_that_was_set_is_believed_after_a_while", () => {
  const clock = new ServerClock();
  clock.learn(10_000, 0, 0);
  for (let i = 0; i < 8; i++) clock.learn(50_000 + i, i, i);
  assert.equal(clock.at(0), 50_000);
});

test("an_event_from_the_future_shows_that_a_clock_was_set", () => {
  const clock = new ServerClock();
  assert.equal(clock.contradicts(99_999, 0), false, "nothing is known yet");
  clock.learn(10_000, 0, 0);
  assert.equal(clock.contradicts(10_900, 1_000), false, "it travelled for a while");
  assert.equal(clock.contradicts(11_100, 1_000), false, "the error of a sample");
  assert.equal(clock.contradicts(12_000, 1_000), true);
  assert.equal(clock.at(0), undefined);
});

test("strange_times_teach_nothing", () => {
  const clock = new ServerClock();
  clock.learn(Number.NaN, 0, 10);
  clock.learn(5, 10, 0);
  assert.equal(clock.at(0), undefined);
});

test("keys_act_where_the_focus_does_not_need_them", () => {
  const press = (key: string, focus: Focus, shiftKey = false): string | undefined =>
    actionFor({ key, shiftKey, ctrlKey: false, altKey: false, metaKey: false }, focus);
  assert.equal(press(" ", "picture"), "play");
  assert.equal(press(" ", "button"), undefined);
  assert.equal(press("ArrowLeft", "button"), "back");
  assert.equal(press("ArrowLeft", "slider"), undefined);
  assert.equal(press("K", "picture"), "play"); // caps lock
  assert.equal(press("S", "picture", true), "statistics");
  assert.equal(press("s", "picture"), undefined);
  assert.equal(press("?", "slider", true), "help");
  assert.equal(press("M", "picture", true), undefined);
});

test("keys_of_the_browser_stay_the_browsers", () => {
  for (const modifier of ["ctrlKey", "altKey", "metaKey"] as const) {
    const press = { key: "f", shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, [modifier]: true };
    assert.equal(actionFor(press, "picture"), undefined);
  }
});

test("the_bit_rate_is_that_of_the_last_ten_seconds", () => {
  const meter = new RateMeter();
  assert.equal(meter.bitsPerSecond, undefined);
  for (let i = 0; i < 50; i++) meter.add(250_000, 1); // 2 Mb/s
  for (let i = 0; i < 10; i++) meter.add(500_000, 1);
  assert.equal(meter.bitsPerSecond, 4_000_000);
  meter.add(1, 0);
  assert.equal(meter.bitsPerSecond, 4_000_000);
});

test("stalls_are_too_many_only_close_together", () => {
  const meter = new StallMeter();
  for (let i = 0; i < 10; i++) meter.add(i * 30_000);
  assert.equal(meter.tooMany, false);
  for (let i = 0; i < 3; i++) meter.add(300_000 + i * 1_000);
  assert.equal(meter.tooMany, true);
  assert.equal(meter.total, 13);
});

test("preferences_that_make_no_sense_are_those_of_a_new_viewer", () => {
  const fresh = { volume: 1, muted: false, delay: "automatic", noRealTimeUntil: 0 };
  for (const text of [null, "", "{", "7", "null", '{"volume":4,"muted":"yes","delay":"fast","noRealTimeUntil":"x"}']) {
    assert.deepEqual(parsePreferences(text), fresh);
  }
  const kept = { volume: 0.35, muted: true, delay: "steady", noRealTimeUntil: 7_000 };
  assert.deepEqual(parsePreferences(JSON.stringify(kept)), kept);
});

/** What Automatic is with a memory of its own; `until` is what the memory holds. */
function automatic(offered = true, until = 0): { automatic: Automatic; memory: { until: number } } {
  const memory = { until };
  const kept = { read: () => memory.until, keep: (untilMs: number) => void (memory.until = untilMs) };
  return { automatic: new Automatic(offered, kept), memory };
}

test("automatic_is_real_time_where_the_server_has_it", () => {
  assert.equal(automatic().automatic.delay(0), "realtime");
  assert.equal(automatic(false).automatic.delay(0), "low");
});

test("a_network_that_forbids_real_time_is_remembered_for_a_day", () => {
  const { automatic: first, memory } = automatic();
  first.failed("network", 1_000);
  assert.equal(first.delay(1_000), "low");
  assert.equal(memory.until, 1_000 + REMEMBERED_MS);
  const again = (): Automatic => automatic(true, memory.until).automatic;
  assert.equal(again().delay(2_000), "low", "the next visit does not wait again");
  assert.equal(again().delay(memory.until), "realtime", "a day later it is tried again");
  assert.equal(again().delay(-10_000), "realtime", "the clock was set back");
  assert.equal(again().realTime(), "realtime", "chosen by hand it is tried");
});

test("real_time_by_hand_that_goes_well_is_the_proof_that_it_works", () => {
  const { automatic: it, memory } = automatic(true, 5_000);
  assert.equal(it.delay(0), "low");
  it.wentWell();
  assert.equal(memory.until, 0);
  assert.equal(it.delay(0), "realtime");
});

test("what_the_stream_is_to_blame_for_ends_with_its_broadcast_and_is_not_remembered", () => {
  for (const because of ["unsuitable", "busy"] as const) {
    const { automatic: it, memory } = automatic();
    it.failed(because, 0);
    assert.deepEqual([it.delay(0), it.realTime(), memory.until], ["low", "low", 0]);
    it.over();
    assert.equal(it.delay(0), "realtime");
  }
});

test("real_time_that_is_cut_again_and_again_is_given_up_and_then_stalls_count_anew", () => {
  const { automatic: it, memory } = automatic();
  for (let i = 0; i < 3; i++) it.interrupted("realtime", i * 1_000);
  assert.equal(it.delay(3_000), "realtime");
  it.interrupted("realtime", 3_000);
  assert.deepEqual([it.delay(3_000), memory.until], ["low", 3_000 + REMEMBERED_MS]);
  for (let i = 0; i < 3; i++) it.interrupted("low", 4_000 + i);
  assert.equal(it.delay(4_003), "low");
  it.interrupted("low", 4_003);
  assert.equal(it.delay(4_003), "steady");
  it.again();
  assert.equal(it.delay(4_004), "low", "chosen anew, and still remembered");
  const far = automatic().automatic;
  for (let i = 0; i < 9; i++) far.interrupted("realtime", i * 30_000);
  assert.equal(far.delay(300_000), "realtime", "far apart they are a hiccup each");
});

test("real_time_that_does_not_work_here_goes_on_by_hls", () => {
  const step = new Recovery().decide({ kind: "real_time", because: "network" }, 0);
  assert.deepEqual(step, { step: "by_hls", because: "network" });
});

test("a_server_too_busy_is_told_from_a_stream_that_cannot_be_shown", () => {
  for (const status of [400, 404, 415, 422, 501]) assert.equal(whyNot(status), "unsuitable");
  for (const status of [429, 500, 502, 503]) assert.equal(whyNot(status), "busy");
});

test("an_answer_says_what_will_be_shown", () => {
  const answer = "m=video 9 UDP/TLS/RTP/SAVPF 102\r\na=fmtp:102 profile-level-id=64001F\r\nm=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\n";
  assert.deepEqual([hasPicture(answer), codecsOf(answer)], [true, "avc1.64001f,opus"]);
  assert.equal(hasPicture(answer.replace("m=video 9", "m=video 0")), false);
});

test("of_the_browsers_figures_the_track_that_is_shown_and_the_way_there_count", () => {
  const entries = [
    { type: "inbound-rtp", kind: "video", bytesReceived: 900, framesDecoded: 30, jitterBufferDelay: 1.5, jitterBufferEmittedCount: 30 },
    { type: "inbound-rtp", kind: "audio", bytesReceived: 100, packetsReceived: 50 },
    { type: "candidate-pair", nominated: false, bytesReceived: 7, currentRoundTripTime: 9 },
    { type: "candidate-pair", nominated: true, bytesReceived: 1_100, responsesReceived: 3, currentRoundTripTime: 0.02, remoteCandidateId: "r" },
    { type: "remote-candidate", id: "q", protocol: "tcp", address: "192.0.2.8", port: 1 },
    { type: "remote-candidate", id: "r", protocol: "udp", address: "192.0.2.7", port: 8189 },
    { type: "codec" },
  ];
  assert.deepEqual(read(entries, true), {
    bytes: 1_000,
    shown: 30,
    bytesOfShown: 900,
    heard: 1_103,
    roundTripMs: 20,
    buffered: { seconds: 1.5, pictures: 30 },
    via: { protocol: "udp", address: "192.0.2.7", port: 8189 },
  });
  const alone = read(entries, false);
  assert.deepEqual([alone.shown, alone.bytesOfShown], [50, 100]);
});

test("who_finds_all_places_taken_is_told_how_many_there_are_and_waits_for_one", () => {
  const slate = slateFor(situation("live", { byCode: true, full: 40 }));
  assert.equal(slate?.id, "code_full");
  assert.equal(slate?.say, "All places are taken");
  assert.equal(slate?.line, "This code is for 40 viewers at once. It starts here when one leaves.");
  assert.equal(slateFor(situation("live", { byCode: true, full: 0 }))?.line, "It starts here when a viewer leaves.");
  assert.equal(slateFor(situation("live", { byCode: true, full: 40, flowing: true })), undefined);
  // A code that ended meanwhile is another matter.
  assert.equal(slateFor(situation("not_allowed", { byCode: true, full: 40 }))?.id, "code_off");
  const refusal = parseRefusal('{"status":403,"code":"access_code_full","places":40}');
  assert.deepEqual(refusal, { code: "access_code_full", places: 40 });
  const recovery = new Recovery();
  for (let tries = 0; tries < 20; tries += 1) {
    const step = recovery.decide({ kind: "network", of: "index", status: 403, ...(refusal ? { refusal } : {}) }, tries * 5_000);
    assert.deepEqual(step, { step: "wait", afterS: 5, places: 40 });
  }
  assert.equal(recovery.decide({ kind: "network", of: "index", status: 403 }, 0).step, "refused");
  for (const body of ["", "<html>", "null", "[]", '{"code":7}']) assert.equal(parseRefusal(body), undefined, body);
});

test("viewer_keeps_one_place_and_only_with_a_code", () => {
  const plain = "https://media.example.org/hls/live/index.m3u8";
  assert.equal(seated(plain), plain);
  const first = seated(`${plain}?access_code=k7q4`);
  assert.match(first, /\?access_code=k7q4&seat=[0-9a-f]{24}$/);
  assert.equal(seated(`${plain}?access_code=k7q4`), first);
});

test("a_recording_has_keys_of_its_own_and_live_keeps_its", () => {
  const does = (key: string, played: "live" | "stored", shiftKey = false) =>
    actionFor({ key, shiftKey, ctrlKey: false, altKey: false, metaKey: false }, "picture", played);
  for (const [key, live, stored, shift] of [
    ["l", "live", "far_forward", false],
    ["j", undefined, "far_back", false],
    ["c", undefined, "captions", false],
    ["<", undefined, "slower", true],
    [">", undefined, "faster", true],
    ["ArrowLeft", "back", "back", false],
    ["S", "statistics", "statistics", true],
  ] as const) {
    assert.equal(does(key, "live", shift), live, key);
    assert.equal(does(key, "stored", shift), stored, key);
  }
});

test("where_a_viewer_stopped_is_kept_but_not_at_the_edges_and_not_for_ever", () => {
  let kept = withPosition([], "film", 90.7, 600);
  assert.deepEqual(kept, [["film", 90]]);
  assert.deepEqual(withPosition(kept, "film", 3, 600), [], "not begun");
  assert.deepEqual(withPosition(kept, "film", 595, 600), [], "finished");
  for (let n = 0; n < 60; n++) kept = withPosition(kept, `other-${n}`, 60, 600);
  assert.equal(kept.length, 50);
  assert.equal(kept.some(([slug]) => slug === "film"), false);
  assert.deepEqual(parsePositions(JSON.stringify(kept)), kept);
  for (const strange of [null, "", "{}", "[1]", '[["a"]]', '[["a",-1]]', '[[1,2]]']) assert.deepEqual(parsePositions(strange), []);
});

test("a_video_that_is_made_ready_says_so_and_one_that_failed_says_why", () => {
  assert.equal(slateFor(situation("processing"))?.line, "This page shows it when it is.");
  assert.equal(slateFor(situation("ready")), undefined);
  const state = parseWatchState({ state: "failed", reason: "It holds ProRes video." });
  assert.ok(state);
  assert.equal(slateFor({ ...situation("failed"), state })?.line, "It holds ProRes video.");
});
