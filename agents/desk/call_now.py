"""The call that an agent has now: rings, talks, holds, is written down; since when, and who else is in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from agents.models import OPEN_OFFER, Agent, Callback, Offer, Presence, Purpose, Wait
from config.database import Transaction
from config.line_descriptions import Insurer, Words
from ivr.calls.models import Call, Hold


class Stage(StrEnum):
    """How far the agent has come with the call."""

    RINGING = "ringing"
    TALKING = "talking"
    HOLDING = "holding"
    WRAP_UP = "wrap_up"


@dataclass(frozen=True)
class Colleague:
    """An agent who is consulted: rings or is on the line."""

    code: str
    title: str
    has_answered: bool


@dataclass(frozen=True)
class CallNow:
    """The agent's call. `since` is when its stage began; `waiting_since` is None once the wait is over.

    `callback_reason` says that it was we who rang the person, and why.
    """

    call_id: str
    stage: Stage
    purpose: Purpose
    since: datetime
    line: Words
    queue: str
    queue_title: Words
    language: str
    is_emergency: bool
    waiting_since: datetime | None
    waited_seconds: int
    target_seconds: int | None
    callback_reason: str | None
    consulted: Colleague | None
    is_only_beside: bool


def call_now(tx: Transaction, *, insurer: Insurer, agent_id: str, at: datetime) -> CallNow | None:
    """What the agent has now; None for who is free or away."""
    agent = tx.get_one(Agent, agent_id)
    call = None if agent.call_id is None else tx.get(Call, agent.call_id)
    offer = None if call is None else _newest_offer(tx, agent, call)
    if call is None or offer is None:
        return None
    wait = tx.get_one(Wait, offer.wait_id)
    line, queue = insurer.lines.get(call.line), insurer.queues.get(offer.queue)
    callback = tx.scalar(select(Callback.reason).where(Callback.reached_call_id == call.id))
    stage = _stage(tx, agent, call)
    return CallNow(
        call_id=call.id,
        stage=stage,
        purpose=Purpose(offer.purpose),
        since=_since(agent, offer, stage),
        line={} if line is None else line.title,
        queue=offer.queue,
        queue_title={} if queue is None else queue.title,
        language=call.language,
        is_emergency=wait.is_emergency,
        waiting_since=wait.since if wait.claimed_at is None else None,
        waited_seconds=int(((wait.claimed_at or at) - wait.since).total_seconds()),
        target_seconds=None if queue is None else queue.answer_target_seconds,
        callback_reason=callback,
        consulted=_consulted(tx, offer),
        is_only_beside=Purpose(offer.purpose) in (Purpose.CONSULT, Purpose.MONITOR),
    )


def _newest_offer(tx: Transaction, agent: Agent, call: Call) -> Offer | None:
    statement = select(Offer).where(Offer.agent_id == agent.id, Offer.call_id == call.id)
    return tx.scalar(statement.order_by(Offer.id.desc()).limit(1))


def _stage(tx: Transaction, agent: Agent, call: Call) -> Stage:
    match Presence(agent.presence):
        case Presence.OFFERED:
            return Stage.RINGING
        case Presence.WRAP_UP:
            return Stage.WRAP_UP
        case _:
            is_held = tx.scalar(select(Hold.id).where(Hold.call_id == call.id, Hold.ended_at.is_(None)))
            return Stage.HOLDING if is_held else Stage.TALKING


def _since(agent: Agent, offer: Offer, stage: Stage) -> datetime:
    if stage in (Stage.TALKING, Stage.HOLDING):
        return offer.accepted_at or agent.presence_since
    return agent.presence_since


def _consulted(tx: Transaction, offer: Offer) -> Colleague | None:
    if offer.purpose == Purpose.CONSULT:
        return None
    row = tx.execute(
        select(Agent, Offer)
        .join(Offer, Offer.agent_id == Agent.id)
        .where(Offer.wait_id == offer.wait_id, Offer.purpose == Purpose.CONSULT, OPEN_OFFER)
    ).first()
    return None if row is None else Colleague(row[0].code, row[0].title, row[1].accepted_at is not None)
