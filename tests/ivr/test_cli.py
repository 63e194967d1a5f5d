"""The duty manager's and the call log's commands, as typed."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from config.audit import AuditEntry
from config.centre import Centre
from config.clock import MovedClock
from config.database import Database
from config.due_work import WorkPlan
from config.settings import read_settings
from ivr.calls.models import Call
from ivr.calls.outcomes import record_outcome
from ivr.calls.requests import open_request
from ivr.cli import calls, line
from ivr.request_cli import request
from tests.ivr.insurers import shipped_insurers
from tests.ivr.log_rows import NOW, add_call


@dataclass(frozen=True)
class House:
    """What the program hands to its commands."""

    centre: Centre

    def type(self, *words: str) -> Result:
        group = {"line": line, "calls": calls, "request": request}[words[0]]
        return CliRunner().invoke(group, words[1:], obj=self, env={"COLUMNS": "200"})


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> House:
    database, clock = Database(sqlite_url), MovedClock(NOW)
    settings = read_settings({}, folder=tmp_path)
    return House(Centre(settings, clock, database, WorkPlan(database, clock), shipped_insurers()))


@pytest.fixture
def call_id(house: House) -> str:
    with house.centre.database.transaction("a_call") as tx:
        call = add_call(tx)
        record_outcome(tx, call=call, code="gl_requested", by="a1", at=NOW, next_action="оформить", owner="a1")
    return call.id


def test_announcement_goes_up_is_shown_and_comes_down(house: House) -> None:
    words = ("line", "announce", "vsk", "medical_desk", "--ru", "Ждать дольше.", "--until", "18:00")
    assert house.type(*words).exit_code == 0
    shown = json.loads(house.type("line", "show", "--json").output)
    assert (shown["line"], shown["text"], shown["until"]) == (
        "medical_desk",
        {"ru": "Ждать дольше."},
        "2026-11-24T15:00:00+00:00",
    )
    assert "Ждать дольше." in house.type("line", "show", "--insurer", "vsk").output
    assert "1 taken down" in house.type("line", "clear", "vsk", "medical_desk").output
    assert "nothing hangs" in house.type("line", "show").output


def test_queue_is_diverted(house: House) -> None:
    words = ("line", "divert", "vsk", "curator", "--queue", "--to", "+7 000 000-00-09")
    assert house.type(*words).exit_code == 0
    assert "+70000000009" in house.type("line", "show").output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("line", "announce", "vsk", "nowhere", "--ru", "Ждите."), "medical_desk"),
        (("line", "announce", "nobody", "medical_desk", "--ru", "Ждите."), "vsk"),
        (("line", "announce", "vsk", "medical_desk", "--ru", "Ждите.", "--until", "soon"), "no time"),
        (("line", "announce", "vsk", "medical_desk", "--ru", "Ждите.", "--until", "01:00"), "later than now"),
        (("line", "divert", "vsk", "medical_desk", "--to", "home"), "telephone number"),
        (("line", "divert", "vsk", "medical_desk", "--to", "+37122220000"), "begins with +7 (PULT_DESK_DIAL)"),
        (("calls", "list", "--since", "yesterday"), "no time"),
    ],
)
def test_wrong_usage_is_told_in_a_line(house: House, words: tuple[str, ...], told: str) -> None:
    result = house.type(*words)
    assert result.exit_code == 2
    assert told in result.output


def test_calls_are_listed_with_what_is_to_do(house: House, call_id: str) -> None:
    output = house.type("calls", "list", "--since", "2h").output
    assert call_id in output
    assert "gl_requested" in output
    assert "+79160001234" not in output
    assert "…" not in output
    assert max(map(len, output.splitlines())) <= 80
    listed = json.loads(house.type("calls", "list", "--insurer", "vsk", "--json").output)
    assert (listed["id"], listed["outcome"]) == (call_id, "gl_requested")
    assert house.type("calls", "list", "--outcome", "test", "--json").output == ""


def test_call_is_shown_and_the_reading_is_on_record(house: House, call_id: str) -> None:
    output = house.type("calls", "show", call_id).output
    assert "outcome gl_requested by a1" in output
    assert "оформить" in output
    assert json.loads(house.type("calls", "show", call_id, "--json").output)["call_id"] == call_id
    with house.centre.database.reading("audit") as tx:
        assert tx.scalars(select(AuditEntry.action)).all() == ["call_replayed"] * 2


def test_unknown_call_is_one_clear_line(house: House) -> None:
    result = house.type("calls", "show", "f" * 32)
    assert result.exit_code == 1
    assert "pult calls list" in result.output


@pytest.fixture
def request_id(house: House, call_id: str) -> str:
    with house.centre.database.transaction("a_request") as tx:
        call, vsk = tx.get_one(Call, call_id), house.centre.insurers["vsk"]
        return open_request(tx, insurer=vsk, call=call, kind="guarantee_letter", by="line", at=NOW).request.id


def test_open_requests_are_listed_with_what_was_promised(house: House, request_id: str) -> None:
    shown = house.type("request", "list", "--insurer", "vsk").output
    assert request_id in shown
    assert "26.11.2026 00:00" in shown
    assert "…" not in shown
    assert "nothing is open" in house.type("request", "list", "--insurer", "vsk", "--overdue").output
    assert "nothing is open" in house.type("request", "list", "--insurer", "vsk", "--kind", "ambulance").output
    assert "nothing is open" in house.type("request", "list", "--insurer", "rgs").output
    house.centre.clock.move_by(3 * 86_400)  # type: ignore[attr-defined]
    assert "OVERDUE" in house.type("request", "list", "--insurer", "vsk", "--overdue").output
    with house.centre.database.reading("audit") as tx:
        assert set(tx.scalars(select(AuditEntry.action))) == {"requests_listed"}


def test_a_request_is_brought_on_from_the_terminal(house: House, request_id: str, call_id: str) -> None:
    words = ("request", "step", request_id, "--insurer", "vsk")
    assert house.type(*words, "sent_to_clinic", "--approval", "77-15").output == "guarantee_letter: sent_to_clinic\n"
    assert "77-15" in house.type("request", "list", "--insurer", "vsk").output
    assert "approval: 77-15" in house.type("calls", "show", call_id).output
    for step, said in (("formed", "past formed"), ("flown", "no step flown")):
        refused = house.type(*words, step)
        assert refused.exit_code == 1
        assert said in refused.output
    assert house.type("request", "step", request_id, "formed", "--insurer", "rgs").exit_code == 1
    assert house.type(*words, "insured_told").output == "guarantee_letter: insured_told, closed\n"
    assert house.type("request", "list", "--insurer", "nobody").exit_code == 2
