"""Checking what the carrier gave us: a whole WAV file, as long as was announced; and its loudness along the way."""

import base64
import io
import warnings
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from recordings.errors import BrokenSound

with warnings.catch_warnings():
    # Deprecated in Python 3.11 and 3.12; from 3.13 on audioop-lts provides the module of the same name.
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

PEAKS: Final = 400
"""How many steps a waveform has, at most."""

_WIDTH: Final = 2
_RATES: Final = range(8000, 48001)
# A carrier rounds, and cuts off a moment at both ends; what lacks more than this was broken off.
_LACKING_SECONDS: Final = 3.0
_LACKING_SHARE: Final = 0.05


@dataclass(frozen=True)
class CheckedSound:
    """A sound that can be played: its length in seconds, and the peaks for its waveform as a row keeps them."""

    duration_seconds: int
    peaks: str


def check(content: bytes, *, announced_seconds: int | None) -> CheckedSound:
    """Look through a whole WAV file, whose samples are not copied. Raises BrokenSound with the reason."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            return _checked(file, announced_seconds)
    except (wave.Error, EOFError, ValueError, ZeroDivisionError) as error:
        raise BrokenSound(f"no WAV file of samples ({error})") from error


def _checked(file: wave.Wave_read, announced_seconds: int | None) -> CheckedSound:
    channels, width, rate, frames, *_ = file.getparams()
    if width != _WIDTH or channels not in (1, 2) or rate not in _RATES:
        raise BrokenSound(f"{width * 8} bits, {channels} channels at {rate} Hz are not a telephone's sound")
    peaks = base64.b64encode(bytes(_peaks(file))).decode()
    seconds = frames / rate
    if announced_seconds is not None and seconds < announced_seconds * (1 - _LACKING_SHARE) - _LACKING_SECONDS:
        raise BrokenSound(f"{seconds:.0f} s of the {announced_seconds} s that were announced")
    return CheckedSound(round(seconds), peaks)


def _peaks(file: wave.Wave_read) -> Iterator[int]:
    """The highest amplitude of each of up to `PEAKS` equal stretches, in a byte's range."""
    frames = file.getnframes()
    steps = min(PEAKS, frames)
    edges = [frames * step // steps for step in range(steps + 1)] if steps else []
    for start, end in pairwise(edges):
        samples = file.readframes(end - start)
        if len(samples) != (end - start) * _WIDTH * file.getnchannels():
            raise BrokenSound("it was broken off: fewer samples than its head says")
        yield min(255, audioop.max(samples, _WIDTH) >> 7)
