"""Files as studios and phones have them: read, written, and refused where they are broken."""

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr import telephone_sound
from ivr.exchange.voice import audio
from ivr.telephone_sound import levels
from ivr.telephone_sound.errors import NotWav
from ivr.telephone_sound.wav import Coding, read_wav, write_wav
from tests.ivr.packs.conftest import share_at, tone

WORDS = "Здравствуйте! Это «Пульт»."


def plain(samples: bytes, *, rate: int = 8000, channels: int = 1, bits: int = 16, kind: int = 1) -> bytes:
    """A file that says nothing of itself, as a recorder writes it."""
    frame = channels * bits // 8
    head = struct.pack("<HHIIHH", kind, channels, rate, rate * frame, frame, bits)
    body = b"fmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


@pytest.mark.parametrize("coding", list(Coding))
def test_a_file_keeps_its_sound_and_says_what_it_speaks(coding: Coding) -> None:
    content = write_wav(tone(1.0), WORDS, coding, maker="a test")

    read = read_wav(content)

    assert (read.coding, read.rate, read.channels, read.text, read.maker) == (coding, 8000, 1, WORDS, "a test")
    assert read.is_fit
    assert telephone_sound.seconds(read.samples) == 1.0
    assert share_at(read.samples, 440) > 0.99
    assert levels.level(read.samples) == pytest.approx(levels.level(tone(1.0)), abs=0.3)


@pytest.mark.parametrize("coding", list(Coding))
def test_the_exchange_hears_and_reads_what_is_written(coding: Coding) -> None:
    content = write_wav(tone(1.0), WORDS, coding)

    assert audio.text_of(content) == WORDS
    assert share_at(audio.samples_of(content)[:16000], 440) > 0.99


def test_the_small_coding_takes_half_of_what_a_telephone_takes() -> None:
    small, usual = (len(write_wav(tone(10), WORDS, coding)) for coding in (Coding.ADPCM, Coding.MU_LAW))

    assert small < 0.52 * usual


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 1), (44_100, 2), (16_000, 1)])
def test_a_studios_recording_is_converted_without_hiss(rate: int, channels: int) -> None:
    def studio(frequency: float) -> bytes:
        mono = tone(0.5, frequency, rate=rate)
        pairs = (mono[at : at + 2] * channels for at in range(0, len(mono), 2))
        return read_wav(plain(b"".join(pairs), rate=rate, channels=channels)).samples

    heard, too_high = studio(1000), studio(6300)

    assert telephone_sound.seconds(heard) == pytest.approx(0.5, abs=0.01)
    assert share_at(heard, 1000) > 0.98
    # Left in, it would come back as a tone of 1,700 Hz.
    assert levels.level(too_high) < levels.level(heard) - 30


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a WAV"),
        (b"<html>not found</html>", "not a WAV"),
        (b"RIFF\0\0\0\0WAVE", "not a whole"),
        (write_wav(tone(0.1), WORDS, Coding.PCM)[:30], "not a whole"),
        (plain(b"\0" * 100, kind=85), "another kind"),
        (plain(b"\0" * 100, channels=6), "6 channels"),
        (plain(b"\0" * 100, rate=1), "1 Hz"),
        (plain(b"\0\0\xff\0" + b"\0" * 252, kind=0x11, bits=4), "another kind"),
    ],
    ids=["empty", "page", "head", "cut", "mp3", "six", "slow", "adpcm"],
)
def test_a_broken_file_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(NotWav, match=why):
        read_wav(content)


@settings(max_examples=300)
@given(cut=st.integers(0, 700), at=st.integers(0, 690), byte=st.integers(0, 255), coding=st.sampled_from(list(Coding)))
def test_whatever_is_damaged_is_read_or_refused(cut: int, at: int, byte: int, coding: Coding) -> None:
    content = bytearray(write_wav(tone(0.05), WORDS, coding))
    content[min(at, len(content) - 1)] = byte
    with suppress(NotWav):
        read_wav(bytes(content[:cut]))


def test_speech_is_trimmed_and_brought_to_one_level() -> None:
    quiet = levels.silence(1) + tone(0.5, peak=500) + levels.silence(1)

    prompt = levels.levelled(levels.trimmed(quiet))

    assert telephone_sound.seconds(prompt) == pytest.approx(0.58, abs=0.05)
    assert levels.level(prompt) == pytest.approx(-18, abs=0.5)
    assert not levels.is_cut_off(prompt)


def test_what_was_recorded_too_loud_is_seen() -> None:
    loud = b"".join(struct.pack("<h", max(-32768, min(32767, it[0] * 8))) for it in struct.iter_unpack("<h", tone(0.5)))

    assert levels.is_cut_off(loud)
    assert not levels.is_cut_off(tone(0.5, peak=31000))


def test_the_shipped_files_are_those_of_a_telephone() -> None:
    folder = Path(__file__).resolve().parents[3] / "ivr" / "packs" / "shipped" / "festival"
    found = sorted(folder.rglob("*.wav"))

    assert len(found) > 300
    assert {read_wav(path.read_bytes()).coding for path in found} == {Coding.ADPCM}
    assert "Shmyrev" in (folder / "LICENCE").read_text()
