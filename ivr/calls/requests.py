"""Requests that calls open, such as a guarantee letter or an ambulance: their chain of steps and their deadlines."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, literal_column, or_, select

from config.audit import audit
from config.database import Transaction
from config.ids import new_id
from config.line_descriptions import Insurer, RequestKind
from ivr.calls.errors import RequestUnknown, StepRefused
from ivr.calls.log import record
from ivr.calls.models import Call, Request, RequestStep
from ivr.calls.outcomes import insured_on_record
from ivr.insured import entitlements
from ivr.insured.models import InsuredPerson

DECLINED: Final = "declined"
WITHDRAWN: Final = "withdrawn"
ENDS: Final = frozenset({DECLINED, WITHDRAWN})
"""Steps that end a request of any kind, from wherever it stands: the insurer declined, the caller withdrew it."""

APPOINTMENT_AT: Final = "appointment_at"
"""Where a booked appointment keeps its instant among a request's details: ISO text with its offset."""

APPROVAL: Final = "approval"
"""Where a request keeps the number of the insurer's approval (domain.md §2)."""


@dataclass(frozen=True)
class Opened:
    """A request, and whether it was opened just now or stood open already."""

    request: Request
    is_new: bool


@dataclass(frozen=True)
class RequestStatus:
    """How far a request has come: its step now, every step reached in order, and when it is due (UTC; None: no clock
    runs).
    """

    request_id: str
    step: str
    reached: tuple[str, ...]
    opened_at: datetime
    due_at: datetime | None
    is_open: bool


def open_request(
    tx: Transaction,
    *,
    insurer: Insurer,
    call: Call,
    kind: str,
    by: str,
    at: datetime,
    owner: str | None = None,
    details: dict[str, str] | None = None,
) -> Opened:
    """Open a request of `kind` at its first step; raises RequestUnknown for a kind that the insurer does not take.

    One that stands open for the same insured person (before identification: from the same call) is returned
    instead, save an appointment whose time is past: that is over. `call` must be locked, and of this insurer.
    `details` hold no name and no number.
    """
    rules = rules_of(insurer, kind)
    insured_id = insured_on_record(call)
    if insured_id is not None:
        # Two calls about one person may come at once: the person's row makes them take turns.
        tx.get(InsuredPerson, insured_id, with_for_update=True)
    known = _newest(tx, call, kind, is_open=True)
    if known is not None and is_past(known, at):
        known.closed_at = at
        record(tx, call, "request_lapsed", at=at, request=known.id, request_kind=kind)
        known = None
    if known is not None:
        return Opened(known, is_new=False)
    first = rules.steps[0]
    request = Request(
        id=new_id(at),
        insurer_id=insurer.id,
        kind=kind,
        call_id=call.id,
        insured_id=insured_id,
        step=first,
        opened_at=at,
        owner=owner,
        details=dict(details or {}),
    )
    tx.add(request)
    tx.flush()
    _reach(tx, insurer, rules, request, first, by=by, at=at)
    record(tx, call, "request_opened", at=at, request=request.id, request_kind=kind, by=by)
    return Opened(request, is_new=True)


def advance_request(
    tx: Transaction,
    *,
    insurer: Insurer,
    request_id: str,
    step: str,
    by: str,
    at: datetime,
    approval: str | None = None,
) -> Request:
    """Bring a request forward to `step`; steps in between may be skipped, and each keeps its own instant. Audited.

    The step that it is at changes nothing but the approval's number. Raises RequestUnknown, and StepRefused for a step
    that the kind does not have, one that lies behind, or a request that is closed. Its last step, or one of `ENDS`,
    closes it; one of `ENDS` also gives back the entitlement that it used.
    """
    request = locked_request(tx, insurer=insurer, request_id=request_id)
    if step == request.step and approval in (None, request.details.get(APPROVAL)):
        return request
    rules, before = rules_of(insurer, request.kind), request.step
    if step != before:
        _refuse_unless_ahead(rules, request, step)
        _reach(tx, insurer, rules, request, step, by=by, at=at)
    if approval is not None:
        request.details = {**request.details, APPROVAL: approval}
    given_back = entitlements.give_back(tx, request_id=request.id) if step in ENDS else 0
    audit(
        tx,
        insurer_id=insurer.id,
        at=at,
        actor=by,
        action="request_advanced",
        subject_kind="request",
        subject_id=request.id,
        before=before,
        after=step,
        approved=approval is not None,
        uses_given_back=given_back,
    )
    return request


def steps_ahead(insurer: Insurer, request: Request) -> tuple[str, ...]:
    """The steps that `advance_request` would take now, the chain's in order, then `ENDS`; none once it is closed."""
    rules = insurer.requests.get(request.kind)
    if rules is None or request.closed_at is not None:
        return ()
    ahead = rules.steps[rules.steps.index(request.step) + 1 :] if request.step in rules.steps else rules.steps
    return (*ahead, *sorted(ENDS - set(rules.steps)))


def newest_of(tx: Transaction, *, call: Call, kind: str) -> Request | None:
    """The newest request of this kind, open or not, of whoever this call is about."""
    return _newest(tx, call, kind)


