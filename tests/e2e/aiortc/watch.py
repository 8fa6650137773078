"""Watches by WHEP for so many seconds, and tells what came as one line of JSON: watch.py URL SECONDS [TOKEN]. With `storm` in the
place of the token it asks for key frames and repairs without end meanwhile."""

import array
import asyncio
import json
import sys

from aiortc import RTCPeerConnection
from aiortc.mediastreams import MediaStreamError

import session


async def take(track, told):
    """Counts and looks at decoded frames until the track ends."""
    try:
        while True:
            frame = await track.recv()
            told[track.kind] += 1
            if track.kind == "video":
                told["width"], told["height"] = frame.width, frame.height
                told["brightest"] = max(told["brightest"], max(bytes(frame.planes[0])))
            else:
                samples = array.array("h", bytes(frame.planes[0]))
                told["loudest"] = max(told["loudest"], max(samples, default=0))
    except MediaStreamError:
        pass


async def storm(pc, told):
    """Asks two hundred times a second for a key frame, and for packets that all came."""
    receiver = next(t.receiver for t in pc.getTransceivers() if t.kind == "video")
    while True:
        await asyncio.sleep(0.005)
        for ssrc, stream in list(receiver._RTCRtpReceiver__remote_streams.items()):
            await receiver._send_rtcp_pli(ssrc)
            last = stream.max_seq or 0
            await receiver._send_rtcp_nack(ssrc, [(last - back) % 65536 for back in range(63, -1, -1)])
            told["asked"] += 1


async def received(pc):
    """Bytes of the whole transport."""
    stats = await pc.getStats()
    return sum(stat.bytesReceived for stat in stats.values() if stat.type == "transport")


async def main(url, seconds, token):
    is_storm, token = token == "storm", None if token == "storm" else token
    pc = RTCPeerConnection()
    told = {"video": 0, "audio": 0, "width": 0, "height": 0, "brightest": 0, "loudest": 0, "asked": 0}
    tasks = []
    pc.on("track", lambda track: tasks.append(asyncio.create_task(take(track, told))))
    pc.addTransceiver("video", direction="recvonly")
    pc.addTransceiver("audio", direction="recvonly")
    address = await session.begin(pc, url, token)
    storming = asyncio.create_task(storm(pc, told)) if is_storm else None
    await asyncio.sleep(seconds)
    if storming and not storming.cancel():
        storming.result()
    told["bytes"] = await received(pc)
    told["state"] = pc.connectionState
    told["ended"] = await session.end(pc, address, token)
    await asyncio.gather(*tasks)
    print(json.dumps(told))


asyncio.run(main(sys.argv[1], float(sys.argv[2]), (sys.argv + [None])[3]))
