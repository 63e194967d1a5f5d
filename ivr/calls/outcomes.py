"""What came of a call: one primary outcome, any number of secondary ones, and whom they are about (domain.md §7)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, select

from config.audit import audit
from config.database import Transaction
from config.ids import new_id
from ivr.calls.errors import OutcomeNotLinkable, OutcomeUnknown
from ivr.calls.log import record
from ivr.calls.models import Call, IdentificationLevel, Outcome
from ivr.insured.models import InsuredPerson

LINE: Final = "line"
"""Who records what the menus themselves came to; everybody else is an agent's code."""

GENERIC: Final = frozenset(
    """
    info_given appointment_requested appointment_booked insured_notified gl_requested gl_issued gl_sent_to_clinic
    gl_declined ambulance_dispatched arrival_confirmed patient_state_checked home_doctor_called
    hospitalisation_emergency hospitalisation_planned evacuation_organised telemed_booked second_opinion_opened
    limit_reached first_opinion_missing psychologist_connected claim_registered ticket_registered
    policy_duplicate_emailed referred_hr referred_registry referred_cabinet referred_home_region_representative
    referred_tfoms wrong_insurer refused_not_covered policy_expired out_of_radius deductible_not_active
    not_identified callback_scheduled callback_done callback_failed voicemail_left transferred_112
    abandoned_in_ivr abandoned_in_queue dropped_mid_call emergency_drop nuisance test
    transferred_duty transferred_elsewhere
    """.split()  # noqa: SIM905 - words read better than 45 quoted lines
)
"""The outcomes of domain.md §7, which every insurer has; the last two: the duty number, or a diversion's, answered."""

RING_BACK: Final = "ring_back"
_RUNG_BACK_WITHIN: Final = {
    "emergency_drop": timedelta(0),
    "dropped_mid_call": timedelta(minutes=15),
    "abandoned_in_queue": timedelta(hours=2),
    "callback_failed": timedelta(hours=2),
}
DESK: Final = "desk"
"""The owner of what whoever sits at the insurer's desk is to do next."""
REACH_ANOTHER_WAY: Final = "reach_another_way"
_REACHED_WITHIN: Final = timedelta(hours=4)
TRANSFERRED_DUTY: Final = "transferred_duty"
TRANSFERRED_ELSEWHERE: Final = "transferred_elsewhere"
_SPOKEN_TO: Final = frozenset({TRANSFERRED_DUTY, TRANSFERRED_ELSEWHERE})

_KNOWN_ENOUGH: Final = (IdentificationLevel.IDENTIFIED, IdentificationLevel.VERIFIED)


@dataclass(frozen=True)
class _Entry:
    code: str
    by: str
    at: datetime
    note: str | None
    rule: str | None
    next_action: str | None
    due_at: datetime | None
    owner: str | None


def record_outcome(
    tx: Transaction,
    *,
    call: Call,
    code: str,
    by: str,
    at: datetime,
    is_primary: bool = True,
    note: str | None = None,
    rule: str | None = None,
    next_action: str | None = None,
    due_at: datetime | None = None,
    owner: str | None = None,
    own_codes: Collection[str] = (),
) -> Outcome:
    """Write down what came of `call`, and return the row that now says so. Raises OutcomeUnknown.

    `code` is one of domain.md §7, or of `own_codes` (the insurer's list in config/lines). `by` is an agent's
    code or `LINE`. An agent's primary outcome wins: it turns the line's or another agent's into a secondary one
    and replaces the same agent's earlier one; the line's never replaces an agent's, which is then returned, and
    stands beside its own earlier one where that says that somebody without a desk spoke to the caller. The same
    outcome by the same recorder again changes the row. `call` must be locked (`ivr.calls.finding`).
    """
    if code not in GENERIC and code not in own_codes:
        raise OutcomeUnknown(code)
    entry = _Entry(code, by, at, note, rule, next_action, due_at, owner)
    if not is_primary:
        return _secondary(tx, call, entry)
    primary = primary_outcome(tx, call.id)
    if primary is None:
        return _add(tx, call, entry, is_primary=True)
    if by == LINE and primary.code in _SPOKEN_TO and code != primary.code:
        return _secondary(tx, call, entry)
    if primary.recorded_by == by:
        return _rewrite(tx, call, primary, entry)
    if by == LINE:
        return primary
    primary.is_primary = False
    # The old primary must be gone before the new one comes: the index allows one.
    tx.flush()
    return _add(tx, call, entry, is_primary=True)


def drop_secondary(tx: Transaction, *, call: Call, by: str, keep: Collection[str], at: datetime) -> None:
    """Take back the secondary outcomes that `by` recorded before and does not name any more."""
    gone = select(Outcome).where(
        Outcome.call_id == call.id,
        Outcome.recorded_by == by,
        Outcome.is_primary.is_(False),
        Outcome.code.not_in(keep),
    )
    for outcome in tx.scalars(gone).all():
        record(tx, call, "outcome_taken_back", at=at, code=outcome.code, by=by)
        tx.delete(outcome)
    tx.flush()


