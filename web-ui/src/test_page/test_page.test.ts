import assert from "node:assert/strict";
import { test } from "node:test";

import { Requests, type Timing } from "./requests.ts";
import { Series } from "./series.ts";

const timing = (name: string, more: Partial<Timing> = {}): Timing => ({
  name,
  startTime: 0,
  duration: 12,
  transferSize: 1_300,
  encodedBodySize: 1_000,
  nextHopProtocol: "h2",
  responseStatus: 200,
  ...more,
});

test("only_what_lies_below_the_stream_is_counted_and_grants_are_not_shown", () => {
  const requests = new Requests("/hls/live/", "/live/whep");
  assert.equal(requests.take(timing("https://a.example/api/watch/live")), undefined);
  assert.equal(requests.take(timing("https://a.example/hls/lively/x.m4s")), undefined);
  assert.equal(requests.take(timing("no address")), undefined);
  const taken = requests.take(timing("https://a.example/hls/live/~secret/e1-s2.m4s?_HLS_msn=3"));
  assert.deepEqual(taken, { name: "e1-s2.m4s", tookMs: 12, bytes: 1_300, status: 200 });
  requests.take(timing("https://a.example/hls/live/index.m3u8", { transferSize: 0, nextHopProtocol: "" }));
  assert.deepEqual([requests.count, requests.bytes, requests.protocol], [2, 2_300, "HTTP/2"]);
  for (const path of ["/live/whep", "/live/whep/a5ec7e75e5510"]) assert.equal(requests.take(timing(`https://a.example${path}`))?.name, "whep");
  assert.equal(requests.take(timing("https://a.example/live/whepper")), undefined);
});

test("the_last_requests_come_first_and_are_few", () => {
  const requests = new Requests("/hls/live/", "/live/whep");
  for (let i = 0; i < 20; i++) requests.take(timing(`https://a.example/hls/live/~x/s${i}.m4s`));
  assert.equal(requests.recent.length, 8);
  assert.equal(requests.recent[0]?.name, "s19.m4s");
});

test("a_series_has_a_range_and_a_line_over_zero", () => {
  const series = new Series();
  assert.equal(series.range, undefined);
  assert.equal(series.paths.line, "");
  for (const value of [1, 3, 2]) series.add(value);
  assert.deepEqual(series.range, [1, 3]);
  assert.match(series.paths.line, /^M96\.6 23\.1L98\.3 5\.3L100\.0 14\.2$/);
  assert.match(series.paths.area, /V32H96\.6z$/);
  for (let i = 0; i < 100; i++) series.add(7);
  assert.deepEqual(series.range, [7, 7], "a minute is remembered");
});

test("a_series_of_zeros_lies_on_its_base_line", () => {
  const series = new Series();
  series.add(0);
  series.add(0);
  assert.doesNotMatch(series.paths.line, /NaN|Infinity/);
});
