"""What the carrier knows and we missed: calls that the fallback served, and ends that nobody told us."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from config.due_work import DueWork
from ivr import reconcile
from ivr.calls.models import Call, CallState
from ivr.carrier.errors import CarrierRefused
from ivr.carrier.port import CarrierCall, CarrierStatus
from ivr.turns.opening import Arrival
from tests.ivr.turns.conftest import VSK, Hand, NoCarrier


@dataclass
class ListingCarrier(NoCarrier):
    """Lists the calls that it is given."""

    calls: tuple[CarrierCall, ...] = ()
    status: CarrierCall | None = None
    asked_since: list[datetime] = field(default_factory=list)

    def calls_since(self, at: datetime) -> list[CarrierCall]:
        self.asked_since.append(at)
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


def test_of_very_many_old_calls_none_is_left_out(hand: Hand) -> None:
    hand.ring()
    with hand.phone.centre.database.transaction("many_calls") as tx:
        one = tx.scalars(select(Call)).one()
        shared = {"insurer_id": one.insurer_id, "line": one.line, "dnis": one.dnis, "flow": one.flow}
        for number in range(250):
            began = one.started_at - timedelta(minutes=number)
            tx.add(
                Call(
                    id=f"{number:032}", carrier_sid=f"CA-{number}", state=CallState.IN_MENU, started_at=began,
                    language="ru", flow_digest=one.flow_digest, **shared,
                )
            )
    hand.clock.move_by(3 * 3600)
    reconcile.reconcile(replace(hand.phone, carrier=ListingCarrier()), reconcile.SUBJECT)
    with hand.phone.centre.database.reading("open_calls") as tx:
        assert tx.scalars(select(Call.carrier_sid).where(Call.state != CallState.ENDED)).all() == []


def test_a_call_of_which_the_carrier_says_nothing_keeps_no_other_from_ending(hand: Hand) -> None:
    hand.ring()
    refused = hand.sid
    hand.clock.move_by(1)
    hand.sid = "CA-forgotten"
    hand.ring()
    hand.clock.move_by(3 * 3600)

    class Refusing(ListingCarrier):
        def call_status(self, sid: str) -> CarrierCall | None:
            if sid == refused:
                raise CarrierRefused("no call of this account", status=403)
            return None

    for _ in range(2):
        reconcile.reconcile(replace(hand.phone, carrier=Refusing()), reconcile.SUBJECT)
    with hand.phone.centre.database.reading("calls") as tx:
        states = dict(tx.execute(select(Call.carrier_sid, Call.state)).all())
    assert states == {refused: CallState.IN_MENU, "CA-forgotten": CallState.ENDED}


def test_each_look_appoints_the_next(hand: Hand) -> None:
    reconcile.appoint(hand.phone)
    reconcile.reconcile(replace(hand.phone, carrier=ListingCarrier()), reconcile.SUBJECT)
    with hand.phone.centre.database.reading("due") as tx:
        due_at = tx.scalars(select(DueWork.due_at).where(DueWork.kind == reconcile.KIND)).one()
    assert due_at - hand.clock.now() == reconcile.EVERY > timedelta(0)


def test_a_call_written_afterwards_has_the_carriers_times(hand: Hand) -> None:
    began, ended = hand.clock.now() - timedelta(minutes=20), hand.clock.now() - timedelta(minutes=15)
    listed = replace(_listed(hand, CarrierStatus.COMPLETED), started_at=began, ended_at=ended)
    reconcile.reconcile(replace(hand.phone, carrier=ListingCarrier((listed,))), reconcile.SUBJECT)
    call = hand.call()
    assert (call.started_at, call.ended_at) == (began, ended)
    assert hand.outcome() == "abandoned_in_ivr"


def test_a_carriers_clock_before_ours_puts_no_end_into_the_future(hand: Hand) -> None:
    ahead = hand.clock.now() + timedelta(minutes=1)
    listed = replace(_listed(hand, CarrierStatus.COMPLETED), started_at=ahead, ended_at=ahead)
    reconcile.reconcile(replace(hand.phone, carrier=ListingCarrier((listed,))), reconcile.SUBJECT)
    assert hand.call().ended_at == hand.clock.now()


def test_usually_half_an_hour_is_looked_back_over(hand: Hand) -> None:
    carrier = ListingCarrier()
    reconcile.reconcile(replace(hand.phone, carrier=carrier), reconcile.SUBJECT)
    assert carrier.asked_since == [hand.clock.now() - timedelta(minutes=30)]


def test_an_outage_of_hours_is_looked_back_over_whole(hand: Hand) -> None:
    hand.ring()
    hand.hang_up()
    last_known = hand.call().started_at
    hand.clock.move_by(5 * 3600)
    # The first call after the outage is answered before the comparison comes round.
    hand.sid = "CA00000000000000000000000000000002"
    hand.ring()
    carrier = ListingCarrier()
    reconcile.reconcile(replace(hand.phone, carrier=carrier), reconcile.SUBJECT)
    assert carrier.asked_since == [last_known]


def test_a_comparison_that_was_due_long_ago_looks_back_from_there(hand: Hand) -> None:
    reconcile.appoint(hand.phone)
    due_at = hand.clock.now()
    hand.clock.move_by(2 * 3600)
    reconcile.appoint(hand.phone)
    carrier = ListingCarrier()
    reconcile.reconcile(replace(hand.phone, carrier=carrier), reconcile.SUBJECT)
    assert carrier.asked_since == [due_at - timedelta(minutes=30)]


def test_missing_calls_are_written_oldest_first(hand: Hand) -> None:
    now = hand.clock.now()
    listed = tuple(
        replace(_listed(hand, CarrierStatus.COMPLETED), sid=f"CA{minutes}", started_at=now - timedelta(minutes=minutes))
        for minutes in (1, 3, 2)
    )
    written: list[str] = []

    def note(_phone: object, arrival: Arrival, *_more: object, **_named: object) -> None:
        written.append(arrival.carrier_sid)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconcile, "call_over", note)
        reconcile.reconcile(replace(hand.phone, carrier=ListingCarrier(listed)), reconcile.SUBJECT)
    assert written == ["CA3", "CA2", "CA1"]
