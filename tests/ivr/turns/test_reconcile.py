"""What the carrier knows and we missed: calls that the fallback served, and ends that nobody told us."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from config.due_work import DueWork
from ivr import reconcile
from ivr.calls.models import Call, CallState
from ivr.carrier.port import CarrierCall, CarrierStatus
from tests.ivr.turns.conftest import VSK, Hand, NoCarrier


@dataclass
class ListingCarrier(NoCarrier):
    """Lists the calls that it is given."""

    calls: tuple[CarrierCall, ...] = ()
    status: CarrierCall | None = None

    def calls_since(self, at: datetime) -> list[CarrierCall]:
        return list(self.calls)

    def call_status(self, sid: str) -> CarrierCall | None:
        return self.status


def _listed(hand: Hand, status: CarrierStatus) -> CarrierCall:
    now = hand.clock.now()
    return CarrierCall(hand.sid, None, hand.caller, VSK, True, status, now, now)


def test_a_call_that_the_fallback_served_is_written_afterwards(hand: Hand) -> None:
    carrier = ListingCarrier((_listed(hand, CarrierStatus.COMPLETED),))
    reconcile.reconcile(replace(hand.phone, carrier=carrier), reconcile.SUBJECT)
    assert hand.call().state == CallState.ENDED


def test_a_call_that_is_over_at_the_carrier_ends_here_too(hand: Hand) -> None:
    hand.ring()
    carrier = ListingCarrier((_listed(hand, CarrierStatus.COMPLETED),))
    reconcile.reconcile(replace(hand.phone, carrier=carrier), reconcile.SUBJECT)
    assert hand.call().state == CallState.ENDED
    assert hand.outcome() == "abandoned_in_ivr"


def test_a_call_that_we_placed_and_whose_end_was_not_told_ends_here_too(hand: Hand) -> None:
    hand.ring()
    placed = replace(_listed(hand, CarrierStatus.COMPLETED), is_inbound=False)
    leg = replace(placed, sid="CA-leg-of-an-agent")
    reconcile.reconcile(replace(hand.phone, carrier=ListingCarrier((placed, leg))), reconcile.SUBJECT)
    assert hand.call().state == CallState.ENDED
    with hand.phone.centre.database.reading("calls") as tx:
        assert tx.scalars(select(Call.carrier_sid)).all() == [hand.sid]


def test_a_call_that_the_carrier_has_forgotten_ends_here(hand: Hand) -> None:
    hand.ring()
    hand.clock.move_by(3 * 3600)
    reconcile.reconcile(replace(hand.phone, carrier=ListingCarrier()), reconcile.SUBJECT)
    assert hand.call().state == CallState.ENDED


def test_a_live_call_goes_on(hand: Hand) -> None:
    hand.ring()
    hand.clock.move_by(3600)
    live = ListingCarrier(status=_listed(hand, CarrierStatus.IN_PROGRESS))
    reconcile.reconcile(replace(hand.phone, carrier=live), reconcile.SUBJECT)
    assert hand.call().state == CallState.IN_MENU


def test_each_look_appoints_the_next(hand: Hand) -> None:
    reconcile.appoint(hand.phone)
    reconcile.reconcile(replace(hand.phone, carrier=ListingCarrier()), reconcile.SUBJECT)
    with hand.phone.centre.database.reading("due") as tx:
        due_at = tx.scalars(select(DueWork.due_at).where(DueWork.kind == reconcile.KIND)).one()
    assert due_at - hand.clock.now() == reconcile.EVERY > timedelta(0)
