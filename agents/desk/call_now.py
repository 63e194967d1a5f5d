"""The call that an agent has now: rings, talks, holds, is written down; since when, and who else is in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from agents.models import OPEN_OFFER, Agent, Callback, Dial, DialState, Ear, Offer, Presence, Purpose, Wait
from agents.offering import ears, offers
from agents.waiting import waits
from config.database import Transaction
from config.line_descriptions import Insurer, Line, ListeningIn, Words
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
class Heard:
    """A supervisor who is in the conversation, and how."""

    title: str
    ear: Ear


@dataclass(frozen=True)
class OtherDesk:
    """The colleague with whom the agent has a call of their own: rings us, or is rung by us."""

    title: str
    extension: str
    is_ringing_us: bool
    has_answered: bool


@dataclass(frozen=True)
class CallNow:
    """The agent's call. `since` is when its stage began, `held_since` when the hold did; `waiting_since` is None
    once the wait is over. Without a `purpose` the agent made the call, and the number `is_rung` until somebody answers
    there, or a colleague rang (`other_desk`);
    `callback_reason` says that the centre rang the person, and why; `heard` who listens in, as far as the line's
    description lets the agent know.
    """

    call_id: str
    stage: Stage
    purpose: Purpose | None
    since: datetime
    held_since: datetime | None
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
    is_rung: bool
    other_desk: OtherDesk | None
    heard: tuple[Heard, ...]


def call_now(tx: Transaction, *, insurer: Insurer, agent_id: str, at: datetime) -> CallNow | None:
    """What the agent has now; None for who is free or away."""
    agent = tx.get_one(Agent, agent_id)
    call = None if agent.call_id is None else tx.get(Call, agent.call_id)
    if call is None:
        return None
    offer = _newest_offer(tx, agent, call)
    is_beside = offer is not None and offers.is_beside(offer)
    is_listener = offer is not None and offer.purpose == Purpose.MONITOR
    held_since = tx.scalar(select(Hold.started_at).where(Hold.call_id == call.id, Hold.ended_at.is_(None)))
    # On hold the caller hears neither who joined nor who asked them: those talk all the same.
    stage = _stage(agent, is_held=held_since is not None and not is_beside)
    wait = None if offer is None or offer.wait_id is None else tx.get_one(Wait, offer.wait_id)
    dial = None if offer is not None else _own_dial(tx, agent, call)
    conference = offer.conference if offer is not None else dial.id if dial is not None else None
    line, queue = insurer.lines.get(call.line), insurer.queues.get("" if offer is None else offer.queue)
    return CallNow(
        call_id=call.id,
        stage=stage,
        purpose=None if offer is None else Purpose(offer.purpose),
        since=_since(agent, offer, stage),
        held_since=held_since if stage is Stage.HOLDING else None,
        line={} if line is None else line.title,
        queue="" if offer is None else offer.queue,
        queue_title={} if queue is None else queue.title,
        language=call.language,
        is_emergency=wait is not None and wait.is_emergency,
        waiting_since=None if wait is None or wait.claimed_at is not None else wait.joined_at,
        waited_seconds=0 if wait is None else waits.stayed_seconds(wait, at=wait.claimed_at or at),
        target_seconds=None if queue is None else queue.answer_target_seconds,
        callback_reason=tx.scalar(select(Callback.reason).where(Callback.reached_call_id == call.id)),
        consulted=None if offer is None else _consulted(tx, offer),
        is_only_beside=is_beside,
        is_rung=dial is not None and dial.state == DialState.PLACED and dial.answered_at is None,
        other_desk=_other_desk(tx, agent, call),
        heard=() if is_listener or conference is None else _heard(tx, line, conference, stage),
    )


def _newest_offer(tx: Transaction, agent: Agent, call: Call) -> Offer | None:
    statement = select(Offer).where(Offer.agent_id == agent.id, Offer.call_id == call.id)
    return tx.scalar(statement.order_by(Offer.id.desc()).limit(1))


def _own_dial(tx: Transaction, agent: Agent, call: Call) -> Dial | None:
    """The number that the agent rang by this call."""
    statement = select(Dial).where(Dial.call_id == call.id, Dial.agent_id == agent.id, Dial.e164.is_not(None))
    return tx.scalar(statement)


def _stage(agent: Agent, *, is_held: bool) -> Stage:
    match Presence(agent.presence):
        case Presence.OFFERED:
            return Stage.RINGING
        case Presence.WRAP_UP:
            return Stage.WRAP_UP
        case _:
            return Stage.HOLDING if is_held else Stage.TALKING


def _since(agent: Agent, offer: Offer | None, stage: Stage) -> datetime:
    if offer is not None and stage in (Stage.TALKING, Stage.HOLDING):
        return offer.accepted_at or agent.presence_since
    return agent.presence_since


def _other_desk(tx: Transaction, agent: Agent, call: Call) -> OtherDesk | None:
    dial = tx.scalar(select(Dial).where(Dial.call_id == call.id, Dial.colleague_id.is_not(None)))
    if dial is None or dial.colleague_id is None:
        return None
    is_ringing_us = dial.colleague_id == agent.id
    other = tx.get_one(Agent, dial.agent_id if is_ringing_us else dial.colleague_id)
    return OtherDesk(other.title, other.extension or other.code, is_ringing_us, other.presence == Presence.ON_CALL)


def _heard(tx: Transaction, line: Line | None, conference: str, stage: Stage) -> tuple[Heard, ...]:
    """Nothing of it where the description hides it. Asked for nobody who is one of them."""
    is_told = line is not None and line.listening_in is ListeningIn.SHOWN
    if not is_told or stage not in (Stage.TALKING, Stage.HOLDING):
        return ()
    found = ears.listeners(tx, conference)
    return tuple(Heard(agent.title, Ear(one.ear)) for agent, one in found if one.ear)


def _consulted(tx: Transaction, offer: Offer) -> Colleague | None:
    if offer.purpose == Purpose.CONSULT:
        return None
    row = tx.execute(
        select(Agent, Offer)
        .join(Offer, Offer.agent_id == Agent.id)
        .where(Offer.wait_id == offer.wait_id, Offer.purpose == Purpose.CONSULT, OPEN_OFFER)
    ).first()
    return None if row is None else Colleague(row[0].code, row[0].title, row[1].accepted_at is not None)
