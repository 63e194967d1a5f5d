"""Agents and the callers whom they are offered: one offer for one caller, and a caller who is gone binds nobody."""

import pytest
from sqlalchemy import select

from agents.models import Agent, Offer, OfferState, Presence, Wait, WaitState
from ivr import exchange
from ivr.calls.models import Call
from tests.scenarios.centre import ANSWERS, Centre
from tests.scenarios.lines import EMERGENCY, LINES, OPERATOR


def test_two_agents_and_one_caller_make_one_offer(either_centre: Centre) -> None:
    before = either_centre.offers()
    story = either_centre.place(LINES["vsk"], OPERATOR["vsk"])
    assert story.is_served
    assert either_centre.offers() == before + 1
    either_centre.assert_carrier_is_content()


def test_an_emergency_that_two_answer_connects_one(either_centre: Centre) -> None:
    story = either_centre.place(LINES["vsk"], EMERGENCY["vsk"])
    assert story.is_served
    with either_centre.records.reading("emergency_offers") as tx:
        call_id = tx.scalars(select(Call.id).where(Call.carrier_sid == story.call_sid)).one()
        states = tx.scalars(select(Offer.state).where(Offer.call_id == call_id)).all()
    assert len(states) > 1
    assert states.count(OfferState.DONE) == 1


def test_a_caller_gone_while_it_rings_frees_the_agent_at_once(either_centre: Centre) -> None:
    either_centre.switch.behave("client:*", exchange.NoAnswer())
    phone = either_centre.dial(LINES["vsk"], OPERATOR["vsk"])
    assert either_centre.run_until(lambda: either_centre.count(Offer, Offer.state == OfferState.RINGING) == 1)
    phone.hang_up()
    either_centre.run_for(2)
    assert either_centre.count(Agent, Agent.presence == Presence.OFFERED) == 0
    assert either_centre.count(Offer, Offer.state == OfferState.RINGING) == 0
    either_centre.run_until_quiet()
    assert either_centre.story(phone.call_sid).outcome == "abandoned_in_queue"


def test_a_caller_gone_before_it_rings_is_not_rung_for(centre: Centre) -> None:
    story = centre.place(LINES["vsk"], OPERATOR["vsk"], hang_up_at="queued")
    assert not story.is_served
    assert centre.count(Wait, Wait.state == WaitState.CLAIMED) == 0


@pytest.mark.parametrize(
    ("behaviour", "ani"),
    [
        # Each a caller of their own: one number is promised a call only so many times.
        (exchange.NoAnswer(), "+70002000771"),
        (exchange.Busy(), "+70002000772"),
        (exchange.Fail(), "+70002000773"),
        (exchange.Offline(), "+70002000774"),
    ],
)
def test_where_nobody_answers_the_caller_is_promised_a_call(
    either_centre: Centre, behaviour: object, ani: str
) -> None:
    either_centre.switch.behave("client:*", behaviour)
    phone = either_centre.dial(LINES["soglasie"], ani=ani)
    either_centre.walk(phone, (*OPERATOR["soglasie"], "offered 1"))
    assert either_centre.run_until(lambda: either_centre.kinds(phone.call_sid)[-1] == "ended", seconds=120)
    either_centre.switch.behave("client:*", ANSWERS)
    either_centre.run_until_quiet()
    assert either_centre.story(phone.call_sid).outcome == "callback_scheduled"


def test_an_agent_who_did_not_answer_is_away_and_comes_back(centre: Centre) -> None:
    centre.switch.behave("client:*", exchange.NoAnswer())
    phone = centre.dial(LINES["vsk"], OPERATOR["vsk"])
    assert centre.run_until(lambda: centre.count(Agent, Agent.presence_reason == "rona") == 1)
    centre.switch.behave("client:*", ANSWERS)
    assert centre.run_until(lambda: "bridged" in centre.kinds(phone.call_sid), seconds=120)
    phone.hang_up()
    centre.run_until_quiet()
    assert centre.count(Agent, Agent.presence_reason == "rona") == 0
