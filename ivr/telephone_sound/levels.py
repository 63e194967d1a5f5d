"""Speech as sound: how loud it is, and how it is trimmed and levelled to be as loud as other speech."""

import math
import warnings
from array import array
from typing import Final

from ivr.telephone_sound import RATE, WIDTH

with warnings.catch_warnings():
    # Deprecated in Python 3.11 and 3.12; from 3.13 on audioop-lts provides the module of the same name.
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

LOUDEST: Final = 32768

_SPEECH_DBFS: Final = -18.0
_PEAK: Final = 29_000
# What is this much below full scale, for 20 ms, is a pause.
_PAUSE_DBFS: Final = -48.0
_PIECE_BYTES: Final = round(RATE * 0.02) * WIDTH
_PIECES_KEPT: Final = 2
_CUT_OFF: Final = 32_000
_CUT_OFF_IN_A_ROW: Final = 4


def silence(length_seconds: float) -> bytes:
    """Nothing, for so long."""
    return bytes(round(RATE * length_seconds) * WIDTH)


def decibels(amplitude: float) -> float:
    """An amplitude in dB below full scale; -96 for silence."""
    return 20 * math.log10(amplitude / LOUDEST) if amplitude >= 1 else -96.0


def level(samples: bytes) -> float:
    """How loud the speech is, in dBFS: the mean over everything but pauses."""
    spoken = [piece for piece in _pieces(samples) if not _is_pause(piece)]
    return decibels(audioop.rms(b"".join(spoken), WIDTH)) if spoken else -96.0


def is_cut_off(samples: bytes) -> bool:
    """Whether peaks were too loud for the recorder: several samples in a row at full scale."""
    if not samples or audioop.max(samples, WIDTH) < _CUT_OFF:
        return False
    in_a_row = 0
    for sample in array("h", samples):
        in_a_row = in_a_row + 1 if abs(sample) >= _CUT_OFF else 0
        if in_a_row >= _CUT_OFF_IN_A_ROW:
            return True
    return False


def levelled(samples: bytes) -> bytes:
    """As loud as a prompt should be, its peaks unharmed."""
    peak = audioop.max(samples, WIDTH) if samples else 0
    if not peak:
        return samples
    wanted = 10 ** ((_SPEECH_DBFS - level(samples)) / 20)
    return audioop.mul(samples, WIDTH, min(wanted, _PEAK / peak))


def trimmed(samples: bytes) -> bytes:
    """Without the pauses at both ends, but for a breath."""
    spoken = [number for number, piece in enumerate(_pieces(samples)) if not _is_pause(piece)]
    if not spoken:
        return samples
    first, last = max(0, spoken[0] - _PIECES_KEPT), spoken[-1] + 1 + _PIECES_KEPT
    return samples[first * _PIECE_BYTES : last * _PIECE_BYTES]


def _pieces(samples: bytes) -> list[bytes]:
    return [samples[at : at + _PIECE_BYTES] for at in range(0, len(samples), _PIECE_BYTES)]


def _is_pause(piece: bytes) -> bool:
    return decibels(audioop.rms(piece[: len(piece) // WIDTH * WIDTH], WIDTH)) < _PAUSE_DBFS
