"""Publishes a moving picture and a tone by WHIP for so many seconds: publish.py URL SECONDS TOKEN. Says `live` once it is connected, and
what the server answered to its goodbye."""

import array
import asyncio
import fractions
import json
import math
import sys

from aiortc import AudioStreamTrack, RTCPeerConnection, RTCRtpSender, VideoStreamTrack
from av import AudioFrame, VideoFrame

import session

RATE = 48_000
SAMPLES = 960


class Picture(VideoStreamTrack):
    """A bar that wanders over grey, 640x360."""

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(640, 360, "yuv420p")
        luma, *chroma = frame.planes
        at = pts // 3000 * 8 % 600
        line = bytearray([90]) * luma.line_size
        line[at : at + 40] = bytearray([235]) * 40
        luma.update(bytes(line) * luma.height)
        for plane in chroma:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """A tone of 440 Hz."""

    at = 0

    async def recv(self):
        await super().recv()
        turn = 2 * math.pi * 440 / RATE
        wave = array.array("h", (int(8000 * math.sin((self.at + n) * turn)) for n in range(SAMPLES)))
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(wave.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.at, fractions.Fraction(1, RATE)
        self.at += SAMPLES
        return frame


async def main(url, seconds, token):
    pc = RTCPeerConnection()
    video = pc.addTransceiver(Picture(), direction="sendonly")
    pc.addTransceiver(Tone(), direction="sendonly")
    capabilities = RTCRtpSender.getCapabilities("video").codecs
    video.setCodecPreferences([codec for codec in capabilities if codec.mimeType == "video/H264"])
    connected = asyncio.Event()

    @pc.on("connectionstatechange")
    def changed():
        if pc.connectionState == "connected":
            connected.set()

    address = await session.begin(pc, url, token)
    await asyncio.wait_for(connected.wait(), 15)
    print("live", flush=True)
    await asyncio.sleep(seconds)
    state = pc.connectionState
    print(json.dumps({"state": state, "ended": await session.end(pc, address, token)}))


asyncio.run(main(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
