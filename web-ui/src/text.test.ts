import assert from "node:assert/strict";
import { test } from "node:test";

import { age, bitRate, bytes, clock, count, day, delay, duration, frameRate, milliseconds, moment, timeOfDay } from "./text.ts";

const plain = (text: string): string => text.replaceAll("\u00a0", " ");

test("durations_show_the_two_largest_units", () => {
  const cases: [number, string][] = [
    [-3, "0 s"],
    [0.9, "0 s"],
    [59.9, "59 s"],
    [60, "1 min"],
    [2_520, "42 min"],
    [3_600, "1 h"],
    [4_320, "1 h 12 min"],
    [86_400, "1 d"],
    [97_200, "1 d 3 h"],
  ];
  for (const [seconds, text] of cases) assert.equal(plain(duration(seconds)), text);
});

test("delays_are_exact_while_they_are_short", () => {
  const cases: [number, string][] = [
    [-0.2, "0.0 s"],
    [0.41, "0.4 s"],
    [9.94, "9.9 s"],
    [9.96, "10 s"],
    [59.4, "59 s"],
    [59.6, "1:00"],
    [252, "4:12"],
  ];
  for (const [seconds, text] of cases) assert.equal(plain(delay(seconds)), text);
});

test("positions_have_hours_only_when_there_are_any", () => {
  assert.equal(clock(7), "0:07");
  assert.equal(clock(5_046), "1:24:06");
});

test("bit_rates_choose_their_unit_after_rounding", () => {
  assert.equal(plain(bitRate(850_000)), "850 kb/s");
  assert.equal(plain(bitRate(999_600)), "1.0 Mb/s");
  assert.equal(plain(bitRate(2_640_000)), "2.6 Mb/s");
  assert.equal(plain(bitRate(12_300_000)), "12 Mb/s");
});

test("counts_have_thousands", () => {
  assert.equal(count(75_812), "75,812");
  assert.equal(plain(milliseconds(1_212.4)), "1,212 ms");
});

test("times_are_told_in_the_zone_of_the_reader", () => {
  const now = new Date("2026-11-24T17:02:00Z");
  const at = (text: string, zone = "UTC"): string => timeOfDay(new Date(text), now, zone);
  assert.equal(at("2026-11-24T16:20:00Z"), "16:20");
  assert.equal(at("2026-11-24T16:20:00Z", "Europe/Berlin"), "17:20");
  assert.equal(at("2026-11-23T21:14:00Z"), "Yesterday 21:14");
  assert.equal(at("2026-11-03T09:00:00Z"), "3 November 09:00");
  assert.equal(at("2025-11-03T09:00:00Z"), "3 November 2025 09:00");
});

test("what_has_just_begun_is_told_as_that", () => {
  assert.equal(age(59), "just now");
  assert.equal(plain(age(61)), "1 min");
});

test("bytes_and_frame_rates_are_told_as_the_server_tells_them", () => {
  const cases: [number, string][] = [
    [940, "0.9 kB"],
    [640_000_000, "640 MB"],
    [3_400_000_000, "3.4 GB"],
  ];
  for (const [n, text] of cases) assert.equal(plain(bytes(n)), text);
  assert.equal(plain(frameRate(29.97)), "29.97 fps");
  assert.equal(plain(frameRate(30.001)), "30 fps");
});

test("days_and_moments_are_told_in_the_readers_zone", () => {
  const at = new Date("2026-12-01T23:30:00Z");
  const now = new Date("2026-11-26T18:02:00Z");
  assert.equal(day(at, "UTC"), "1 December 2026");
  assert.equal(day(at, "Europe/Berlin"), "2 December 2026");
  assert.equal(moment(at, now, "UTC"), "1 December, 23:30");
  assert.equal(moment(at, now, "Europe/Berlin"), "2 December, 00:30");
  assert.equal(moment(new Date("2027-01-31T00:05:00Z"), now, "UTC"), "31 January 2027, 00:05");
});
