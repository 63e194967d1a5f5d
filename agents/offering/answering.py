"""From "answered" to the conversation's end: claim the wait here, then take the caller out of the carrier's queue."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from sqlalchemy import select

from agents import presence
from agents.addresses import claimed_caller_url
from agents.floor import Floor
from agents.models import Agent, Offer, OfferState, Presence, Purpose, Wait, WaitState
from agents.offering import ears, legs, offers
from agents.offering.ringing import keep_sid
from agents.rows import locked_offer, locked_offer_of_wait
from agents.waiting import waits
from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.models import Call, CallState, Outcome
from ivr.carrier.errors import CallGone, LostRace
from ivr.carrier.port import CarrierStatus
from recordings.conversations import expect
from recordings.models import RecordingKind

# After a lost answer: how long the caller may take to appear in the conference before being moved again.
_PATIENCE_SECONDS: Final = 10
_AGAIN_SECONDS: Final = 1
_UNANSWERED: Final = (OfferState.MADE, OfferState.RINGING)
_CHECK_SECONDS: Final = 30


def answered(floor: Floor, offer_id: str, sid: str) -> None:
    """The agent's leg is up: claim the wait, once. Whoever comes second is freed at once.

    Who was asked to join another agent's conversation is in it now.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("claim_wait") as tx:
        call, wait, offer, agent = locked_offer(tx, offer_id)
        keep_sid(tx, offer, sid, now)
        legs.follow(tx, call, agent, sid, at=now, has_answered=True)
        if offer.state not in _UNANSWERED:
            if offer.state != OfferState.ACCEPTED and offer.state != OfferState.DONE:
                offers.schedule(tx, offer, offers.END_LEG, now)
            return
        if offers.is_beside(offer):
            _join(tx, call=call, wait=wait, offer=offer, agent=agent, at=now)
        elif wait is not None and wait.state in waits.STANDING and call.ended_at is None:
            _claim(tx, call=call, wait=wait, offer=offer, agent=agent, at=now)
        else:
            offers.end(tx, call=call, offer=offer, agent=agent, state=OfferState.WITHDRAWN, reason="lost_race", at=now)


def connect(floor: Floor, offer_id: str) -> None:
    """Take the claimed caller out of the carrier's queue into the agent's conference.

    A lost answer raises and is tried again: the caller then found gone from the queue is either in the conference
    already, or hung up, or not in the queue yet; `_missing` tells them apart.
    """
    claimed = _begin(floor, offer_id)
    if claimed is None:
        return
    try:
        _take(floor, claimed)
    except CallGone:
        _missing(floor, offer_id, claimed)
        return
    bridged(floor, offer_id)


def bridged(floor: Floor, offer_id: str) -> None:
    """The caller is in, or on the way into, the conference. Repeated, it changes nothing."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("note_bridged") as tx:
        call, wait, offer, agent = locked_offer_of_wait(tx, offer_id)
        if offer.state not in (*_UNANSWERED, OfferState.ACCEPTED):
            # The agent was lost meanwhile: nobody may sit alone in a conference.
            offers.schedule(tx, offer, offers.CLOSE, now + timedelta(seconds=_AGAIN_SECONDS))
            return
        if offer.bridged_at is None and offer.state == OfferState.ACCEPTED:
            offer.bridged_at = now
            wait.answered_at = wait.answered_at or offer.accepted_at
            offers.schedule(tx, offer, offers.CHECK, now + timedelta(seconds=_CHECK_SECONDS))
            record(tx, call, "agent_connected", at=now, offer=offer.id, agent=agent.code, wait=wait.id)
            if offer.is_recorded:
                expect(tx, call, conversation=offer.conference, kind=RecordingKind.CONVERSATION, at=now)


def leg_ended(floor: Floor, offer_id: str, sid: str, status: CarrierStatus) -> None:
    """The agent's leg is over, for whatever reason; late or repeated, it changes nothing."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("end_leg") as tx:
        call, wait, offer, agent = locked_offer(tx, offer_id)
        legs.follow(tx, call, agent, sid, at=now, cause=str(status))
        if offer.carrier_sid is not None and offer.carrier_sid != sid:
            return
        keep_sid(tx, offer, sid, now)
        if offer.state in _UNANSWERED:
            state, reason = _unanswered_end(status)
            offers.end_and_requeue(
                tx, call=call, wait=wait, offer=offer, agent=agent, state=state, reason=reason, at=now
            )
        elif offer.state == OfferState.ACCEPTED and offer.bridged_at is not None:
            conclude(tx, call=call, wait=wait, offer=offer, agent=agent, at=now)
        elif offer.state == OfferState.ACCEPTED:
            # Lost between answering and the caller's coming; the caller may be moving into the conference now.
            offers.schedule(tx, offer, offers.CLOSE, now)
            offers.end_and_requeue(
                tx,
                call=call,
                wait=wait,
                offer=offer,
                agent=agent,
                state=OfferState.FAILED,
                reason="agent_lost",
                at=now,
                at_head=True,
            )


