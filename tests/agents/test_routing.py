"""The matcher on values: who gets whom."""

from datetime import UTC, datetime, timedelta

from agents.routing.matcher import Candidate, Head, match

NOON = datetime(2026, 11, 24, 9, tzinfo=UTC)


def head(name, *, rank=950, after=0, lane="desk", **more):
    return Head(name, lane, rank, NOON + timedelta(seconds=after), **more)


def matched(heads, lanes, available=frozenset()):
    candidates = {lane: [one if isinstance(one, Candidate) else Candidate(one) for one in free]
                  for lane, free in lanes.items()}
    return [(one.head.wait_id, one.agent_ids) for one in match(heads, candidates, available)]


def test_priority_comes_before_age_and_age_before_nothing():
    heads = [head("young", after=9), head("old"), head("important", rank=920, after=20)]
    assert matched(heads, {"desk": ["a", "b"]}) == [("important", ("a",)), ("old", ("b",))]


def test_one_agent_of_two_lanes_is_given_away_once():
    heads = [head("one"), head("two", after=1, lane="curator")]
    assert matched(heads, {"desk": ["a"], "curator": ["a"]}) == [("one", ("a",))]


def test_the_preferred_agent_comes_before_the_best():
    heads = [head("one", preferred_id="mine")]
    assert matched(heads, {"desk": ["a"]}, frozenset({"mine"})) == [("one", ("mine",))]
    assert matched(heads, {"desk": ["a"]}) == [("one", ("a",))]


def test_a_held_contact_waits_for_its_own_agent_only():
    heads = [head("one", preferred_id="mine", is_held=True)]
    assert matched(heads, {"desk": ["a"]}) == []
    assert matched(heads, {"desk": ["a"]}, frozenset({"mine"})) == [("one", ("mine",))]


def test_an_emergency_rings_the_three_best_and_is_named_even_where_nobody_is_free():
    heads = [head("life", rank=0, lane="", is_emergency=True), head("one")]
    lanes = {"": ["a", "b", "c", "d"], "desk": ["b", "d"]}
    assert matched(heads, lanes) == [("life", ("a", "b", "c")), ("one", ("d",))]
    assert matched(heads, {}) == [("life", ())]


def test_an_emergency_rings_nobody_of_a_later_tier_while_one_of_an_earlier_is_free():
    lane = [Candidate("desk"), Candidate("psychologist", 1), Candidate("other", 1)]
    emergency = head("life", rank=0, lane="|desk", is_emergency=True)
    assert matched([emergency], {"|desk": lane}) == [("life", ("desk",))]
    assert matched([emergency], {"|desk": lane[1:]}) == [("life", ("psychologist", "other"))]


def test_a_usual_contact_takes_the_next_tier_when_the_first_is_given_away():
    lane = [Candidate("desk"), Candidate("other", 1)]
    heads = [head("one", lane="|desk"), head("two", after=1, lane="|desk")]
    assert matched(heads, {"|desk": lane}) == [("one", ("desk",)), ("two", ("other",))]
