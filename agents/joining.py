"""Joining a conversation that another agent has: a colleague is consulted, or handed the caller; a supervisor listens.

Each joins as an offer of its own purpose (`consult`, `monitor`) in the conversation's conference, so that ringing, RONA
and presence are as everywhere.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from agents import answering, offers, presence
from agents.commands import agent_named, conversation_of, presence_of, set_hold
from agents.errors import NothingToDo
from agents.floor import Floor
from agents.models import OPEN_OFFER, SERVING_PURPOSES, Agent, Offer, OfferState, Presence, Purpose, Wait
from agents.rows import locked, locked_offer
from config import due_work
from config.audit import audit
from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.carrier.errors import CallGone
from ivr.carrier.port import Seat

HAND_OVER: Final = "hand_over"
_FREE_TO_LISTEN: Final = (Presence.AVAILABLE, Presence.AWAY)


class Ear(StrEnum):
    """How a supervisor is in a conversation."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


_SEAT_OF: Final[Mapping[Ear, Seat]] = {
    Ear.LISTEN: Seat.LISTENER,
    Ear.WHISPER: Seat.WHISPERER,
    Ear.BARGE: Seat.GUEST,
}


def consult(floor: Floor, *, insurer_id: str, code: str, to_code: str) -> None:
    """Ring a colleague into the agent's call, the caller on hold. Raises NothingToDo without call or free colleague."""
    with floor.centre.database.reading("who_consults") as tx:
        conversation_of(tx, insurer_id, code)
    _check_free(code, to_code, presence_of(floor, insurer_id=insurer_id, code=to_code))
    set_hold(floor, insurer_id=insurer_id, code=code, on=True)
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("consult") as tx:
        call, wait, host, _ = locked_offer(tx, conversation_of(tx, insurer_id, code).id)
        colleague = agent_named(tx, insurer_id, to_code)
        _check_free(code, to_code, Presence(colleague.presence))
        if _beside(tx, wait, Purpose.CONSULT) is not None:
            raise NothingToDo(f"{code} consults somebody already")
        record(tx, call, "consult_began", at=now, agent=code, to=to_code)
        offers.make_beside(tx, call=call, wait=wait, host=host, agent=colleague, at=now, purpose=Purpose.CONSULT)


def end_consult(floor: Floor, *, insurer_id: str, code: str) -> None:
    """Let the colleague go and take the caller off hold. Raises NothingToDo where nobody is consulted."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("end_consult") as tx:
        call, wait, _, _ = locked_offer(tx, conversation_of(tx, insurer_id, code).id)
        offer = _beside(tx, wait, Purpose.CONSULT)
        if offer is None:
            raise NothingToDo(f"{code} consults nobody")
        colleague = locked(tx, Agent, offer.agent_id)
        if colleague is not None:
            offers.end(
                tx, call=call, offer=offer, agent=colleague, state=OfferState.WITHDRAWN, reason="consulted", at=now
            )
        record(tx, call, "consult_ended", at=now, agent=code)
    set_hold(floor, insurer_id=insurer_id, code=code, on=False)


def hand_over(floor: Floor, *, insurer_id: str, code: str) -> str:
    """Warm transfer: the consulted colleague has the caller from now on, the agent wraps up; the colleague's code.

    Raises NothingToDo where nobody who is consulted has answered yet.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("hand_over") as tx:
        call, wait, host, agent = locked_offer(tx, conversation_of(tx, insurer_id, code).id)
        offer = _beside(tx, wait, Purpose.CONSULT)
        colleague = None if offer is None else locked(tx, Agent, offer.agent_id)
        if offer is None or colleague is None or offer.state != OfferState.ACCEPTED:
            raise NothingToDo(f"{code}: nobody who was consulted has answered")
        answering.end_offer(tx, host, at=now)
        offer.purpose = Purpose.TRANSFER
        tx.flush()
        answering.wrap_up(tx, call=call, offer=host, agent=agent, at=now)
        presence.fly_on(tx, colleague, at=now)
        due_work.schedule(tx, kind=HAND_OVER, subject_id=offer.id, insurer_id=insurer_id, due_at=now)
        record(tx, call, "handed_over", at=now, agent=code, to=colleague.code)
        to = colleague.code
    floor.centre.plan.perform(HAND_OVER, offer.id)
    return to


def finish_hand_over(floor: Floor, offer_id: str) -> None:
    """Let the conversation go on with the new agent: it ends with them, the caller is off hold, the other leaves."""
    with floor.centre.database.reading("hand_over_to_finish") as tx:
        offer = tx.get(Offer, offer_id)
        before = None if offer is None else _host_before(tx, offer)
        agent = None if offer is None else tx.get(Agent, offer.agent_id)
    if offer is None or agent is None or offer.state != OfferState.ACCEPTED or offer.carrier_sid is None:
        return
    _take_seat(floor, offer, Seat.HOST)
    if before is not None and before.carrier_sid is not None:
        # First they may go without ending it all, and then they go.
        _take_seat(floor, before, Seat.GUEST)
        floor.carrier.end_call(call_sid=before.carrier_sid)
    with suppress(NothingToDo):
        set_hold(floor, insurer_id=offer.insurer_id, code=agent.code, on=False)


