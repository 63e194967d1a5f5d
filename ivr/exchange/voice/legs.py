"""One telephone's two directions: what comes from its holder, and what the exchange plays to them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from ivr.exchange.voice.pcm import FRAME_BYTES, QUIET, mix

# Frames that wait: enough to even out the network's unsteadiness, little enough to talk without delay.
_MOST_WAITING: Final = 8
_TO_BEGIN: Final = 2


class Incoming:
    """Frames as they arrive, handed out evenly; too many of them and the oldest go."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque(maxlen=_MOST_WAITING)
        self._rest = b""
        self._is_flowing = False

    def put(self, samples: bytes) -> None:
        """Some samples have arrived, of any number."""
        samples = self._rest + samples
        whole = len(samples) - len(samples) % FRAME_BYTES
        for start in range(0, whole, FRAME_BYTES):
            self._waiting.append(samples[start : start + FRAME_BYTES])
        self._rest = samples[whole:]

    def take(self) -> bytes | None:
        """The next frame; None while nothing comes."""
        if not self._is_flowing and len(self._waiting) < _TO_BEGIN:
            return None
        self._is_flowing = bool(self._waiting)
        return self._waiting.popleft() if self._waiting else None


class Reel:
    """Sounds one after another, or one of them over and over, frame by frame."""

    def __init__(self) -> None:
        self._sounds: deque[bytes] = deque()
        self._at = 0

    def add(self, samples: bytes, rounds: int = 1) -> None:
        """Play this after the rest."""
        self._sounds.extend([samples] * rounds)

    def clear(self) -> None:
        """Play nothing more."""
        self._sounds.clear()
        self._at = 0

    def now(self) -> bytes:
        """What is being played, all of it; nothing if nothing is."""
        return self._sounds[0] if self._sounds else b""

    def take(self, *, repeats: bool = False) -> bytes | None:
        """The next frame; None if nothing is played."""
        if not self._sounds:
            return None
        samples = self._sounds[0]
        frame = samples[self._at : self._at + FRAME_BYTES]
        self._at += FRAME_BYTES
        if self._at >= len(samples):
            self._at = 0
            if not repeats:
                self._sounds.popleft()
        return frame + QUIET[len(frame) :]


class Player:
    """What is played to one telephone: prompts, else music or ringing, and beeps over both."""

    def __init__(self) -> None:
        self._prompts = Reel()
        self._background = Reel()
        self._beeps = Reel()

    def play(self, samples: bytes, rounds: int = 1) -> None:
        """Play a prompt after what is being said; it ends music and ringing."""
        self.background(b"")
        self._prompts.add(samples, rounds)

    def over(self, samples: bytes) -> None:
        """Play a beep over whatever is heard."""
        self._beeps.add(samples)

    def background(self, samples: bytes) -> None:
        """Repeat this for as long as nothing else is said; nothing for no background."""
        if samples is not self._background.now():
            self._background.clear()
            if samples:
                self._background.add(samples)

    def is_ringing(self, samples: bytes) -> bool:
        """Whether this is the background now."""
        return self._background.now() is samples

    def hush(self) -> None:
        """Stop prompts and background; a beep is over soon enough."""
        self._prompts.clear()
        self._background.clear()

    def take(self) -> bytes | None:
        """The next frame; None if nothing is played."""
        frame = self._prompts.take() or self._background.take(repeats=True)
        beep = self._beeps.take()
        return mix((frame, beep)) if frame and beep else frame or beep


class Outgoing:
    """Frames on their way to the telephone; a sender that falls behind loses the oldest."""

    def __init__(self) -> None:
        self.frames: deque[bytes] = deque(maxlen=_MOST_WAITING)


@dataclass(slots=True, eq=False)
class Leg:
    """One call whose holder is really heard. ``keys`` is the sound of keys pressed while talking."""

    call_sid: str = ""
    incoming: Incoming = field(default_factory=Incoming)
    player: Player = field(default_factory=Player)
    keys: Reel = field(default_factory=Reel)
    outgoing: Outgoing = field(default_factory=Outgoing)
    said: bytes | None = None
    loud_frames: int = 0
