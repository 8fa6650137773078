import assert from "node:assert/strict";
import { test } from "node:test";

import { parseWatchState } from "./watch_state.ts";

const LIVE = {
  state: "live",
  since: "2026-11-24T16:20:00Z",
  until: null,
  grace_s: 30,
  viewers: 128,
  title: "Evening workshop",
};

test("an_answer_is_read_whole", () => {
  assert.deepEqual(parseWatchState({ ...LIVE, now: "2026-11-24T17:02:00.250Z" }), LIVE);
});

test("what_is_not_an_answer_is_refused", () => {
  for (const value of [null, "live", [], {}, { ...LIVE, state: "paused" }, { ...LIVE, state: 1 }]) {
    assert.equal(parseWatchState(value), undefined);
  }
});

test("strange_fields_fall_back_instead_of_reaching_the_page", () => {
  const state = parseWatchState({ ...LIVE, since: "soon", viewers: -4, grace_s: "30", title: 7 });
  assert.deepEqual(state, { ...LIVE, since: null, viewers: 0, grace_s: 0, title: "" });
});

test("why_it_may_not_be_seen_is_kept", () => {
  assert.equal(parseWatchState({ ...LIVE, state: "not_allowed", reason: "access_code_paused" })?.reason, "access_code_paused");
  assert.equal(parseWatchState({ ...LIVE, state: "not_allowed", reason: 4 })?.reason, undefined);
});
