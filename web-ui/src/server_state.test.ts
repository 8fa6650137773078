import assert from "node:assert/strict";
import { test } from "node:test";
import { serverFigures } from "./server_state.ts";

test("figures of the server are said as the page says them", () => {
  const state = {
    streams: [{ slug: "live", bit_rate: 2_600_000, viewers: { hls: 1, webrtc: 0 } }],
    viewers: { hls: 1_280, webrtc: 2 },
    bit_rate: 2_600_000,
    sending_bit_rate: 386_000_000,
    memory_bytes: 41_200_000,
    open_files: 12_345,
    key: "1",
  };
  assert.deepEqual(serverFigures(state), {
    live: "1",
    viewers: "1,282",
    sending: "386\u00a0Mb/s",
    receiving: "2.6\u00a0Mb/s",
    memory: "41\u00a0MB",
    files: "12,345",
  });
  const unknown = { ...state, streams: [], sending_bit_rate: null, memory_bytes: null, open_files: null };
  const figures = serverFigures(unknown);
  assert.deepEqual([figures["live"], figures["sending"], figures["memory"], figures["files"]], ["0", "–", "–", "–"]);
});
