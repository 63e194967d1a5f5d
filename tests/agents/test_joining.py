"""A colleague is consulted and handed the caller: beside the conversation, not instead."""

import pytest
from sqlalchemy import select

from agents.at_work import commands, joining
from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.errors import NothingToDo, UnknownAgent
from agents.models import OfferState, Presence, Purpose, WaitState
from agents.web import hear_leg
from ivr.calls.models import Call, Hold
from ivr.carrier.port import Seat
from ivr.ports import Parting

VSK = {"insurer_id": "vsk"}


def talk(house, queue="medical_desk", **more):
    """a1 speaks with a caller."""
    call = house.call(**more)
    house.join(call, queue)
    house.work()
    (offer,) = house.offers(state=OfferState.MADE)
    for status in ("ringing", "in-progress"):
        hear_leg(house.floor, offer.id, "CA-leg-1", status)
    house.work()
    house.connected(call)
    house.clock.move_by(5)
    return call, offer


def beside(house, purpose=Purpose.CONSULT):
    return house.offers(purpose=purpose)[0]


def holds(house):
    with house.centre.database.reading("holds") as tx:
        return [hold.ended_at is None for hold in tx.scalars(select(Hold).order_by(Hold.id))]


def consulted(house):
    """a1 has put the caller on hold and speaks with a2."""
    house.agent("a1")
    call, host = talk(house)
    house.agent("a2", skills={"curator": 1})
    joining.consult(house.floor, **VSK, code="a1", to_code="a2")
    house.work()
    hear_leg(house.floor, beside(house).id, "CA-leg-2", "in-progress")
    house.clock.move_by(5)
    return call, host


def test_a_colleague_is_rung_into_the_conversation_with_the_caller_on_hold(house):
    _, host = consulted(house)
    rung = house.carrier.of("ring_agent")[-1]
    assert (rung["conference"], rung["address"], rung["seat"]) == (host.conference, "client:a2", Seat.GUEST)
    assert house.carrier.of("hold")[-1]["on"]
    assert holds(house) == [True]
    assert house.agent_now("a2").presence == Presence.ON_CALL
    assert house.waits()[0].state == WaitState.CLAIMED
    assert len(house.carrier.of("take_from_queue")) == 1


def test_a_colleague_who_is_let_go_writes_nothing_down_and_the_caller_is_off_hold(house):
    consulted(house)
    joining.end_consult(house.floor, **VSK, code="a1")
    house.work()
    assert house.agent_now("a2").presence == Presence.AVAILABLE
    assert house.agent_now("a1").presence == Presence.ON_CALL
    assert {"call_sid": "CA-leg-2"} in house.carrier.of("end_call")
    assert holds(house) == [False]


def test_a_colleague_who_hangs_up_leaves_the_two_alone(house):
    consulted(house)
    commands.hang_up(house.floor, **VSK, code="a2")
    assert house.agent_now("a2").presence == Presence.AVAILABLE
    assert house.agent_now("a1").presence == Presence.ON_CALL
    assert house.waits()[0].state == WaitState.CLAIMED


def test_handed_over_the_colleague_has_the_caller_and_the_first_agent_wraps_up(house):
    call, host = consulted(house)
    assert joining.hand_over(house.floor, **VSK, code="a1") == "a2"
    house.work()
    seats = [(one["call_sid"], one["seat"]) for one in house.carrier.of("take_seat")]
    assert seats == [("CA-leg-2", Seat.HOST), ("CA-leg-1", Seat.GUEST)]
    assert house.carrier.of("end_call") == [{"call_sid": "CA-leg-1"}]
    assert not house.carrier.of("end_conference")
    assert holds(house) == [False]
    assert house.agent_now("a1").presence == Presence.WRAP_UP
    assert house.agent_now("a2").presence == Presence.ON_CALL
    assert house.waits()[0].state == WaitState.CLAIMED
    hear_leg(house.floor, host.id, "CA-leg-1", "completed")
    record_call_outcome(house.floor, **VSK, code="a1", outcome=WrittenOutcome("info_given"))
    commands.hang_up(house.floor, **VSK, code="a2")
    house.work()
    assert house.agent_now("a2").presence == Presence.WRAP_UP
    assert house.waits()[0].state == WaitState.SERVED
    with house.centre.database.reading("parting") as tx:
        assert house.queues.parting(tx, tx.get_one(Call, call.id)) is Parting.CONCLUDED


