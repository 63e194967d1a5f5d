"""Emergencies: rung broadly at once, by the second at more people, at last at the line's duty number."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from agents.curators import on_shift_ids
from agents.floor import Floor
from agents.models import Agent, Presence, Wait, WaitState
from agents.offering import giving_up, offers
from agents.rows import locked, open_offers
from agents.waiting import waits
from config import due_work
from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.models import Call

TO_DUTY: Final = "duty_number"
"""Why a wait ended whose caller was given to the duty number."""

# First the router rings the best three; then these steps follow, each after ESCALATE_SECONDS more.
EVERYBODY: Final = 1
SUPERVISORS: Final = 2
DUTY_NUMBER: Final = 3
_FREE: Final = (Presence.AVAILABLE, Presence.AWAY)


def escalate(floor: Floor, wait_id: str) -> None:
    """One step up for an emergency that nobody has answered; a step that reaches no one passes to the next at once."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("escalate_emergency") as tx:
        seen = tx.get(Wait, wait_id)
        call = None if seen is None else locked(tx, Call, seen.call_id)
        wait = locked(tx, Wait, wait_id)
        if call is None or wait is None or wait.state not in (WaitState.WAITING, WaitState.OFFERED):
            return
        while True:
            wait.escalation += 1
            record(tx, call, "emergency_escalated", at=now, step=wait.escalation)
            # Whoever comes free from now on is rung too, whatever they know.
            wait.lane = waits.lane_of([])
            if wait.escalation >= DUTY_NUMBER:
                giving_up.give_up(tx, call=call, wait=wait, reason=TO_DUTY, at=now)
                return
            if _ring_more(tx, call, wait, now) or open_offers(tx, wait.id):
                _again_later(tx, wait, now)
                return


def _ring_more(tx: Transaction, call: Call, wait: Wait, now: datetime) -> int:
    """Offer the emergency to whoever this step adds; how many were rung.

    Away on shift counts as reachable here. Who wraps up is left alone: supervisors and the duty number follow.
    """
    statement = select(Agent.id).where(Agent.insurer_id == wait.insurer_id, Agent.presence.in_(_FREE))
    if wait.escalation == SUPERVISORS:
        statement = statement.where(Agent.is_supervisor)
    rung = 0
    on_shift = on_shift_ids(tx, wait.insurer_id, now)
    for agent_id in tx.scalars(statement.order_by(Agent.id)).all():
        agent = locked(tx, Agent, agent_id)
        if agent is None or agent.presence not in _FREE:
            continue
        is_called = agent.presence == Presence.AVAILABLE or agent.id in on_shift or wait.escalation == SUPERVISORS
        if is_called:
            offers.make(tx, call=call, wait=wait, agent=agent, at=now)
            rung += 1
    return rung


def _again_later(tx: Transaction, wait: Wait, now: datetime) -> None:
    due_at = now + timedelta(seconds=waits.ESCALATE_SECONDS)
    due_work.schedule(tx, kind=waits.ESCALATE, subject_id=wait.id, insurer_id=wait.insurer_id, due_at=due_at)
