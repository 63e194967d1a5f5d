"""Reads audio files into samples, and the text that a prompt's file carries with it."""

from __future__ import annotations

import io

import ivr.telephone_sound as telephone_sound
from ivr.telephone_sound.errors import NotWav
from ivr.telephone_sound.wav import read_head, read_wav


def samples_of(content: bytes) -> bytes:
    """The samples (pcm.py) of a WAV file, or of whatever PyAV reads where it is installed.

    Raises ValueError for a file that cannot be read.
    """
    try:
        return read_wav(content).samples
    except NotWav:
        return _by_pyav(content)


def converted(samples: bytes, *, rate: int) -> bytes:
    """Samples of 16 bits and one channel at the exchange's rate."""
    return telephone_sound.converted(samples, width=2, channels=1, rate=rate)


def text_of(content: bytes) -> str:
    """What a WAV file says of itself (`ivr.telephone_sound.wav`), else nothing.

    A prompt pack writes its prompt's text there, so that a page can show what is being said.
    """
    try:
        return read_head(content).text
    except NotWav:
        return ""


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