def conclude(tx: Transaction, *, call: Call, wait: Wait | None, offer: Offer, agent: Agent, at: datetime) -> None:
    """The conversation is over for this agent: wrap-up, unless the outcome is on record already.

    Who only joined it (consulted, or listening) has nothing to write down; when its own agent goes, so do they.
    """
    if wait is None or offers.is_beside(offer):
        _leave_beside(tx, call=call, offer=offer, agent=agent, at=at)
        return
    end_offer(tx, offer, at=at)
    offers.schedule(tx, offer, offers.CLOSE, at)
    offers.withdraw_all(tx, call=call, wait=wait, reason="conversation_over", at=at)
    if wait.state == WaitState.CLAIMED:
        waits.end(tx, wait, WaitState.SERVED, reason="served", at=at)
    wrap_up(tx, call=call, offer=offer, agent=agent, at=at)


def end_offer(tx: Transaction, offer: Offer, *, at: datetime) -> None:
    """Close an accepted offer whose conversation took place."""
    offers.move(offer, OfferState.DONE)
    offer.ended_at, offer.end_reason = at, "ended"
    tx.flush()


def wrap_up(tx: Transaction, *, call: Call, offer: Offer, agent: Agent, at: datetime) -> None:
    """Let the agent write down what came of the call; one who has already is available."""
    if agent.presence == Presence.ON_CALL and agent.call_id == call.id:
        is_written_down = _has_outcome_by(tx, call, agent)
        to = Presence.AVAILABLE if is_written_down else Presence.WRAP_UP
        offer.handled_until = at if is_written_down else None
        presence.change(tx, agent, to, at=at, call_id=None if is_written_down else call.id)
    record(tx, call, "agent_left", at=at, offer=offer.id, agent=agent.code)
    tx.flush()


def close_conference(floor: Floor, offer_id: str) -> None:
    """Let nobody stay behind in the conference of an offer that is over."""
    with floor.centre.database.reading("conference_to_close") as tx:
        offer = tx.get(Offer, offer_id)
    if offer is not None and offer.state in (OfferState.DONE, OfferState.FAILED, OfferState.WITHDRAWN):
        floor.carrier.end_conference(offer.conference)


def check_offer(floor: Floor, offer_id: str) -> None:
    """Ask the carrier whether the leg of an accepted offer still stands, in case its end was never told."""
    with floor.centre.database.reading("offer_to_check") as tx:
        offer = tx.get(Offer, offer_id)
    if offer is None or offer.state != OfferState.ACCEPTED or offer.carrier_sid is None:
        return
    leg = floor.carrier.call_status(offer.carrier_sid)
    if leg is None or leg.status.is_over:
        leg_ended(floor, offer_id, offer.carrier_sid, CarrierStatus.COMPLETED)
        return
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("check_offer_again") as tx:
        offers.schedule(tx, offer, offers.CHECK, now + timedelta(seconds=_CHECK_SECONDS))


