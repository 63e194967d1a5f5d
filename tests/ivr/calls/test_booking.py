"""An appointment is booked for whoever is identified, covered on its own day, and told without a word of health."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from config.audit import AuditEntry
from config.database import Transaction
from config.due_work import DueWork
from flows.library import FlowSet
from ivr.calls.booking import Appointment, Booked, book_appointment
from ivr.calls.errors import AppointmentRefused
from ivr.calls.models import Call, CallEvent, Message, Request
from ivr.calls.requests import open_request, steps_of
from ivr.insured.models import InsuredPhone
from ivr.messages import text_of
from tests.ivr.insured.records import Given, add
from tests.ivr.insurers import shipped_insurers
from tests.ivr.log_rows import NOW, add_call

VSK = shipped_insurers()["vsk"]
AT = datetime(2026, 12, 1, 7, 30, tzinfo=UTC)
OWN = "+79160001234"


def _call(tx: Transaction, given: Given | None = None, **more: object) -> Call:
    person = add(tx, given or Given(phones=(OWN,), person_fields={"time_zone": "Asia/Tomsk"})).person
    return add_call(tx, insured_id=person.id, level="identified", **more)


def _book(tx: Transaction, call: Call, at: datetime = AT, **more: object) -> Booked:
    appointment = Appointment(**{"at": at, "place": "поликлиника на Учебной, кабинет 5", **more})  # type: ignore[arg-type]
    return book_appointment(tx, insurer=VSK, call=call, appointment=appointment, by="0001", at=NOW)


def _steps(tx: Transaction, request: Request) -> list[str]:
    return [step.step for step in steps_of(tx, insurer=VSK, request=request)]


def test_the_request_that_stands_open_is_booked_with_time_place_and_approval(tx: Transaction) -> None:
    call = _call(tx)
    request = open_request(tx, insurer=VSK, call=call, kind="appointment", by="line", at=NOW).request
    booked = _book(tx, call, approval="77-15", is_told=True)
    assert booked.request is request
    assert _steps(tx, request) == ["requested", "booked", "insured_told"]
    assert request.details == {
        "appointment_at": AT.isoformat(),
        "place": "поликлиника на Учебной, кабинет 5",
        "approval": "77-15",
    }
    event = tx.scalars(select(CallEvent.data).where(CallEvent.kind == "appointment_booked")).one()
    assert (event["approval"], event["rule"]) == ("77-15", "programme.listed")
    assert tx.scalars(select(AuditEntry.action).where(AuditEntry.actor == "0001")).all()[-1] == "appointment_booked"


def test_without_an_open_request_one_is_opened(tx: Transaction) -> None:
    assert _steps(tx, _book(tx, _call(tx)).request) == ["requested", "booked"]


def test_booked_anew_the_visit_is_moved_and_told_again(tx: Transaction) -> None:
    call = _call(tx)
    first = _book(tx, call, is_told=True)
    later = AT + timedelta(days=2)
    second = _book(tx, call, later)
    assert second.request is first.request
    assert second.request.details["appointment_at"] == later.isoformat()
    assert len(tx.scalars(select(Message)).all()) == 2


def test_the_insured_reads_when_on_their_own_clock_and_not_where(tx: Transaction) -> None:
    message = _book(tx, _call(tx, ani="+79169999999")).message
    assert message is not None
    assert message.to_e164 == OWN
    text = text_of(FlowSet.from_folder().prompts, message)
    assert text.startswith("Вы записаны на 01.12, 14:30 по томскому времени.")
    assert "Учебной" not in text
    assert [row.kind for row in tx.scalars(select(DueWork))] == ["send_message"]


def test_whoever_calls_for_the_insured_gets_no_message_of_theirs(tx: Transaction) -> None:
    booked = _book(tx, _call(tx, Given(), ani="+79169999999", caller_role="clinic"))
    assert booked.message is None


def test_a_telephone_behind_a_switchboard_gets_no_message(tx: Transaction) -> None:
    call = _call(tx)
    for phone in tx.scalars(select(InsuredPhone)):
        phone.extension = "12"
    tx.flush()
    assert _book(tx, call).message is None


def test_without_a_zone_of_theirs_the_message_names_the_insurers(tx: Transaction) -> None:
    message = _book(tx, _call(tx, Given(phones=(OWN,)))).message
    assert message is not None
    assert "10:30 по московскому времени" in text_of(FlowSet.from_folder().prompts, message)


def test_the_cover_is_that_of_the_visits_own_day(tx: Transaction) -> None:
    call = _call(tx, Given(begins=date(2026, 1, 1), ends=date(2026, 12, 1)))
    # Still 30 November in Moscow, which is the last day of the half-open term.
    _book(tx, call, datetime(2026, 11, 30, 20, 59, tzinfo=UTC))
    with pytest.raises(AppointmentRefused, match=r"on 01\.12\.2026 the cover is in doubt \(period\.ended\)"):
        _book(tx, call, datetime(2026, 11, 30, 21, 0, tzinfo=UTC))


def test_an_agent_may_decide_and_it_is_on_record(tx: Transaction) -> None:
    booked = _book(tx, _call(tx, Given(services=[])), is_decided=True)
    assert booked.cover.rule == "programme.not_listed"
    entry = tx.scalars(select(AuditEntry).where(AuditEntry.action == "appointment_booked")).one()
    assert (entry.detail["rule"], entry.detail["decided_by_agent"]) == ("programme.not_listed", True)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"at": NOW}, "lies in the future"),
        ({"service": "vet"}, "no service 'vet'"),
        ({"place": "Клиника " * 20}, "at most 100 letters"),
    ],
)
def test_what_cannot_be_is_refused(tx: Transaction, more: dict[str, object], said: str) -> None:
    with pytest.raises(AppointmentRefused, match=said):
        _book(tx, _call(tx), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("level", ["unknown", "hinted"])
def test_nothing_is_booked_for_a_caller_who_is_not_identified(tx: Transaction, level: str) -> None:
    call = _call(tx)
    call.level = level
    with pytest.raises(AppointmentRefused, match="nobody is identified"):
        _book(tx, call)
    assert tx.scalars(select(Request)).all() == []
