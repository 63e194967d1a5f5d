"""Recordings as they are made: frames in µ-law, in memory while short and on disk when long."""

from __future__ import annotations

import threading
from tempfile import SpooledTemporaryFile
from typing import Final

from ivr.exchange.voice import pcm
from ivr.telephone_sound import from_mu_law, to_mu_law

_MOST_IN_MEMORY: Final = 1_000_000


class Tape:
    """One recording with two channels: the party's and what it hears; made on one thread, read on another."""

    def __init__(self, subject_sid: str, track: str, has_one_side: bool) -> None:
        self.subject_sid = subject_sid
        self.is_paused = False
        self.is_skipping = False
        self.is_over = False
        self.is_audible = False
        """Whether a real telephone was ever part of it."""
        self._track = track
        self._has_one_side = has_one_side
        self._files = tuple(SpooledTemporaryFile(_MOST_IN_MEMORY) for _side in range(2))  # noqa: SIM115 - see close
        self._lock = threading.Lock()

    def take(self, said: bytes, heard: bytes) -> None:
        """Record a frame of each side, or silence or nothing while it is paused."""
        if self.is_over or (self.is_paused and self.is_skipping):
            return
        if self.is_paused or self._track == "outbound":
            said = pcm.QUIET
        if self.is_paused or self._track == "inbound" or self._has_one_side:
            heard = pcm.QUIET
        with self._lock:
            for file, frame in zip(self._files, (said, heard), strict=True):
                file.write(to_mu_law(frame))

    def wav(self, channels: int) -> bytes:
        """The sound: both sides together, or side by side on two channels."""
        with self._lock:
            said, heard = (from_mu_law(_content(file)) for file in self._files)
        samples = pcm.stereo(said, heard) if channels == 2 else pcm.mix((said, heard))
        return pcm.wav(samples, channels)

    def close(self) -> None:
        """Forget the sound."""
        self.is_over = True
        with self._lock:
            for file in self._files:
                file.close()


def _content(file: SpooledTemporaryFile[bytes]) -> bytes:
    file.seek(0)
    return file.read()
