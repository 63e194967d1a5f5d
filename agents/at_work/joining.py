"""Joining a conversation that another agent has: a colleague is consulted, and let go again or handed the caller.

They come as an offer of purpose `consult` in the conversation's conference, so that ringing, RONA and presence are as
everywhere.
"""

from contextlib import suppress
from typing import Final

from sqlalchemy import select

from agents import presence
from agents.at_work.commands import check_not_in_confidence, presence_of, set_hold
from agents.errors import NothingToDo
from agents.finding import agent_named, conversation_of
from agents.floor import Floor
from agents.listening_in import TAKE_EAR
from agents.models import OPEN_OFFER, SERVING_PURPOSES, Agent, Offer, OfferState, Presence, Purpose, Wait
from agents.offering import answering, ears, offers
from agents.rows import locked, locked_offer_of_wait
from config import due_work
from config.database import Transaction
from ivr.calls.log import record
from ivr.carrier.errors import CallGone
from ivr.carrier.port import Seat
from recordings.pauses import go_on_for_the_next

HAND_OVER: Final = "hand_over"


def consult(floor: Floor, *, insurer_id: str, code: str, to_code: str) -> None:
    """Ring a colleague into the agent's call, the caller on hold.

    Raises NothingToDo without call or free colleague, and for who serves confidential queues alone.
    """
    with floor.centre.database.reading("who_consults") as tx:
        conversation_of(tx, insurer_id, code)
        check_not_in_confidence(tx, floor, insurer_id, to_code)
    _check_free(code, to_code, presence_of(floor, insurer_id=insurer_id, code=to_code))
    set_hold(floor, insurer_id=insurer_id, code=code, on=True)
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("consult") as tx:
        call, wait, host, _ = locked_offer_of_wait(tx, conversation_of(tx, insurer_id, code).id)
        colleague = agent_named(tx, insurer_id, to_code)
        _check_free(code, to_code, Presence(colleague.presence))
        if _beside(tx, wait, Purpose.CONSULT) is not None:
            raise NothingToDo(f"{code} consults somebody already")
        record(tx, call, "consult_began", at=now, agent=code, to=to_code)
        offers.make_beside(
            tx,
            call=call,
            wait=wait,
            conference=host.conference,
            agent=colleague,
            at=now,
            purpose=Purpose.CONSULT,
        )


def end_consult(floor: Floor, *, insurer_id: str, code: str) -> None:
    """Let the colleague go and take the caller off hold. Raises NothingToDo where nobody is consulted."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("end_consult") as tx:
        call, wait, _, _ = locked_offer_of_wait(tx, conversation_of(tx, insurer_id, code).id)
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
        call, wait, host, agent = locked_offer_of_wait(tx, conversation_of(tx, insurer_id, code).id)
        offer = _beside(tx, wait, Purpose.CONSULT)
        colleague = None if offer is None else locked(tx, Agent, offer.agent_id)
        if offer is None or colleague is None or offer.state != OfferState.ACCEPTED:
            raise NothingToDo(f"{code}: nobody who was consulted has answered")
        with ears.passed_on(tx, call=call, conference=offer.conference, at=now) as listeners:
            answering.end_offer(tx, host, at=now)
            offer.purpose = Purpose.TRANSFER
            tx.flush()
        for listener in listeners:
            offers.schedule(tx, listener, TAKE_EAR, now)
        answering.wrap_up(tx, call=call, offer=host, agent=agent, at=now)
        go_on_for_the_next(tx, call, by=code, at=now)
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
        listeners = [] if offer is None else [one.id for _, one in ears.listeners(tx, offer.conference)]
    if offer is None or agent is None or offer.state != OfferState.ACCEPTED or offer.carrier_sid is None:
        return
    _take_seat(floor, offer, Seat.HOST)
    for listener_id in listeners:
        # Who whispers must have somebody to whisper to when the agent before goes.
        floor.centre.plan.perform(TAKE_EAR, listener_id)
    if before is not None and before.carrier_sid is not None:
        # First they may go without ending it all, and then they go.
        _take_seat(floor, before, Seat.GUEST)
        floor.carrier.end_call(call_sid=before.carrier_sid)
    with suppress(NothingToDo):
        set_hold(floor, insurer_id=offer.insurer_id, code=agent.code, on=False)


def _take_seat(floor: Floor, offer: Offer, seat: Seat) -> None:
    """Whoever hung up meanwhile has no seat: the news of their leg settles the rest."""
    with suppress(CallGone):
        floor.carrier.take_seat(conference=offer.conference, call_sid=offer.carrier_sid or "", seat=seat)


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
