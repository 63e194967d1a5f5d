"""A prompt pack as a caller in a browser hears it: recordings composed by the application, played by the exchange."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Response

from flows.speech import Part, parts, render, text_of_parts
from ivr.exchange.voice import tones
from ivr.packs.addresses import Addresses
from ivr.packs.composing import PackVoice, composed
from ivr.packs.pack import Shelf
from ivr.telephone_sound.wav import Coding, write_wav
from tests.ivr.exchange.conftest import CALLER, LINE, RecordingApp
from tests.ivr.exchange.voice.conftest import Telephone

pytestmark = [pytest.mark.xdist_group("browsers")]
TEMPLATE = "Перед вами {ahead:number}, ждите."
# So long that a browser which comes to a standstill for a few seconds misses none.
TONE_SECONDS = 8.0
SOUNDS = {"Перед вами": 700.0, "двадцать": 950.0, "два": 1250.0, "ждите.": 1700.0}


@pytest.fixture
def voice(tmp_path: Path) -> PackVoice:
    """A pack in which every recording is a tone of its own."""
    for number, (words, frequency) in enumerate(SOUNDS.items()):
        path = tmp_path / "tones" / "ru" / "words" / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(write_wav(tones.tone((frequency,), TONE_SECONDS), words, Coding.ADPCM))
    return PackVoice(Shelf(tmp_path, ("tones",)), ("tones",))


def test_each_recording_of_a_prompt_arrives_in_turn_and_its_text_is_shown(
    telephone: Callable[..., Telephone], app: RecordingApp, voice: PackVoice
) -> None:
    said = parts(TEMPLATE, {"ahead": 22}, language="ru")
    played = voice.recordings_of(said, "ru")
    assert played is not None
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    url = Addresses("http://pult.example", b"secret").of(played, now).removeprefix("http://pult.example")
    app.says("/voice", f'<Play>{url}</Play><Pause length="30"/>')
    app.says(url, lambda _heard: Response(composed(voice.shelf, played), mimetype="audio/wav"))
    caller = telephone()

    caller.call(To=LINE, From=CALLER)

    for frequency in SOUNDS.values():
        caller.wait_to_hear(frequency)
    caller.wait_for_silence()
    heard = caller.wait_for("hears")
    # No caption was there: the file itself says what it speaks.
    assert heard["text"] == text_of_parts(said) == render(TEMPLATE, {"ahead": 22}, language="ru")
    assert heard["round_seconds"] == pytest.approx(4 * TONE_SECONDS + 0.12, abs=0.05)


def test_a_part_that_is_not_recorded_leaves_the_whole_prompt_to_the_voice(voice: PackVoice) -> None:
    assert voice.recordings_of(parts(TEMPLATE, {"ahead": 23}, language="ru"), "ru") is None
    assert voice.recordings_of((Part("двадцать", is_private=True),), "ru") is None
    assert voice.recordings_of(parts(TEMPLATE, {"ahead": 22}, language="ru"), "en") is None
