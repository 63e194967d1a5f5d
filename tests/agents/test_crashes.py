"""Killed after every commit and every carrier call: the call still comes to its end, and nobody is stuck."""

import pytest
from sqlalchemy import delete, select

from agents.at_work import commands
from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.house.upkeep import keep_up
from agents.models import Agent, Offer, OfferState, Presence, Wait, WaitState
from agents.waiting import waits
from agents.web import hear_leg
from config import failpoints
from config.due_work import DueWork
from ivr.calls.models import Call, CallState

PLACES = [
    "commit:match_offers", "commit:begin_ringing", "carrier:ring_agent", "commit:note_ringing", "commit:hear_ringing",
    "commit:claim_wait", "commit:begin_connecting", "carrier:take_from_queue", "commit:note_bridged", "commit:end_leg",
    "commit:hang_up", "commit:record_outcome", "commit:claim_work", "commit:finish_work",
]


def once(name):
    """Kill at the first passing only."""
    def kill(place):
        failpoints.disarm()
        raise failpoints.ProcessKilled(place)

    failpoints.arm(name, kill)


def retried(act):
    """What the carrier, or a person, does when no answer came: the same again."""
    for _ in range(3):
        try:
            return act()
        except failpoints.ProcessKilled:
            continue
    raise AssertionError("killed every time")


def settle(house, seconds=0):
    """Let the sweep work until idle, started again after each kill once the lease is over."""
    house.clock.move_by(seconds)
    for _ in range(5):
        try:
            return house.work()
        except failpoints.ProcessKilled:
            house.clock.move_by(31)
    raise AssertionError("never settled")


def whole_call(house):
    """One call through all its stations; news of the carrier comes as often as it must."""
    call = house.call()
    # The carrier fetches the document that brings the caller into the conference before it answers us.
    house.carrier.on_taken = lambda _sid: house.connected(call)
    house.join(call)
    settle(house)
    settle(house)
    for _ in range(4):
        offer = house.offers()[-1]
        sid = offer.carrier_sid or house.carrier.participants.get(offer.id)
        if sid is None or offer.state not in (OfferState.MADE, OfferState.RINGING):
            break
        for status in ("ringing", "in-progress"):
            retried(lambda s=status, o=offer, c=sid: hear_leg(house.floor, o.id, c, s))
    settle(house)
    settle(house, 1)
    settle(house, 31)
    for act in (
        lambda: commands.hang_up(house.floor, insurer_id="vsk", code="a1"),
        lambda: record_call_outcome(house.floor, insurer_id="vsk", code="a1", outcome=WrittenOutcome("info_given")),
    ):
        try:
            retried(act)
        except commands.NothingToDo:
            # The first try did it and was killed afterwards.
            continue
    settle(house, 31)
    house.end_call(call)
    settle(house, 31)


def assert_nothing_stuck(house):
    with house.centre.database.reading("stuck") as tx:
        assert tx.scalars(select(Wait.state)).all() == [WaitState.SERVED]
        assert not tx.scalars(select(Offer).where(Offer.state.in_(("made", "ringing", "accepted")))).all()
        assert tx.scalars(select(Agent.presence)).all() == [Presence.AVAILABLE]
    rung = [one["label"] for one in house.carrier.of("ring_agent")]
    assert len(rung) == len(set(rung)), "an agent was rung twice for one offer"
    assert len(house.carrier.of("take_from_queue")) >= 1


@pytest.mark.parametrize("place", PLACES)
def test_killed_once_the_call_still_comes_to_its_end(house, place):
    house.agent("a1")
    once(place)
    whole_call(house)
    assert_nothing_stuck(house)


def lose_all_work(house):
    with house.centre.database.transaction("lose_work") as tx:
        tx.execute(delete(DueWork))
    house.clock.move_by(11)
    keep_up(house.centre)
    house.work()


def test_without_any_row_of_work_a_wait_is_routed(house):
    house.agent("a1")
    house.join(house.call())
    lose_all_work(house)
    assert house.agent_now("a1").presence == Presence.OFFERED


def test_without_any_row_of_work_a_ring_ends(house):
    house.agent("a1")
    house.join(house.call())
    house.work()
    lose_all_work(house)
    assert house.offers()[0].state == OfferState.MISSED


def test_without_any_row_of_work_a_claimed_caller_is_connected(house):
    house.agent("a1")
    house.join(house.call())
    house.work()
    hear_leg(house.floor, house.offers()[0].id, "CA-leg-1", "in-progress")
    lose_all_work(house)
    assert house.offers()[0].bridged_at is not None


def test_an_end_that_nobody_announced_is_found(house):
    house.agent("a1")
    call = house.call()
    house.join(call)
    house.work()
    with house.centre.database.transaction("end_unannounced") as tx:
        row = tx.get_one(Call, call.id)
        row.state, row.ended_at = CallState.ENDED, house.clock.now()
    house.clock.move_by(11)
    keep_up(house.centre)
    assert house.waits()[0].state == WaitState.ABANDONED
    assert house.agent_now("a1").presence == Presence.AVAILABLE


def test_an_agent_left_over_is_freed(house):
    agent = house.agent("a1")
    with house.centre.database.transaction("leave_over") as tx:
        left_over = tx.get_one(Agent, agent.id)
        left_over.presence, left_over.call_id = Presence.OFFERED, "a-call-before"
    house.clock.move_by(11)
    keep_up(house.centre)
    assert house.agent_now("a1").presence == Presence.AVAILABLE


def test_upkeep_of_a_healthy_centre_touches_nothing(house):
    house.agent("a1")
    house.join(house.call())
    house.work()
    house.clock.move_by(11)
    assert keep_up(house.centre) == 0


def test_a_wait_kept_for_a_language_is_opened_even_without_its_appointment(house):
    house.agent("other", insurer_id="maks", skills={"desk": 3})
    speaker = {"desk": 1, "speaks_uz": 1}
    house.agent("speaker", insurer_id="maks", skills=speaker, presence_now=Presence.WRAP_UP)
    house.join(house.call(insurer_id="maks", line="migrants", language="uz"), "medical_desk")
    house.work()
    with house.centre.database.transaction("forget") as tx:
        tx.execute(delete(DueWork))
    house.clock.move_by(11)
    keep_up(house.centre)
    house.work()
    assert house.agent_now("other").presence == Presence.OFFERED


def test_a_wait_whose_work_is_lost_is_given_it_again(house):
    emergency = house.call("CA-e", is_emergency=True)
    house.join(emergency, "emergency", is_emergency=True)
    house.agent("speaker", insurer_id="maks", skills={"desk": 1, "speaks_uz": 1})
    in_uzbek = house.call("CA-u", insurer_id="maks", line="migrants", language="uz")
    house.join(in_uzbek, "medical_desk")
    with house.centre.database.transaction("lose_work") as tx:
        tx.execute(delete(DueWork))
    house.clock.move_by(60)
    keep_up(house.centre)
    with house.centre.database.reading("due") as tx:
        due = {(kind, subject) for kind, subject in tx.execute(select(DueWork.kind, DueWork.subject_id))}
    waiting = {wait.call_id: wait.id for wait in house.waits()}
    assert {(waits.ESCALATE, waiting[emergency.id]), (waits.ANY_LANGUAGE, waiting[in_uzbek.id])} <= due
