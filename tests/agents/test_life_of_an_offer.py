"""Join, route, ring, answer, claim, bridge, end, wrap up, outcome: and everything that may come between."""

import pytest
from sqlalchemy import select

from agents.at_work import commands, wrap_up
from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.models import OfferState, Presence, Purpose, WaitState
from agents.offering import answering, ringing
from agents.web import hear_conference, hear_leg
from ivr.calls.models import Call, CallState, Leg
from ivr.carrier.errors import CarrierRefused, CarrierUnavailable
from ivr.carrier.port import CarrierStatus
from ivr.ports import Parting, QueueEntry


def ring(house):
    call = house.call()
    assert house.join(call) is QueueEntry.JOINED
    house.work()
    offer = house.offers()[-1]
    return call, offer


def talk(house):
    call, offer = ring(house)
    hear_leg(house.floor, offer.id, offer.carrier_sid, "ringing")
    hear_leg(house.floor, offer.id, offer.carrier_sid, "in-progress")
    house.work()
    house.connected(call)
    return call, house.offers()[-1]


def test_a_waiting_caller_is_rung_answered_bridged_wrapped_up_and_written_down(house):
    house.agent("a1")
    call, offer = ring(house)
    assert offer.state == OfferState.MADE
    assert house.agent_now("a1").presence == Presence.OFFERED
    rung = house.carrier.of("ring_agent")
    assert [one["address"] for one in rung] == ["client:a1"]
    assert rung[0]["conference"] == offer.id
    hear_leg(house.floor, offer.id, "CA-leg-1", "ringing")
    hear_leg(house.floor, offer.id, "CA-leg-1", "in-progress")
    house.work()
    taken = house.carrier.of("take_from_queue")
    assert taken[0]["queue_sid"] == "QU-vsk-medical_desk"
    assert taken[0]["document_url"].endswith(f"/voice/calls/{call.id}/agent?offer={offer.id}")
    assert house.agent_now("a1").presence == Presence.ON_CALL
    assert house.waits()[0].state == WaitState.CLAIMED
    commands.hang_up(house.floor, insurer_id="vsk", code="a1")
    house.work()
    assert house.agent_now("a1").presence == Presence.WRAP_UP
    assert house.waits()[0].state == WaitState.SERVED
    record_call_outcome(house.floor, insurer_id="vsk", code="a1", outcome=WrittenOutcome("info_given"))
    assert house.agent_now("a1").presence == Presence.AVAILABLE
    assert house.offers()[0].handled_until is not None


def test_the_agents_leg_is_an_interval_of_the_call(house):
    house.agent("a1")
    _, offer = ring(house)
    hear_leg(house.floor, offer.id, "CA-leg-1", "ringing")
    house.clock.move_by(4)
    hear_leg(house.floor, offer.id, "CA-leg-1", "in-progress")
    house.work()
    house.clock.move_by(60)
    hear_leg(house.floor, offer.id, "CA-leg-1", "completed")
    with house.centre.database.reading("leg") as tx:
        leg = tx.scalars(select(Leg)).one()
    assert (leg.party, leg.agent_id, leg.hangup_cause) == ("agent", offer.agent_id, "completed")
    assert (leg.answered_at - leg.started_at).total_seconds() == 4
    assert (leg.ended_at - leg.answered_at).total_seconds() == 60


def test_doubled_and_reordered_news_of_a_leg_changes_nothing(house):
    house.agent("a1")
    _, offer = ring(house)
    for status in ("in-progress", "ringing", "initiated", "in-progress", "ringing"):
        hear_leg(house.floor, offer.id, "CA-leg-1", status)
    house.work()
    for status in ("completed", "in-progress", "completed", "ringing"):
        hear_leg(house.floor, offer.id, "CA-leg-1", status)
    house.work()
    assert house.offers()[0].state == OfferState.DONE
    assert len(house.carrier.of("take_from_queue")) == 1
    assert house.agent_now("a1").presence == Presence.WRAP_UP


