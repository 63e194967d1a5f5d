"""The sounds of a telephone network: ringing, beeps, keys, and music for those who wait."""

from __future__ import annotations

import math
import struct
from functools import cache
from typing import Final

from ivr.telephone_sound import RATE, WIDTH

_LEVEL: Final = 5000
_KEY_LEVEL: Final = 14000
_ROWS: Final = (697, 770, 852, 941)
_COLUMNS: Final = (1209, 1336, 1477)
_PAD: Final = ("123", "456", "789", "*0#")
_EDGE_SECONDS: Final = 0.005

# The first bars of the prelude in C from "The Well-Tempered Clavier", as broken chords (midi numbers):
# free of rights, known to nobody as an advertisement, and calm.
_CHORDS: Final = (
    (60, 64, 67, 72, 76),
    (60, 62, 69, 74, 77),
    (59, 62, 67, 74, 77),
    (60, 64, 67, 72, 76),
    (60, 64, 69, 76, 81),
    (60, 62, 66, 69, 74),
    (59, 62, 67, 74, 79),
    (59, 60, 64, 67, 72),
    (57, 60, 64, 67, 72),
    (50, 57, 62, 66, 72),
    (55, 59, 62, 67, 71),
    (55, 58, 64, 67, 73),
    (53, 57, 62, 69, 74),
    (53, 56, 62, 65, 71),
    (52, 55, 60, 67, 72),
    (52, 53, 57, 60, 65),
    (50, 53, 57, 60, 65),
    (43, 50, 55, 59, 65),
    (48, 52, 55, 60, 64),
)
_NOTE_SECONDS: Final = 0.24


def tone(frequencies: tuple[float, ...], length_seconds: float, level: float = _LEVEL) -> bytes:
    """A steady sound of some frequencies together, without clicks at its edges."""
    count, edge = round(RATE * length_seconds), RATE * _EDGE_SECONDS
    turns = [2 * math.pi * frequency / RATE for frequency in frequencies]
    found = bytearray()
    for n in range(count):
        softness = min(1.0, n / edge, (count - n) / edge)
        wave = sum(math.sin(turn * n) for turn in turns) / len(turns)
        found += struct.pack("<h", round(level * softness * wave))
    return bytes(found)


def quiet(length_seconds: float) -> bytes:
    """Silence."""
    return b"\0" * (round(RATE * length_seconds) * WIDTH)


@cache
def ringing() -> bytes:
    """One round of the Russian ringing tone: 425 Hz for a second, then four of silence."""
    return tone((425.0,), 1.0) + quiet(4.0)


@cache
def beep() -> bytes:
    """What is heard before a message is taken, and when somebody comes or goes."""
    return tone((1000.0,), 0.25)


@cache
def key(pressed: str) -> bytes:
    """The two frequencies of one key (ITU-T Q.23) and a pause, 0.2 s; ``w`` and ``W`` are pauses."""
    for row, keys in enumerate(_PAD):
        if pressed in keys:
            pair = (float(_ROWS[row]), float(_COLUMNS[keys.index(pressed)]))
            return tone(pair, 0.12, _KEY_LEVEL) + quiet(0.08)
    return quiet({"w": 0.5, "W": 1.0}.get(pressed, 0.2))


def keys(pressed: str) -> bytes:
    """Keys one after another."""
    return b"".join(key(one) for one in pressed)


@cache
def music() -> bytes:
    """One round of the music for those who wait, about 73 seconds."""
    notes = [note for chord in _CHORDS for note in _broken(chord) * 2]
    count = round(RATE * _NOTE_SECONDS)
    samples = [0.0] * (count * len(notes) + RATE * 2)
    for index, note in enumerate(notes):
        for n, value in enumerate(_plucked(note)):
            samples[index * count + n] += value
    return struct.pack(f"<{len(samples)}h", *(max(-32768, min(32767, round(value))) for value in samples))


def _broken(chord: tuple[int, ...]) -> tuple[int, ...]:
    low, second, *upper = chord
    return (low, second, *upper, *upper)


@cache
def _plucked(note: int) -> tuple[float, ...]:
    """A string plucked once: a fundamental and two softer partials that die away."""
    turn = 2 * math.pi * 440.0 * 2 ** ((note - 69) / 12) / RATE
    return tuple(
        _LEVEL
        * 0.42
        * math.exp(-2.6 * n / RATE)
        * min(1.0, n / 40)
        * (math.sin(turn * n) + 0.35 * math.sin(2 * turn * n) + 0.12 * math.sin(3 * turn * n))
        for n in range(RATE * 2)
    )
