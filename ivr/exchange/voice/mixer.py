"""Every 20 ms: takes what each telephone says, mixes what each hears, fills the tapes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ivr.exchange.voice import pcm
from ivr.exchange.voice.legs import Leg
from ivr.exchange.voice.tapes import Tape

# Somebody speaks where the level stays above this for that many frames: well above a quiet room's noise.
SPEECH_LEVEL: Final = 400
SPEECH_FRAMES: Final = 5
_TOO_LATE_SECONDS: Final = 0.2
# How often to look for work while there is none.
_IDLE_SECONDS: Final = 0.05


class Mixer:
    """The legs, who hears whom, and the tapes that run; all of it belongs to the event loop's thread.

    ``hearing`` names for each call the calls that it hears, ``rooms`` for each recorded conference those
    who speak in it. ``spoke`` is told of a call whose holder says something.
    """

    def __init__(self, spoke: Callable[[str], None]) -> None:
        self.legs: dict[str, Leg] = {}
        self.tapes: dict[str, Tape] = {}
        self.hearing: Mapping[str, Sequence[str]] = {}
        self.rooms: Mapping[str, Sequence[str]] = {}
        self._spoke = spoke

    async def run(self) -> None:
        """Tick until cancelled; what a standstill has cost is silence on the tapes, which must keep time."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if not self.legs and not self.tapes:
                await asyncio.sleep(_IDLE_SECONDS)
                due = loop.time()
                continue
            self.tick()
            due += pcm.FRAME_SECONDS
            late = loop.time() - due
            if late > _TOO_LATE_SECONDS:
                missed = round(late / pcm.FRAME_SECONDS)
                self._pad(missed)
                due += missed * pcm.FRAME_SECONDS
            await asyncio.sleep(max(0.0, -late))

    def _pad(self, frames: int) -> None:
        for tape in self.tapes.values():
            for _frame in range(frames):
                tape.take(pcm.QUIET, pcm.QUIET)

    def tick(self) -> None:
        """One frame of everything."""
        for leg in self.legs.values():
            leg.said = self._taken(leg)
        for sid, leg in self.legs.items():
            heard = self._heard_by(sid, leg)
            leg.outgoing.frames.append(heard)
        for tape in self.tapes.values():
            self._record(tape)

    def _taken(self, leg: Leg) -> bytes | None:
        frame = leg.incoming.take()
        if frame is not None:
            self._notice_speech(leg, frame)
        key = leg.keys.take()
        if key is None:
            return frame
        return pcm.mix((frame, key)) if frame else key

    def _notice_speech(self, leg: Leg, frame: bytes) -> None:
        leg.loud_frames = leg.loud_frames + 1 if pcm.loudness(frame) > SPEECH_LEVEL else 0
        if leg.loud_frames and leg.loud_frames % SPEECH_FRAMES == 0:
            self._spoke(leg.call_sid)

    def _heard_by(self, sid: str, leg: Leg) -> bytes:
        frames = self._said_by(self.hearing.get(sid, ()))
        played = leg.player.take()
        return pcm.mix([*frames, played] if played else frames)

    def _said_by(self, sids: Sequence[str]) -> list[bytes]:
        legs = (self.legs.get(sid) for sid in sids)
        return [leg.said for leg in legs if leg and leg.said]

    def _record(self, tape: Tape) -> None:
        leg = self.legs.get(tape.subject_sid)
        if leg is not None:
            tape.is_audible = True
            tape.take(leg.said or pcm.QUIET, leg.outgoing.frames[-1] if leg.outgoing.frames else pcm.QUIET)
            return
        said = self._said_by(self.rooms.get(tape.subject_sid, ()))
        tape.is_audible = tape.is_audible or bool(said)
        tape.take(pcm.mix(said), pcm.QUIET)