@dataclass(frozen=True)
class _Claimed:
    call_id: str
    call_sid: str
    carrier_queue: str
    document_url: str
    accepted_at: datetime
    is_repeated: bool


def let_go(floor: Floor, offer_id: str, sid: str | None) -> None:
    """End the agent's leg: the caller goes on by the action of their own."""
    if sid is not None:
        floor.carrier.end_call(call_sid=sid)
        leg_ended(floor, offer_id, sid, CarrierStatus.COMPLETED)


def _claim(tx: Transaction, *, call: Call, wait: Wait, offer: Offer, agent: Agent, at: datetime) -> None:
    offers.withdraw_all(tx, call=call, wait=wait, reason="answered_by_another", at=at, but=offer.id)
    waited_seconds = waits.note_stay(tx, wait, at=at)
    waits.move(wait, WaitState.CLAIMED)
    wait.claimed_at = at
    if wait.purpose == Purpose.TRANSFER:
        # They are with the next agent now: whatever follows is a matter of this conversation.
        wait.purpose = Purpose.QUEUE
    offers.move(offer, OfferState.ACCEPTED)
    offer.accepted_at = at
    presence.change(tx, agent, Presence.ON_CALL, at=at, call_id=call.id)
    tx.flush()
    offers.schedule(tx, offer, offers.CONNECT, at)
    record(
        tx, call, "offer_accepted", at=at, offer=offer.id, agent=agent.code, waited_seconds=waited_seconds
    )


def _join(tx: Transaction, *, call: Call, wait: Wait | None, offer: Offer, agent: Agent, at: datetime) -> None:
    """Somebody consulted, or listening, is in the conversation; where it is over meanwhile they are free at once."""
    # A call that an agent made has no wait, and goes on until it ends.
    if (wait is not None and wait.state != WaitState.CLAIMED) or call.ended_at is not None:
        offers.end(tx, call=call, offer=offer, agent=agent, state=OfferState.WITHDRAWN, reason="lost_race", at=at)
        return
    offers.move(offer, OfferState.ACCEPTED)
    offer.accepted_at = offer.bridged_at = at
    presence.change(tx, agent, Presence.ON_CALL, at=at, call_id=call.id)
    offers.schedule(tx, offer, offers.CHECK, at + timedelta(seconds=_CHECK_SECONDS))
    record(tx, call, "agent_joined", at=at, offer=offer.id, agent=agent.code, purpose=offer.purpose)
    if offer.purpose == Purpose.MONITOR:
        ears.begin(tx, call=call, offer=offer, supervisor=agent, at=at)
    tx.flush()


def _leave_beside(tx: Transaction, *, call: Call, offer: Offer, agent: Agent, at: datetime) -> None:
    ears.end(tx, call=call, offer=offer, supervisor=agent, at=at)
    end_offer(tx, offer, at=at)
    if agent.presence == Presence.ON_CALL and agent.call_id == call.id:
        presence.change(tx, agent, Presence(offer.presence_before), at=at, reason=offer.reason_before)
    record(tx, call, "agent_left", at=at, offer=offer.id, agent=agent.code, purpose=offer.purpose)
    tx.flush()


def _begin(floor: Floor, offer_id: str) -> _Claimed | None:
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("begin_connecting") as tx:
        call, wait, offer, _ = locked_offer_of_wait(tx, offer_id)
        if offer.state != OfferState.ACCEPTED or offer.bridged_at is not None or offer.accepted_at is None:
            return None
        is_repeated = offer.connect_tried_at is not None
        offer.connect_tried_at = offer.connect_tried_at or now
        carrier_queue = f"{wait.insurer_id}-{wait.joined_queue}"
        url = claimed_caller_url(floor.centre.settings, call.id, offer_id)
        return _Claimed(call.id, call.carrier_sid, carrier_queue, url, offer.accepted_at, is_repeated)


