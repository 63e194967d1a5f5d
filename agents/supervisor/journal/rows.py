"""What the journal has of each call: everything that happened on the lines, whoever rang, reached or not.

Contact centres of compulsory insurers register each contact in an electronic journal (the Fund's order on them).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from agents.models import SERVING_PURPOSES, Offer
from agents.sight import Sight, sight_in_journal
from agents.supervisor.call_log.rows import LogRow, log_rows
from config.database import Transaction
from config.ids import first_id_at
from config.line_descriptions import Insurer
from ivr.calls.models import Call, CallEvent, Outcome, Request, RequestStep
from ivr.insured.models import InsuredPerson, Policy
from recordings.models import Recording, RecordingKind

_MESSAGE_FLOW: Final = "message"
_MESSAGE_EVENTS: Final = ("message_left", "secretary_asked")


@dataclass(frozen=True)
class JournalRequest:
    """What a contact opened, and each step that it came to, the last one its end where it is closed."""

    kind: str
    steps: tuple[tuple[str, datetime], ...]
    due_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True)
class Named:
    """Whom a contact is about."""

    full_name: str
    born_on: str
    policy: str


@dataclass(frozen=True)
class JournalRow:
    """One contact. `log` is what the call log has of it; `served_by` are the queues whose agents took it; `named` is
    who was named in it; `outcomes` are codes, the primary one first, `notes` what agents wrote.
    """

    log: LogRow
    phone: str
    region: str | None
    caller_role: str | None
    served_by: tuple[str, ...]
    is_with_secretary: bool
    named: Named | None
    outcomes: tuple[str, ...]
    notes: tuple[str, ...]
    requests: tuple[JournalRequest, ...]
    continues: str | None


def journal_calls(
    tx: Transaction, *, insurer: Insurer, since: datetime, until: datetime, after: str | None, most: int
) -> Sequence[Call]:
    """The calls that began in the half-open period, the oldest first, those behind the id `after`."""
    statement = select(Call).where(
        Call.insurer_id == insurer.id, Call.id >= first_id_at(since), Call.id < first_id_at(until)
    )
    if after is not None:
        statement = statement.where(Call.id > after)
    return tx.scalars(statement.order_by(Call.id).limit(most)).all()


def journal_rows(tx: Transaction, insurer: Insurer, calls: Sequence[Call], *, at: datetime) -> list[JournalRow]:
    """The calls' rows, in the same order."""
    ids = [call.id for call in calls]
    named, served, secretary = _named(tx, calls), _served(tx, ids), _with_secretary(tx, ids)
    outcomes, requests = _outcomes(tx, ids), _requests(tx, ids)
    rows = []
    for call, log in zip(calls, log_rows(tx, calls, at=at), strict=True):
        sight = sight_in_journal(tx, insurer, call)
        rows.append(
            JournalRow(
                log=log,
                phone=(call.ani or "") if sight.phone else "",
                region=call.region,
                caller_role=call.caller_role if sight.own else None,
                served_by=tuple(served[call.id]),
                is_with_secretary=call.id in secretary,
                named=named.get(call.insured_id or "") if sight.is_whole else None,
                outcomes=tuple(one.code for one in outcomes[call.id]),
                notes=_notes(outcomes[call.id], sight),
                requests=tuple(one for one in requests[call.id] if sight.may_concern(one.kind)),
                continues=call.continues_call_id if sight.own else None,
            )
        )
    return rows


def _notes(outcomes: Sequence[Outcome], sight: Sight) -> tuple[str, ...]:
    return tuple(one.note for one in outcomes if one.note) if sight.own and sight.health else ()


def _named(tx: Transaction, calls: Sequence[Call]) -> Mapping[str, Named]:
    ids = {call.insured_id for call in calls if call.insured_id}
    statement = (
        select(InsuredPerson.id, InsuredPerson.full_name, InsuredPerson.birth_date, Policy.number)
        .join(Policy, Policy.id == InsuredPerson.policy_id)
        .where(InsuredPerson.id.in_(ids))
    )
    return {one.id: Named(one.full_name, f"{one.birth_date:%d.%m.%Y}", one.number) for one in tx.execute(statement)}


def _served(tx: Transaction, ids: Sequence[str]) -> Mapping[str, dict[str, None]]:
    """A dict for its order: each queue once."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    statement = select(Offer.call_id, Offer.queue).where(
        Offer.call_id.in_(ids), Offer.bridged_at.is_not(None), Offer.purpose.in_(SERVING_PURPOSES)
    )
    for one in tx.execute(statement.order_by(Offer.accepted_at, Offer.id)):
        found[one.call_id][one.queue] = None
    return found


def _with_secretary(tx: Transaction, ids: Sequence[str]) -> frozenset[str]:
    """Whoever heard the electronic secretary, also those who left no message."""
    came = select(CallEvent.call_id).where(
        CallEvent.call_id.in_(ids),
        (CallEvent.kind.in_(_MESSAGE_EVENTS))
        | ((CallEvent.kind == "node_entered") & (CallEvent.data["flow"].as_string() == _MESSAGE_FLOW)),
    )
    left = select(Recording.call_id).where(Recording.call_id.in_(ids), Recording.kind == RecordingKind.VOICEMAIL)
    return frozenset(tx.scalars(came)) | frozenset(tx.scalars(left))


def _outcomes(tx: Transaction, ids: Sequence[str]) -> Mapping[str, list[Outcome]]:
    found: defaultdict[str, list[Outcome]] = defaultdict(list)
    statement = select(Outcome).where(Outcome.call_id.in_(ids))
    for one in tx.scalars(statement.order_by(Outcome.is_primary.desc(), Outcome.recorded_at, Outcome.id)):
        found[one.call_id].append(one)
    return found


def _requests(tx: Transaction, ids: Sequence[str]) -> Mapping[str, list[JournalRequest]]:
    of_call = select(Request.id).where(Request.call_id.in_(ids))
    steps: defaultdict[str, list[tuple[str, datetime]]] = defaultdict(list)
    reached = select(RequestStep).where(RequestStep.request_id.in_(of_call))
    for one in tx.scalars(reached.order_by(RequestStep.reached_at, RequestStep.id)):
        steps[one.request_id].append((one.step, one.reached_at))
    found: defaultdict[str, list[JournalRequest]] = defaultdict(list)
    for request in tx.scalars(select(Request).where(Request.call_id.in_(ids)).order_by(Request.id)):
        row = JournalRequest(request.kind, tuple(steps[request.id]), request.due_at, request.closed_at)
        found[request.call_id or ""].append(row)
    return found
