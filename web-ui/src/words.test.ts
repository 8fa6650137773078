import assert from "node:assert/strict";
import { test } from "node:test";

import { pseudo, words } from "./words.ts";

const SOURCE = "watching = { $count } watching\nbadge = LIVE\n    .hint = On air\n";

test("messages take values and attributes; one that does not exist shows its name", () => {
  const say = words([SOURCE], "en");
  assert.equal(say("watching", { count: "1,280" }), "1,280 watching");
  assert.equal(say("badge.hint"), "On air");
  assert.equal(say("no-such-words"), "no-such-words");
});

test("the pseudo-locale changes the words and leaves the values", () => {
  const said = words([SOURCE], "en-XA")("watching", { count: "abc" });
  assert.equal(said, `abc ${pseudo("watching")}`);
  assert.doesNotMatch(pseudo("The quick brown fox JUMPS over a lazy dog"), /[a-z]/i);
});
