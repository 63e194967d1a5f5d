"""What an agent does, as services: come, go, hang up, hold, transfer; the desk and the terminal both call these."""

from datetime import datetime

from sqlalchemy import select

from agents import presence
from agents.addresses import hold_url
from agents.confidence import codes_in_confidence
from agents.errors import NothingToDo, OutcomeMissing, UnknownAgent
from agents.finding import agent_named, conversation_of, open_offer_of
from agents.floor import Floor
from agents.models import Agent, Offer, OfferState, Presence, Purpose
from agents.offering import answering, ringing
from agents.rows import locked
from agents.waiting.queue_rules import rules_for
from agents.waiting.waits import last_wait, serve_by
from config.audit import audit
from config.database import Transaction
from config.ids import new_id
from config.line_descriptions import EMERGENCY_QUEUE
from ivr.calls.log import record
from ivr.calls.models import Call, Hold
from ivr.carrier.errors import CallGone
from ivr.carrier.port import CarrierStatus


def presence_of(floor: Floor, *, insurer_id: str, code: str) -> Presence:
    """What the agent is doing now. Raises UnknownAgent."""
    with floor.centre.database.reading("presence_of") as tx:
        found = tx.scalar(select(Agent.presence).where(Agent.insurer_id == insurer_id, Agent.code == code))
    if found is None:
        raise UnknownAgent(f"{insurer_id} has no agent {code}")
    return Presence(found)


def become_available(floor: Floor, *, insurer_id: str, code: str, by: str | None = None) -> None:
    """Take calls from now. Raises OutcomeMissing in wrap-up: first the outcome, or a supervisor's release; and
    NothingToDo for who has a call, or a telephone that rings. Audited where somebody else, `by`, says so.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("become_available") as tx:
        agent = agent_named(tx, insurer_id, code)
        if agent.presence == Presence.WRAP_UP:
            raise OutcomeMissing(f"{code}: record the outcome of the last call first")
        if agent.presence in (Presence.OFFERED, Presence.ON_CALL):
            raise NothingToDo(f"{code} is {agent.presence}: answer or end that call first")
        if agent.presence == Presence.AWAY:
            presence.change(tx, agent, Presence.AVAILABLE, at=now)
            _audit_presence(tx, agent, by, now)


def go_away(floor: Floor, *, insurer_id: str, code: str, reason: str = "break", by: str | None = None) -> None:
    """Take no calls for now; a ringing offer is thereby declined. Raises NothingToDo during a call or wrap-up. Audited
    where somebody else, `by`, says so.
    """
    now = floor.centre.clock.now()
    offer_id: str | None = None
    with floor.centre.database.transaction("go_away") as tx:
        agent = agent_named(tx, insurer_id, code)
        match Presence(agent.presence):
            case Presence.AVAILABLE:
                presence.change(tx, agent, Presence.AWAY, at=now, reason=reason)
            case Presence.AWAY if agent.presence_reason != reason:
                # Another reason is another interval: reports count breaks by it.
                presence.begin(tx, agent, Presence.AWAY, at=now, reason=reason)
            case Presence.AWAY:
                return
            case Presence.OFFERED:
                offer = open_offer_of(tx, agent)
                offer_id = None if offer is None else offer.id
            case Presence.ON_CALL | Presence.WRAP_UP:
                raise NothingToDo(f"{code} is {agent.presence}: end the call and record its outcome first")
        _audit_presence(tx, agent, by, now)
    if offer_id is not None:
        ringing.decline(floor, offer_id)


def hang_up(floor: Floor, *, insurer_id: str, code: str) -> None:
    """End the agent's call on purpose: the caller hears the survey or the goodbye, not the queue again.

    Who was consulted, or listens, leaves the others alone by it.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("hang_up") as tx:
        offer = conversation_of(tx, insurer_id, code, is_any=True)
        offer.is_ended_by_desk = True
        sid, offer_id = offer.carrier_sid, offer.id
        call = tx.get_one(Call, offer.call_id)
        record(tx, call, "agent_hung_up", at=now, offer=offer.id, agent=code)
    if sid is not None:
        floor.carrier.end_call(call_sid=sid)
        answering.leg_ended(floor, offer_id, sid, CarrierStatus.COMPLETED)


