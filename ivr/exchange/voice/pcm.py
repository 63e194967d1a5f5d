"""Sound as the exchange handles it: a telephone's samples, in frames of 20 ms."""

from __future__ import annotations

import io
import warnings
import wave
from collections.abc import Iterable
from typing import Final

from ivr.telephone_sound import RATE, WIDTH

with warnings.catch_warnings():
    # Deprecated in Python 3.11 and 3.12; from 3.13 on audioop-lts provides the module of the same name.
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

FRAME_SECONDS: Final = 0.02
FRAME_BYTES: Final = round(RATE * FRAME_SECONDS) * WIDTH
QUIET: Final = b"\0" * FRAME_BYTES


def mix(frames: Iterable[bytes]) -> bytes:
    """All frames at once; what is too loud is cut off. Nothing at all is silence."""
    mixed = b""
    for frame in frames:
        mixed = audioop.add(mixed, frame, WIDTH) if mixed else frame
    return mixed or QUIET


def loudness(samples: bytes) -> int:
    """The effective level of some samples, 0 to 32767."""
    return audioop.rms(samples, WIDTH)


def louder(samples: bytes, factor: float) -> bytes:
    """The samples times ``factor``."""
    return audioop.mul(samples, WIDTH, factor)


def higher(samples: bytes, factor: float) -> bytes:
    """The samples ``factor`` times as high, and as fast."""
    return audioop.ratecv(samples, WIDTH, 1, round(RATE * factor), RATE, None)[0]


def stereo(left: bytes, right: bytes) -> bytes:
    """Two channels side by side."""
    return audioop.add(
        audioop.tostereo(left, WIDTH, 1, 0), audioop.tostereo(right, WIDTH, 0, 1), WIDTH
    )


def wav(samples: bytes, channels: int = 1) -> bytes:
    """A WAV file of these samples."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(WIDTH)
        file.setframerate(RATE)
        file.writeframes(samples)
    return buffer.getvalue()
