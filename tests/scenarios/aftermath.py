"""What must hold when the telephones are silent again: nothing stuck, no offer doubled, every call with an end."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from agents.models import OPEN_OFFER, Agent, Callback, CallbackState, Dial, Offer, Presence, Wait, WaitState
from config.database import Transaction
from config.due_work import DueWork
from ivr import exchange
from ivr.calls.models import Call, Hold, Leg, Outcome
from recordings.models import Recording, RecordingPause, RecordingState

_OPEN_WAITS = (WaitState.WAITING, WaitState.OFFERED, WaitState.CLAIMED)
_BUSY = (Presence.OFFERED, Presence.ON_CALL)
_DIALLED = (CallbackState.DIALLING, CallbackState.ANSWERED)
_UNFINISHED = (RecordingState.EXPECTED, RecordingState.RECORDING, RecordingState.ANNOUNCED, RecordingState.SEALED)
_LATE = timedelta(minutes=1)


def unfinished(tx: Transaction, switch: exchange.Switch, now: datetime) -> dict[str, list[Any]]:
    """Whatever is still open, by what it is: empty once everybody has hung up, written down and been freed."""
    found: dict[str, list[Any]] = {
        "calls without an end": _all(tx, select(Call.id).where(Call.ended_at.is_(None))),
        "calls without an outcome": _all(tx, _without_outcome()),
        "legs": _all(tx, select(Leg.id).where(Leg.ended_at.is_(None))),
        "holds": _all(tx, select(Hold.id).where(Hold.ended_at.is_(None))),
        "waits": _all(tx, select(Wait.id).where(Wait.state.in_(_OPEN_WAITS))),
        "offers": _all(tx, select(Offer.id).where(OPEN_OFFER)),
        "agents": _all(tx, select(Agent.code).where(Agent.presence.in_(_BUSY))),
        "automatic agents in wrap-up": _all(
            tx, select(Agent.code).where(Agent.presence == Presence.WRAP_UP, Agent.is_automatic)
        ),
        "callbacks being dialled": _all(tx, select(Callback.id).where(Callback.state.in_(_DIALLED))),
        "recordings": _all(tx, select(Recording.id).where(Recording.state.in_(_UNFINISHED))),
        "pauses": _all(tx, select(RecordingPause.id).where(RecordingPause.ended_at.is_(None))),
        "late work": _all(tx, select(DueWork.kind).where(DueWork.due_at < now - _LATE)),
    }
    with switch.turn() as core:
        found["calls at the carrier"] = list(core.live_calls)
        found["conferences at the carrier"] = list(core.live_conferences)
        full = [queue.friendly_name for queue in core.queues.values() if queue.members]
        found["callers in the carrier's queues"] = full
    return {what: rows for what, rows in found.items() if rows}


def doubled(tx: Transaction, switch: exchange.Switch) -> dict[str, list[Any]]:
    """What must never happen twice: an agent rung twice for one offer, two agents in one conversation."""
    with switch.turn() as core:
        # A leg of an agent tells its news to its offer's own url.
        rung = Counter(call.progress.url for call in core.calls.values() if "/offers/" in call.progress.url)
    found = {
        "offers rung twice": [url for url, count in rung.items() if count > 1],
        "two agents at once": _talked_over(tx),
    }
    return {what: rows for what, rows in found.items() if rows}


def _talked_over(tx: Transaction) -> list[str]:
    talks = tx.execute(
        select(Offer.call_id, Offer.conference, Offer.bridged_at, Offer.ended_at)
        .where(Offer.bridged_at.is_not(None))
        .order_by(Offer.call_id, Offer.bridged_at)
    ).all()
    return [
        first.call_id
        for first, second in pairwise(talks)
        if first.call_id == second.call_id
        # A colleague who is consulted, and a supervisor who listens, are in the same conversation.
        and first.conference != second.conference
        and (first.ended_at is None or first.ended_at > second.bridged_at)
    ]


def _without_outcome() -> Any:
    """What one agent said to another comes to nothing that anybody must act on."""
    told = select(Outcome.id).where(Outcome.call_id == Call.id, Outcome.is_primary)
    between_colleagues = select(Dial.id).where(Dial.call_id == Call.id, Dial.colleague_id.is_not(None))
    return select(Call.id).where(~told.exists(), ~between_colleagues.exists())


def _all(tx: Transaction, statement: Any) -> list[Any]:
    return list(tx.scalars(statement))
