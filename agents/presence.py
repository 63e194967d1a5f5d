"""Presence: what an agent is doing, as the agent's row and as intervals that never overlap."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update

from agents import transitions
from agents.curators import on_shift_until
from agents.models import Agent, Presence, PresenceInterval
from config import due_work
from config.database import Transaction
from config.ids import new_id

ROUTE: Final = "route"
AUTOPILOT: Final = "autopilot"
WRAP_UP_OVERDUE: Final = "wrap_up_overdue"
WRAP_UP_SECONDS: Final = 180

# How long an automatic agent stays in each presence: talks, writes down, comes back after an unanswered ring.
AUTOPILOT_SECONDS: Final = {Presence.ON_CALL: 12, Presence.WRAP_UP: 3, Presence.AWAY: 5}


def change(
    tx: Transaction,
    agent: Agent,
    to: Presence,
    *,
    at: datetime,
    reason: str | None = None,
    call_id: str | None = None,
) -> None:
    """Bring a locked agent to `to`, closing one interval and opening the next; raises ImpossibleChange.

    Becoming available calls the router; wrap-up is given a deadline, and an automatic agent its next step.
    """
    transitions.check(transitions.PRESENCE, Presence(agent.presence), to)
    begin(tx, agent, to, at=at, reason=reason, call_id=call_id)


def begin(
    tx: Transaction,
    agent: Agent,
    to: Presence,
    *,
    at: datetime,
    reason: str | None = None,
    call_id: str | None = None,
) -> None:
    """Open the first, or the next, interval of an agent without looking at what was before."""
    # Whoever waited for the row took the time before they had it: another may have changed it since.
    at = max(at, agent.presence_since)
    tx.execute(
        update(PresenceInterval)
        .where(PresenceInterval.agent_id == agent.id, PresenceInterval.until.is_(None))
        .values(until=at)
    )
    agent.presence, agent.presence_reason, agent.presence_since, agent.call_id = to, reason, at, call_id
    tx.flush()
    tx.add(
        PresenceInterval(
            id=new_id(at), insurer_id=agent.insurer_id, agent_id=agent.id, presence=to, reason=reason, since=at
        )
    )
    _appoint(tx, agent, to, at)


def fly_on(tx: Transaction, agent: Agent, *, at: datetime) -> None:
    """Give an automatic agent in a conversation its next step, as when it had just begun."""
    if agent.is_automatic and agent.presence == Presence.ON_CALL:
        _later(tx, agent, AUTOPILOT, at + timedelta(seconds=AUTOPILOT_SECONDS[Presence.ON_CALL]))


def look_at_shifts(tx: Transaction, agent: Agent, *, at: datetime) -> None:
    """Let an automatic agent, whose working time may have changed, come or go; others know by themselves."""
    if agent.is_automatic and agent.presence in (Presence.AVAILABLE, Presence.AWAY):
        pause = timedelta(seconds=AUTOPILOT_SECONDS.get(Presence(agent.presence), 0))
        _later(tx, agent, AUTOPILOT, max(at, agent.presence_since + pause))


def call_router(tx: Transaction, insurer_id: str, at: datetime) -> None:
    """Let the insurer's waits be matched with its agents at once."""
    due_work.schedule(tx, kind=ROUTE, subject_id=insurer_id, insurer_id=insurer_id, due_at=at)


def _appoint(tx: Transaction, agent: Agent, to: Presence, at: datetime) -> None:
    if to is Presence.AVAILABLE:
        call_router(tx, agent.insurer_id, at)
    if to is Presence.WRAP_UP:
        _later(tx, agent, WRAP_UP_OVERDUE, at + timedelta(seconds=WRAP_UP_SECONDS))
    if agent.is_automatic and not agent.is_at_desk and to in AUTOPILOT_SECONDS:
        _later(tx, agent, AUTOPILOT, at + timedelta(seconds=AUTOPILOT_SECONDS[to]))
    elif agent.is_automatic and to is Presence.AVAILABLE and (until := on_shift_until(tx, agent, at)) is not None:
        _later(tx, agent, AUTOPILOT, until)


def _later(tx: Transaction, agent: Agent, kind: str, due_at: datetime) -> None:
    due_work.schedule(tx, kind=kind, subject_id=agent.id, insurer_id=agent.insurer_id, due_at=due_at)
