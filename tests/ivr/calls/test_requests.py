"""A request goes forward only, is open once, and is due in working days from the step that starts its clock."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from config.audit import AuditEntry
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.calls.errors import RequestUnknown, StepRefused
from ivr.calls.models import Call, Request
from ivr.calls.requests import advance_request, open_request, requests_of, status_of, steps_of
from tests.ivr.insurers import shipped_insurers
from tests.ivr.log_rows import NOW, add_call, add_person


@pytest.fixture(scope="module")
def rgs() -> Insurer:
    return shipped_insurers()["rgs"]


def _call(tx: Transaction, level: str = "identified", **given: object) -> Call:
    return add_call(tx, insurer_id="rgs", level=level, **given)


def _open(tx: Transaction, rgs: Insurer, call: Call, kind: str = "guarantee_letter") -> Request:
    return open_request(tx, insurer=rgs, call=call, kind=kind, by="line", at=NOW).request


def test_request_is_due_in_working_days(tx: Transaction, rgs: Insurer) -> None:
    request = _open(tx, rgs, _call(tx))
    # Tuesday noon in Moscow; one working day ends at midnight after Wednesday.
    assert request.due_at == datetime(2026, 11, 25, 21, 0, tzinfo=UTC)


def test_online_doctor_is_due_in_minutes(tx: Transaction, rgs: Insurer) -> None:
    assert _open(tx, rgs, _call(tx), "telemedicine").due_at == NOW + timedelta(minutes=5)


def test_second_opinion_is_due_fourteen_working_days_after_dispatch(tx: Transaction, rgs: Insurer) -> None:
    request = _open(tx, rgs, _call(tx), "second_opinion")
    assert request.due_at is None
    dispatched_at = NOW + timedelta(days=3)
    advance_request(tx, insurer=rgs, request_id=request.id, step="dispatched", by="a1", at=dispatched_at)
    assert request.due_at == datetime(2026, 12, 17, 21, 0, tzinfo=UTC)


def test_open_request_of_the_same_person_is_not_opened_twice(tx: Transaction, rgs: Insurer) -> None:
    person = add_person(tx, "rgs")
    first = _open(tx, rgs, _call(tx, insured_id=person.id))
    again = open_request(
        tx, insurer=rgs, call=_call(tx, insured_id=person.id), kind="guarantee_letter", by="line", at=NOW
    )
    assert (again.request, again.is_new) == (first, False)


def test_closed_request_makes_room_for_a_new_one(tx: Transaction, rgs: Insurer) -> None:
    call = _call(tx)
    first = _open(tx, rgs, call)
    advance_request(tx, insurer=rgs, request_id=first.id, step="insured_told", by="a1", at=NOW)
    assert first.closed_at == NOW
    assert open_request(tx, insurer=rgs, call=call, kind="guarantee_letter", by="line", at=NOW).is_new


def test_unidentified_callers_do_not_share_a_request(tx: Transaction, rgs: Insurer) -> None:
    person = add_person(tx, "rgs")
    hinted = _call(tx, level="hinted", insured_id=person.id)
    assert _open(tx, rgs, hinted).insured_id is None
    other = _call(tx, level="hinted", insured_id=person.id)
    assert open_request(tx, insurer=rgs, call=other, kind="guarantee_letter", by="line", at=NOW).is_new
    third = _call(tx, level="hinted", insured_id=person.id)
    assert status_of(tx, insurer=rgs, call=third, kind="guarantee_letter") is None


def test_each_step_keeps_its_own_instant_and_is_audited(tx: Transaction, rgs: Insurer) -> None:
    call = _call(tx)
    request = _open(tx, rgs, call)
    later = NOW + timedelta(hours=1)
    for _ in range(2):
        advance_request(tx, insurer=rgs, request_id=request.id, step="sent_to_clinic", by="a1", at=later)
    tx.flush()
    assert [(s.step, s.reached_at, s.by) for s in steps_of(tx, insurer=rgs, request=request)] == [
        ("requested", NOW, "line"),
        ("sent_to_clinic", later, "a1"),
    ]
    assert tx.scalars(select(AuditEntry.action)).all() == ["request_advanced"]
    status = status_of(tx, insurer=rgs, call=call, kind="guarantee_letter")
    assert status is not None
    assert status.reached == ("requested", "sent_to_clinic")
    assert status.is_open
    assert requests_of(tx, call.id) == [request]


@pytest.mark.parametrize("step", ["requested", "dispatched"])
def test_request_goes_forward_only_and_through_its_own_steps(tx: Transaction, rgs: Insurer, step: str) -> None:
    request = _open(tx, rgs, _call(tx))
    advance_request(tx, insurer=rgs, request_id=request.id, step="formed", by="a1", at=NOW)
    with pytest.raises(StepRefused):
        advance_request(tx, insurer=rgs, request_id=request.id, step=step, by="a1", at=NOW)


def test_declined_request_is_closed_for_good(tx: Transaction, rgs: Insurer) -> None:
    request = _open(tx, rgs, _call(tx))
    advance_request(tx, insurer=rgs, request_id=request.id, step="declined", by="a1", at=NOW)
    with pytest.raises(StepRefused):
        advance_request(tx, insurer=rgs, request_id=request.id, step="formed", by="a1", at=NOW)


def test_kind_that_the_insurer_does_not_take_is_refused(tx: Transaction, rgs: Insurer) -> None:
    with pytest.raises(RequestUnknown):
        _open(tx, rgs, _call(tx), "evacuation")


def test_another_insurer_cannot_advance_a_request(tx: Transaction, rgs: Insurer) -> None:
    request = _open(tx, rgs, _call(tx))
    with pytest.raises(RequestUnknown):
        advance_request(
            tx, insurer=shipped_insurers()["vsk"], request_id=request.id, step="formed", by="a1", at=NOW
        )
