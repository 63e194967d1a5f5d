"""A call that we placed: whoever answers proves to be a person before they hear anything but the insurer's name."""

from dataclasses import dataclass, replace

import pytest
from lxml import etree
from sqlalchemy import select

from ivr.calls.models import Call, CallState, Direction
from ivr.carrier.port import CarrierStatus
from ivr.turns.promised import OutgoingCalls
from tests.ivr.turns.conftest import Hand, action, spoken


@dataclass
class Promised:
    """A callback as `agents` keeps it."""

    is_urgent: bool = False
    language: str = "ru"
    line: str = "medical_desk"
    phone: str = "+79161234567"
    reached_call_id: str | None = None


@pytest.fixture
def ringing(hand: Hand) -> Hand:
    hand.ring()
    hand.hang_up()
    return replace(hand, sid="CA-back", seen=[])


def _answered(hand: Hand, promise: Promised) -> etree._Element:
    with hand.phone.centre.database.transaction("answer") as tx:
        first = tx.scalars(select(Call).where(Call.direction == Direction.INBOUND)).one()
        document = OutgoingCalls(hand.phone).answer(tx, promise, first, carrier_sid=hand.sid)
    return etree.fromstring(document.encode())


def test_the_greeting_tells_who_rings_and_nothing_else(ringing: Hand) -> None:
    promise = Promised()
    reply = _answered(ringing, promise)
    assert "ВСК" in spoken(reply)
    assert ringing.call().direction == Direction.OUTBOUND
    assert promise.reached_call_id == ringing.call_id()
    assert etree.tostring(_answered(ringing, promise)) == etree.tostring(reply)


def test_a_key_leads_to_the_queue_at_once(ringing: Hand) -> None:
    reply = ringing.press(_answered(ringing, Promised()), "1")
    assert reply.find("Enqueue") is not None
    assert ringing.call().state == CallState.WAITING


def test_an_urgent_promise_leads_to_the_emergency_queue(ringing: Hand) -> None:
    reply = ringing.press(_answered(ringing, Promised(is_urgent=True)), "1")
    assert str(reply.findtext("Enqueue")) == "vsk-emergency"


def test_an_answering_machine_is_asked_twice_and_left_alone(ringing: Hand) -> None:
    again = ringing.silence(_answered(ringing, Promised()))
    assert [it.tag for it in ringing.silence(again)] == ["Hangup"]
    OutgoingCalls(ringing.phone).ended(carrier_sid=ringing.sid, status=CarrierStatus.COMPLETED)
    assert ringing.call().state == CallState.ENDED
    with pytest.raises(AssertionError):
        action(again, "Dial")
