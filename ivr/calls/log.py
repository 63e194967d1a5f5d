"""The call's event log: the one writer of `call_events`, numbered per call without gaps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy.orm.attributes import set_committed_value

from config.database import Transaction
from config.prepared import change, insertion
from ivr.calls.models import Call, CallEvent

Detail: TypeAlias = str | int | bool | list[str] | dict[str, str] | None
Happening: TypeAlias = tuple[str, Mapping[str, Detail]]
"""What happened (past tense) and its facts."""

EventCounts: TypeAlias = Mapping[str, int]
"""How many events each call has to which this transaction appended."""

RATED: Final = "rated"
"""The event of a call whose caller gave the conversation a mark: `score`, from 1 to 5."""

_APPEND: Final = insertion(CallEvent, "call_id", "seq", "insurer_id", "at", "kind", "data")
_KEEP_COUNT: Final = change(Call, "event_count")
_COUNTS: Final = "event_counts"


def record(tx: Transaction, call: Call, kind: str, *, at: datetime, **data: Detail) -> None:
    """Append one event to the call: `kind` in the past tense (`offer_made`), `data` its facts. See
    `record_all`.
    """
    record_all(tx, call, [(kind, data)], at=at)


def record_all(tx: Transaction, call: Call, happenings: Sequence[Happening], *, at: datetime) -> None:
    """Append events to the call, in order, in one statement.

    The call must be a row of `tx`, read with `ivr.calls.finding.locked_call` where others may write to it
    too: the numbers come from the call's count, which is written once, right before the commit. No fact may hold
    digits that identify a person, a name or a full number.
    """
    if not tx.has(call):
        raise ValueError("the call is not a row of this transaction")
    if not happenings:
        return
    if tx.is_new(call):
        tx.flush()
    first = event_count(tx, call) + 1
    _count(tx, call, event_count(tx, call) + len(happenings))
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
    _APPEND.gather(tx, rows)


def event_count(tx: Transaction, call: Call) -> int:
    """How many events the call has, those of this transaction among them."""
    return _counts(tx).get(call.id, call.event_count)


def counts_so_far(tx: Transaction) -> EventCounts:
    """To be given to `forget_since` should everything after this moment be undone."""
    return dict(_counts(tx))


def forget_since(tx: Transaction, counts: EventCounts) -> None:
    """A savepoint was rolled back: the events after it are gone, and their numbers are free."""
    _counts(tx).clear()
    _counts(tx).update(counts)


def count_is_written(tx: Transaction, call: Call) -> None:
    """Whoever writes the call's row itself has written its count too."""
    _counts(tx).pop(call.id, None)


def _counts(tx: Transaction) -> dict[str, int]:
    counts: dict[str, int] = tx.info.setdefault(_COUNTS, {})
    return counts


def _count(tx: Transaction, call: Call, count: int) -> None:
    """Know the count, past the session's accounting: that would write the row anew before each query that follows."""
    _counts(tx)[call.id] = count
    tx.write_last(_write_counts)
    set_committed_value(call, "event_count", count)


def _write_counts(tx: Transaction) -> None:
    if counts := _counts(tx):
        _KEEP_COUNT.run(tx, [{"row_id": call_id, "event_count": count} for call_id, count in counts.items()])
