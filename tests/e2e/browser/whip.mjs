// A WHIP server inside the page, for stories about the page alone: it answers offers to `/…/whip` with a peer of its own, shows what it
// receives, and can be told to be busy, gone, or to lose its connection. Runs in the page, before its own scripts.

export function fakeWhip() {
  const real = window.fetch.bind(window);
  const whip = { answers: [], sessions: [], requests: [], peer: undefined, video: undefined };
  window.fakeWhip = whip;
  const answer = async (init) => {
    const peer = new RTCPeerConnection();
    whip.peer = peer;
    const video = document.createElement("video");
    video.muted = true;
    whip.video = video;
    peer.ontrack = ({ streams: [stream] }) => {
      video.srcObject = stream;
      void video.play().catch(() => undefined);
    };
    await peer.setRemoteDescription({ type: "offer", sdp: init.body });
    await peer.setLocalDescription();
    // The page sends no candidates, as the server looks at none; here they come with the answer, and are told to both.
    if (peer.iceGatheringState !== "complete") {
      await new Promise((done) => peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && done()));
    }
    const id = `s${whip.sessions.length + 1}`;
    whip.sessions.push(id);
    return new Response(peer.localDescription.sdp, { status: 201, headers: { location: `${location.origin}/live/whip/${id}` } });
  };
  window.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, location.href);
    if (!/\/whip(\/|$)/.test(url.pathname)) return real(input, init);
    whip.requests.push({ method: init.method, path: url.pathname, authorization: init.headers.authorization, offer: init.body ?? "" });
    if (init.method === "DELETE") {
      whip.peer?.close();
      return new Response(null);
    }
    const next = whip.answers.shift();
    if (next === "gone") throw new TypeError("no server");
    if (next) return new Response(JSON.stringify({ code: next.code }), { status: next.status, headers: next.headers ?? {} });
    return answer(init);
  };
}
