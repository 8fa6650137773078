import assert from "node:assert/strict";
import { test } from "node:test";

import { holds, toLocal, toMoment } from "./codes.ts";

test("times_go_to_the_reader_and_back_without_moving", () => {
  for (const utc of ["2027-06-30T18:00", "2027-12-31T23:30", "2028-02-29T00:05"]) {
    assert.equal(toMoment(toLocal(utc)), `${utc}:00.000Z`);
  }
  assert.equal(toLocal(""), "");
  assert.equal(toMoment(""), "");
});

test("list_is_searched_by_words_in_any_order", () => {
  assert.equal(holds("Lesson 1: Reading the grain", "grain less"), true);
  assert.equal(holds("Lesson 1: Reading the grain", "grain 2"), false);
  assert.equal(holds("Lesson 1", ""), true);
});
