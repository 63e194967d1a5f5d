"""Joining, standing and leaving: who may wait, at which place, and for how long."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agents.at_work import commands
from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.models import OfferState, Presence, WaitState
from agents.web import hear_leg
from ivr.calls.models import Call
from ivr.insured.models import InsuredPerson, Policy, Programme
from ivr.ports import QueueEntry, StandingAdvice

MOSCOW = ZoneInfo("Europe/Moscow")


def standing(house, call, round_number=1):
    with house.centre.database.transaction("standing") as tx:
        return house.queues.standing(tx, tx.get_one(Call, call.id), round_number=round_number)


def leave(house, call, reason):
    with house.centre.database.transaction("leave") as tx:
        house.queues.leave(tx, tx.get_one(Call, call.id), reason=reason)


def insured(house, *, extension):
    now = house.clock.now()
    with house.centre.database.transaction("insured") as tx:
        tx.add(Programme(id="p", insurer_id="vsk", code="p", title="p", services=[], exclusions=[]))
        tx.flush()
        tx.add(
            Policy(id="q", insurer_id="vsk", programme_id="p", number="1", keyed_form="1",
                   valid_from=now.date(), valid_until=now.date() + timedelta(days=9))
        )
        tx.flush()
        tx.add(
            InsuredPerson(id="i", insurer_id="vsk", policy_id="q", full_name="-", birth_date=now.date(),
                          curator_extension=extension, updated_at=now)
        )
    return "i"


def test_a_closed_queue_refuses_and_says_when_it_opens_but_never_an_emergency(house):
    house.clock.move_to(datetime(2026, 11, 27, 17, 0, tzinfo=MOSCOW))
    asking = house.call("CA-0")
    with house.centre.database.reading("open") as tx:
        is_open, opens_at = house.queues.is_open(tx, asking, "curator")
    assert not is_open
    assert opens_at == datetime(2026, 11, 30, 9, tzinfo=MOSCOW)
    assert house.join(house.call("CA-1"), "curator") is QueueEntry.CLOSED
    assert house.join(house.call("CA-2"), "curator", is_emergency=True) is QueueEntry.JOINED


def test_a_full_queue_refuses(house):
    for number in range(20):
        assert house.join(house.call(f"CA-{number}"), "curator") is QueueEntry.JOINED
    assert house.join(house.call("CA-x"), "curator") is QueueEntry.FULL


def test_joining_twice_is_one_wait(house):
    call = house.call()
    house.join(call)
    house.join(call)
    assert len(house.waits()) == 1


def test_the_place_counts_those_before_and_an_unknown_estimate_stays_unknown(house):
    first, second = house.call("CA-1"), house.call("CA-2")
    house.join(first)
    house.clock.move_by(5)
    house.join(second)
    told = standing(house, second)
    assert (told.ahead, told.wait_seconds, told.advice) == (1, None, StandingAdvice.KEEP_WAITING)
    assert standing(house, first).ahead == 0


def test_the_estimate_comes_from_measured_handling(house):
    house.agent("a1")
    for number in range(3):
        call = house.call(f"CA-{number}")
        house.join(call)
        house.work()
        offer = house.offers()[-1]
        hear_leg(house.floor, offer.id, offer.carrier_sid, "in-progress")
        house.work()
        house.clock.move_by(100)
        commands.hang_up(house.floor, insurer_id="vsk", code="a1")
        house.clock.move_by(20)
        record_call_outcome(house.floor, insurer_id="vsk", code="a1", outcome=WrittenOutcome("info_given"))
        house.end_call(call)
    commands.go_away(house.floor, insurer_id="vsk", code="a1")
    waiting = house.call("CA-w")
    house.join(waiting)
    assert standing(house, waiting).wait_seconds is None
    house.agent("a2", presence_now=Presence.WRAP_UP)
    assert standing(house, waiting).wait_seconds == 120
    house.agent("a3")
    assert standing(house, waiting).wait_seconds == 20
    house.clock.move_by(1)
    second, third = house.call("CA-y"), house.call("CA-z")
    house.join(second)
    assert standing(house, second).wait_seconds == 60
    house.clock.move_by(1)
    house.agent("a4", presence_now=Presence.WRAP_UP)
    house.join(third)
    assert standing(house, third).ahead == 2
    # Two conversations of two minutes, shared by three: eighty seconds, told as two minutes and not as one.
    assert standing(house, third).wait_seconds == 120


def test_waiting_too_long_is_told(house):
    call = house.call()
    house.join(call)
    house.later(599)
    assert standing(house, call).advice is StandingAdvice.KEEP_WAITING
    house.later(2)
    assert standing(house, call).advice is StandingAdvice.LEAVE_TIMED_OUT


def test_an_expert_too_slow_overflows_level_by_level_keeping_age_and_rank(house):
    house.agent("level_1", insurer_id="oms", skills={"representative_1": 1})
    call = house.call(insurer_id="oms", line="hotline")
    house.join(call, "experts")
    since, rank = house.waits()[0].since, house.waits()[0].rank
    house.later(301)
    assert house.waits()[0].queue == "representatives_2"
    house.later(301)
    wait = house.waits()[0]
    assert (wait.queue, wait.joined_queue, wait.since) == ("representatives_1", "experts", since)
    assert wait.rank == rank
    assert house.agent_now("level_1").presence == Presence.OFFERED
    hear_leg(house.floor, house.offers()[0].id, "CA-leg-1", "in-progress")
    house.work()
    assert house.carrier.of("take_from_queue")[0]["queue_sid"] == "QU-oms-experts"


def test_nobody_overflows_into_a_queue_that_is_closed(house):
    house.clock.move_to(datetime(2026, 11, 24, 17, 57, tzinfo=MOSCOW))
    call = house.call(insurer_id="oms", line="hotline")
    house.join(call, "experts")
    house.later(301)
    assert house.waits()[0].queue == "experts"
    assert standing(house, call).advice is StandingAdvice.LEAVE_TIMED_OUT


def test_who_goes_from_one_queue_straight_into_another_has_waited_since_the_first(house):
    call = house.call()
    house.join(call, "curator")
    since = house.waits()[0].since
    house.later(26)
    assert standing(house, call).advice is StandingAdvice.LEAVE_TIMED_OUT
    leave(house, call, "left")
    house.clock.move_by(1)
    house.join(call, "medical_desk")
    wait = next(one for one in house.waits() if one.state == WaitState.WAITING)
    assert (wait.queue, wait.since) == ("medical_desk", since)
    assert standing(house, call).waited_seconds == 27


def test_a_round_is_told_how_long_the_queue_may_still_keep_the_caller(house):
    call = house.call()
    house.join(call, "curator")
    house.clock.move_by(5)
    assert standing(house, call).leave_in_seconds == 20


def test_the_curator_of_the_policy_comes_first_for_a_while(house):
    house.agent("curator", skills={"desk": 1}, extension="5093", presence_now=Presence.WRAP_UP)
    house.agent("other")
    call = house.call(insured_id=insured(house, extension="50-93"))
    house.join(call, prefer_curator=True)
    house.work()
    assert house.agent_now("other").presence == Presence.AVAILABLE
    house.later(21)
    assert house.agent_now("other").presence == Presence.OFFERED


def test_nobody_waits_for_a_curator_who_is_away(house):
    house.agent("curator", skills={"desk": 1}, extension="5093", presence_now=Presence.AWAY)
    house.agent("other")
    call = house.call(insured_id=insured(house, extension="50-93"))
    house.join(call, prefer_curator=True)
    house.work()
    assert house.agent_now("other").presence == Presence.OFFERED


def test_an_extension_that_was_dialled_comes_before_the_curator_of_the_policy(house):
    house.agent("of_policy", extension="5093", skills={"desk": 3})
    house.agent("dialled", extension="5042")
    call = house.call(insured_id=insured(house, extension="50-93"), extension="5042")
    house.join(call, prefer_curator=True)
    house.work()
    assert house.agent_now("dialled").presence == Presence.OFFERED
    assert house.agent_now("of_policy").presence == Presence.AVAILABLE


def test_the_curator_of_the_policy_is_rung_at_once_when_free(house):
    house.agent("other", skills={"desk": 3})
    house.agent("curator", extension="5093")
    call = house.call(insured_id=insured(house, extension="50-93"))
    house.join(call, prefer_curator=True)
    house.work()
    assert house.agent_now("curator").presence == Presence.OFFERED


def test_a_caller_who_leaves_by_a_key_is_not_rung_any_more(house):
    house.agent("a1")
    call = house.call()
    house.join(call)
    house.work()
    leave(house, call, "left")
    assert house.waits()[0].state == WaitState.LEFT
    assert house.offers()[0].state == OfferState.WITHDRAWN
    assert house.agent_now("a1").presence == Presence.AVAILABLE
    assert standing(house, call) is None


def test_another_insurers_agents_are_never_rung(house):
    house.agent("foreign", insurer_id="soglasie")
    house.join(house.call())
    house.work()
    assert house.agent_now("foreign").presence == Presence.AVAILABLE


def test_a_region_needs_its_own_representatives(house):
    house.agent("r78", insurer_id="oms", skills={"representative_1": 1, "region_78": 1})
    house.agent("r77", insurer_id="oms", skills={"representative_1": 1, "region_77": 1})
    house.join(house.call(insurer_id="oms", line="hotline", region="77"), "representatives_1")
    house.work()
    assert house.agent_now("r77").presence == Presence.OFFERED
    assert house.agent_now("r78").presence == Presence.AVAILABLE


def test_two_agents_and_one_caller_make_one_offer(house):
    house.agent("a1")
    house.agent("a2")
    house.join(house.call())
    house.work()
    house.work()
    assert len(house.offers()) == 1




def test_a_queue_by_region_opens_by_the_regions_clock_and_overflows_to_its_people(house):
    house.clock.move_to(datetime(2026, 11, 25, 6, 30, tzinfo=MOSCOW))  # 10:30 in Tomsk
    tomsk, moscow = (
        house.call(f"CA-{region}", insurer_id="oms", line="hotline", region=region) for region in ("70", "77")
    )
    with house.centre.database.reading("open") as tx:
        assert house.queues.is_open(tx, tomsk, "representatives_1") == (True, None)
        is_open, opens_at = house.queues.is_open(tx, moscow, "representatives_1")
    assert (is_open, opens_at) == (False, datetime(2026, 11, 25, 9, tzinfo=MOSCOW))
    assert house.join(tomsk, "representatives_2") is QueueEntry.JOINED
    house.later(301)
    wait = house.waits()[0]
    assert (wait.queue, wait.skills) == ("representatives_1", ["region_70", "representative_1"])


def test_the_place_counts_whoever_is_before_me_with_my_own_agents_in_whatever_queue(house):
    for number, queue in enumerate(("urgent", "psychologist", "medical_desk")):
        house.join(house.call(f"CA-{number}"), queue)
        house.clock.move_by(1)
    mine = house.call("CA-mine")
    house.join(mine)
    assert standing(house, mine).ahead == 2
    house.agent("both", skills={"desk": 1, "psychologist": 1}, presence_now=Presence.ON_CALL)
    assert standing(house, mine).ahead == 3
