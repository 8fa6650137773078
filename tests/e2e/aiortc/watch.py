"""Watches by WHEP for so many seconds, and tells what came as one line of JSON: watch.py URL SECONDS [TOKEN]."""

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


async def main(url, seconds, token):
    pc = RTCPeerConnection()
    told = {"video": 0, "audio": 0, "width": 0, "height": 0, "brightest": 0, "loudest": 0}
    tasks = []
    pc.on("track", lambda track: tasks.append(asyncio.create_task(take(track, told))))
    pc.addTransceiver("video", direction="recvonly")
    pc.addTransceiver("audio", direction="recvonly")
    address = await session.begin(pc, url, token)
    await asyncio.sleep(seconds)
    told["state"] = pc.connectionState
    told["ended"] = await session.end(pc, address, token)
    await asyncio.gather(*tasks)
    print(json.dumps(told))


asyncio.run(main(sys.argv[1], float(sys.argv[2]), (sys.argv + [None])[3]))
