"""The end of a call: once, whoever tells it first, with an outcome that somebody acts on if nobody was reached."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, exists, literal_column, select, update
from sqlalchemy.orm import aliased

from config.centre import Centre
from config.database import Transaction
from config.prepared import Prepared
from flows import Session
from ivr.calls.log import record
from ivr.calls.models import Call, CallEvent, CallState, Direction, Hold, Leg
from ivr.calls.outcomes import primary_outcome, record_line_outcome
from ivr.signals import call_ended

# Built once: building a statement anew takes longer than the database needs for it.
_OF_CALL: Final = bindparam("of_call", type_=Leg.call_id.type)
_END: Final = bindparam("end", type_=Leg.ended_at.type)
_CLOSE_LEG: Final = Prepared(
    update(Leg)
    .where(Leg.call_id == _OF_CALL, Leg.carrier_sid == bindparam("of_sid"), Leg.ended_at.is_(None))
    .values(ended_at=_END, hangup_cause=bindparam("cause"))
)
_CLOSE_HOLDS: Final = Prepared(
    update(Hold).where(Hold.call_id == _OF_CALL, Hold.ended_at.is_(None)).values(ended_at=_END)
)
_HAPPENED: Final = Prepared(
    select(CallEvent.seq)
    .where(CallEvent.call_id == _OF_CALL, CallEvent.kind == bindparam("of_kind"))
    .limit(literal_column("1"))
)
_SPOKEN: Final = aliased(CallEvent)
_LAST_ENTERED: Final = Prepared(
    select(CallEvent.data)
    .where(
        CallEvent.call_id == _OF_CALL,
        CallEvent.kind == "node_entered",
        ~exists().where(_SPOKEN.call_id == CallEvent.call_id, _SPOKEN.kind == "connected"),
    )
    .order_by(CallEvent.seq.desc())
    .limit(literal_column("1"))
)


def end_call(centre: Centre, tx: Transaction, call: Call, *, cause: str, at: datetime) -> bool:
    """End a locked call: legs and holds are closed, an outcome is written if there is none, `call_ended` announced.

    What was keyed is forgotten. `cause` is the technical reason, the carrier's last status. False, and nothing changes,
    if it is over already.
    """
    if call.state == CallState.ENDED:
        return False
    before = CallState(call.state)
    # Read first: what is changed before a question is written at once, and the rest of the row once more.
    call.last_step = _last_step(tx, call)
    call.state, call.ended_at, call.hangup_cause = CallState.ENDED, at, cause
    call.session = _without_digits(call.session)
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


def step_name(flow: str, node: str) -> str:
    """A step as `last_step` of a call has it; neither name has a slash."""
    return f"{flow}/{node}"


def _last_step(tx: Transaction, call: Call) -> str | None:
    """Who spoke to somebody left no menu, but a question after; and whomever we rang came to none by themselves."""
    if call.direction != Direction.INBOUND:
        return None
    entered = _LAST_ENTERED.value(tx, {"of_call": call.id})
    return None if entered is None else step_name(entered["flow"], entered["node"])


def _without_digits(session: str | None) -> str | None:
    """The session without anything that identifies a person; one that cannot be read goes whole."""
    try:
        return Session.from_json(session or "").without_digits().to_json()
    except ValueError:
        return None


def _close_intervals(tx: Transaction, call: Call, at: datetime) -> None:
    of_call = {"of_call": call.id, "of_sid": call.carrier_sid, "end": at, "cause": call.hangup_cause}
    tx.flush()
    _CLOSE_LEG.run(tx, [of_call])
    _CLOSE_HOLDS.run(tx, [of_call])


def _write_outcome(tx: Transaction, call: Call, before: CallState, at: datetime) -> None:
    if primary_outcome(tx, call.id) is not None:
        return
    code = outcome_of_a_drop(
        before,
        is_emergency=call.is_emergency,
        was_connected=_happened(tx, call, "connected"),
        is_left_to_agent=_happened(tx, call, "agent_connected"),
    )
    if code is not None:
        record_line_outcome(tx, call=call, code=code, at=at)


def _happened(tx: Transaction, call: Call, kind: str) -> bool:
    """Whether the call's log has it: `connected`, the document that joins the caller to an agent was fetched;
    `agent_connected`, an agent has them.
    """
    return _HAPPENED.value(tx, {"of_call": call.id, "of_kind": kind}) is not None
