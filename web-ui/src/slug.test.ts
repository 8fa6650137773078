import assert from "node:assert/strict";
import { test } from "node:test";

import { textOf } from "./copy.ts";
import { slugOf } from "./slug.ts";

test("an address is made of what the title has of ASCII", () => {
  for (const [title, slug] of [
    ["Evening workshop", "evening-workshop"],
    ["  Dovetails, part 2!  ", "dovetails-part-2"],
    ["Ünïcode", "n-code"],
    ["日本語", ""],
    ["--", ""],
  ] as const) {
    assert.equal(slugOf(title), slug);
  }
  assert.equal(slugOf("a ".repeat(500)).length, 63);
});

test("a command is copied with the key in it, where there is one", () => {
  assert.equal(textOf("ffmpeg rtmp://h/live/YOUR-KEY", "sk_1"), "ffmpeg rtmp://h/live/sk_1");
  assert.equal(textOf("ffmpeg rtmp://h/live/YOUR-KEY", undefined), "ffmpeg rtmp://h/live/YOUR-KEY");
});
