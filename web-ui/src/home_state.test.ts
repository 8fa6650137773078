import assert from "node:assert/strict";
import { test } from "node:test";

import { listKey, listKeyOf, parseHomeState } from "./home_state.ts";

test("what_is_listed_is_read_and_what_is_strange_is_left_out", () => {
  const open = { slug: "open", title: "Open", state: "live", since: "2026-11-24T16:20:00Z", viewers: 3, poster: null };
  const state = parseHomeState({ live: [open, { ...open, slug: 7 }, { slug: "x", state: "odd" }, { ...open, slug: "seen", poster: "/hls/seen/poster.mp4" }, null], offline: ["club", 4] });
  assert.deepEqual(
    state?.live.map(({ slug, title, viewers, hasPoster }) => [slug, title, viewers, hasPoster]),
    [
      ["open", "Open", 3, false],
      ["seen", "Open", 3, true],
    ],
  );
  assert.deepEqual(state?.offline, ["club"]);
  for (const value of [null, 1, {}, { live: [] }, { live: {}, offline: [] }]) assert.equal(parseHomeState(value), undefined);
});

test("a_list_is_another_only_when_other_streams_are_on_it", () => {
  assert.equal(listKeyOf("b a / d c"), listKey(["a", "b"], ["c", "d"]));
  assert.notEqual(listKeyOf("a / b"), listKey(["b"], ["a"]));
  assert.equal(listKeyOf("/"), listKey([], []));
});
