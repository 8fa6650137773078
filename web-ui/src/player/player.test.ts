import assert from "node:assert/strict";
import { test } from "node:test";

import { parseWatchState, type Standing } from "../watch_state.ts";
import { ServerClock } from "./clock.ts";
import { clipCodecs } from "./codecs.ts";
import { actionFor, type Focus } from "./keys.ts";
import { RateMeter, StallMeter } from "./meters.ts";
import { parsePreferences } from "./preferences.ts";
import { Recovery } from "./recovery.ts";
import { type Situation, slateFor } from "./slates.ts";

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
    cannotPlay: undefined,
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
  const fresh = { volume: 1, muted: false, delay: "automatic" };
  for (const text of [null, "", "{", "7", "null", '{"volume":4,"muted":"yes","delay":"fast"}']) {
    assert.deepEqual(parsePreferences(text), fresh);
  }
  const kept = { volume: 0.35, muted: true, delay: "steady" };
  assert.deepEqual(parsePreferences(JSON.stringify(kept)), kept);
});