def test_the_unanswered_ring_counts_from_ringing_and_the_wait_keeps_its_place(house):
    house.agent("a1")
    _call, offer = ring(house)
    since = house.waits()[0].since
    house.later(10)
    hear_leg(house.floor, offer.id, "CA-leg-1", "ringing")
    house.later(19)
    assert house.offers()[0].state == OfferState.RINGING
    house.later(2)
    assert house.offers()[0].state == OfferState.MISSED
    agent = house.agent_now("a1")
    assert (agent.presence, agent.presence_reason) == (Presence.AWAY, "rona")
    wait = house.waits()[0]
    assert (wait.state, wait.since) == (WaitState.WAITING, since)
    assert {"call_sid": "CA-leg-1"} in house.carrier.of("end_call")


def test_a_caller_gone_while_ringing_frees_the_agent_at_once(house):
    house.agent("a1")
    call, offer = ring(house)
    hear_leg(house.floor, offer.id, "CA-leg-1", "ringing")
    house.end_call(call)
    assert house.agent_now("a1").presence == Presence.AVAILABLE
    house.work()
    assert house.waits()[0].state == WaitState.ABANDONED
    assert house.carrier.of("end_call") == [{"call_sid": "CA-leg-1"}]


def test_an_answer_after_the_caller_is_gone_frees_the_agent(house):
    house.agent("a1")
    call, offer = ring(house)
    house.end_call(call)
    hear_leg(house.floor, offer.id, "CA-leg-1", "in-progress")
    house.work()
    assert house.agent_now("a1").presence == Presence.AVAILABLE
    assert not house.carrier.of("take_from_queue")


def test_losing_the_race_at_the_carrier_frees_the_agent_at_once(house):
    house.agent("a1")
    call, offer = ring(house)
    house.carrier.in_queue.clear()
    house.carrier.statuses[call.carrier_sid] = CarrierStatus.COMPLETED
    hear_leg(house.floor, offer.id, "CA-leg-1", "in-progress")
    house.work()
    assert house.agent_now("a1").presence == Presence.AVAILABLE
    assert house.waits()[0].state == WaitState.ABANDONED
    assert {"call_sid": "CA-leg-1"} in house.carrier.of("end_call")


def test_an_agent_quicker_than_what_the_caller_still_hears_gets_the_caller_at_once(house):
    house.agent("a1")
    call, offer = ring(house)
    house.carrier.in_queue.clear()
    hear_leg(house.floor, offer.id, "CA-leg-1", "in-progress")
    house.work()
    (moved,) = house.carrier.of("redirect")
    assert moved["call_sid"] == call.carrier_sid
    assert moved["document_url"].endswith(f"/agent?offer={offer.id}")
    assert house.offers()[0].bridged_at is not None


def test_a_caller_on_the_way_into_the_conference_is_not_moved_twice(house):
    house.agent("a1")
    call, offer = ring(house)
    house.carrier.lose_answer_of.add("take_from_queue")
    hear_leg(house.floor, offer.id, "CA-leg-1", "in-progress")
    house.work()
    house.later(2)
    assert not house.carrier.of("redirect")
    house.connected(call)
    house.later(1)
    assert house.offers()[0].bridged_at is not None


def test_a_caller_who_chose_something_else_meanwhile_frees_the_agent(house):
    house.agent("a1")
    call, offer = ring(house)
    house.carrier.in_queue.clear()
    answering.answered(house.floor, offer.id, "CA-leg-1")
    with house.centre.database.transaction("in_menu") as tx:
        tx.get_one(Call, call.id).state = CallState.IN_MENU
    house.work()
    assert house.agent_now("a1").presence == Presence.AVAILABLE
    assert house.waits()[0].state == WaitState.LEFT


def test_a_lost_answer_to_ringing_is_looked_up_and_not_repeated(house):
    house.agent("a1")
    house.carrier.lose_answer_of.add("ring_agent")
    _call, _offer = ring(house)
    house.later(2)
    assert len(house.carrier.of("ring_agent")) == 1
    assert house.offers()[0].carrier_sid == "CA-leg-1"


def test_a_lost_answer_to_taking_the_caller_is_settled_by_the_caller_being_connected(house):
    house.agent("a1")
    call, offer = ring(house)
    house.carrier.lose_answer_of.add("take_from_queue")
    hear_leg(house.floor, offer.id, "CA-leg-1", "in-progress")
    house.work()
    house.connected(call)
    house.later(2)
    assert house.offers()[0].bridged_at is not None
    assert house.agent_now("a1").presence == Presence.ON_CALL