def listen(floor: Floor, *, insurer_id: str, code: str, to_code: str) -> None:
    """Ring a supervisor into another agent's call, heard by nobody; audited.

    Raises NothingToDo where there is no call, the supervisor is busy or none, or the caller is anonymous.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("listen") as tx:
        call, wait, host, _ = locked_offer(tx, conversation_of(tx, insurer_id, to_code).id)
        supervisor = agent_named(tx, insurer_id, code)
        if not supervisor.is_supervisor:
            raise NothingToDo(f"{code} is no supervisor")
        if call.is_anonymous or floor.centre.insurers[insurer_id].queues[wait.queue].is_anonymous:
            raise NothingToDo(f"the caller of {to_code} is anonymous: nobody listens in")
        if supervisor.presence not in _FREE_TO_LISTEN:
            raise NothingToDo(f"{code} is {supervisor.presence}")
        record(tx, call, "monitor_began", at=now, agent=code, to=to_code)
        _audit(tx, call, code, "listened_in", to_code, now)
        offers.make_beside(
            tx, call=call, wait=wait, host=host, agent=supervisor, at=now, purpose=Purpose.MONITOR
        )


def lend_ear(floor: Floor, *, insurer_id: str, code: str, ear: Ear) -> None:
    """Let a supervisor who is in a conversation listen only, whisper to its agent, or speak to all; audited."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("lend_ear") as tx:
        change = _listening(tx, insurer_id, code)
        record(tx, change.call, f"monitor_{ear}", at=now, agent=code)
        _audit(tx, change.call, code, f"monitor_{ear}", change.host_code, now)
    coached = change.host_sid if ear is Ear.WHISPER else None
    try:
        floor.carrier.take_seat(
            conference=change.conference, call_sid=change.own_sid, seat=_SEAT_OF[ear], coached_sid=coached
        )
    except CallGone as error:
        raise NothingToDo(f"{code}: the conversation is over") from error


def _take_seat(floor: Floor, offer: Offer, seat: Seat) -> None:
    """Whoever hung up meanwhile has no seat: the news of their leg settles the rest."""
    with suppress(CallGone):
        floor.carrier.take_seat(conference=offer.conference, call_sid=offer.carrier_sid or "", seat=seat)


@dataclass(frozen=True)
class _Listening:
    call: Call
    conference: str
    own_sid: str
    host_code: str
    host_sid: str


def _listening(tx: Transaction, insurer_id: str, code: str) -> _Listening:
    supervisor = agent_named(tx, insurer_id, code)
    offer = tx.scalar(
        select(Offer).where(
            Offer.agent_id == supervisor.id, Offer.purpose == Purpose.MONITOR, Offer.state == OfferState.ACCEPTED
        )
    )
    host = None if offer is None else _host_of(tx, offer.wait_id)
    if offer is None or host is None or offer.carrier_sid is None or host[1].carrier_sid is None:
        raise NothingToDo(f"{code} listens to no call")
    call = locked(tx, Call, offer.call_id)
    if call is None:
        raise NothingToDo(f"{code} listens to no call")
    return _Listening(call, offer.conference, offer.carrier_sid, host[0].code, host[1].carrier_sid)


def _host_of(tx: Transaction, wait_id: str) -> tuple[Agent, Offer] | None:
    """The agent who has the wait's caller, and their offer."""
    row = tx.execute(
        select(Agent, Offer)
        .join(Offer, Offer.agent_id == Agent.id)
        .where(Offer.wait_id == wait_id, Offer.purpose.in_(SERVING_PURPOSES), Offer.state == OfferState.ACCEPTED)
    ).first()
    return None if row is None else (row[0], row[1])


def _host_before(tx: Transaction, offer: Offer) -> Offer | None:
    """Whoever had the conversation of a handed-over offer before."""
    statement = select(Offer).where(
        Offer.conference == offer.conference, Offer.id != offer.id, Offer.purpose.in_(SERVING_PURPOSES)
    )
    return tx.scalar(statement.order_by(Offer.accepted_at.desc()).limit(1))


def _beside(tx: Transaction, wait: Wait, purpose: Purpose) -> Offer | None:
    statement = select(Offer).where(Offer.wait_id == wait.id, Offer.purpose == purpose, OPEN_OFFER)
    return tx.scalar(statement.with_for_update().execution_options(populate_existing=True))


def _check_free(code: str, to_code: str, now: Presence) -> None:
    if to_code == code:
        raise NothingToDo(f"{code} cannot consult themselves")
    if now is not Presence.AVAILABLE:
        raise NothingToDo(f"{to_code} is {now}: consult somebody who is available")


def _audit(tx: Transaction, call: Call, code: str, action: str, to_code: str, at: datetime) -> None:
    audit(
        tx,
        insurer_id=call.insurer_id,
        at=at,
        actor=code,
        action=action,
        subject_kind="call",
        subject_id=call.id,
        agent=to_code,
    )
