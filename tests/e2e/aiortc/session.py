"""What WHIP and WHEP have in common for a client: an offer is posted, the answer taken, the session deleted (RFC 9725)."""

import asyncio
import urllib.parse
import urllib.request

from aiortc import RTCSessionDescription


def ask(method, url, token, body=None):
    headers = {"Content-Type": "application/sdp"} if body else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, method=method, data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, answer.headers, answer.read().decode()


async def begin(pc, url, token):
    """Offers, and goes by the answer; the session's address."""
    await pc.setLocalDescription(await pc.createOffer())
    body = pc.localDescription.sdp.encode()
    status, headers, text = await asyncio.to_thread(ask, "POST", url, token, body)
    assert status == 201, (status, text)
    await pc.setRemoteDescription(RTCSessionDescription(sdp=text, type="answer"))
    return urllib.parse.urljoin(url, headers["Location"])


async def end(pc, session, token):
    status, _, _ = await asyncio.to_thread(ask, "DELETE", session, token)
    await pc.close()
    return status
