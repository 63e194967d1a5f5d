"""The end of a call: once, whoever tells it first, with an outcome that somebody acts on if nobody was reached."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from config.centre import Centre
from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.models import Call, CallEvent, CallState, Hold, Leg
from ivr.calls.outcomes import LINE, primary_outcome, record_outcome
from ivr.signals import call_ended

RING_BACK: Final = "ring_back"
_WITHIN: Final = {
    "emergency_drop": timedelta(0),
    "dropped_mid_call": timedelta(minutes=15),
    "abandoned_in_queue": timedelta(hours=2),
}
_DESK: Final = "desk"


def end_call(centre: Centre, tx: Transaction, call: Call, *, cause: str, at: datetime) -> bool:
    """End a locked call: legs and holds are closed, an outcome is written if there is none, `call_ended` announced.

    `cause` is the technical reason, the carrier's last status. False, and nothing changes, if it is over already.
    """
    if call.state == CallState.ENDED:
        return False
    before = CallState(call.state)
    call.state, call.ended_at, call.hangup_cause = CallState.ENDED, at, cause
    _close_intervals(tx, call, at)
    record(tx, call, "ended", at=at, cause=cause, state=before.value)
    _write_outcome(tx, call, before, at)
    tx.flush()
    call_ended.send(centre, tx=tx, call=call)
    return True


def outcome_of_a_drop(
    before: CallState, *, is_emergency: bool, was_connected: bool, is_left_to_agent: bool
) -> str | None:
    """What an end by the caller's hanging up (or losing the line) amounts to; None where an agent says what came of it.

    A caller who had spoken to an agent and waited again is `dropped_mid_call`. Whoever hangs up on the way into the
    conversation, before an agent has them, was still waiting.
    """
    if before is CallState.WAITING or (before is CallState.CONNECTED and not is_left_to_agent):
        if is_emergency:
            return "emergency_drop"
        is_again = before is CallState.WAITING and was_connected
        return "dropped_mid_call" if is_again else "abandoned_in_queue"
    if is_left_to_agent:
        return None
    return "emergency_drop" if is_emergency else "abandoned_in_ivr"


def _close_intervals(tx: Transaction, call: Call, at: datetime) -> None:
    tx.execute(
        update(Leg)
        .where(Leg.call_id == call.id, Leg.carrier_sid == call.carrier_sid, Leg.ended_at.is_(None))
        .values(ended_at=at, hangup_cause=call.hangup_cause)
    )
    tx.execute(update(Hold).where(Hold.call_id == call.id, Hold.ended_at.is_(None)).values(ended_at=at))


def _write_outcome(tx: Transaction, call: Call, before: CallState, at: datetime) -> None:
    if primary_outcome(tx, call.id) is not None:
        return
    code = outcome_of_a_drop(
        before,
        is_emergency=call.is_emergency,
        was_connected=_happened(tx, call, "connected"),
        is_left_to_agent=_happened(tx, call, "agent_connected"),
    )
    if code is None:
        return
    within = _WITHIN.get(code)
    record_outcome(
        tx,
        call=call,
        code=code,
        by=LINE,
        at=at,
        next_action=None if within is None else RING_BACK,
        due_at=None if within is None else at + within,
        owner=None if within is None else _DESK,
    )


def _happened(tx: Transaction, call: Call, kind: str) -> bool:
    """Whether the call's log has it: `connected`, the document that joins the caller to an agent was fetched;
    `agent_connected`, an agent has them.
    """
    statement = select(CallEvent.seq).where(CallEvent.call_id == call.id, CallEvent.kind == kind)
    return tx.scalar(statement.limit(1)) is not None
