"""Life at risk: first, broadly, by the second, and never lost."""

from sqlalchemy import select

from agents.models import Callback, OfferState, Presence, WaitState
from agents.web import hear_leg
from ivr.carrier.errors import CarrierUnavailable
from ivr.carrier.port import CarrierStatus


def emergency(house, sid="CA-e"):
    call = house.call(sid, is_emergency=True)
    house.join(call, "emergency", is_emergency=True)
    return call


def test_the_three_best_are_rung_and_the_first_to_answer_has_it(house):
    for number in range(4):
        house.agent(f"a{number}")
    emergency(house)
    house.work()
    assert len(house.offers()) == 3
    first, second, third = house.offers()
    hear_leg(house.floor, second.id, second.carrier_sid, "in-progress")
    hear_leg(house.floor, first.id, first.carrier_sid, "in-progress")
    house.work()
    assert [one.state for one in house.offers()] == [
        OfferState.WITHDRAWN, OfferState.ACCEPTED, OfferState.WITHDRAWN,
    ]
    free = [code for code in ("a0", "a1", "a2", "a3") if house.agent_now(code).presence == Presence.AVAILABLE]
    assert len(free) == 3
    assert len(house.carrier.of("take_from_queue")) == 1
    assert {one["call_sid"] for one in house.carrier.of("end_call")} == {first.carrier_sid, third.carrier_sid}


def test_it_goes_before_everybody_who_waited_longer(house):
    house.join(house.call("CA-1"))
    house.clock.move_by(300)
    call = emergency(house)
    house.agent("a1")
    house.work()
    assert house.offers()[0].call_id == call.id


def test_ringing_it_takes_no_further_job(house):
    house.agent("a1")
    call = emergency(house)
    house.centre.plan.perform("route", "vsk")
    assert len(house.carrier.of("ring_agent")) == 1
    assert house.offers()[0].call_id == call.id


def test_it_escalates_by_the_second_to_all_supervisors_and_the_duty_number(house):
    house.agent("busy", presence_now=Presence.WRAP_UP)
    house.agent("resting", presence_now=Presence.AWAY)
    house.agent("boss", presence_now=Presence.AWAY, is_supervisor=True, on_shift=False)
    call = emergency(house)
    house.work()
    assert house.agent_now("resting").presence == Presence.OFFERED
    assert house.agent_now("boss").presence == Presence.AWAY
    house.later(11)
    assert house.agent_now("boss").presence == Presence.OFFERED
    house.later(11)
    assert house.waits()[0].end_reason == "duty_number"
    assert house.carrier.of("redirect") == [
        {"call_sid": call.carrier_sid, "document_url": f"http://127.0.0.1:8080/voice/calls/{call.id}/duty"}
    ]
    assert house.agent_now("resting").presence == Presence.AWAY
    assert house.agent_now("boss").presence == Presence.AWAY


def test_with_nobody_at_all_the_duty_number_is_dialled_at_once(house):
    emergency(house)
    house.work()
    assert len(house.carrier.of("redirect")) == 1


def test_missed_by_all_it_is_routed_again(house):
    house.agent("a1")
    emergency(house)
    house.work()
    hear_leg(house.floor, house.offers()[0].id, "CA-leg-1", "busy")
    house.agent("a2")
    house.work()
    assert house.agent_now("a2").presence == Presence.OFFERED


def test_a_caller_who_waits_and_presses_nine_goes_first(house):
    house.agent("a1", presence_now=Presence.WRAP_UP)
    call = house.call()
    house.join(call)
    house.work()
    house.join(call, "emergency", is_emergency=True)
    wait = house.waits()[0]
    assert (wait.is_emergency, wait.rank, wait.joined_queue) == (True, 0, "emergency")


def test_one_that_breaks_off_is_called_back_at_once_even_at_night(house):
    house.clock.move_by(13 * 3600)
    house.agent("a1")
    call = emergency(house)
    house.end_call(call)
    house.work()
    placed = house.carrier.of("place_call")
    assert [one["to"] for one in placed] == ["+79161234567"]
    assert {one.state for one in house.waits()} == {WaitState.ABANDONED, WaitState.CALLBACK}
    with house.centre.database.reading("callbacks") as tx:
        assert tx.scalars(select(Callback.reason)).all() == ["emergency_drop"]


def test_one_that_was_served_is_not_called_back(house):
    house.agent("a1")
    call = emergency(house)
    house.work()
    hear_leg(house.floor, house.offers()[0].id, "CA-leg-1", "in-progress")
    house.work()
    house.end_call(call)
    house.work()
    assert not house.carrier.of("place_call")


def test_it_is_not_escalated_past_an_agent_whose_answer_was_never_told(house):
    house.agent("desk")
    house.agent("psychologist", skills={"psychologist": 1})
    emergency(house)
    house.work()
    house.carrier.statuses["CA-leg-1"] = CarrierStatus.IN_PROGRESS
    house.later(11)
    assert house.agent_now("desk").presence == Presence.ON_CALL
    assert house.agent_now("psychologist").presence == Presence.AVAILABLE
    assert house.waits()[0].escalation == 0


def test_a_carrier_that_cannot_be_asked_is_asked_once_and_does_not_hold_the_emergency_up(house):
    asked = []

    def refuse(place):
        asked.append(place)
        raise CarrierUnavailable("call_status")

    house.agent("desk")
    house.agent("doctor")
    house.agent("psychologist", skills={"psychologist": 1})
    emergency(house)
    house.work()
    house.carrier.call_status = refuse
    house.later(11)
    assert house.waits()[0].escalation == 1
    assert len(asked) == 1
