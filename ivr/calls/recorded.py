"""Whether a conversation is recorded: the line says so, its queue does not forbid it, and the notice was given."""

from typing import Final
from zlib import crc32

from sqlalchemy import select

from config.centre import Centre
from config.database import Transaction
from ivr.calls.models import Call, CallEvent

RECORDING_ANNOUNCED: Final = "recording_announced"
"""The event that somebody was told that the call is recorded, before any conversation."""
RECORDED_ONE_IN: Final = "PULT_RECORDED_ONE_IN"
"""The setting by which a demonstration on a small disk records one call in so many."""


def is_recorded(tx: Transaction, centre: Centre, call: Call, *queues: str) -> bool:
    """Whether a conversation of this call with whoever serves `queues` is recorded; without any, whoever is on duty.

    Never an anonymous one, and none whose caller was not told first (152-ФЗ; docs/rules.md). A centre that is no real
    one may record some of the calls only, each with all its conversations.
    """
    insurer = centre.insurers[call.insurer_id]
    line, asked = insurer.lines.get(call.line), [insurer.queues.get(name) for name in queues]
    if line is None or not line.records_calls or call.is_anonymous:
        return False
    if any(queue is None or queue.is_confidential for queue in asked):
        return False
    return _is_drawn(centre, call.id) and has_been_told(tx, call.id)


def _is_drawn(centre: Centre, call_id: str) -> bool:
    """By the call's id, so that whoever asks again is told the same. At a carrier outside every call is."""
    if centre.settings.carrier_url.startswith("https://"):
        return True
    one_in = centre.settings.number(RECORDED_ONE_IN, default=1, least=1, most=1000)
    return crc32(call_id.encode()) % one_in == 0


def has_been_told(tx: Transaction, call_id: str) -> bool:
    """Whether the call's log says that the recording was announced."""
    statement = select(CallEvent.seq).where(CallEvent.call_id == call_id, CallEvent.kind == RECORDING_ANNOUNCED)
    return tx.scalar(statement.limit(1)) is not None
