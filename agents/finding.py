"""Finds the rows that a command names: an agent by code, and the offer or conversation that they have."""

from sqlalchemy import select

from agents.errors import NothingToDo, UnknownAgent
from agents.models import OPEN_OFFER, SERVING_PURPOSES, Agent, Offer, OfferState, Purpose
from agents.rows import locked, locked_offer
from config.database import Transaction


def agent_named(tx: Transaction, insurer_id: str, code: str) -> Agent:
    """The insurer's agent with this code, locked; raises UnknownAgent."""
    agent_id = tx.scalar(select(Agent.id).where(Agent.insurer_id == insurer_id, Agent.code == code))
    agent = None if agent_id is None else locked(tx, Agent, agent_id)
    if agent is None:
        raise UnknownAgent(f"{insurer_id} has no agent {code}")
    return agent


def open_offer_of(tx: Transaction, agent: Agent) -> Offer | None:
    """The agent's offer that is not over."""
    return tx.scalar(select(Offer).where(Offer.agent_id == agent.id, OPEN_OFFER))


def conversation_of(tx: Transaction, insurer_id: str, code: str, *, is_any: bool = False) -> Offer:
    """The locked offer of the call that the agent has; with `is_any` also of one that they only joined.

    Raises UnknownAgent, and NothingToDo without a call.
    """
    agent_id = tx.scalar(select(Agent.id).where(Agent.insurer_id == insurer_id, Agent.code == code))
    if agent_id is None:
        raise UnknownAgent(f"{insurer_id} has no agent {code}")
    offer_id = tx.scalar(
        select(Offer.id).where(
            Offer.agent_id == agent_id,
            Offer.state == OfferState.ACCEPTED,
            Offer.purpose.in_(tuple(Purpose) if is_any else SERVING_PURPOSES),
        )
    )
    if offer_id is None:
        raise NothingToDo(f"{code} has no call")
    return locked_offer(tx, offer_id)[2]
