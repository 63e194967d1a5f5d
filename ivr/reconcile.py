"""Comparing our calls with the carrier's: what we missed while we could not answer is written, what is over is ended.

The fallback serves callers without a database, and a lost status callback leaves a call open: both are found here.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from config import due_work
from config.database import Transaction
from config.due_work import DueWork
from ivr.calls.models import Call, CallState
from ivr.carrier.errors import CarrierRefused
from ivr.carrier.port import CarrierCall, CarrierStatus
from ivr.phone_side import PhoneSide
from ivr.turns.opening import Arrival
from ivr.turns.status import call_over

log = logging.getLogger("pult.reconcile")

KIND: Final = "reconcile_carrier"
SUBJECT: Final = "all"
EVERY: Final = timedelta(seconds=60)
# Longer than a fallback conversation and a missed callback together.
_LOOK_BACK: Final = timedelta(minutes=30)
_ABANDONED_AFTER: Final = timedelta(minutes=2)


def appoint(phone: PhoneSide) -> None:
    """See that the comparison is due; at the start of a centre."""
    with phone.centre.database.transaction("appoint_reconciling") as tx:
        _appoint(phone, tx)


def reconcile(phone: PhoneSide, _subject: str) -> None:
    """Due work: one comparison, and the appointment of the next."""
    with phone.centre.database.transaction("appoint_reconciling") as tx:
        since = _unseen_since(tx, phone.centre.clock.now())
        _appoint(phone, tx, after=EVERY)
    listed = {call.sid: call for call in phone.carrier.calls_since(since)}
    # The oldest first: killed half-way, the next comparison begins at what was written last.
    over = sorted((call for call in listed.values() if call.status.is_over), key=lambda it: it.started_at or since)
    for call in _missed(phone, over):
        arrival = Arrival(call.sid, call.to_number, call.from_number)
        call_over(phone, arrival, call.status, began_at=call.started_at, ended_at=call.ended_at)
    for sid in _open_sids(phone):
        if sid not in listed:
            try:
                _ask_about(phone, sid)
            except CarrierRefused as refusal:
                # The others are asked about all the same.
                log.warning("the carrier says nothing of call %s: %s", sid, refusal)


def _unseen_since(tx: Transaction, now: datetime) -> datetime:
    """From when on calls may be missing: usually a short while back, after an outage of hours all of it.

    That is told by the newest call from before that while, and by when this comparison was due.
    """
    latest = now - _LOOK_BACK
    known = tx.scalar(select(func.max(Call.started_at)).where(Call.started_at < latest))
    due_at = tx.scalar(select(DueWork.due_at).where(DueWork.kind == KIND, DueWork.subject_id == SUBJECT))
    return min(latest, known or latest, (due_at or now) - _LOOK_BACK)


def _appoint(phone: PhoneSide, tx: Transaction, after: timedelta = timedelta(0)) -> None:
    due_work.schedule(
        tx,
        kind=KIND,
        subject_id=SUBJECT,
        insurer_id="",
        due_at=phone.centre.clock.now() + after,
        keep_earlier=not after,
    )


def _missed(phone: PhoneSide, over: list[CarrierCall]) -> list[CarrierCall]:
    """Those whose end we do not know: callers' calls, known or not, and ours to callers; agents' legs are neither."""
    with phone.centre.database.reading("calls_to_reconcile") as tx:
        rows = tx.execute(select(Call.carrier_sid, Call.state).where(Call.carrier_sid.in_([call.sid for call in over])))
        states: dict[str, str] = {row.carrier_sid: row.state for row in rows}
    return [
        call
        for call in over
        if states.get(call.sid) != CallState.ENDED
        and (call.sid in states or (call.is_inbound and call.parent_sid is None))
    ]


def _open_sids(phone: PhoneSide) -> list[str]:
    """Calls that we think are going on, longer than any news is late: all of them, oldest first.

    However many there are, one left out might be the one that has ended.
    """
    before = phone.centre.clock.now() - _ABANDONED_AFTER
    statement = select(Call.carrier_sid).where(Call.state != CallState.ENDED, Call.started_at < before)
    with phone.centre.database.reading("open_calls") as tx:
        return list(tx.scalars(statement.order_by(Call.started_at)))


def _ask_about(phone: PhoneSide, sid: str) -> None:
    """A call that the carrier does not know any more is over too: it forgot, or was another account's."""
    found = phone.carrier.call_status(sid)
    status = CarrierStatus.COMPLETED if found is None else found.status
    if not status.is_over:
        return
    with phone.centre.database.reading("call_to_end") as tx:
        call = tx.execute(select(Call.dnis, Call.ani).where(Call.carrier_sid == sid)).one()
    call_over(phone, Arrival(sid, call.dnis, call.ani or ""), status)