def locked_request(tx: Transaction, *, insurer: Insurer, request_id: str) -> Request:
    """The insurer's request, held against other writers; raises RequestUnknown."""
    statement = select(Request).where(Request.id == request_id, Request.insurer_id == insurer.id).with_for_update()
    request = tx.scalars(statement).one_or_none()
    if request is None:
        raise RequestUnknown(request_id)
    return request


def open_request_of(tx: Transaction, *, call: Call, kind: str) -> Request | None:
    """The request of this kind that stands open for whoever this call is about."""
    return _newest(tx, call, kind, is_open=True)


def appointment_at(request: Request) -> datetime | None:
    """When a booked appointment is; None where none is booked."""
    written = request.details.get(APPOINTMENT_AT)
    return None if written is None else datetime.fromisoformat(str(written))


def is_past(request: Request, at: datetime) -> bool:
    """Whether it is an appointment whose time has come and gone."""
    booked_at = appointment_at(request)
    return booked_at is not None and booked_at < at


def status_of(tx: Transaction, *, insurer: Insurer, call: Call, kind: str) -> RequestStatus | None:
    """The newest request of `kind` that this caller may hear about: the identified insured's, else this call's own."""
    request = _newest(tx, call, kind)
    if request is None:
        return None
    reached = tuple(step.step for step in steps_of(tx, insurer=insurer, request=request))
    return RequestStatus(
        request.id, request.step, reached, request.opened_at, request.due_at, is_open=request.closed_at is None
    )


def requests_of(tx: Transaction, call_id: str) -> list[Request]:
    """The requests that a call opened, oldest first."""
    return list(tx.scalars(select(Request).where(Request.call_id == call_id).order_by(Request.id)))


def steps_of(tx: Transaction, *, insurer: Insurer, request: Request) -> list[RequestStep]:
    """The steps that a request reached, in order; two of the same instant in the order of the chain."""
    rules = insurer.requests.get(request.kind)
    rank = {step: number for number, step in enumerate(rules.steps if rules else ())}
    found = tx.scalars(select(RequestStep).where(RequestStep.request_id == request.id))
    return sorted(found, key=lambda step: (step.reached_at, rank.get(step.step, len(rank)), step.id))


def rules_of(insurer: Insurer, kind: str) -> RequestKind:
    """The insurer's chain and deadline for a kind; raises RequestUnknown."""
    rules = insurer.requests.get(kind)
    if rules is None:
        raise RequestUnknown(f"{insurer.id} takes no {kind}")
    return rules


# Built once: building a statement anew takes longer than the database needs for it.
_NEWEST: Final = (
    select(Request)
    .where(Request.insurer_id == bindparam("insurer_id"), Request.kind == bindparam("kind"))
    .order_by(Request.opened_at.desc(), Request.id.desc())
    .limit(literal_column("1"))
)
_IS_OWN: Final = Request.call_id == bindparam("call_id")
_OWN: Final = _NEWEST.where(_IS_OWN)
_OWN_OR_INSUREDS: Final = _NEWEST.where(or_(Request.insured_id == bindparam("insured_id"), _IS_OWN))


def _newest(tx: Transaction, call: Call, kind: str, *, is_open: bool = False) -> Request | None:
    insured_id = insured_on_record(call)
    # What this call opened before its caller was identified is this caller's too.
    statement = _OWN if insured_id is None else _OWN_OR_INSUREDS
    if is_open:
        statement = statement.where(Request.closed_at.is_(None))
    wanted = {"insurer_id": call.insurer_id, "kind": kind, "call_id": call.id, "insured_id": insured_id}
    return tx.scalars(statement, wanted).one_or_none()


def _refuse_unless_ahead(rules: RequestKind, request: Request, step: str) -> None:
    if request.closed_at is not None:
        raise StepRefused(f"request {request.id} is closed at {request.step}")
    if step in ENDS and step not in rules.steps:
        return
    if step not in rules.steps:
        raise StepRefused(f"{request.kind} has no step {step}: {', '.join((*rules.steps, *sorted(ENDS)))}")
    if request.step in rules.steps and rules.steps.index(step) < rules.steps.index(request.step):
        raise StepRefused(f"request {request.id} is past {step}: it stands at {request.step}")


def _reach(
    tx: Transaction, insurer: Insurer, rules: RequestKind, request: Request, step: str, *, by: str, at: datetime
) -> None:
    request.step = step
    if step == rules.steps[-1] or step in ENDS:
        request.closed_at = at
    elif _clock_starts(rules, request, step):
        request.due_at = _deadline(insurer, rules, at)
    tx.add(
        RequestStep(
            id=new_id(at), insurer_id=insurer.id, request_id=request.id, step=step, reached_at=at, by=by
        )
    )
    tx.flush()


def _clock_starts(rules: RequestKind, request: Request, step: str) -> bool:
    """Whether reaching `step` starts the promise's clock: it is the step named, or the named one was skipped."""
    return request.due_at is None and rules.steps.index(step) >= rules.steps.index(rules.clock_starts_at)


def _deadline(insurer: Insurer, rules: RequestKind, at: datetime) -> datetime | None:
    if rules.deadline_working_days is not None:
        return insurer.calendar.working_deadline(at, rules.deadline_working_days, insurer.time_zone)
    if rules.deadline_hours is not None:
        return at + timedelta(hours=rules.deadline_hours)
    if rules.deadline_minutes is not None:
        return at + timedelta(minutes=rules.deadline_minutes)
    return None
