"""What counts as a recording, and its waveform."""

import base64
import tracemalloc

import pytest

from recordings.checking import PEAKS, check
from recordings.errors import BrokenSound
from tests.recordings.sounds import wav

WHOLE = wav(10)


def test_a_whole_sound_has_its_length_and_a_waveform_that_swells_and_ebbs() -> None:
    sound = check(WHOLE, announced_seconds=10)
    peaks = base64.b64decode(sound.peaks)
    assert sound.duration_seconds == 10
    assert len(peaks) == PEAKS
    assert peaks[PEAKS // 2] > 4 * peaks[2] > 0
    assert peaks[PEAKS // 2] > 4 * peaks[-3]


def test_two_channels_are_one_waveform() -> None:
    assert check(wav(2, channels=2), announced_seconds=2).peaks == check(wav(2), announced_seconds=2).peaks


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"<html>sorry</html>",
        b"ID3" + bytes(500),
        WHOLE[:40],
        WHOLE[: len(WHOLE) // 2],
        WHOLE[:20] + (7).to_bytes(2, "little") + WHOLE[22:],
        wav(1, width=1),
        wav(1, rate=4000),
    ],
    ids=["empty", "head only", "a page", "an mp3", "cut head", "cut in half", "another coding", "8 bits", "too slow"],
)
def test_what_is_no_telephone_sound_is_broken(content: bytes) -> None:
    with pytest.raises(BrokenSound):
        check(content, announced_seconds=None)


def test_a_head_that_lies_of_gigabytes_takes_no_memory() -> None:
    lying = WHOLE[:40] + (0xFFFFFFF0).to_bytes(4, "little") + WHOLE[44:]
    tracemalloc.start()
    with pytest.raises(BrokenSound):
        check(lying, announced_seconds=None)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert highest < 4 * len(WHOLE)


def test_a_sound_shorter_than_announced_is_broken() -> None:
    check(WHOLE, announced_seconds=12)
    with pytest.raises(BrokenSound, match="of the 60 s"):
        check(WHOLE, announced_seconds=60)


def test_an_empty_sound_has_an_empty_waveform() -> None:
    assert check(wav(0), announced_seconds=0).peaks == ""
