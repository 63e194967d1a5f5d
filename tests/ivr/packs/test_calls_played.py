"""A whole call on lines that play from the pack, beside the same call by the carrier's voice."""

import json
from pathlib import Path

import pytest

from config.embedded_redis import running
from config.settings import DEMO, demo_settings, read_settings
from ivr.call_command import WantedCall, place_call
from ivr.calls.replay import replay_call
from ivr.insured.roster import import_roster
from ivr.phone_in_terminal import Event
from tests.ivr.turns.conftest import NOON
from tests.ports import free_port
from wsgi import Stage, rehearse

VSK, INSURED = "+78002001441", "+70002000001"
PRESSES = ("1", "1", "5000000001#", "15031985", "", "", "", "2")


def placed(folder: Path, capsys: pytest.CaptureFixture[str], speech: str) -> tuple[list[Event], list[str]]:
    """What machines are told of the call, and what the log says that its caller was told."""
    given = {"PULT_DATA_DIR": str(folder), "PULT_SPEECH": speech}
    settings = read_settings(given, folder=folder, defaults=demo_settings())
    with running(free_port(), folder / "redis") as redis, rehearse(settings, NOON, redis_url=redis.url) as stage:
        import_roster(stage.centre, DEMO / "rosters" / "vsk.csv", insurer_id="vsk", by="test")
        place_call(stage, WantedCall(VSK, INSURED, PRESSES, as_json=True))
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return events, _told(stage, events[-1]["call_id"])


def _told(stage: Stage, call_id: str) -> list[str]:
    with stage.database.transaction("test") as tx:
        seen = replay_call(tx, insurers=stage.centre.insurers, call_id=call_id, by="test", at=NOON)
    return [step.text for step in seen.steps if step.kind == "said"]


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_it_reads_and_goes_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (by_voice, told_by_voice), (by_pack, told_by_pack) = (
        placed(_folder(tmp_path / speech), capsys, speech) for speech in ("say", "pack")
    )

    def heard(events: list[Event]) -> list[tuple[str, str]]:
        return [(event["prompt_id"], event["text"]) for event in events if event["kind"] == "hears"]

    assert heard(by_pack) == heard(by_voice)
    assert told_by_pack == told_by_voice
    assert not any("…" in text for text in told_by_pack)
    assert [event["kind"] for event in by_pack] == [event["kind"] for event in by_voice]
    assert by_pack[-1]["duration_seconds"] == pytest.approx(by_voice[-1]["duration_seconds"], abs=5)
    # The last digits of the policy are spoken, and what an English voice reads; everything else is played.
    spoken = {event["prompt_id"] for event in by_pack if event["kind"] == "hears" and "url" not in event}
    assert spoken == {"ident.found", "language.other"}
