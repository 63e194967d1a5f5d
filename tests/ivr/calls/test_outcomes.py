"""One primary outcome a call, about the insured only where the insured is known."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from config.audit import AuditEntry
from config.database import Transaction
from ivr.calls.errors import OutcomeNotLinkable, OutcomeUnknown
from ivr.calls.models import Call, Outcome
from ivr.calls.outcomes import LINE, link_outcome, outcomes_of, primary_outcome, record_outcome
from tests.ivr.log_rows import NOW, add_call, add_person


def _record(tx: Transaction, call: Call, code: str, by: str = LINE, **given: object) -> Outcome:
    return record_outcome(tx, call=call, code=code, by=by, at=NOW, **given)


def test_agents_primary_outcome_turns_the_lines_into_a_secondary_one(tx: Transaction) -> None:
    call = add_call(tx)
    _record(tx, call, "dropped_mid_call")
    _record(tx, call, "appointment_booked", "a1", next_action="позвонить", due_at=NOW + timedelta(days=1), owner="a1")
    assert [(o.code, o.is_primary) for o in outcomes_of(tx, call.id)] == [
        ("appointment_booked", True),
        ("dropped_mid_call", False),
    ]


def test_lines_outcome_never_replaces_an_agents(tx: Transaction) -> None:
    call = add_call(tx)
    agents = _record(tx, call, "appointment_booked", "a1")
    assert _record(tx, call, "info_given") is agents
    assert len(outcomes_of(tx, call.id)) == 1


def test_that_somebody_on_duty_spoke_to_the_caller_stays_the_lines_outcome(tx: Transaction) -> None:
    call = add_call(tx)
    _record(tx, call, "transferred_duty")
    _record(tx, call, "policy_expired")
    assert [(o.code, o.is_primary) for o in outcomes_of(tx, call.id)] == [
        ("transferred_duty", True),
        ("policy_expired", False),
    ]


def test_agent_corrects_own_outcome_in_place_with_audit(tx: Transaction) -> None:
    call = add_call(tx)
    _record(tx, call, "gl_requested", "a1")
    _record(tx, call, "gl_issued", "a1")
    tx.flush()
    assert [o.code for o in outcomes_of(tx, call.id)] == ["gl_issued"]
    assert tx.scalars(select(AuditEntry.action)).all() == ["outcome_corrected"]


def test_second_agent_takes_the_primary_over(tx: Transaction) -> None:
    call = add_call(tx)
    _record(tx, call, "gl_requested", "a1")
    _record(tx, call, "gl_issued", "a2")
    primary = primary_outcome(tx, call.id)
    assert primary is not None
    assert primary.code == "gl_issued"
    assert len(outcomes_of(tx, call.id)) == 2


def test_many_secondary_outcomes_and_a_repeat_is_one(tx: Transaction) -> None:
    call = add_call(tx)
    for code in ("policy_expired", "callback_scheduled", "policy_expired"):
        _record(tx, call, code, is_primary=False)
    assert sorted(o.code for o in outcomes_of(tx, call.id)) == ["callback_scheduled", "policy_expired"]


def test_unknown_code_is_refused_and_insurers_own_is_taken(tx: Transaction) -> None:
    call = add_call(tx)
    with pytest.raises(OutcomeUnknown):
        _record(tx, call, "vet_called")
    assert _record(tx, call, "vet_called", own_codes=("vet_called",)).code == "vet_called"


@pytest.mark.parametrize(
    ("level", "is_anonymous", "is_linked"),
    [
        ("unknown", False, False),
        ("hinted", False, False),
        ("identified", False, True),
        ("verified", False, True),
        ("verified", True, False),
    ],
)
def test_outcome_stands_on_the_insured_record_only_when_identified(
    tx: Transaction, level: str, is_anonymous: bool, is_linked: bool
) -> None:
    person = add_person(tx)
    call = add_call(tx, level=level, is_anonymous=is_anonymous, insured_id=person.id)
    assert _record(tx, call, "info_given").insured_id == (person.id if is_linked else None)


def test_outcome_is_linked_later_with_audit(tx: Transaction) -> None:
    person, call = add_person(tx), add_call(tx)
    outcome = _record(tx, call, "info_given")
    for _ in range(2):
        link_outcome(tx, outcome=outcome, insured_id=person.id, by="a1", at=NOW)
    tx.flush()
    assert outcome.insured_id == person.id
    assert tx.scalars(select(AuditEntry.action)).all() == ["outcome_linked"]


def test_anonymous_calls_outcome_is_never_linked(tx: Transaction) -> None:
    person, call = add_person(tx), add_call(tx, is_anonymous=True)
    outcome = _record(tx, call, "psychologist_connected")
    with pytest.raises(OutcomeNotLinkable):
        link_outcome(tx, outcome=outcome, insured_id=person.id, by="a1", at=NOW)


def test_another_insurers_person_is_not_linked(tx: Transaction) -> None:
    person, call = add_person(tx, "soglasie"), add_call(tx)
    outcome = _record(tx, call, "info_given")
    with pytest.raises(OutcomeNotLinkable):
        link_outcome(tx, outcome=outcome, insured_id=person.id, by="a1", at=NOW)