def test_the_caller_seen_in_the_conference_is_connected(house):
    house.agent("a1")
    call, offer = ring(house)
    answering.answered(house.floor, offer.id, "CA-leg-1")
    hear_conference(house.floor, offer.id, "participant-join", call.carrier_sid)
    house.work()
    assert not house.carrier.of("take_from_queue")
    assert house.offers()[0].bridged_at is not None


def test_an_agent_who_cannot_be_rung_goes_away_and_the_next_is_rung(house):
    house.agent("a1")
    house.carrier.refuse["ring_agent"] = CarrierRefused("ring_agent", code=13224)
    _call, _offer = ring(house)
    assert house.agent_now("a1").presence_reason == "unreachable"
    del house.carrier.refuse["ring_agent"]
    house.agent("a2")
    house.work()
    assert house.agent_now("a2").presence == Presence.OFFERED


def test_an_agent_lost_in_mid_call_sends_the_caller_to_the_head_of_the_queue(house):
    house.agent("a1")
    call, offer = talk(house)
    house.clock.move_by(60)
    other = house.call("CA-2")
    house.join(other)
    hear_leg(house.floor, offer.id, "CA-leg-1", "completed")
    with house.centre.database.reading("concluded") as tx:
        assert house.queues.parting(tx, call) is Parting.LOST
    house.join(call, at_head=True)
    wait = next(one for one in house.waits() if one.call_id == call.id)
    assert wait.state == WaitState.WAITING
    assert house.agent_now("a1").presence == Presence.WRAP_UP
    house.agent("a2")
    house.work()
    assert house.offers(state=OfferState.MADE)[0].call_id == call.id


def test_the_caller_back_in_line_before_the_leg_is_told_over(house):
    house.agent("a1")
    call, offer = talk(house)
    house.join(call, at_head=True)
    house.work()
    assert house.waits()[0].state == WaitState.WAITING
    hear_leg(house.floor, offer.id, "CA-leg-1", "completed")
    assert house.waits()[0].state == WaitState.WAITING
    assert house.agent_now("a1").presence == Presence.WRAP_UP


def test_an_intended_end_is_told_apart_from_a_lost_agent(house):
    house.agent("a1")
    call, _ = talk(house)
    commands.hang_up(house.floor, insurer_id="vsk", code="a1")
    with house.centre.database.reading("concluded") as tx:
        assert house.queues.parting(tx, call) is Parting.CONCLUDED


def test_hanging_up_a_telephone_is_meant(house):
    house.agent("a1", address="+74957851057")
    call, offer = talk(house)
    hear_leg(house.floor, offer.id, "CA-leg-1", "completed")
    with house.centre.database.reading("concluded") as tx:
        assert house.queues.parting(tx, call) is Parting.CONCLUDED


def test_no_next_call_without_an_outcome_but_a_supervisor_may_release(house):
    house.agent("a1")
    talk(house)
    commands.hang_up(house.floor, insurer_id="vsk", code="a1")
    with pytest.raises(commands.OutcomeMissing):
        commands.become_available(house.floor, insurer_id="vsk", code="a1")
    wrap_up.release(house.floor, insurer_id="vsk", code="a1", by="boss")
    assert house.agent_now("a1").presence == Presence.AVAILABLE


def test_an_outcome_written_during_the_call_spares_the_wrap_up(house):
    house.agent("a1")
    talk(house)
    record_call_outcome(house.floor, insurer_id="vsk", code="a1", outcome=WrittenOutcome("gl_requested"))
    commands.hang_up(house.floor, insurer_id="vsk", code="a1")
    assert house.agent_now("a1").presence == Presence.AVAILABLE


def test_a_declined_ring_goes_to_the_next_agent(house):
    house.agent("a1", skills={"desk": 3})
    house.agent("a2")
    _call, offer = ring(house)
    ringing.decline(house.floor, offer.id)
    house.work()
    assert house.agent_now("a1").presence_reason == "declined"
    assert house.agent_now("a2").presence == Presence.OFFERED


