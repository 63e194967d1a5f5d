"""What an agent is told before saying hello: why they are rung, what the caller wants, and in which language."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from agents.errors import NothingToDo, UnknownAgent
from agents.floor import Floor
from agents.models import OPEN_OFFER, Agent, Callback, Offer, Presence, Wait
from agents.waiting import waits
from config.database import Transaction
from config.line_descriptions import Words
from ivr.calls.models import Call, CallEvent


@dataclass(frozen=True)
class Briefing:
    """The least that helps: nobody's name, policy or number; of an anonymous caller nothing but what they wait for.

    `reason` is the way through the menus in words, `waited_seconds` how long they stood in the queue in this call since
    they last came to it, `messages` are ids for `pult voicemail play`.
    """

    purpose: str
    state: str
    line: str
    queue: str
    language: str
    reason: str
    waited_seconds: int
    is_emergency: bool
    level: str
    caller_role: str | None
    region: str | None
    callback_reason: str | None
    messages: tuple[str, ...]


def briefing(floor: Floor, *, insurer_id: str, code: str) -> Briefing:
    """About the call that rings at the agent, or that they have. Raises UnknownAgent, NothingToDo."""
    now = floor.centre.clock.now()
    with floor.centre.database.reading("briefing") as tx:
        agent = tx.scalar(select(Agent).where(Agent.insurer_id == insurer_id, Agent.code == code))
        if agent is None:
            raise UnknownAgent(f"{insurer_id} has no agent {code}")
        offer = tx.scalar(select(Offer).where(Offer.agent_id == agent.id, OPEN_OFFER))
        if offer is None:
            raise NothingToDo(f"{code} is {Presence(agent.presence)}: no call rings or is on")
        return _of(tx, floor, offer, now)


def _of(tx: Transaction, floor: Floor, offer: Offer, now: datetime) -> Briefing:
    insurer = floor.centre.insurers[offer.insurer_id]
    call = tx.get_one(Call, offer.call_id)
    wait = None if offer.wait_id is None else tx.get_one(Wait, offer.wait_id)
    callback = tx.scalar(select(Callback).where(Callback.reached_call_id == call.id))
    place = insurer.region(call.region)
    line, queue = insurer.lines.get(call.line), insurer.queues.get(offer.queue)
    return Briefing(
        purpose=offer.purpose,
        state=offer.state,
        line=call.line if line is None else line.title["ru"],
        queue=offer.queue if queue is None else queue.title["ru"],
        language=call.language,
        reason=_reason(tx, call),
        waited_seconds=0 if wait is None else waits.stayed_seconds(wait, at=wait.claimed_at or now),
        is_emergency=wait is not None and wait.is_emergency,
        level=call.level,
        caller_role=call.caller_role,
        region=None if place is None else place.name["ru"],
        callback_reason=None if callback is None else callback.reason,
        messages=_messages(tx, [call.id, *([] if callback is None else [callback.call_id])]),
    )


def _reason(tx: Transaction, call: Call) -> str:
    """What the caller chose on the way to the queue, in the agents' language."""
    queued = tx.scalar(
        select(CallEvent.data)
        .where(CallEvent.call_id == call.id, CallEvent.kind == "queued")
        .order_by(CallEvent.seq.desc())
        .limit(1)
    )
    reason: Words = (queued or {}).get("reason") or {}
    return reason.get("ru", "")


def _messages(tx: Transaction, call_ids: list[str]) -> tuple[str, ...]:
    left = select(CallEvent.data).where(CallEvent.call_id.in_(call_ids), CallEvent.kind == "message_left")
    return tuple(str(data["recording"]) for data in tx.scalars(left))
