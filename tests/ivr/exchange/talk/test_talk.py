"""What is said at telephones that nobody holds: plays and their sounds, conversations, and recordings of them."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
import requests

from ivr.exchange.errors import UnreadableLines
from ivr.exchange.talk.__main__ import speak
from ivr.exchange.talk.conversations import Occasion, Tracks, Voice, conversation, message
from ivr.exchange.talk.lines import Lines, Speaker, shipped
from ivr.exchange.voice import pcm
from ivr.telephone_sound import RATE, WIDTH, levels
from ivr.telephone_sound.wav import read_wav
from tests.ivr.exchange.conftest import Bench, RecordingApp

AGENT, CALLER = Speaker.AGENT, Speaker.CALLER
AS_RENDERED = {AGENT: Voice(1.0, 1.0), CALLER: Voice(1.0, 1.0)}
FRAME = RATE // 50 * WIDTH


def talk(seconds: float, *, seed: int = 1, matter: str = "", is_rung_up: bool = False) -> Tracks:
    return conversation(shipped(), Random(seed), Occasion(matter, is_rung_up), AS_RENDERED, seconds)


def said_on(track: bytes, play: str) -> list[str]:
    """The lines of a play that are heard in full, as they are where voices change nothing."""
    lines = {line.words for passage in shipped().plays[play] for line in passage}
    return sorted(words for words in lines if shipped().sound(words) in track)


def is_spoken(track: bytes) -> list[bool]:
    """By frames of 20 ms, whether there is anything to hear."""
    return [any(track[at : at + FRAME]) for at in range(0, len(track), FRAME)]


def test_every_shipped_line_has_a_sound_fit_for_a_telephone() -> None:
    lines = shipped()
    words = {line.words for play in lines.plays.values() for passage in play for line in passage}
    assert words == set(lines.sounds)
    for path in lines.sounds.values():
        sound = read_wav(path.read_bytes())
        assert sound.is_fit
        assert not levels.is_cut_off(sound.samples)
        assert levels.level(sound.samples) == pytest.approx(-18, abs=3)


@pytest.mark.parametrize("seconds", [1, 6, 24, 25, 61, 240])
def test_a_conversation_is_as_long_as_asked_for_and_one_speaks_at_a_time(seconds: int) -> None:
    tracks = talk(seconds)
    assert {len(track) for track in tracks.values()} == {seconds * RATE * WIDTH}
    agent, caller = (is_spoken(tracks[one]) for one in (AGENT, CALLER))
    # Where one ends and the other begins within a frame, both are in it.
    assert sum(both == (True, True) for both in zip(agent, caller, strict=True)) <= 1


def test_two_people_take_turns() -> None:
    tracks = talk(60)
    frames = zip(is_spoken(tracks[AGENT]), is_spoken(tracks[CALLER]), strict=True)
    whose = [agent for agent, caller in frames if agent != caller]
    assert sum(before != after for before, after in pairwise(whose)) >= 6


def test_the_same_dice_tell_the_same_and_others_something_else() -> None:
    assert talk(30, seed=5) == talk(30, seed=5)
    assert len({talk(6, seed=seed)[AGENT] for seed in range(20)}) == 20


def test_both_are_heard_even_in_what_is_broken_off_after_six_seconds() -> None:
    for seed in range(20):
        assert all(any(track) for track in talk(6, seed=seed).values())


@pytest.mark.parametrize("seed", range(8))
def test_only_what_is_whole_ends_with_goodbyes(seed: int) -> None:
    whole, broken_off = talk(45, seed=seed), talk(8, seed=seed)
    assert said_on(whole[AGENT], "closing")
    assert not said_on(broken_off[AGENT], "closing")


@pytest.mark.parametrize(("matter", "play"), [("emergency", "emergency"), ("", "anything"), ("../x", "anything")])
def test_callers_speak_about_their_matter_or_about_anything(matter: str, play: str) -> None:
    assert said_on(talk(40, matter=matter)[CALLER], play)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("matter", "own"), [("emergency", "emergency."), ("complaint", "")])
def test_a_matter_may_have_openings_and_closings_of_its_own(matter: str, own: str, seed: int) -> None:
    agent = talk(40, matter=matter, seed=seed)[AGENT]
    for part in ("opening", "closing"):
        assert said_on(agent, f"{own}{part}")
        assert not said_on(agent, part if own else f"emergency.{part}")


def test_an_agent_who_has_rung_somebody_up_says_so() -> None:
    rung_up = talk(10, is_rung_up=True)
    assert said_on(rung_up[AGENT], "ringing_up")
    assert not said_on(rung_up[AGENT], "opening")


def test_a_message_is_one_callers_and_no_word_of_it_is_broken_off() -> None:
    tracks = message(shipped(), Random(3), AS_RENDERED, 9.0)
    assert not any(tracks[AGENT])
    assert said_on(tracks[CALLER], "message")
    assert len(tracks[CALLER]) == 9 * RATE * WIDTH
    assert not any(tracks[CALLER][-FRAME:])


def test_voices_differ_in_pitch_and_loudness() -> None:
    samples = shipped().sound(next(iter(shipped().sounds)))
    high = Voice(1.2, 0.5).says(samples)
    assert len(high) == pytest.approx(len(samples) / 1.2, abs=4)
    assert pcm.loudness(high) == pytest.approx(pcm.loudness(samples) / 2, rel=0.1)


# The files.


class Clicks:
    """An engine whose every text is a click."""

    name = "clicks"

    def has(self, language: str) -> bool:
        return True

    def speak(self, text: str, language: str) -> bytes:
        return b"\x00\x20" * 800


def written(folder: Path, text: str) -> Lines:
    (folder / "anything.txt").write_text(text, "utf-8")
    return Lines(folder)


def test_a_line_is_said_once_it_has_a_sound_and_its_sound_goes_with_it(tmp_path: Path) -> None:
    both = "# remark\n\nagent: Раз.\n...\ncaller: Два.\n\ncaller: Три.\n"
    lines = written(tmp_path, both)
    assert lines.passages("anything") == ()
    assert speak(lines, Clicks()) == (3, 0)
    first, second = written(tmp_path, both).passages("anything")
    assert [(line.speaker, line.words, line.is_after_wait) for line in first] == [
        (AGENT, "Раз.", False),
        (CALLER, "Два.", True),
    ]
    assert len(second) == 1
    changed = written(tmp_path, both.replace("Два", "Четыре"))
    assert [len(one) for one in changed.passages("anything")] == [1]
    assert speak(changed, Clicks()) == (1, 1)
    assert {path.name for path in (tmp_path / "sounds").iterdir()} == {f"anything.{number}.wav" for number in (1, 2, 3)}


@pytest.mark.parametrize("text", ["boss: Раз.", "agent Раз.", "agent:"])
def test_what_is_no_line_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableLines, match=r"anything.txt:2: expected"):
        written(tmp_path, f"# remark\n{text}\n")


def test_where_nothing_can_be_said_it_is_silent(tmp_path: Path) -> None:
    lines = written(tmp_path, "agent: Раз.\n")
    for tracks in (
        conversation(lines, Random(1), Occasion(), AS_RENDERED, 30.0),
        message(lines, Random(1), AS_RENDERED, 30.0),
    ):
        assert tracks == {one: bytes(30 * RATE * WIDTH) for one in Speaker}


# Recordings.


@pytest.fixture
def fetch(bench: Bench) -> Callable[..., wave.Wave_read]:
    """Gets the sound of a recording as the application does."""

    def get(sid: str, query: str = "") -> wave.Wave_read:
        account = bench.switch.settings
        url = f"{bench.running.url}/2010-04-01/Accounts/{account.account_sid}/Recordings/{sid}.wav{query}"
        answer = requests.get(url, auth=(account.account_sid, account.auth_token), timeout=60)
        assert answer.status_code == 200
        return wave.open(io.BytesIO(answer.content))

    return get


@pytest.fixture
def caller(app: RecordingApp, bench: Bench) -> str:
    """The sid of a call that is up, whose caller speaks about an emergency."""
    app.says("/voice", "<Enqueue>care</Enqueue>")
    phone = bench.call()
    bench.switch.talk_about(phone, "emergency")
    return bench.sid(phone)


def test_a_pause_is_silent_in_the_sound_and_what_is_skipped_is_not_in_it(
    bench: Bench, caller: str, fetch: Callable[..., wave.Wave_read]
) -> None:
    recording = bench.client.calls(caller).recordings.create()
    current = bench.client.calls(caller).recordings("Twilio.CURRENT")
    for status, seconds in (("skip", 5), ("silence", 20)):
        bench.run(10)
        current.update(status="paused", pause_behavior=status)
        bench.run(seconds)
        current.update(status="in-progress")
    bench.run(10)
    current.update(status="stopped")
    bench.run(2)
    with fetch(str(recording.sid)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, WIDTH, RATE)
        assert sound.getnframes() == 50 * RATE
        samples = sound.readframes(50 * RATE)
    assert any(samples[: 20 * RATE * WIDTH])
    assert not any(samples[20 * RATE * WIDTH : 40 * RATE * WIDTH])


def test_two_channels_have_the_caller_on_the_first(
    bench: Bench, caller: str, fetch: Callable[..., wave.Wave_read]
) -> None:
    recording = bench.client.calls(caller).recordings.create(recording_channels="dual")
    bench.run(40)
    bench.client.calls(caller).update(status="completed")
    bench.run(2)
    with fetch(str(recording.sid)) as both, fetch(str(recording.sid), "?RequestedChannels=1") as mixed:
        assert both.getnframes() == mixed.getnframes() == 40 * RATE
        samples, together = both.readframes(40 * RATE), mixed.readframes(40 * RATE)
    sides = [memoryview(samples).cast("h")[side::2].tobytes() for side in (0, 1)]
    assert pcm.mix(sides) == together
    # The agent, who greets, is loud; callers are not.
    assert 0 < pcm.loudness(sides[0]) < pcm.loudness(sides[1])
