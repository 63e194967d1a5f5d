"""Answers that nobody told us of: before a ring counts as unanswered, the carrier is asked who picked up."""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import select

from agents.floor import Floor
from agents.models import Offer, OfferState
from agents.offering import answering, emergencies, ringing
from ivr.carrier.errors import CarrierError
from ivr.carrier.port import CarrierStatus

_UNANSWERED = (OfferState.MADE, OfferState.RINGING)


def time_out(floor: Floor, offer_id: str) -> None:
    """The ring's time is over: RONA, unless the agent is on the line and only the news of it is late or lost."""
    with floor.centre.database.reading("ring_to_end") as tx:
        offer = tx.get(Offer, offer_id)
    if offer is not None and not _is_any_answered(floor, [offer]):
        ringing.miss(floor, offer_id)


def escalate(floor: Floor, wait_id: str) -> None:
    """One step up for an emergency, unless somebody has it already; of several who picked up the first asked has it."""
    with floor.centre.database.reading("rings_of_emergency") as tx:
        rung = tx.scalars(
            select(Offer).where(Offer.wait_id == wait_id, Offer.state.in_(_UNANSWERED)).order_by(Offer.id)
        ).all()
    if not _is_any_answered(floor, rung):
        emergencies.escalate(floor, wait_id)


def _is_any_answered(floor: Floor, rung: Sequence[Offer]) -> bool:
    """Whether one of the legs is up, which is then taken as told. A carrier that cannot be asked says nothing.

    It is asked no further then: an emergency must not wait for as many time-outs as telephones ring.
    """
    with suppress(CarrierError):
        return any(_is_answered(floor, offer) for offer in rung)
    return False


def _is_answered(floor: Floor, offer: Offer) -> bool:
    if offer.carrier_sid is None or offer.state not in _UNANSWERED:
        return False
    leg = floor.carrier.call_status(offer.carrier_sid)
    if leg is None or leg.status is not CarrierStatus.IN_PROGRESS:
        return False
    answering.answered(floor, offer.id, offer.carrier_sid)
    return True
