"""What went before a call: the insured person's open requests and last calls, and what this call was asked already."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select

from config.database import Transaction
from config.line_descriptions import Words
from ivr.calls.models import Call, CallEvent, IdentificationLevel, Outcome, Request

_LAST_CALLS: Final = 5
_MOST_REQUESTS: Final = 6
_SURE: Final = (IdentificationLevel.IDENTIFIED, IdentificationLevel.VERIFIED)


@dataclass(frozen=True)
class OpenRequest:
    """A request that is not at its end: its kind and step as codes, and when the promise falls due."""

    kind: str
    step: str
    opened_at: datetime
    due_at: datetime | None


@dataclass(frozen=True)
class PastCall:
    """An earlier call: why they called, in words; the primary outcome's code; who spoke with them, by agent's code."""

    at: datetime
    reason: Words
    outcome: str | None
    agent: str | None


@dataclass(frozen=True)
class Asked:
    """Something that the line found out before the agent: the action, and its answer, as codes."""

    action: str
    result: str


def still_open(requests: Iterable[Request]) -> list[OpenRequest]:
    """The first of these requests that stand open."""
    found = [one for one in requests if one.closed_at is None]
    return [OpenRequest(one.kind, one.step, one.opened_at, one.due_at) for one in found[:_MOST_REQUESTS]]


def last_calls(tx: Transaction, call: Call) -> list[PastCall]:
    """The insured person's last calls before this one, newest first."""
    before = tx.scalars(calls_about(call.insurer_id, call.insured_id or "").where(Call.id != call.id)).all()
    ids = [one.id for one in before]
    reasons, outcomes, agents = reasons_of(tx, ids), outcomes_of(tx, ids), _agents(tx, ids)
    return [
        PastCall(one.started_at, reasons.get(one.id, {}), outcomes.get(one.id), agents.get(one.id)) for one in before
    ]


def calls_about(insurer_id: str, insured_id: str) -> Select[Call]:
    """The last calls that were surely about this person, newest first: a caller's number is but a hint."""
    return (
        select(Call)
        .where(Call.insurer_id == insurer_id, Call.insured_id == insured_id, Call.level.in_(_SURE))
        .where(Call.is_anonymous.is_(False))
        .order_by(Call.started_at.desc(), Call.id.desc())
        .limit(_LAST_CALLS)
    )


def reasons_of(tx: Transaction, call_ids: Sequence[str]) -> Mapping[str, Words]:
    """Why each call waited for an agent last: the way through the menus in words, by call."""
    events = _events(tx, call_ids, ("queued",))
    return {call_id: data.get("reason") or {} for call_id, data in events}


def outcomes_of(tx: Transaction, call_ids: Sequence[str]) -> Mapping[str, str]:
    """The primary outcome's code of each call that has one."""
    statement = select(Outcome.call_id, Outcome.code).where(Outcome.call_id.in_(call_ids), Outcome.is_primary)
    return {one.call_id: one.code for one in tx.execute(statement)}


def asked_already(tx: Transaction, call: Call) -> list[Asked]:
    """What the line found out, in order, the last answer of each."""
    found: dict[str, str] = {}
    for _, data in _events(tx, [call.id], ("action_answered",)):
        action = str(data.get("action"))
        found.pop(action, None)
        found[action] = str(data.get("result"))
    return [Asked(action, result) for action, result in found.items()]


def failed_identifications(tx: Transaction, call: Call) -> int:
    """How often policy and birth date did not fit in this call."""
    return len(_events(tx, [call.id], ("identification_failed",)))


def _agents(tx: Transaction, call_ids: Sequence[str]) -> Mapping[str, str]:
    return {call_id: str(data.get("agent")) for call_id, data in _events(tx, call_ids, ("agent_connected",))}


def _events(tx: Transaction, call_ids: Sequence[str], kinds: Collection[str]) -> list[tuple[str, Mapping[str, Any]]]:
    statement = (
        select(CallEvent.call_id, CallEvent.data)
        .where(CallEvent.call_id.in_(call_ids), CallEvent.kind.in_(kinds))
        .order_by(CallEvent.call_id, CallEvent.seq)
    )
    return [(call_id, data) for call_id, data in tx.execute(statement)]
