"""A supervisor in another agent's conversation: listens, whispers to the agent, speaks to all, leaves; always audited.

They come as an offer of purpose `monitor` in the conversation's conference. Which way they are in it is one column of
that offer; the carrier is brought to it by due work, which finds by the row what to ask for, and may ask twice.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from agents.dialling import dialled_calls
from agents.errors import NothingToDo
from agents.finding import agent_named, conversation_of, open_offer_of
from agents.floor import Floor
from agents.models import (
    ANSWERED_DIAL,
    OPEN_OFFER,
    SERVING_PURPOSES,
    Agent,
    Dial,
    DialState,
    Ear,
    Offer,
    OfferState,
    Presence,
    Purpose,
    Wait,
)
from agents.offering import answering, ears, offers
from agents.rows import locked, locked_offer
from agents.sight import is_anonymous
from config.centre import Centre
from config.database import Transaction
from config.line_descriptions import ListeningIn
from ivr.calls.models import Call
from ivr.carrier.errors import CallGone
from ivr.carrier.port import CarrierStatus, Seat

TAKE_EAR: Final = "take_ear"
_FREE_TO_LISTEN: Final = (Presence.AVAILABLE, Presence.AWAY)
_SEAT_OF: Final[Mapping[Ear, Seat]] = {
    Ear.LISTEN: Seat.LISTENER,
    Ear.WHISPER: Seat.WHISPERER,
    Ear.BARGE: Seat.GUEST,
}


class Why(StrEnum):
    """Why somebody does not listen to a call."""

    NO_CALL = "listens to no call"
    ANONYMOUS = "may not listen in: the caller is anonymous"
    CONFIDENTIAL = "may not listen in: conversations of this queue are confidential"
    LINE = "may not listen in: the line's description says never"
    OWN = "has this call"
    BUSY = "has a call, or writes one down"
    NO_SUPERVISOR = "is no supervisor"


class NotListenedTo(NothingToDo):
    """Nobody, or not this person, listens in now; `why` says why."""

    def __init__(self, code: str, why: Why) -> None:
        super().__init__(f"{code} {why}")
        self.why = why


def listen(floor: Floor, *, insurer_id: str, code: str, to_code: str) -> None:
    """As `listen_to_call`, the call that the agent `to_code` has; also raises NotListenedTo for no supervisor."""
    with floor.centre.database.reading("who_is_listened_to") as tx:
        own = dialled_calls.call_made_by(tx, agent_named(tx, insurer_id, to_code))
        call_id = own or conversation_of(tx, insurer_id, to_code).call_id
        if not agent_named(tx, insurer_id, code).is_supervisor:
            raise NotListenedTo(code, Why.NO_SUPERVISOR)
    listen_to_call(floor, insurer_id=insurer_id, code=code, call_id=call_id)


def listen_to_call(floor: Floor, *, insurer_id: str, code: str, call_id: str) -> None:
    """Ring a supervisor into the conversation of a call, to be heard by nobody. Asked again, nothing more rings.

    That `code` is a supervisor whoever asks has seen to. Raises NotListenedTo, and UnknownAgent.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("listen") as tx:
        talk = _conversation(tx, insurer_id, call_id)
        if talk is None:
            raise NotListenedTo(code, Why.NO_CALL)
        supervisor = agent_named(tx, insurer_id, code)
        own = open_offer_of(tx, supervisor)
        if own is not None and own.purpose == Purpose.MONITOR and own.call_id == talk.call.id:
            return
        why = _why_not(tx, floor.centre, talk, supervisor)
        if why is not None:
            raise NotListenedTo(code, why)
        offers.make_beside(
            tx,
            call=talk.call,
            wait=talk.wait,
            conference=talk.conference,
            agent=supervisor,
            at=now,
            purpose=Purpose.MONITOR,
        )


def lend_ear(floor: Floor, *, insurer_id: str, code: str, ear: Ear, call_id: str | None = None) -> None:
    """Let a supervisor who is in a conversation (of `call_id`, if named) listen only, whisper to its agent, or speak to
    all. The same again asks the carrier again. Raises NotListenedTo.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("lend_ear") as tx:
        offer_id = _own_id(tx, insurer_id, code, call_id)
        call, _, offer, supervisor = locked_offer(tx, offer_id)
        if offer.state != OfferState.ACCEPTED:
            raise NotListenedTo(code, Why.NO_CALL)
        if offer.ear != ear:
            ears.change(tx, call=call, offer=offer, supervisor=supervisor, ear=ear, at=now)
        offers.schedule(tx, offer, TAKE_EAR, now)
    while floor.centre.plan.perform(TAKE_EAR, offer_id):
        # Changed once more while the carrier was asked.
        continue


def take_ear(floor: Floor, offer_id: str) -> None:
    """Due work: bring the carrier to what the supervisor's offer says now."""
    with floor.centre.database.reading("ear_to_take") as tx:
        offer = tx.get(Offer, offer_id)
        host = None if offer is None else ears.host_of(tx, offer.conference)
    if offer is None or offer.ear is None or offer.carrier_sid is None or host is None:
        return
    ear = Ear(offer.ear)
    # Whoever hung up meanwhile has no seat: the news of their leg settles the rest.
    with suppress(CallGone):
        floor.carrier.take_seat(
            conference=offer.conference,
            call_sid=offer.carrier_sid,
            seat=_SEAT_OF[ear],
            coached_sid=host.carrier_sid if ear is Ear.WHISPER else None,
        )


