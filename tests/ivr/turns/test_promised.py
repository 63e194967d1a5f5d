"""A call that we placed: whoever answers proves to be a person before they hear anything but the insurer's name."""

from dataclasses import dataclass, replace

import pytest
from lxml import etree
from sqlalchemy import select

from ivr.calls.models import Call, CallState, Direction, IdentificationLevel
from ivr.carrier.port import CarrierStatus
from ivr.insured.models import InsuredPerson, Policy
from ivr.turns.promised import OutgoingCalls
from tests.ivr.log_rows import add_person
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


def _identified(hand: Hand, level: IdentificationLevel = IdentificationLevel.IDENTIFIED) -> str:
    """The first caller was identified; their birth date as it is keyed."""
    with hand.phone.centre.database.transaction("identified") as tx:
        person: InsuredPerson = add_person(tx)
        # A number of digits alone, so that the pair identifies without the caller's own telephone.
        tx.get_one(Policy, person.policy_id).number = "123456"
        first = tx.scalars(select(Call).where(Call.direction == Direction.INBOUND)).one()
        first.insured_id, first.level = person.id, level
        return f"{person.birth_date:%d%m%Y}"


def test_who_was_identified_proves_it_again_before_anything_is_known_of_them(ringing: Hand) -> None:
    born = _identified(ringing)
    asked = ringing.press(_answered(ringing, Promised()), "1")
    assert "дату рождения" in spoken(asked)
    assert ringing.call().level == IdentificationLevel.UNKNOWN
    reply = ringing.press(asked, born)
    assert reply.find("Enqueue") is not None
    assert ringing.call().level == IdentificationLevel.IDENTIFIED
    assert born not in "".join(ringing.seen)


@pytest.mark.parametrize("keyed", ["01011901", "123", ""])
def test_whoever_cannot_prove_it_reaches_a_person_who_knows_that(ringing: Hand, keyed: str) -> None:
    _identified(ringing)
    asked = ringing.press(_answered(ringing, Promised()), "1")
    reply = ringing.press(asked, keyed) if keyed else ringing.silence(asked)
    assert reply.find("Enqueue") is not None
    assert ringing.call().level == IdentificationLevel.UNKNOWN
    assert ringing.call().insured_id is None


def test_a_hint_alone_was_no_identification_and_is_not_asked_to_be_proved(ringing: Hand) -> None:
    _identified(ringing, IdentificationLevel.HINTED)
    reply = ringing.press(_answered(ringing, Promised()), "1")
    assert reply.find("Enqueue") is not None


@pytest.mark.parametrize("urgent", [True, False])
def test_nobody_in_danger_is_asked_for_a_birth_date(ringing: Hand, urgent: bool) -> None:
    _identified(ringing)
    reply = ringing.press(_answered(ringing, Promised(is_urgent=urgent)), "1" if urgent else "9")
    assert str(reply.findtext("Enqueue")) == "vsk-emergency"


def test_nine_instead_of_the_birth_date_is_an_emergency(ringing: Hand) -> None:
    _identified(ringing)
    asked = ringing.press(_answered(ringing, Promised()), "1")
    assert str(ringing.press(asked, "9").findtext("Enqueue")) == "vsk-emergency"


def test_region_and_extension_of_the_matter_go_on(ringing: Hand) -> None:
    with ringing.phone.centre.database.transaction("region") as tx:
        first = tx.scalars(select(Call).where(Call.direction == Direction.INBOUND)).one()
        first.region, first.extension = "70", "5093"
    _answered(ringing, Promised())
    assert (ringing.call().region, ringing.call().extension) == ("70", "5093")