def record_line_outcome(
    tx: Transaction, *, call: Call, code: str, at: datetime, own_codes: Collection[str] = ()
) -> None:
    """Write down what the menus, or the caller's hanging up, came to; who reached nobody must be rung back.

    As `record_outcome` otherwise.
    """
    within = _RUNG_BACK_WITHIN.get(code)
    record_outcome(
        tx,
        call=call,
        code=code,
        by=LINE,
        at=at,
        next_action=None if within is None else RING_BACK,
        due_at=None if within is None else at + within,
        owner=None if within is None else DESK,
        own_codes=own_codes,
    )


# Built once: every call's end asks it, twice.
_PRIMARY: Final = select(Outcome).where(Outcome.call_id == bindparam("call_id"), Outcome.is_primary)


def primary_outcome(tx: Transaction, call_id: str) -> Outcome | None:
    """The call's primary outcome, if one is on record."""
    return tx.scalars(_PRIMARY, {"call_id": call_id}).one_or_none()


def has_reached_duty(tx: Transaction, call_id: str) -> bool:
    """Whether somebody at the line's duty number spoke to the caller."""
    statement = select(Outcome.id).where(Outcome.call_id == call_id, Outcome.code == TRANSFERRED_DUTY)
    return tx.scalar(statement.limit(1)) is not None


def outcomes_of(tx: Transaction, call_id: str) -> list[Outcome]:
    """Every outcome of a call, the primary first, then by age."""
    statement = select(Outcome).where(Outcome.call_id == call_id)
    return list(tx.scalars(statement.order_by(Outcome.is_primary.desc(), Outcome.id)))


def link_outcome(tx: Transaction, *, outcome: Outcome, insured_id: str, by: str, at: datetime) -> None:
    """Put an outcome, recorded against the call only, on an insured record of the same insurer; audited.

    Raises OutcomeNotLinkable for an anonymous call, an insured person of nobody or of another insurer, and an
    outcome that stands on another record. Linking to the same record again changes nothing.
    """
    if outcome.insured_id == insured_id:
        return
    call, person = tx.get(Call, outcome.call_id), tx.get(InsuredPerson, insured_id)
    if call is None or call.is_anonymous:
        raise OutcomeNotLinkable(f"outcome {outcome.id}: the call is anonymous")
    if person is None or person.insurer_id != outcome.insurer_id:
        raise OutcomeNotLinkable(f"outcome {outcome.id}: no such insured person")
    if outcome.insured_id is not None:
        raise OutcomeNotLinkable(f"outcome {outcome.id}: it stands on another record")
    outcome.insured_id = insured_id
    audit(
        tx,
        insurer_id=outcome.insurer_id,
        at=at,
        actor=by,
        action="outcome_linked",
        subject_kind="outcome",
        subject_id=outcome.id,
        insured_id=insured_id,
    )


def insured_on_record(call: Call) -> str | None:
    """The insured person whom entries about this call stand under: none before identification, never for an
    anonymous call.
    """
    return call.insured_id if call.level in _KNOWN_ENOUGH and not call.is_anonymous else None


def leave_to_the_desk(tx: Transaction, call: Call, *, at: datetime) -> None:
    """A promised call could not be made: that is somebody's work, who tries another way. `call` must be locked."""
    record_outcome(
        tx,
        call=call,
        code="callback_failed",
        by=LINE,
        at=at,
        is_primary=False,
        next_action=REACH_ANOTHER_WAY,
        due_at=at + _REACHED_WITHIN,
        owner=DESK,
    )


def _secondary(tx: Transaction, call: Call, entry: _Entry) -> Outcome:
    same = select(Outcome).where(
        Outcome.call_id == call.id,
        Outcome.code == entry.code,
        Outcome.recorded_by == entry.by,
        Outcome.is_primary.is_(False),
    )
    known = tx.scalars(same.limit(1)).one_or_none()
    return _add(tx, call, entry, is_primary=False) if known is None else _rewrite(tx, call, known, entry)


def _add(tx: Transaction, call: Call, entry: _Entry, *, is_primary: bool) -> Outcome:
    outcome = Outcome(
        id=new_id(entry.at),
        insurer_id=call.insurer_id,
        call_id=call.id,
        insured_id=insured_on_record(call),
        is_primary=is_primary,
        code=entry.code,
    )
    _fill(outcome, entry)
    tx.add(outcome)
    tx.flush()
    record(tx, call, "outcome_recorded", at=entry.at, code=entry.code, by=entry.by, is_primary=is_primary)
    return outcome


def _rewrite(tx: Transaction, call: Call, outcome: Outcome, entry: _Entry) -> Outcome:
    if outcome.code != entry.code:
        before = outcome.code
        record(tx, call, "outcome_corrected", at=entry.at, code=entry.code, before=before, by=entry.by)
        audit(
            tx,
            insurer_id=call.insurer_id,
            at=entry.at,
            actor=entry.by,
            action="outcome_corrected",
            subject_kind="outcome",
            subject_id=outcome.id,
            before=before,
            after=entry.code,
        )
    _fill(outcome, entry)
    tx.flush()
    return outcome


def _fill(outcome: Outcome, entry: _Entry) -> None:
    outcome.code, outcome.note, outcome.rule = entry.code, entry.note, entry.rule
    outcome.recorded_by, outcome.recorded_at = entry.by, entry.at
    outcome.next_action, outcome.due_at, outcome.owner = entry.next_action, entry.due_at, entry.owner