def test_nobody_is_handed_over_to_who_has_not_answered(house):
    house.agent("a1")
    talk(house)
    house.agent("a2", skills={"curator": 1})
    with pytest.raises(NothingToDo):
        joining.hand_over(house.floor, **VSK, code="a1")
    joining.consult(house.floor, **VSK, code="a1", to_code="a2")
    with pytest.raises(NothingToDo):
        joining.hand_over(house.floor, **VSK, code="a1")
    assert house.agent_now("a1").presence == Presence.ON_CALL


def test_a_hand_over_cut_off_in_the_middle_is_finished_by_the_sweep(house):
    consulted(house)
    house.carrier.lose_answer_of.add("take_seat")
    joining.hand_over(house.floor, **VSK, code="a1")
    assert holds(house) == [True]
    house.later(2)
    assert holds(house) == [False]
    assert {"call_sid": "CA-leg-1"} in house.carrier.of("end_call")


def test_a_caller_who_hangs_up_during_a_consultation_frees_both(house):
    call, host = consulted(house)
    house.end_call(call)
    hear_leg(house.floor, host.id, "CA-leg-1", "completed")
    hear_leg(house.floor, beside(house).id, "CA-leg-2", "completed")
    house.work()
    assert house.agent_now("a1").presence == Presence.WRAP_UP
    assert house.agent_now("a2").presence == Presence.AVAILABLE
    assert [one.state for one in house.offers(purpose=Purpose.CONSULT)] == [OfferState.WITHDRAWN]


def test_the_unanswered_ring_of_a_consultation_leaves_the_conversation_as_it_is(house):
    house.agent("a1")
    talk(house)
    house.agent("a2", skills={"curator": 1})
    joining.consult(house.floor, **VSK, code="a1", to_code="a2")
    house.work()
    hear_leg(house.floor, beside(house).id, "CA-leg-2", "no-answer")
    house.work()
    assert house.agent_now("a2").presence_reason == "rona"
    assert house.waits()[0].state == WaitState.CLAIMED
    assert house.agent_now("a1").presence == Presence.ON_CALL


@pytest.mark.parametrize(("to", "error"), [("a1", NothingToDo), ("busy", NothingToDo), ("foreign", UnknownAgent)])
def test_who_cannot_be_consulted_is_not_rung_and_the_caller_not_put_on_hold(house, to, error):
    house.agent("a1")
    talk(house)
    house.agent("busy", presence_now=Presence.WRAP_UP)
    house.agent("foreign", insurer_id="rgs")
    with pytest.raises(error):
        joining.consult(house.floor, **VSK, code="a1", to_code=to)
    assert not house.carrier.of("hold")


def test_an_automatic_colleague_stays_until_let_go_or_left_with_the_caller(house):
    house.agent("a1")
    talk(house)
    house.agent("auto", skills={"curator": 1}, is_automatic=True)
    joining.consult(house.floor, **VSK, code="a1", to_code="auto")
    house.work()
    hear_leg(house.floor, beside(house).id, "CA-leg-2", "in-progress")
    house.later(60)
    assert house.agent_now("auto").presence == Presence.ON_CALL
    joining.hand_over(house.floor, **VSK, code="a1")
    house.later(13)
    house.later(4)
    assert house.agent_now("auto").presence == Presence.AVAILABLE
    assert house.waits()[0].state == WaitState.SERVED