def leave(floor: Floor, *, insurer_id: str, code: str, call_id: str) -> None:
    """Let the supervisor out of the call's conversation, or have their telephone ring no more; the others go on.

    Asked again, nothing more happens.
    """
    now = floor.centre.clock.now()
    try:
        with floor.centre.database.transaction("stop_listening") as tx:
            call, _, offer, supervisor = locked_offer(tx, _own_id(tx, insurer_id, code, call_id))
            is_in_it, sid = offer.state == OfferState.ACCEPTED, offer.carrier_sid
            if not is_in_it:
                offers.end(
                    tx, call=call, offer=offer, agent=supervisor, state=OfferState.WITHDRAWN, reason="left", at=now
                )
    except NotListenedTo:
        return
    if is_in_it and sid is not None:
        floor.carrier.end_call(call_sid=sid)
        answering.leg_ended(floor, offer.id, sid, CarrierStatus.COMPLETED)


def may_be_heard(centre: Centre, call: Call, queue: str) -> bool:
    """Whether the line lets supervisors listen to calls out of this queue, or out of none, as an agent's own call is;
    nobody listens to who is anonymous, or talks in confidence.
    """
    insurer = centre.insurers[call.insurer_id]
    described, line = insurer.queues.get(queue), insurer.lines.get(call.line)
    is_nobodys = call.is_anonymous or (described is not None and described.is_confidential)
    return not is_nobodys and line is not None and line.listening_in is not ListeningIn.NEVER


@dataclass(frozen=True)
class _Conversation:
    """A call, its wait (None for one that an agent made), the conference, and the agent who has it."""

    call: Call
    wait: Wait | None
    conference: str
    agent_id: str
    is_on: bool


def _why_not(tx: Transaction, centre: Centre, talk: _Conversation, supervisor: Agent) -> Why | None:
    call, queue = talk.call, "" if talk.wait is None else talk.wait.queue
    if not talk.is_on or call.ended_at is not None:
        return Why.NO_CALL
    if talk.agent_id == supervisor.id:
        return Why.OWN
    insurer = centre.insurers[call.insurer_id]
    if is_anonymous(tx, insurer, call):
        return Why.ANONYMOUS
    if queue in insurer.queues and insurer.queues[queue].is_confidential:
        return Why.CONFIDENTIAL
    if not may_be_heard(centre, call, queue):
        return Why.LINE
    return None if supervisor.presence in _FREE_TO_LISTEN else Why.BUSY


def _conversation(tx: Transaction, insurer_id: str, call_id: str) -> _Conversation | None:
    """The conversation of a call, locked: of the agent who was offered the caller, or who rang a number."""
    offer_id = tx.scalar(
        select(Offer.id).where(
            Offer.call_id == call_id,
            Offer.insurer_id == insurer_id,
            Offer.purpose.in_(SERVING_PURPOSES),
            Offer.state == OfferState.ACCEPTED,
        )
    )
    if offer_id is not None:
        call, wait, host, _ = locked_offer(tx, offer_id)
        return _Conversation(call, wait, host.conference, host.agent_id, host.state == OfferState.ACCEPTED)
    dial_id = tx.scalar(select(Dial.id).where(Dial.call_id == call_id, Dial.insurer_id == insurer_id, ANSWERED_DIAL))
    made = None if dial_id is None else locked(tx, Call, call_id)
    dial = None if dial_id is None or made is None else locked(tx, Dial, dial_id)
    if made is None or dial is None:
        return None
    return _Conversation(made, None, dial.id, dial.agent_id, dial.state == DialState.PLACED)


def _own_id(tx: Transaction, insurer_id: str, code: str, call_id: str | None) -> str:
    """The offer by which the supervisor is in the call, or rings to be."""
    statement = (
        select(Offer.id, Offer.call_id)
        .join(Agent, Agent.id == Offer.agent_id)
        .where(Agent.insurer_id == insurer_id, Agent.code == code, Offer.purpose == Purpose.MONITOR, OPEN_OFFER)
    )
    found = tx.execute(statement).first()
    if found is None or call_id not in (None, found.call_id):
        raise NotListenedTo(code, Why.NO_CALL)
    return str(found.id)
