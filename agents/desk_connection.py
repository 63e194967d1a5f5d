"""The desk's connection as rows: an open page is the agent's heartbeat; one that stays away takes the agent away."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from sqlalchemy import update

from agents import presence
from agents.at_work import commands
from agents.errors import NothingToDo
from agents.floor import Floor
from agents.models import Agent, Presence
from agents.rows import locked
from config import due_work
from config.centre import Centre
from config.database import Transaction

LOST: Final = "desk_lost"
REASON: Final = "connection_lost"
GRACE: Final = timedelta(seconds=15)
"""A page that is loaded anew, or a laptop that changes its network, is back within this."""


def opened(centre: Centre, agent_id: str) -> None:
    """A page of the agent's is open: nothing that was appointed for its absence happens, and no autopilot flies."""
    now = centre.clock.now()
    with centre.database.transaction("open_desk") as tx:
        agent = locked(tx, Agent, agent_id)
        if agent is None:
            return
        agent.is_at_desk, agent.last_seen_at = True, now
        for kind in (LOST, presence.AUTOPILOT):
            due_work.cancel(tx, kind=kind, subject_id=agent_id)


def seen(tx: Transaction, agent_ids: Collection[str], centre: Centre) -> None:
    """These agents' pages are still open."""
    tx.execute(
        update(Agent)
        .where(Agent.id.in_(agent_ids))
        .values(is_at_desk=True, last_seen_at=centre.clock.now())
        .execution_options(synchronize_session=False)
    )


def closed(centre: Centre, agent_id: str) -> None:
    """The last page that this process knew of is closed: unless one opens in time, the agent is gone."""
    now = centre.clock.now()
    with centre.database.transaction("close_desk") as tx:
        agent = tx.get(Agent, agent_id)
        if agent is not None:
            due_work.schedule(tx, kind=LOST, subject_id=agent_id, insurer_id=agent.insurer_id, due_at=now + GRACE)


def lose(floor: Floor, agent_id: str) -> None:
    """Take away an agent whose pages have all been silent for the grace; a ring is declined.

    In a call its telephone decides, in wrap-up the outcome comes first: upkeep looks again afterwards.
    """
    agent = _silent(floor, agent_id)
    if agent is None:
        return
    if agent.presence in (Presence.AVAILABLE, Presence.OFFERED):
        try:
            commands.go_away(floor, insurer_id=agent.insurer_id, code=agent.code, reason=REASON)
        except NothingToDo:
            # Answered in this very moment.
            return
    _leave(floor, agent_id)


def _silent(floor: Floor, agent_id: str) -> Agent | None:
    now = floor.centre.clock.now()
    with floor.centre.database.reading("silent_desk") as tx:
        agent = tx.get(Agent, agent_id)
    if agent is None or not agent.is_at_desk or agent.last_seen_at is None or agent.last_seen_at > now - GRACE:
        return None
    return agent


def _leave(floor: Floor, agent_id: str) -> None:
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("leave_desk") as tx:
        agent = locked(tx, Agent, agent_id)
        if agent is None or agent.last_seen_at is None or agent.last_seen_at > now - GRACE:
            return
        if agent.is_automatic:
            # The autopilot takes over whatever stands open.
            agent.is_at_desk = False
            due_work.schedule(tx, kind=presence.AUTOPILOT, subject_id=agent_id, insurer_id=agent.insurer_id, due_at=now)
        elif agent.presence == Presence.AWAY:
            agent.is_at_desk, agent.presence_reason = False, agent.presence_reason or REASON
