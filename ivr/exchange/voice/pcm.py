"""Sound as the exchange handles it: 16 bit samples, one channel, 8 kHz, in frames of 20 ms."""

from __future__ import annotations

import io
import math
import warnings
import wave
from collections.abc import Iterable
from typing import Final

with warnings.catch_warnings():
    # Deprecated in Python 3.11 and 3.12; from 3.13 on audioop-lts provides the module of the same name.
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

RATE: Final = 8000
WIDTH: Final = 2
FRAME_SECONDS: Final = 0.02
FRAME_BYTES: Final = round(RATE * FRAME_SECONDS) * WIDTH
QUIET: Final = b"\0" * FRAME_BYTES
_HIGHEST_HZ: Final = 3600


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


def seconds(samples: bytes) -> float:
    """How long some samples last."""
    return len(samples) / (RATE * WIDTH)


def converted(samples: bytes, *, width: int, channels: int, rate: int) -> bytes:
    """Samples of any width, with one or two channels at any rate, as the exchange has them."""
    if width == 1:
        # In a WAV file samples of 8 bits are unsigned.
        samples = audioop.bias(samples, 1, 128)
    if width != WIDTH:
        samples = audioop.lin2lin(samples, width, WIDTH)
    if channels == 2:
        samples = audioop.tomono(samples, WIDTH, 0.5, 0.5)
    if rate > RATE:
        samples = _low_passed(samples, rate)
    if rate != RATE:
        samples, _state = audioop.ratecv(samples, WIDTH, 1, rate, RATE, None)
    return samples


def _low_passed(samples: bytes, rate: int) -> bytes:
    """Without what is too high for a telephone, which would come back as hiss when samples are left out."""
    reach = round(4 * rate / RATE)
    width = 2 * WIDTH
    wide = audioop.lin2lin(samples, WIDTH, width)
    edge = bytes(reach * width)
    around, total = edge + wide + edge, bytes(len(wide))
    for tap, weight in enumerate(_low_pass(reach, rate)):
        at = tap * width
        total = audioop.add(total, audioop.mul(around[at : at + len(wide)], width, weight), width)
    return audioop.lin2lin(total, width, WIDTH)


def _low_pass(reach: int, rate: int) -> list[float]:
    """The weights of a windowed sinc that ends at 3.6 kHz; they sum up to one."""
    cut = 2 * _HIGHEST_HZ / rate
    weights = []
    for tap in range(-reach, reach + 1):
        sinc = math.sin(math.pi * cut * tap) / (math.pi * tap) if tap else cut
        weights.append(sinc * (0.54 + 0.46 * math.cos(math.pi * tap / (reach + 1))))
    return [weight / sum(weights) for weight in weights]


def packed(samples: bytes) -> bytes:
    """The samples in µ-law, half as long: how recordings are kept."""
    return audioop.lin2ulaw(samples, WIDTH)


def unpacked(mu_law: bytes) -> bytes:
    """Samples from µ-law."""
    return audioop.ulaw2lin(mu_law, WIDTH)


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
