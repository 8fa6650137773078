// Looks from this browser whether the server's port of WebRTC is reached, over UDP and over TCP, and says so with what to open.
//
// Each way is tried by a session of its own that carries nothing: the other way's addresses are left out of the answer, and the server
// knocks nowhere by itself.

import source from "../../crates/web/locales/en/reach.ftl";
import { words } from "./words.ts";

const say = words([source]);
/** A way that is not open by then is closed. */
const WITHIN_MS = 6_000;

type Carrier = "udp" | "tcp";

/** What a look came to. */
export type Outcome =
  | { readonly is: "udp"; readonly address: string }
  | { readonly is: "tcp"; readonly address: string; readonly offered: readonly string[] }
  | { readonly is: "none"; readonly offered: readonly string[] }
  | { readonly is: "off" | "unknown" | "failed" };

/** The addresses that an answer offers over one carrier, as people write them. */
export function offered(answer: string, carrier: Carrier): string[] {
  const found = new Set<string>();
  for (const line of answer.split(/\r?\n/)) {
    const [, , protocol = "", , host = "", port = ""] = line.startsWith("a=candidate:") ? line.split(" ") : [];
    if (protocol.toLowerCase() === carrier) found.add(host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);
  }
  return [...found];
}

/** The answer without the addresses of the other carrier. */
export function only(answer: string, carrier: Carrier): string {
  const lines = answer.split("\r\n");
  return lines.filter((line) => !line.startsWith("a=candidate:") || line.split(" ")[2]?.toLowerCase() === carrier).join("\r\n");
}

/** What is said of it: one sentence, and what to do. */
export function sentences(outcome: Outcome): { readonly what: string; readonly fix?: string; readonly tone: "ok" | "warn" | "note" } {
  switch (outcome.is) {
    case "udp":
      return { what: say("reach-udp", { address: outcome.address }), tone: "ok" };
    case "tcp": {
      const values = { address: outcome.address, offered: outcome.offered.join(", "), port: port(outcome.offered) };
      return { what: say("reach-tcp", values), fix: say("reach-tcp.fix", values), tone: "warn" };
    }
    case "none": {
      const values = { offered: outcome.offered.join(", "), port: port(outcome.offered) };
      return { what: say("reach-none", values), fix: say("reach-none.fix", values), tone: "warn" };
    }
    case "off":
      return { what: say("reach-off"), tone: "note" };
    case "unknown":
      return { what: say("reach-unknown"), tone: "note" };
    case "failed":
      return { what: say("reach-failed"), fix: say("reach-failed.fix"), tone: "warn" };
  }
}

function port(addresses: readonly string[]): string {
  return addresses[0]?.split(":").at(-1) ?? "8189";
}

/** Begins, on a page that has a place for it. */
export function reach(announce: (text: string) => void): void {
  const place = document.querySelector<HTMLElement>("[data-reach]");
  const again = document.querySelector<HTMLButtonElement>("[data-reach-again]");
  if (!place || !again) return;
  const look = async (isAsked: boolean): Promise<void> => {
    again.disabled = true;
    show(place, { what: say("reach-looking"), tone: "note" });
    const found = sentences(await outcome());
    show(place, found);
    if (isAsked) announce([found.what, found.fix ?? ""].join(" "));
    again.hidden = false;
    again.disabled = false;
  };
  again.addEventListener("click", () => void look(true));
  void look(false);
}

function show(place: HTMLElement, said: ReturnType<typeof sentences>): void {
  for (const mark of place.querySelectorAll<SVGElement>("[data-tone]")) mark.toggleAttribute("hidden", mark.dataset["tone"] !== said.tone);
  const [what, fix] = place.querySelectorAll<HTMLElement>("p");
  if (what) what.textContent = said.what;
  if (fix) {
    fix.textContent = said.fix ?? "";
    fix.hidden = said.fix === undefined;
  }
}

async function outcome(): Promise<Outcome> {
  if (typeof RTCPeerConnection === "undefined") return { is: "unknown" };
  try {
    const [udp, tcp] = await Promise.all([go("udp"), go("tcp")]);
    if (udp === undefined || tcp === undefined) return { is: "off" };
    if (udp.address !== undefined) return { is: "udp", address: udp.address };
    if (tcp.address !== undefined) return { is: "tcp", address: tcp.address, offered: udp.offered };
    return { is: "none", offered: udp.offered };
  } catch {
    return { is: "failed" };
  }
}

/** Goes one way: the address that was reached, if any, and those that were tried. `undefined` where the server has no WebRTC. */
async function go(carrier: Carrier): Promise<{ readonly address?: string; readonly offered: readonly string[] } | undefined> {
  const peer = new RTCPeerConnection();
  try {
    peer.addTransceiver("audio", { direction: "recvonly" });
    await peer.setLocalDescription();
    const response = await fetch("/api/webrtc/reach", {
      method: "POST",
      headers: { "content-type": "application/sdp" },
      body: peer.localDescription?.sdp ?? "",
    });
    if (response.status === 501) return undefined;
    if (!response.ok) throw new Error(`${response.status}`);
    const answer = await response.text();
    const addresses = offered(answer, carrier);
    if (addresses.length === 0) return { offered: addresses };
    const open = opened(peer);
    await peer.setRemoteDescription({ type: "answer", sdp: only(answer, carrier) });
    const address = (await open) ? await selected(peer) : undefined;
    return address === undefined ? { offered: addresses } : { address, offered: addresses };
  } finally {
    peer.close();
  }
}

/** Whether the connection comes about in time. */
function opened(peer: RTCPeerConnection): Promise<boolean> {
  return new Promise((done) => {
    const timer = setTimeout(() => done(false), WITHIN_MS);
    peer.addEventListener("connectionstatechange", () => {
      if (!["connected", "failed", "closed"].includes(peer.connectionState)) return;
      clearTimeout(timer);
      done(peer.connectionState === "connected");
    });
  });
}

/** The server's address that the connection goes to. */
async function selected(peer: RTCPeerConnection): Promise<string | undefined> {
  const stats = await peer.getStats();
  let pair: { readonly remoteCandidateId?: string } | undefined;
  stats.forEach((entry: { readonly type: string; readonly state?: string; readonly nominated?: boolean; readonly remoteCandidateId?: string }) => {
    if (entry.type === "candidate-pair" && entry.state === "succeeded" && (entry.nominated === true || pair === undefined)) pair = entry;
  });
  const remote = stats.get(pair?.remoteCandidateId ?? "") as { readonly address?: string; readonly port?: number } | undefined;
  if (remote?.address === undefined || remote.port === undefined) return undefined;
  return remote.address.includes(":") ? `[${remote.address}]:${remote.port}` : `${remote.address}:${remote.port}`;
}
