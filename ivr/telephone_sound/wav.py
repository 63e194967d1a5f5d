"""WAV files that say what they speak: the text stands in the comment (`ICMT`) of their INFO list."""

import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ivr import telephone_sound
from ivr.telephone_sound import adpcm
from ivr.telephone_sound.errors import NotWav

_PCM, _MU_LAW, _ADPCM, _EXTENSIBLE = 1, 7, 0x11, 0xFFFE
_LARGEST_BYTES: Final = 40 * 1024 * 1024


class Coding(StrEnum):
    """How samples are written; a pack's files are one of these, at 8 kHz with one channel."""

    PCM = "pcm"
    MU_LAW = "mu-law"
    ADPCM = "ima-adpcm"


@dataclass(frozen=True)
class Head:
    """What a WAV file tells of itself; `text` is empty where it does not say what it speaks.

    `maker` is the program that made it (`ISFT`), empty for a recording of somebody's.
    """

    coding: Coding
    rate: int
    channels: int
    bits: int
    text: str
    maker: str

    @property
    def is_fit(self) -> bool:
        """Whether a telephone can have it as it is."""
        plain = self.coding is not Coding.PCM or self.bits == 16
        return plain and self.rate == telephone_sound.RATE and self.channels == 1

    @property
    def kind(self) -> str:
        """Its format in words."""
        channels = "mono" if self.channels == 1 else f"{self.channels} channels"
        return f"{self.coding}, {self.rate} Hz, {self.bits} bit, {channels}"


@dataclass(frozen=True)
class Wav(Head):
    """A WAV file as read. `samples` are those of `sound`."""

    samples: bytes


@dataclass(frozen=True)
class _Format:
    kind: int
    channels: int
    rate: int
    block: int
    bits: int


def read_wav(content: bytes) -> Wav:
    """Read a WAV file: PCM of 8 to 32 bits, µ-law or IMA ADPCM, one or two channels. Raises NotWav."""
    form, chunks = _opened(content)
    samples = _decoded(form, chunks)
    return Wav(**vars(_head(form, chunks)), samples=samples)


def read_head(content: bytes) -> Head:
    """What a WAV file tells of itself, without a look at its sound. Raises NotWav."""
    return _head(*_opened(content))


def _opened(content: bytes) -> tuple[_Format, dict[bytes, bytes]]:
    if len(content) > _LARGEST_BYTES:
        raise NotWav("the file is too large")
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise NotWav("not a WAV file")
    chunks = _chunks(content, 12)
    if len(chunks.get(b"fmt ", b"")) < 16 or b"data" not in chunks:
        raise NotWav("not a whole WAV file")
    kind, channels, rate, _, block, bits = struct.unpack("<HHIIHH", chunks[b"fmt "][:16])
    if kind == _EXTENSIBLE and len(chunks[b"fmt "]) >= 26:
        kind = int.from_bytes(chunks[b"fmt "][24:26], "little")
    if channels not in (1, 2) or not 4000 <= rate <= 192_000:
        raise NotWav(f"{channels} channels at {rate} Hz cannot be read")
    return _Format(kind, channels, rate, block, bits), chunks


def _head(form: _Format, chunks: dict[bytes, bytes]) -> Head:
    info = _chunks(chunks.get(b"LIST", b""), 4)
    return Head(_coding(form), form.rate, form.channels, form.bits, _told(info, b"ICMT"), _told(info, b"ISFT"))


def _coding(form: _Format) -> Coding:
    if form.kind == _PCM and form.bits in (8, 16, 24, 32):
        return Coding.PCM
    if form.kind == _MU_LAW and form.bits == 8:
        return Coding.MU_LAW
    if form.kind == _ADPCM and form.channels == 1 and form.block >= 8:
        return Coding.ADPCM
    raise NotWav(f"a WAV file of another kind (format {form.kind}, {form.bits} bit)")


def _decoded(form: _Format, chunks: dict[bytes, bytes]) -> bytes:
    data, channels, rate = chunks[b"data"], form.channels, form.rate
    match _coding(form):
        case Coding.PCM:
            whole = channels * form.bits // 8
            data = data[: len(data) // whole * whole]
            return telephone_sound.converted(data, width=form.bits // 8, channels=channels, rate=rate)
        case Coding.MU_LAW:
            data = telephone_sound.from_mu_law(data[: len(data) // channels * channels])
            return telephone_sound.converted(data, width=telephone_sound.WIDTH, channels=channels, rate=rate)
        case Coding.ADPCM:
            return _from_adpcm(form, chunks)


def _from_adpcm(form: _Format, chunks: dict[bytes, bytes]) -> bytes:
    try:
        samples = adpcm.from_adpcm(chunks[b"data"], form.block)
    except ValueError as error:
        raise NotWav(f"IMA ADPCM: {error}") from error
    if len(chunks.get(b"fact", b"")) >= 4:
        # The last block is filled up.
        samples = samples[: int.from_bytes(chunks[b"fact"][:4], "little") * telephone_sound.WIDTH]
    return telephone_sound.converted(samples, width=telephone_sound.WIDTH, channels=1, rate=form.rate)


def write_wav(samples: bytes, text: str, coding: Coding, *, maker: str = "") -> bytes:
    """A file of these samples at 8 kHz that says that it speaks `text`."""
    match coding:
        case Coding.PCM:
            form, data = struct.pack("<HHIIHH", _PCM, 1, telephone_sound.RATE, telephone_sound.RATE * 2, 2, 16), samples
        case Coding.MU_LAW:
            form = struct.pack("<HHIIHHH", _MU_LAW, 1, telephone_sound.RATE, telephone_sound.RATE, 1, 8, 0)
            data = telephone_sound.to_mu_law(samples)
        case Coding.ADPCM:
            per_second = telephone_sound.RATE * adpcm.BLOCK_BYTES // adpcm.BLOCK_SAMPLES
            block = (adpcm.BLOCK_BYTES, 4, 2, adpcm.BLOCK_SAMPLES)
            form = struct.pack("<HHIIHHHH", _ADPCM, 1, telephone_sound.RATE, per_second, *block)
            data = adpcm.to_adpcm(samples)
    info = _chunk(b"ICMT", text.encode() + b"\0") + (_chunk(b"ISFT", maker.encode() + b"\0") if maker else b"")
    fact = struct.pack("<I", len(samples) // telephone_sound.WIDTH)
    # What it says stands before the sound, where readers that read only a little find it.
    body = _chunk(b"fmt ", form) + _chunk(b"fact", fact)
    body += _chunk(b"LIST", b"INFO" + info) + _chunk(b"data", data)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _chunks(content: bytes, at: int) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    while at + 8 <= len(content):
        name, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        chunk = content[at + 8 : at + 8 + length]
        # An INFO list may stand beside lists of other kinds.
        if name != b"LIST" or chunk[:4] == b"INFO":
            found.setdefault(name, chunk)
        at += 8 + length + length % 2
    return found


def _told(info: dict[bytes, bytes], name: bytes) -> str:
    return " ".join(info.get(name, b"").rstrip(b"\0").decode("utf-8", "replace").split())
