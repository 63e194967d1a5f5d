"""Ringing an agent: placed once whatever crashes, counted from `ringing`, ended when the offer is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agents.addresses import offer_conference_url, offer_status_url
from agents.floor import Floor
from agents.models import SERVING_PURPOSES, Offer, OfferState, Purpose
from agents.offering import legs, offers
from agents.rows import locked_offer
from agents.waiting.estimates import RING_SECONDS
from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.recorded import is_recorded
from ivr.carrier.errors import CallGone, CarrierRefused
from ivr.carrier.port import Seat
from recordings.addresses import recording_url
from recordings.models import RecordingKind

# The carrier stops a little after us, so that it is we who say what an unanswered ring means.
_CARRIER_TIMEOUT_SECONDS: Final = RING_SECONDS + 5
_UNANSWERED: Final = (OfferState.MADE, OfferState.RINGING)
_SEATS: Final[Mapping[Purpose, Seat]] = {
    Purpose.QUEUE: Seat.HOST,
    Purpose.TRANSFER: Seat.HOST,
    Purpose.CALLBACK: Seat.HOST,
    Purpose.CONSULT: Seat.GUEST,
    Purpose.MONITOR: Seat.LISTENER,
}


@dataclass(frozen=True)
class _ToRing:
    conference: str
    address: str
    caller_id: str
    seat: Seat
    must_look: bool
    recording_url: str | None


def ring_offer(floor: Floor, offer_id: str) -> None:
    """Ring the agent of a made offer. A lost answer of the carrier raises; the next try looks before it repeats."""
    to_ring = _begin(floor, offer_id)
    if to_ring is None:
        return
    sid = floor.carrier.participant_sid(conference=to_ring.conference, label=offer_id) if to_ring.must_look else None
    try:
        sid = sid or _ring(floor, offer_id, to_ring)
    except (CarrierRefused, CallGone) as error:
        fail(floor, offer_id, reason=f"refused_{error.code}")
        return
    _note_sid(floor, offer_id, sid)


def heard_ringing(floor: Floor, offer_id: str, sid: str) -> None:
    """The agent's leg rings: from now the unanswered ring is counted. Late or repeated, it changes nothing."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("hear_ringing") as tx:
        call, _, offer, agent = locked_offer(tx, offer_id)
        keep_sid(tx, offer, sid, now)
        legs.follow(tx, call, agent, sid, at=now)
        if offer.state != OfferState.MADE:
            return
        offers.move(offer, OfferState.RINGING)
        offer.ringing_at = now
        offers.schedule(tx, offer, offers.TIMEOUT, now + timedelta(seconds=RING_SECONDS))
        record(tx, call, "offer_ringing", at=now, offer=offer.id, agent=agent.code)


def miss(floor: Floor, offer_id: str) -> None:
    """RONA: nobody answered in time. The wait keeps its place; the agent goes away, the reason shown."""
    _give_up(floor, offer_id, OfferState.MISSED, "rona")


def decline(floor: Floor, offer_id: str) -> None:
    """The agent refused the ring."""
    _give_up(floor, offer_id, OfferState.DECLINED, "declined")


def fail(floor: Floor, offer_id: str, *, reason: str) -> None:
    """The agent cannot be rung at all."""
    _give_up(floor, offer_id, OfferState.FAILED, reason)


def end_leg(floor: Floor, offer_id: str) -> None:
    """Stop the leg of an offer that is over; looks for one whose sid never came back."""
    with floor.centre.database.reading("leg_to_end") as tx:
        offer = tx.get(Offer, offer_id)
    if offer is None:
        return
    sid = offer.carrier_sid or floor.carrier.participant_sid(conference=offer.conference, label=offer.id)
    if sid is None:
        return
    floor.carrier.end_call(call_sid=sid)
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("note_leg_ended") as tx:
        call, _, offer, agent = locked_offer(tx, offer_id)
        offer.carrier_sid = offer.carrier_sid or sid
        legs.follow(tx, call, agent, sid, at=now, cause="ended_by_centre")


def keep_sid(tx: Transaction, offer: Offer, sid: str, at: datetime) -> None:
    """Remember the leg's sid; a leg of an offer that is over already is to be ended."""
    if offer.carrier_sid is None:
        offer.carrier_sid = sid
        if offer.state not in (*_UNANSWERED, OfferState.ACCEPTED):
            offers.schedule(tx, offer, offers.END_LEG, at)


def _begin(floor: Floor, offer_id: str) -> _ToRing | None:
    """Write that we are about to ring, before we do: whoever finds it written must look first."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("begin_ringing") as tx:
        call, _, offer, agent = locked_offer(tx, offer_id)
        if offer.state != OfferState.MADE or offer.carrier_sid is not None:
            return None
        must_look = offer.ring_tried_at is not None
        offer.ring_tried_at = offer.ring_tried_at or now
        if offer.purpose in SERVING_PURPOSES:
            # Who comes beside joins a conference that is recorded already, or is not.
            offer.is_recorded = is_recorded(tx, floor.centre, call, offer.queue)
        seat, url = _SEATS[Purpose(offer.purpose)], _recording_url(floor, offer)
        return _ToRing(offer.conference, agent.address, call.dnis, seat, must_look, url)


def _recording_url(floor: Floor, offer: Offer) -> str | None:
    if not offer.is_recorded:
        return None
    return recording_url(
        floor.centre.settings,
        call_id=offer.call_id,
        conversation=offer.conference,
        kind=RecordingKind.CONVERSATION,
    )


def _ring(floor: Floor, offer_id: str, to_ring: _ToRing) -> str:
    settings = floor.centre.settings
    return floor.carrier.ring_agent(
        conference=to_ring.conference,
        address=to_ring.address,
        caller_id=to_ring.caller_id,
        label=offer_id,
        timeout_seconds=_CARRIER_TIMEOUT_SECONDS,
        status_url=offer_status_url(settings, offer_id),
        conference_url=offer_conference_url(settings, offer_id),
        seat=to_ring.seat,
        recording_url=to_ring.recording_url,
    )


def _note_sid(floor: Floor, offer_id: str, sid: str) -> None:
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("note_ringing") as tx:
        call, _, offer, agent = locked_offer(tx, offer_id)
        keep_sid(tx, offer, sid, now)
        legs.follow(tx, call, agent, sid, at=now)
        if offer.state not in (*_UNANSWERED, OfferState.ACCEPTED):
            offers.schedule(tx, offer, offers.END_LEG, now)


def _give_up(floor: Floor, offer_id: str, state: OfferState, reason: str) -> None:
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("give_up_offer") as tx:
        call, wait, offer, agent = locked_offer(tx, offer_id)
        if offer.state in _UNANSWERED:
            offers.end_and_requeue(
                tx, call=call, wait=wait, offer=offer, agent=agent, state=state, reason=reason, at=now
            )
