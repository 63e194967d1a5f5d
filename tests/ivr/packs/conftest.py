"""Small packs of tones on the disk, and a phone side whose lines play from them."""

import math
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from config.line_descriptions import Insurer, Insurers, Line, LineSpeech, SpeechBy
from ivr.telephone_sound.wav import Coding, write_wav


def tone(seconds: float, frequency: float = 440.0, *, rate: int = 8000, peak: int = 8000) -> bytes:
    """Samples of 16 bits."""
    turns = (2 * math.pi * frequency * n / rate for n in range(round(seconds * rate)))
    return b"".join(struct.pack("<h", round(peak * math.sin(turn))) for turn in turns)


def share_at(samples: bytes, frequency: float, rate: int = 8000) -> float:
    """How much of the power is at one frequency: 1 for a pure tone."""
    values = struct.unpack(f"<{len(samples) // 2}h", samples)
    power = sum(value * value for value in values) or 1
    angles = [2 * math.pi * frequency * n / rate for n in range(len(values))]
    real = sum(value * math.cos(angle) for value, angle in zip(values, angles, strict=True))
    imaginary = sum(value * math.sin(angle) for value, angle in zip(values, angles, strict=True))
    return 2 * (real * real + imaginary * imaginary) / (power * len(values))


Record = Callable[..., Path]


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """The installation's folder of packs, with an empty pack `studio`."""
    (tmp_path / "packs" / "studio" / "ru").mkdir(parents=True)
    return tmp_path / "packs"


@pytest.fixture
def record(packs: Path) -> Record:
    """Puts a recording into a pack: a tone that says that it speaks some words."""

    def put(file: str, words: str, *, pack: str = "studio", samples: bytes | None = None, maker: str = "") -> Path:
        path = packs / pack / "ru" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        content = write_wav(tone(0.5) if samples is None else samples, words, Coding.PCM, maker=maker)
        path.write_bytes(content)
        return path

    return put


def with_speech(insurers: Insurers, speech: LineSpeech) -> Insurers:
    """The same insurers, all of whose lines sound so."""

    def line(one: Line) -> Line:
        return replace(one, speech=speech)

    def insurer(one: Insurer) -> Insurer:
        return replace(one, lines={name: line(it) for name, it in one.lines.items()})

    return Insurers({one.id: insurer(one) for one in insurers})


def from_packs(*names: str) -> LineSpeech:
    return LineSpeech(by=SpeechBy.PACK, packs=names)

