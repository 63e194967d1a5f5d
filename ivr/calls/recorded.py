"""Whether a conversation may be recorded: the line says so, its queue does not forbid it, and the notice was given."""

from typing import Final

from sqlalchemy import select

from config.database import Transaction
from config.line_descriptions import Insurers
from ivr.calls.models import Call, CallEvent

RECORDING_ANNOUNCED: Final = "recording_announced"
"""The event that somebody was told that the call is recorded, before any conversation."""


def is_recorded(tx: Transaction, insurers: Insurers, call: Call, queue: str) -> bool:
    """Whether a conversation of this call with whoever serves `queue` is recorded.

    Never an anonymous one, and none whose caller was not told first (152-ФЗ; docs/rules.md).
    """
    insurer = insurers[call.insurer_id]
    line, asked = insurer.lines.get(call.line), insurer.queues.get(queue)
    if line is None or not line.records_calls or call.is_anonymous:
        return False
    if asked is None or not asked.records_calls or asked.is_anonymous:
        return False
    return has_been_told(tx, call.id)


def has_been_told(tx: Transaction, call_id: str) -> bool:
    """Whether the call's log says that the recording was announced."""
    statement = select(CallEvent.seq).where(CallEvent.call_id == call_id, CallEvent.kind == RECORDING_ANNOUNCED)
    return tx.scalar(statement.limit(1)) is not None
