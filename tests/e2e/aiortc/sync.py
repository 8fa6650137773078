"""Watches flashes and beeps by WHEP for so many seconds and tells how far each beep is from its flash, in milliseconds of the sender's
clock as the server's sender reports tell it (RFC 3550, 6.4.1): sync.py URL SECONDS. Positive where the beep is late."""

import array
import asyncio
import json
import sys

from aiortc import RTCPeerConnection
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtcpSrPacket

import session


class Track:
    """One track's moments, in ticks, and what its clock stands for."""

    def __init__(self, rate):
        self.rate = rate
        self.receiver = None
        self.report = None
        self.moments = []
        self.was_on = True
        self.quiet_ms = 0

    def seen(self, is_on, ticks):
        if is_on and not self.was_on:
            self.moments.append(ticks)
        self.was_on = is_on

    def seconds(self):
        ntp, rtp = self.report
        # Frames are told by ticks since the first one.
        rtp -= self.receiver._RTCRtpReceiver__timestamp_mapper._origin
        wall = (ntp >> 32) + (ntp & 0xFFFFFFFF) / 2**32
        for ticks in self.moments:
            ahead = (ticks - rtp + 2**31) % 2**32 - 2**31
            yield wall + ahead / self.rate


def listen(receiver, track):
    """Keeps the newest sender report of a receiver."""
    track.receiver = receiver
    handle = receiver._handle_rtcp_packet

    async def handle_and_keep(packet):
        if isinstance(packet, RtcpSrPacket):
            track.report = (packet.sender_info.ntp_timestamp, packet.sender_info.rtp_timestamp)
        await handle(packet)

    receiver._handle_rtcp_packet = handle_and_keep


async def look(media, track):
    try:
        while True:
            frame = await media.recv()
            if media.kind == "video":
                track.seen(bytes(frame.planes[0])[1000] > 128, frame.pts)
                continue
            channels = len(frame.layout.channels)
            # The plane is longer than what was heard.
            samples = array.array("h", bytes(frame.planes[0]))[: frame.samples * channels]
            # A beep is on while a millisecond of it is loud.
            for at in range(0, len(samples), 48 * channels):
                is_on = max(samples[at : at + 48 * channels], default=0) > 2000
                # Between two swings it is not over: it has been off once it was for ten milliseconds.
                track.quiet_ms = 0 if is_on else track.quiet_ms + 1
                if is_on or track.quiet_ms >= 10:
                    track.seen(is_on, frame.pts + at // channels)
    except MediaStreamError:
        pass


async def main(url, seconds):
    pc = RTCPeerConnection()
    tracks = {"video": Track(90_000), "audio": Track(48_000)}
    tasks = []
    pc.on("track", lambda media: tasks.append(asyncio.create_task(look(media, tracks[media.kind]))))
    for kind, track in tracks.items():
        listen(pc.addTransceiver(kind, direction="recvonly").receiver, track)
    address = await session.begin(pc, url, None)
    await asyncio.sleep(seconds)
    await session.end(pc, address, None)
    await asyncio.gather(*tasks)
    flashes, beeps = list(tracks["video"].seconds()), list(tracks["audio"].seconds())
    apart = [min((beep - flash for beep in beeps), key=abs) * 1000 for flash in flashes if beeps]
    print(json.dumps({"apart_ms": [round(ms, 1) for ms in apart if abs(ms) < 400]}))


asyncio.run(main(sys.argv[1], float(sys.argv[2])))