def set_hold(floor: Floor, *, insurer_id: str, code: str, on: bool) -> None:
    """Put the agent's caller on hold, or take them off; an interval of the call either way."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("set_hold") as tx:
        offer = conversation_of(tx, insurer_id, code)
        call = locked(tx, Call, offer.call_id)
        if call is None:
            raise NothingToDo(f"{code} has no call")
        # Repeated, the carrier is asked again all the same: the first answer may have been lost.
        if _note_hold(tx, call, on=on, at=now):
            record(tx, call, "hold_began" if on else "hold_ended", at=now, agent=code)
    try:
        floor.carrier.hold(
            conference=offer.conference,
            call_sid=call.carrier_sid,
            on=on,
            hold_url=hold_url(floor.centre.settings, call.id),
        )
    except CallGone as error:
        raise NothingToDo(f"{code}: the caller is gone") from error


def transfer(floor: Floor, *, insurer_id: str, code: str, to_code: str) -> None:
    """Cold transfer: the caller goes to the head of the queue, for a while for `to_code` alone; the agent wraps up.

    Raises NothingToDo without a call, and for who serves confidential queues alone.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("transfer_call") as tx:
        offer = conversation_of(tx, insurer_id, code)
        target_id = tx.scalar(select(Agent.id).where(Agent.insurer_id == insurer_id, Agent.code == to_code))
        if target_id is None:
            raise UnknownAgent(f"{insurer_id} has no agent {to_code}")
        if target_id == offer.agent_id:
            raise NothingToDo(f"{code} cannot pass the caller on to themselves")
        check_not_in_confidence(tx, floor, insurer_id, to_code)
        call = locked(tx, Call, offer.call_id)
        wait = last_wait(tx, offer.call_id)
        if call is None or wait is None:
            raise NothingToDo(f"{code} has no call to transfer")
        wait.preferred_agent_id, wait.purpose = target_id, Purpose.TRANSFER
        record(tx, call, "transfer_began", at=now, agent=code, to=to_code)
        sid, offer_id = offer.carrier_sid, offer.id
    answering.let_go(floor, offer_id, sid)


def transfer_to_queue(floor: Floor, *, insurer_id: str, code: str, queue: str) -> None:
    """Cold transfer to whoever serves a queue: the caller goes to its head, the agent wraps up.

    Raises NothingToDo without a call, for a queue that there is not or that is closed, for an anonymous one: who goes
    there must have been forgotten first; and for the emergencies' own: who has somebody in danger stays with them.
    """
    now = floor.centre.clock.now()
    described = floor.centre.insurers[insurer_id].queues.get(queue)
    if described is None or described.is_anonymous or queue == EMERGENCY_QUEUE:
        raise NothingToDo(f"{insurer_id} has no queue {queue} to pass callers on to")
    with floor.centre.database.transaction("transfer_to_queue") as tx:
        offer = conversation_of(tx, insurer_id, code)
        call, wait = locked(tx, Call, offer.call_id), last_wait(tx, offer.call_id)
        if call is None or wait is None:
            raise NothingToDo(f"{code} has no call to transfer")
        rules = rules_for(floor.centre.insurers, call, queue)
        if not rules.hours.is_open(now):
            raise NothingToDo(f"{queue} is closed")
        wait.purpose, wait.preferred_agent_id = Purpose.TRANSFER, None
        serve_by(wait, rules)
        record(tx, call, "transfer_began", at=now, agent=code, queue=queue)
        sid, offer_id = offer.carrier_sid, offer.id
    answering.let_go(floor, offer_id, sid)


def check_not_in_confidence(tx: Transaction, floor: Floor, insurer_id: str, code: str) -> None:
    """Raises NothingToDo for who serves confidential queues alone: callers come to them by their queue only."""
    if code in codes_in_confidence(tx, floor.centre.insurers[insurer_id]):
        raise NothingToDo(f"{code} is reached by their queue only")


def answer(floor: Floor, *, insurer_id: str, code: str) -> str:
    """The id of the offer that rings at the agent; answering itself happens at the telephone. Raises NothingToDo."""
    with floor.centre.database.reading("ringing_offer") as tx:
        agent_id = tx.scalar(select(Agent.id).where(Agent.insurer_id == insurer_id, Agent.code == code))
        if agent_id is None:
            raise UnknownAgent(f"{insurer_id} has no agent {code}")
        offer = tx.scalar(
            select(Offer).where(Offer.agent_id == agent_id, Offer.state.in_((OfferState.MADE, OfferState.RINGING)))
        )
    if offer is None:
        raise NothingToDo(f"nothing rings at {code}")
    return offer.id


def _audit_presence(tx: Transaction, agent: Agent, by: str | None, at: datetime) -> None:
    """An agent's own coming and going is in the intervals; what somebody else does to it is in the audit."""
    if by is not None:
        audit(
            tx,
            insurer_id=agent.insurer_id,
            at=at,
            actor=by,
            action="presence_set",
            subject_kind="agent",
            subject_id=agent.id,
            presence=agent.presence,
            reason=agent.presence_reason,
        )


def _note_hold(tx: Transaction, call: Call, *, on: bool, at: datetime) -> bool:
    """Write the interval; False where this changes nothing: on hold once, off hold once."""
    hold = tx.scalar(select(Hold).where(Hold.call_id == call.id, Hold.ended_at.is_(None)))
    if on == (hold is not None):
        return False
    if hold is not None:
        hold.ended_at = at
    else:
        tx.add(Hold(id=new_id(at), insurer_id=call.insurer_id, call_id=call.id, started_at=at))
    return True
