"""One browser's sound over WebRTC: PCMU at 8 kHz both ways, by aiortc where it is installed."""

from __future__ import annotations

import asyncio
import importlib.util
from fractions import Fraction
from typing import Any, Final

from ivr.exchange.voice.legs import Leg
from ivr.exchange.voice.pcm import FRAME_BYTES, FRAME_SECONDS, QUIET
from ivr.telephone_sound import RATE, WIDTH

MISSING: Final = "aiortc is not installed: calls are text only (pip install pult[voice])"


def is_installed() -> bool:
    """Whether sound can be carried at all."""
    return importlib.util.find_spec("aiortc") is not None


class Connection:
    """The sound of one leg; make and use it on the event loop's thread only."""

    def __init__(self, leg: Leg) -> None:
        from aiortc import RTCConfiguration, RTCPeerConnection

        # No servers: aiortc's default would ask one outside for its view of us.
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._leg = leg
        self._tasks: set[asyncio.Task[None]] = set()
        self._peer.on("track", self._track)
        self._sender = self._peer.addTransceiver(_spoken(leg), direction="sendrecv")
        _only_pcmu(self._sender)

    async def answer(self, offer: str) -> str:
        """The answer (SDP) to a browser's offer; raises ValueError where that cannot be used."""
        from aiortc import RTCSessionDescription

        try:
            await self._peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            for transceiver in self._peer.getTransceivers():
                _only_pcmu(transceiver)
            await self._peer.setLocalDescription(await self._peer.createAnswer())
        except Exception as error:
            # aiortc raises whatever its parser stumbled upon.
            await self.close()
            raise ValueError("the browser's offer cannot be used") from error
        return str(self._peer.localDescription.sdp)

    async def offer(self) -> str:
        """An offer (SDP) for a browser that is to answer."""
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return str(self._peer.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        """The browser's answer to our offer; raises ValueError where it cannot be used."""
        from aiortc import RTCSessionDescription

        try:
            await self._peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        except Exception as error:
            await self.close()
            raise ValueError("the browser's answer cannot be used") from error

    async def close(self) -> None:
        """End the sound."""
        for task in self._tasks:
            task.cancel()
        await self._peer.close()

    def _track(self, track: Any) -> None:
        task = asyncio.ensure_future(_listen(track, self._leg))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _listen(track: Any, leg: Leg) -> None:
    """Hand everything that the browser sends to the leg, to the end of the track."""
    from aiortc.mediastreams import MediaStreamError

    try:
        while True:
            frame = await track.recv()
            leg.incoming.put(bytes(frame.planes[0])[: frame.samples * WIDTH])
    except MediaStreamError:
        return


def _only_pcmu(transceiver: Any) -> None:
    """Agree on PCMU alone: what the network's recordings are made of, and cheap to mix."""
    from aiortc import RTCRtpSender

    codecs = RTCRtpSender.getCapabilities("audio").codecs
    transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType.lower() == "audio/pcmu"])


def _spoken(leg: Leg) -> Any:
    """The track of what the leg's telephone hears."""
    from aiortc import MediaStreamTrack
    from av import AudioFrame

    class Spoken(MediaStreamTrack):
        kind = "audio"

        def __init__(self) -> None:
            super().__init__()
            self._sent = 0
            self._begun = 0.0

        async def recv(self) -> Any:
            """The next frame when it is due; silence where the mixer has fallen behind."""
            loop = asyncio.get_running_loop()
            self._begun = self._begun or loop.time()
            late = loop.time() - (self._begun + self._sent * FRAME_SECONDS)
            await asyncio.sleep(max(0.0, -late))
            frames = leg.outgoing.frames
            return self._frame(frames.popleft() if frames else QUIET)

        def _frame(self, samples: bytes) -> Any:
            frame = AudioFrame(format="s16", layout="mono", samples=FRAME_BYTES // WIDTH)
            frame.planes[0].update(samples)
            frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
            frame.pts = self._sent * FRAME_BYTES // WIDTH
            self._sent += 1
            return frame

    return Spoken()
