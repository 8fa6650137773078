import assert from "node:assert/strict";
import { test } from "node:test";

import { course, spark } from "./charts.ts";

test("charts end at the right and break where nothing is known", () => {
  assert.deepEqual(spark([]), { line: "", area: "" });
  assert.deepEqual(spark([1]), { line: "", area: "" });
  // The same figures as in crates/web/src/pages/charts.rs.
  const drawn = spark([2, null, 1, 2]);
  assert.equal(drawn.line, "M94.9 3.0M98.3 17.5L100.0 3.0");
  assert.equal(drawn.area, "M94.9 32L94.9 3.0L94.9 32zM98.3 32L98.3 17.5L100.0 3.0L100.0 32z");
  assert.match(spark([0, 0]).line, /L100\.0 32\.0$/);
});

test("five minutes are thinned out and keep their ends", () => {
  const { line } = spark(Array.from({ length: 300 }, (_, n) => n));
  assert.match(line, /^M0\.0 32\.0L/);
  assert.match(line, /L100\.0 3\.0$/);
  assert.ok(line.split("L").length <= 102, line);
});

test("courses are told by the last minute", () => {
  const steady = Array.from({ length: 300 }, (_, n) => (n < 200 ? 9 : 2.6));
  assert.deepEqual(course(steady), { kind: "steady", by: 0 });
  assert.deepEqual(course([1, 4, null, 2, 1, 3]), { kind: "moving", low: 1, high: 4 });
  assert.deepEqual(course([1, 1, 1, 1]), { kind: "unknown" });
});
