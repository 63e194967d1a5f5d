"""Reads audio files into samples, and the text that a prompt's file carries with it."""

from __future__ import annotations

import io
import struct
import wave
from typing import Final

import ivr.telephone_sound as telephone_sound

_MU_LAW: Final = 7
_PCM: Final = (1, 0xFFFE)


def samples_of(content: bytes) -> bytes:
    """The samples (pcm.py) of a WAV file, or of whatever PyAV reads where it is installed.

    Raises ValueError for a file that cannot be read.
    """
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        try:
            return _wav(content)
        except (ValueError, EOFError, wave.Error, struct.error):
            return _by_pyav(content)
    return _by_pyav(content)


def converted(samples: bytes, *, rate: int) -> bytes:
    """Samples of 16 bits and one channel at the exchange's rate."""
    return telephone_sound.converted(samples, width=2, channels=1, rate=rate)


def text_of(content: bytes) -> str:
    """What a WAV file says of itself: the comment (``ICMT``) in its INFO list, else nothing.

    A prompt pack writes its prompt's text there, so that a page can show what is being said.
    """
    info = _chunks(content).get(b"LIST", b"")
    if info[:4] != b"INFO":
        return ""
    comment = _chunks_in(info, 4).get(b"ICMT", b"")
    return comment.rstrip(b"\0").decode("utf-8", "replace")


def _wav(content: bytes) -> bytes:
    chunks = _chunks(content)
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", chunks[b"fmt "][:16])
    samples = chunks[b"data"]
    if kind == _MU_LAW and channels == 1:
        return telephone_sound.converted(telephone_sound.from_mu_law(samples), width=2, channels=1, rate=rate)
    if kind not in _PCM or channels not in (1, 2) or bits not in (8, 16, 24, 32):
        raise ValueError("a WAV file of another kind")
    whole = channels * bits // 8
    samples = samples[: len(samples) // whole * whole]
    return telephone_sound.converted(samples, width=bits // 8, channels=channels, rate=rate)


def _chunks(content: bytes) -> dict[bytes, bytes]:
    found = _chunks_in(content, 12)
    if b"fmt " in found and b"data" in found:
        return found
    raise ValueError("not a WAV file")


def _chunks_in(content: bytes, at: int) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    while at + 8 <= len(content):
        name, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        found.setdefault(name, content[at + 8 : at + 8 + length])
        at += 8 + length + length % 2
    return found


def _by_pyav(content: bytes) -> bytes:
    try:
        import av
    except ImportError as error:
        raise ValueError("only WAV files can be read here: PyAV is not installed") from error
    resampler = av.AudioResampler(format="s16", layout="mono", rate=telephone_sound.RATE)
    found = bytearray()
    try:
        with av.open(io.BytesIO(content), "r") as container:
            for frame in container.decode(audio=0):
                for one in resampler.resample(frame):
                    found += bytes(one.planes[0])[: one.samples * telephone_sound.WIDTH]
            for one in resampler.resample(None):
                found += bytes(one.planes[0])[: one.samples * telephone_sound.WIDTH]
    except (av.FFmpegError, IndexError) as error:
        raise ValueError("not a sound that can be read") from error
    return bytes(found)
