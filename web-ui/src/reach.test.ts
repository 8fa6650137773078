import assert from "node:assert/strict";
import { test } from "node:test";

import { offered, only, sentences } from "./reach.ts";

const ANSWER = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=candidate:1 1 udp 2130706431 192.0.2.1 8189 typ host",
  "a=candidate:2 1 UDP 2130706430 2001:db8::1 8189 typ host",
  "a=candidate:3 1 tcp 1671430143 192.0.2.1 8189 typ host tcptype passive",
  "a=mid:0",
  "",
].join("\r\n");

test("addresses are told apart by what carries them, as people write them", () => {
  assert.deepEqual(offered(ANSWER, "udp"), ["192.0.2.1:8189", "[2001:db8::1]:8189"]);
  assert.deepEqual(offered(ANSWER, "tcp"), ["192.0.2.1:8189"]);
  assert.deepEqual(offered(only(ANSWER, "udp"), "tcp"), []);
  assert.equal(only(ANSWER, "tcp").split("\r\n").length, 5);
});

test("what is shut is told with the port to open", () => {
  const udp = sentences({ is: "udp", address: "192.0.2.1:8189" });
  assert.equal(udp.tone, "ok");
  assert.ok(udp.what.includes("192.0.2.1:8189") && udp.fix === undefined);
  const none = sentences({ is: "none", offered: ["[2001:db8::1]:8190"] });
  assert.ok(none.what.includes("[2001:db8::1]:8190") && none.fix?.includes("port 8190"), none.fix);
  const tcp = sentences({ is: "tcp", address: "192.0.2.1:8189", offered: ["192.0.2.1:8189"] });
  assert.ok(tcp.fix?.includes("UDP port 8189"));
});
