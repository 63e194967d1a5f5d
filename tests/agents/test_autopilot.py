"""An automatic agent takes a call from its ring to its outcome, by the services that people use."""

from sqlalchemy import select

from agents.models import Presence, WaitState
from agents.web import hear_leg
from ivr.calls.models import Outcome


def test_it_talks_hangs_up_writes_down_and_is_there_again(house):
    house.agent("auto", is_automatic=True)
    call = house.call()
    house.join(call)
    house.work()
    hear_leg(house.floor, house.offers()[0].id, "CA-leg-1", "in-progress")
    house.work()
    assert house.agent_now("auto").presence == Presence.ON_CALL
    house.later(13)
    assert house.agent_now("auto").presence == Presence.WRAP_UP
    house.later(4)
    assert house.agent_now("auto").presence == Presence.AVAILABLE
    assert house.waits()[0].state == WaitState.SERVED
    with house.centre.database.reading("outcome") as tx:
        outcome = tx.scalars(select(Outcome)).one()
    assert (outcome.code, outcome.recorded_by) == ("info_given", "auto")


def test_after_an_unanswered_ring_it_comes_back(house):
    house.agent("auto", is_automatic=True)
    house.join(house.call())
    house.work()
    hear_leg(house.floor, house.offers()[0].id, "CA-leg-1", "no-answer")
    assert house.agent_now("auto").presence == Presence.AWAY
    house.later(6)
    assert house.agent_now("auto").presence == Presence.OFFERED


def test_people_are_left_alone(house):
    house.agent("person", presence_now=Presence.AWAY)
    house.later(3600)
    assert house.agent_now("person").presence == Presence.AWAY
