"""Finds calls and open requests for people: calls newest first, requests the most pressing first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, and_, exists, select

from config.audit import audit
from config.database import Transaction
from ivr.calls.models import Call, CallEvent, Outcome, Request
from ivr.calls.replay import masked_caller

_QUEUED: Final = ("wait_began", "queued")


@dataclass(frozen=True)
class CallFilter:
    """Which calls to list; None is any. `outcome` is a primary or secondary code."""

    insurer_id: str | None = None
    line: str | None = None
    queue: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    limit: int = 50


@dataclass(frozen=True)
class ListedCall:
    """A call in a list, its caller masked; `outcome` is the primary one."""

    id: str
    insurer_id: str
    line: str
    caller: str
    started_at: datetime
    ended_at: datetime | None
    state: str
    level: str
    is_emergency: bool
    outcome: str | None
    owner: str | None
    due_at: datetime | None


def list_calls(tx: Transaction, *, wanted: CallFilter, by: str, at: datetime) -> list[ListedCall]:
    """The calls that fit, newest first, for `by` to read; audited, see `audited_reading`."""
    rows = tx.execute(_matching(wanted).order_by(Call.started_at.desc(), Call.id.desc()).limit(wanted.limit)).all()
    listed = [_listed(call, outcome) for call, outcome in rows]
    for insurer_id in sorted({one.insurer_id for one in listed}):
        shown = [one.id for one in listed if one.insurer_id == insurer_id]
        audit(
            tx,
            insurer_id=insurer_id,
            at=at,
            actor=by,
            action="calls_listed",
            subject_kind="calls",
            subject_id="",
            count=len(shown),
            calls=" ".join(shown),
        )
    return listed


def list_requests(
    tx: Transaction, *, insurer_id: str, kind: str | None, is_overdue: bool, by: str, at: datetime
) -> list[Request]:
    """The insurer's open requests, the soonest due first, for `by` to read; audited, see `audited_reading`."""
    statement = select(Request).where(Request.insurer_id == insurer_id, Request.closed_at.is_(None))
    if kind:
        statement = statement.where(Request.kind == kind)
    if is_overdue:
        statement = statement.where(Request.due_at < at)
    found = list(tx.scalars(statement.order_by(Request.due_at.is_(None), Request.due_at, Request.id)))
    audit(
        tx,
        insurer_id=insurer_id,
        at=at,
        actor=by,
        action="requests_listed",
        subject_kind="requests",
        subject_id="",
        count=len(found),
        requests=" ".join(one.id for one in found),
    )
    return found


def _matching(wanted: CallFilter) -> Select[Call, Outcome]:
    primary = and_(Outcome.call_id == Call.id, Outcome.is_primary)
    statement = select(Call, Outcome).outerjoin(Outcome, primary)
    if wanted.insurer_id:
        statement = statement.where(Call.insurer_id == wanted.insurer_id)
    if wanted.line:
        statement = statement.where(Call.line == wanted.line)
    if wanted.since:
        statement = statement.where(Call.started_at >= wanted.since)
    if wanted.queue:
        joined = and_(
            CallEvent.call_id == Call.id,
            CallEvent.kind.in_(_QUEUED),
            CallEvent.data["queue"].as_string() == wanted.queue,
        )
        statement = statement.where(exists().where(joined))
    if wanted.outcome:
        statement = statement.where(Call.id.in_(select(Outcome.call_id).where(Outcome.code == wanted.outcome)))
    return statement


def _listed(call: Call, outcome: Outcome | None) -> ListedCall:
    return ListedCall(
        id=call.id,
        insurer_id=call.insurer_id,
        line=call.line,
        caller=masked_caller(call),
        started_at=call.started_at,
        ended_at=call.ended_at,
        state=call.state,
        level=call.level,
        is_emergency=call.is_emergency,
        outcome=outcome.code if outcome else None,
        owner=outcome.owner if outcome else None,
        due_at=outcome.due_at if outcome else None,
    )
