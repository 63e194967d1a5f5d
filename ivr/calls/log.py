"""The call's event log: the one writer of `call_events`, numbered per call without gaps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy.orm import object_session

from config.database import Transaction
from config.prepared import insertion
from ivr.calls.models import Call, CallEvent

Detail: TypeAlias = str | int | bool | list[str] | dict[str, str] | None
Happening: TypeAlias = tuple[str, Mapping[str, Detail]]
"""What happened (past tense) and its facts."""

_APPEND: Final = insertion(CallEvent, "call_id", "seq", "insurer_id", "at", "kind", "data")


def record(tx: Transaction, call: Call, kind: str, *, at: datetime, **data: Detail) -> None:
    """Append one event to the call: `kind` in the past tense (`offer_made`), `data` its facts. See
    `record_all`.
    """
    record_all(tx, call, [(kind, data)], at=at)


def record_all(tx: Transaction, call: Call, happenings: Sequence[Happening], *, at: datetime) -> None:
    """Append events to the call, in order, in one statement.

    The call must be a row of `tx`, read with `ivr.calls.finding.locked_call` where others may write to it
    too: the numbers come from `call.event_count`, which the same transaction writes. No fact may hold digits
    that identify a person, a name or a full number.
    """
    if object_session(call) is not tx:
        raise ValueError("the call is not a row of this transaction")
    if not happenings:
        return
    if call in tx.new:
        tx.flush()
    first = call.event_count + 1
    call.event_count += len(happenings)
    rows = [
        {
            "call_id": call.id,
            "seq": seq,
            "insurer_id": call.insurer_id,
            "at": at,
            "kind": kind,
            "data": dict(data),
        }
        for seq, (kind, data) in enumerate(happenings, start=first)
    ]
    _APPEND.run(tx, rows)
