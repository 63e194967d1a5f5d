"""`pult call` as its user has it: whole calls on a whole centre, told event by event."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from agents.demo import load_demo
from config.database import Database
from config.embedded_redis import running
from config.settings import DEMO, demo_settings, read_settings
from ivr.call_command import RunningSwitchboard, WantedCall, place_call
from ivr.calls.models import Call
from ivr.insured.roster import import_roster
from ivr.phone_in_terminal import KINDS, Event, Transcript
from tests.ports import free_port
from wsgi import Stage, rehearse

VSK, INSURED = "+78002001441", "+70002000001"
# Rounds of music until the wait offers a callback or a message.
WAITING = ("", "", "", "")
# A Tuesday noon in Moscow.
NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


# One centre serves these calls in order: first with nobody there, then with the demo's agents.
pytestmark = pytest.mark.xdist_group("call_command")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The demo's people, and at first nobody who answers."""
    folder = tmp_path_factory.mktemp("centre")
    settings = read_settings({"PULT_DATA_DIR": str(folder)}, folder=folder, defaults=demo_settings())
    with running(free_port(), folder / "redis") as redis, rehearse(settings, NOON, redis_url=redis.url) as stage:
        import_roster(stage.centre, DEMO / "rosters" / "vsk.csv", insurer_id="vsk", by="test")
        yield stage


def placed(stage: Stage, capsys: pytest.CaptureFixture[str], *presses: str) -> tuple[int, list[Event]]:
    """The exit status, and what machines are told."""
    status = place_call(stage, WantedCall(VSK, INSURED, presses, as_json=True))
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def of_kind(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event["kind"] == kind]


def test_hanging_up_is_a_proper_end(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    status, events = placed(stage, capsys, "hangup")
    assert status == 0
    assert events[0] == {**events[0], "kind": "dialled", "to": VSK, "from": INSURED}
    assert [event["prompt_id"] for event in of_kind(events, "hears")] == ["vsk.notice", "vsk.main", "language.other"]
    assert events[-1]["outcome"] == "abandoned_in_ivr"
    with stage.database.reading("test") as tx:
        call = tx.get(Call, events[-1]["call_id"])
        assert call is not None
        assert events[-1]["duration_seconds"] == round((call.ended_at - call.started_at).total_seconds(), 1)


def test_silence_lets_the_prompt_come_again(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    _, events = placed(stage, capsys, "", "hangup")
    said = [event["prompt_id"] for event in of_kind(events, "hears")]
    assert said == ["vsk.notice", "vsk.main", "language.other", "menu.again", "vsk.main", "language.other"]
    assert of_kind(events, "pressed") == []


def test_a_message_left_is_recorded(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    status, events = placed(stage, capsys, "0", *WAITING, "2")
    assert [event["queue"] for event in of_kind(events, "queued")] == ["medical_desk"]
    assert [event["seconds"] > 0 for event in of_kind(events, "recorded")] == [True]
    assert (status, events[-1]["outcome"]) == (0, "voicemail_left")
    assert events[-1]["wait_seconds"] > 60
    assert events[-1]["talk_seconds"] == 0


def test_a_text_message_is_told_once_with_its_text(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    _, events = placed(stage, capsys, "0", *WAITING, "1")
    (message,) = of_kind(events, "sms")
    assert message["template"] == "sms.callback"
    assert message["text"].startswith("САО «ВСК»: Перезвоним")
    assert events[-1]["outcome"] == "callback_scheduled"


@pytest.fixture
def staffed(stage: Stage) -> Stage:
    """The same centre with the demo's agents."""
    load_demo(stage.centre)
    return stage


def test_an_identified_caller_waits_and_is_served(staffed: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    status, events = placed(staffed, capsys, "1", "1", "5000000001#", "15031985")
    kinds = [event["kind"] for event in events]
    assert status == 0
    assert set(kinds) <= set(KINDS)
    told = [kind for kind in kinds if kind not in ("hears", "pressed", "position")]
    assert told == ["dialled", "identified", "queued", "offered", "connected", "ended"]
    assert [event["keys"] for event in of_kind(events, "pressed")] == ["1", "1", "5000000001#", "15031985"]
    assert of_kind(events, "identified")[0]["level"] == "verified"
    assert of_kind(events, "hears")[-1]["prompt_id"] == "goodbye"
    assert all(event["text"] and event["prompt_id"] for event in of_kind(events, "hears"))
    assert events[-1]["outcome"] == "info_given"
    assert 0 < events[-1]["talk_seconds"] < events[-1]["duration_seconds"]


def test_people_read_the_same_call_as_prose(staffed: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert place_call(staffed, WantedCall(VSK, "anonymous", ("9",))) == 0
    said = capsys.readouterr().out
    for words in ("from a withheld number", ">  9", "•  queued: emergency", "•  connected to", "■  ended: "):
        assert words in said


class Line:
    """A telephone whose call goes as it is written."""

    call_sid = "CA1"

    def __init__(self, *events: Event) -> None:
        self._events = events
        self.done: list[str] = []

    def events(self) -> Iterator[Event]:
        yield from self._events

    def press(self, keys: str) -> None:
        self.done.append(keys)

    def hang_up(self) -> None:
        self.done.append("hangup")


@pytest.mark.parametrize(("status", "code"), [("completed", 1), ("failed", 1), ("busy", 1)])
def test_a_call_that_the_centre_does_not_know_came_to_no_proper_end(
    tmp_path: Path, sqlite_url: str, capsys: pytest.CaptureFixture[str], status: str, code: int
) -> None:
    database = Database(sqlite_url)
    settings = read_settings({"PULT_DATA_DIR": str(tmp_path)}, folder=tmp_path)
    line = Line({"kind": "ended", "status": status, "cause": "x", "seconds": 3})
    board = RunningSwitchboard(settings, database, lambda *_: line)
    assert place_call(board, WantedCall(VSK, "anonymous", as_json=True)) == code
    (ended,) = [json.loads(told) for told in capsys.readouterr().out.splitlines()]
    assert ended == {
        "kind": "ended", "at": None, "status": status, "cause": "x",
        "outcome": None, "call_id": None, "duration_seconds": 3,
    }  # fmt: skip
    database.close()


def test_a_sound_file_is_music_and_a_recording_is_told_by_the_centre_alone(
    tmp_path: Path, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database(sqlite_url)
    settings = read_settings({"PULT_DATA_DIR": str(tmp_path)}, folder=tmp_path)
    line = Line(
        {"kind": "hears", "url": "http://127.0.0.1:8080/static/hold.wav", "loop": 1},
        {"kind": "recorded", "seconds": 9},
        {"kind": "ended", "status": "completed", "cause": "x", "seconds": 3},
    )
    place_call(RunningSwitchboard(settings, database, lambda *_: line), WantedCall(VSK, "anonymous"))
    database.close()
    music, ended = capsys.readouterr().out.splitlines()
    assert music.strip() == "♪ (music)"
    assert ended.startswith("■")


def test_what_is_no_kind_for_machines_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("answered", "hold_music", "bridged"):
        Transcript(as_json=True).show({"kind": kind})
        Transcript(as_json=False).show({"kind": kind})
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_calls_are_found_by_their_own_number_alone(stage: Stage) -> None:
    with stage.database.reading("test") as tx:
        sids = tx.scalars(select(Call.carrier_sid)).all()
    assert len(sids) == len(set(sids))
