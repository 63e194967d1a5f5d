"""Whom a contact needs, who is asked first, and who speaks their language: lanes as words, and as agents."""

import pytest
from sqlalchemy import select

from agents.models import Agent, OfferState, Presence
from agents.routing import lanes
from agents.waiting.lane_words import Lane
from agents.waiting.waits import lane_of
from agents.web import hear_leg
from ivr.calls.models import CallEvent


@pytest.mark.parametrize(
    "lane",
    [
        Lane(),
        Lane(("desk",)),
        Lane(("curator", "desk"), speaks="speaks_uz"),
        Lane(("desk",), ("therapist", "desk"), "speaks_uz", is_strict=True),
        Lane((), ("desk",)),
    ],
)
def test_a_lane_is_read_as_it_was_written(lane):
    assert Lane.read(lane.word) == lane


def test_the_same_skills_in_any_order_are_one_lane():
    assert lane_of(["b", "a", "b"]) == lane_of(["a", "b"])


def test_a_strict_lane_is_widened_to_one_that_prefers():
    strict = Lane(("desk",), speaks="speaks_uz", is_strict=True)
    assert strict.needed == ("desk", "speaks_uz")
    assert strict.widened().needed == ("desk",)
    assert strict.widened().speaks == "speaks_uz"


def who(house, lane, insurer="vsk"):
    with house.centre.database.reading("candidates") as tx:
        codes = {agent.id: agent.code for agent in tx.scalars(select(Agent))}
        return [(codes[one.agent_id], one.tier) for one in lanes.candidates(tx, insurer, lane.word)]


def test_candidates_come_by_tier_then_language_then_level_then_idleness(house):
    house.agent("psychologist", skills={"psychologist": 3})
    house.clock.move_by(1)
    house.agent("desk", skills={"desk": 3})
    house.clock.move_by(1)
    house.agent("desk_uz", skills={"desk": 1, "speaks_uz": 1})
    house.agent("elsewhere", insurer_id="rgs", skills={"desk": 3, "speaks_uz": 3})
    assert who(house, Lane()) == [("psychologist", 0), ("desk", 0), ("desk_uz", 0)]
    assert who(house, Lane((), ("desk",))) == [("desk", 0), ("desk_uz", 0), ("psychologist", 1)]
    assert who(house, Lane((), ("desk",), "speaks_uz"))[0] == ("desk_uz", 0)
    assert who(house, Lane(("desk",), speaks="speaks_uz")) == [("desk_uz", 0), ("desk", 0)]
    assert who(house, Lane(("desk",), speaks="speaks_uz", is_strict=True)) == [("desk_uz", 0)]


def uzbek(house, sid="CA-uz"):
    call = house.call(sid, insurer_id="maks", line="migrants", language="uz")
    house.join(call, "medical_desk")
    return call


def test_an_uzbek_caller_is_offered_first_to_who_speaks_it_and_the_agent_is_told(house):
    house.agent("other", insurer_id="maks", skills={"desk": 3})
    house.agent("speaker", insurer_id="maks", skills={"desk": 1, "speaks_uz": 1})
    call = uzbek(house)
    house.work()
    assert house.agent_now("speaker").presence == Presence.OFFERED
    assert house.agent_now("other").presence == Presence.AVAILABLE
    with house.centre.database.reading("events") as tx:
        made = tx.scalars(select(CallEvent.data).where(CallEvent.call_id == call.id, CallEvent.kind == "offer_made"))
        assert [data["language"] for data in made] == ["uz"]


def test_after_a_while_anyone_is_offered_the_caller(house):
    house.agent("other", insurer_id="maks", skills={"desk": 3})
    house.agent("speaker", insurer_id="maks", skills={"desk": 1, "speaks_uz": 1}, presence_now=Presence.ON_CALL)
    uzbek(house)
    house.later(29)
    assert house.agent_now("other").presence == Presence.AVAILABLE
    house.later(2)
    assert house.agent_now("other").presence == Presence.OFFERED


def test_where_nobody_at_work_speaks_it_nobody_is_waited_for(house):
    house.agent("other", insurer_id="maks", skills={"desk": 3})
    house.agent("speaker", insurer_id="maks", skills={"desk": 1, "speaks_uz": 1}, presence_now=Presence.AWAY)
    uzbek(house)
    house.work()
    assert house.agent_now("other").presence == Presence.OFFERED


def test_a_russian_caller_goes_to_the_best_whatever_they_speak(house):
    house.agent("other", insurer_id="maks", skills={"desk": 3})
    house.agent("speaker", insurer_id="maks", skills={"desk": 1, "speaks_uz": 1})
    house.join(house.call(insurer_id="maks", line="migrants"), "medical_desk")
    house.work()
    assert house.agent_now("other").presence == Presence.OFFERED


def test_a_queues_first_skills_are_configuration(house):
    rules = house.centre.insurers["rgs"].queues["emergency"]
    assert (rules.skills, rules.first_skills) == ((), ("therapist", "desk"))


def test_in_an_emergency_the_desk_is_rung_first_then_everybody(house):
    house.agent("psychologist", skills={"psychologist": 3})
    house.agent("desk", skills={"desk": 1})
    call = house.call(is_emergency=True)
    house.join(call, "emergency", is_emergency=True)
    house.work()
    assert house.agent_now("desk").presence == Presence.OFFERED
    assert house.agent_now("psychologist").presence == Presence.AVAILABLE
    house.later(11)
    assert house.agent_now("psychologist").presence == Presence.OFFERED


def test_in_an_emergency_with_nobody_at_the_desk_anyone_is_rung_at_once(house):
    house.agent("psychologist", skills={"psychologist": 3})
    call = house.call(is_emergency=True)
    house.join(call, "emergency", is_emergency=True)
    house.work()
    assert house.agent_now("psychologist").presence == Presence.OFFERED


def test_once_everybody_is_asked_whoever_comes_free_is_rung_too(house):
    house.agent("desk", skills={"desk": 1})
    house.join(house.call(is_emergency=True), "emergency", is_emergency=True)
    house.work()
    house.later(11)
    for offer in house.offers(state=OfferState.MADE):
        hear_leg(house.floor, offer.id, offer.carrier_sid, "busy")
    house.agent("psychologist", skills={"psychologist": 3})
    house.work()
    assert house.agent_now("psychologist").presence == Presence.OFFERED
