"""Agents' legs as intervals of the call that they serve."""

from datetime import datetime
from typing import Final

from sqlalchemy import select

from agents.models import Agent
from config.database import Transaction
from config.ids import new_id
from ivr.calls.models import Call, Leg

AGENT: Final = "agent"


def follow(
    tx: Transaction,
    call: Call,
    agent: Agent,
    sid: str,
    *,
    at: datetime,
    has_answered: bool = False,
    cause: str | None = None,
) -> None:
    """Write what is known of an agent's leg now: that it rings, was answered, or ended of `cause`; each once."""
    leg = tx.scalar(select(Leg).where(Leg.call_id == call.id, Leg.carrier_sid == sid))
    if leg is None:
        leg = Leg(
            id=new_id(at),
            insurer_id=call.insurer_id,
            call_id=call.id,
            carrier_sid=sid,
            party=AGENT,
            agent_id=agent.id,
            started_at=at,
        )
        tx.add(leg)
    if has_answered and leg.answered_at is None and leg.ended_at is None:
        leg.answered_at = at
    if cause is not None and leg.ended_at is None:
        leg.ended_at, leg.hangup_cause = at, cause
    tx.flush()