def test_a_cold_transfer_waits_for_the_agent_named(house):
    house.agent("a1")
    house.agent("a2", presence_now=Presence.AWAY, skills={"curator": 1})
    call, _offer = talk(house)
    commands.transfer(house.floor, insurer_id="vsk", code="a1", to_code="a2")
    with house.centre.database.reading("parting") as tx:
        assert house.queues.parting(tx, call) is Parting.TRANSFERRED
    house.join(call, at_head=True)
    record_call_outcome(house.floor, insurer_id="vsk", code="a1", outcome=WrittenOutcome("info_given"))
    house.work()
    assert house.agent_now("a1").presence == Presence.AVAILABLE
    commands.become_available(house.floor, insurer_id="vsk", code="a2")
    house.work()
    assert house.agent_now("a2").presence == Presence.OFFERED
    (passed_on,) = house.offers(state=OfferState.MADE)
    house.clock.move_by(1)
    assert passed_on.purpose == Purpose.TRANSFER
    hear_leg(house.floor, passed_on.id, "CA-leg-2", "in-progress")
    house.work()
    commands.hang_up(house.floor, insurer_id="vsk", code="a2")
    with house.centre.database.reading("parting") as tx:
        assert house.queues.parting(tx, call) is Parting.CONCLUDED


def test_a_cold_transfer_to_oneself_or_to_nobody_is_refused_and_changes_nothing(house):
    house.agent("a1")
    house.agent("elsewhere", insurer_id="rgs")
    talk(house)
    with pytest.raises(commands.NothingToDo):
        commands.transfer(house.floor, insurer_id="vsk", code="a1", to_code="a1")
    with pytest.raises(commands.UnknownAgent):
        commands.transfer(house.floor, insurer_id="vsk", code="a1", to_code="elsewhere")
    assert house.waits()[0].purpose == Purpose.QUEUE
    assert house.agent_now("a1").presence == Presence.ON_CALL


def test_whoever_has_a_call_cannot_say_that_they_are_available(house):
    house.agent("a1")
    ring(house)
    with pytest.raises(commands.NothingToDo):
        commands.become_available(house.floor, insurer_id="vsk", code="a1")
    hear_leg(house.floor, house.offers()[0].id, "CA-leg-1", "in-progress")
    with pytest.raises(commands.NothingToDo):
        commands.become_available(house.floor, insurer_id="vsk", code="a1")


def test_a_lost_end_of_a_leg_is_found_out_by_asking(house):
    house.agent("a1")
    call, _offer = talk(house)
    house.end_call(call)
    house.carrier.statuses["CA-leg-1"] = CarrierStatus.COMPLETED
    house.later(31)
    assert house.agent_now("a1").presence == Presence.WRAP_UP


def test_a_caller_who_left_unheard_does_not_hold_up_those_behind(house):
    gone, waiting = house.call("CA-gone"), house.call("CA-waiting")
    house.join(gone)
    house.clock.move_by(1)
    house.join(waiting)
    house.work()
    with house.centre.database.transaction("end_unheard") as tx:
        row = tx.get_one(Call, gone.id)
        row.state, row.ended_at = CallState.ENDED, house.clock.now()
    house.agent("a1")
    house.work()
    assert [(offer.call_id, offer.state) for offer in house.offers()] == [(waiting.id, OfferState.MADE)]
    assert house.waits(call_id=gone.id)[0].state == WaitState.ABANDONED


def test_an_agent_whose_answer_was_never_told_has_the_caller_and_is_not_called_missing(house):
    house.agent("a1")
    ring(house)
    house.carrier.statuses["CA-leg-1"] = CarrierStatus.IN_PROGRESS
    house.later(36)
    assert house.agent_now("a1").presence == Presence.ON_CALL
    assert house.offers()[0].state == OfferState.ACCEPTED
    assert len(house.carrier.of("take_from_queue")) == 1


def test_a_carrier_that_cannot_be_asked_leaves_an_unanswered_ring_unanswered(house):
    house.agent("a1")
    ring(house)
    house.carrier.refuse["call_status"] = CarrierUnavailable("call_status")
    house.later(36)
    assert house.agent_now("a1").presence_reason == "rona"