def _take(floor: Floor, claimed: _Claimed) -> None:
    queue_sid = floor.carrier.queue_sid(claimed.carrier_queue)
    if queue_sid is None:
        raise LostRace("queue_sid")
    floor.carrier.take_from_queue(queue_sid=queue_sid, call_sid=claimed.call_sid, document_url=claimed.document_url)


def _missing(floor: Floor, offer_id: str, claimed: _Claimed) -> None:
    """The caller is not in the carrier's queue: connected by a try whose answer was lost, still listening, or gone."""
    with floor.centre.database.reading("missing_caller") as tx:
        call = tx.get(Call, claimed.call_id)
    if call is not None and call.state == CallState.CONNECTED:
        bridged(floor, offer_id)
        return
    caller = floor.carrier.call_status(claimed.call_sid)
    is_live = caller is not None and not caller.status.is_over
    if not is_live or call is None or call.state != CallState.WAITING:
        _lose(floor, offer_id, is_live=is_live)
        return
    waited = (floor.centre.clock.now() - claimed.accepted_at).total_seconds()
    if claimed.is_repeated and waited < _PATIENCE_SECONDS:
        # Moved twice, a caller who is in the conference by now would end it.
        _try_again(floor, offer_id)
        return
    _fetch_at_once(floor, offer_id, claimed)


def _fetch_at_once(floor: Floor, offer_id: str, claimed: _Claimed) -> None:
    """The agent was quicker than what the caller still hears before the queue: nobody must wait for its end."""
    try:
        floor.carrier.redirect(call_sid=claimed.call_sid, document_url=claimed.document_url)
    except CallGone:
        _lose(floor, offer_id, is_live=False)
        return
    bridged(floor, offer_id)


def _try_again(floor: Floor, offer_id: str) -> None:
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("connect_again") as tx:
        _, _, offer, _ = locked_offer(tx, offer_id)
        if offer.state == OfferState.ACCEPTED and offer.bridged_at is None:
            offers.schedule(tx, offer, offers.CONNECT, now + timedelta(seconds=_AGAIN_SECONDS))


def _lose(floor: Floor, offer_id: str, *, is_live: bool) -> None:
    """The race is lost: the agent is free at once; a caller who is still there has chosen something else."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("lose_race") as tx:
        call, wait, offer, agent = locked_offer_of_wait(tx, offer_id)
        if offer.state != OfferState.ACCEPTED or offer.bridged_at is not None:
            return
        offers.end(tx, call=call, offer=offer, agent=agent, state=OfferState.WITHDRAWN, reason="lost_race", at=now)
        if wait.state != WaitState.CLAIMED:
            return
        waits.end(tx, wait, WaitState.LEFT if is_live else WaitState.ABANDONED, reason="lost_race", at=now)


def _has_outcome_by(tx: Transaction, call: Call, agent: Agent) -> bool:
    statement = select(Outcome.id).where(
        Outcome.call_id == call.id, Outcome.insurer_id == call.insurer_id, Outcome.recorded_by == agent.code
    )
    return tx.scalar(statement.limit(1)) is not None


def _unanswered_end(status: CarrierStatus) -> tuple[OfferState, str]:
    match status:
        case CarrierStatus.BUSY:
            return OfferState.DECLINED, "declined"
        case CarrierStatus.FAILED:
            return OfferState.FAILED, "unreachable"
        case CarrierStatus.NO_ANSWER | CarrierStatus.CANCELED | CarrierStatus.COMPLETED:
            return OfferState.MISSED, "rona"
        case CarrierStatus.UNDER_WAY | CarrierStatus.IN_PROGRESS:
            raise ValueError(f"{status} is not an end")
        case _ as never:
            assert_never(never)
