"""What really happened on the floor, step by step, comes out the same on the report, the floor and for Prometheus."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from agents.at_work import commands
from agents.calling_back import placing
from agents.calling_back.callbacks import OwedCalls
from agents.metrics.of_rows import measurements
from agents.models import Callback, Offer, WaitState
from agents.offering import moving_waits
from agents.quality.conversations import spoken_in
from agents.supervisor.live_floor.alarms import Alarm
from agents.supervisor.live_floor.state import FloorNow, QueueNow, floor_now
from agents.supervisor.reports.facts import Facts
from agents.supervisor.reports.figures import BY_NAME
from agents.supervisor.reports.reading import read_facts
from agents.waiting.service_level import Answering
from agents.web import answer_callback, hear_leg
from ivr.calls.models import Call
from ivr.carrier.port import CarrierStatus
from tests.agents.conftest import NOON, House, house  # noqa: F401 - a fixture
from tests.agents.test_callbacks import Outgoing

VSK = {"insurer_id": "vsk"}


@dataclass
class Looking:
    """A floor, and what supervisors are told of it."""

    house: House
    insurer: str = "vsk"
    legs: int = 0
    until: timedelta = timedelta(hours=9)

    def answer(self, call: Call, *, after: float = 0) -> Offer:
        """Whoever is rung lets it ring so long, and answers."""
        offer = self.ring(call, after=after)
        self.house.work()
        self.house.connected(call)
        return offer

    def ring(self, call: Call, *, after: float = 0) -> Offer:
        """As `answer`, up to the agent's "hello": the caller is not with them yet."""
        self.legs += 1
        self.house.work()
        (offer,) = self.house.offers(state="made", call_id=call.id)
        hear_leg(self.house.floor, offer.id, f"CA-leg-{self.legs}", "ringing")
        self.house.clock.move_by(after)
        hear_leg(self.house.floor, offer.id, f"CA-leg-{self.legs}", "in-progress")
        return offer

    def comes_back(self, call: Call, queue: str = "medical_desk", **more: bool) -> None:
        """The caller's own document goes on: into the carrier's queue again."""
        self.house.carrier.in_queue.add(call.carrier_sid)
        self.house.join(self.house.row(Call, call.id), queue, at_head=True, **more)

    def facts(self) -> Facts:
        centre, now = self.house.centre, self.house.clock.now()
        with centre.database.reading("test_facts") as tx:
            return read_facts(tx, insurer=centre.insurers[self.insurer], since=NOON, until=NOON + self.until, at=now)

    def figure(self, name: str, **only: str) -> float | None:
        return BY_NAME[name].formula(self.facts().only(**only))

    def floor(self) -> FloorNow:
        centre = self.house.centre
        with centre.database.reading("test_floor") as tx:
            return floor_now(tx, centre, centre.insurers[self.insurer], at=self.house.clock.now())

    def queue_now(self, name: str) -> QueueNow:
        return next(one for one in self.floor().queues if one.name == name)

    def metrics(self) -> dict[tuple[str, ...], float]:
        """Every sample by its name and the values of its labels, the insurer and buckets left out."""
        centre = self.house.centre
        with centre.database.reading("test_metrics") as tx:
            families = list(measurements(tx, centre.insurers, at=self.house.clock.now()))
        samples = [one for family in families for one in family.samples if "le" not in one.labels]
        return {
            (one.name.removeprefix("pult_"), *_values(one.labels)): one.value
            for one in samples
            if one.labels.get("insurer") == self.insurer
        }

    def answering(self, queue: str) -> Answering:
        """Of the queue: the same on the report, on the floor, and for Prometheus."""
        found = self.queue_now(queue).today
        assert self.facts().only(queue=queue).answering == found
        counted = self.metrics()
        for part in ("answered", "in_time", "abandoned", "short"):
            assert counted.get((f"waits_{part}_total", queue), 0) == getattr(found, part), part
        return found


@pytest.fixture
def looking(house: House) -> Looking:  # noqa: F811
    return Looking(house)


def _values(labels: dict[str, str]) -> list[str]:
    return [value for name, value in sorted(labels.items()) if name != "insurer"]


def callback_of(house: House) -> Callback:  # noqa: F811
    with house.centre.database.reading("test_promised") as tx:
        return tx.query(Callback).one()


def answered_once(seconds: float, *, in_time: bool = True) -> Answering:
    return Answering(answered=1, in_time=int(in_time), waited_seconds=seconds)


def talking_for(looking: Looking, seconds: float) -> Call:
    """a1 took a caller of the medical desk after five seconds, and has spoken with them since."""
    looking.house.agent("a1")
    call = looking.house.call()
    looking.house.join(call)
    looking.answer(call, after=5)
    looking.house.clock.move_by(seconds)
    return call


def test_who_is_passed_on_to_another_queue_counts_where_they_joined(looking: Looking) -> None:
    house, call = looking.house, talking_for(looking, 600)  # noqa: F811
    house.agent("a2", skills={"curator": 1})
    commands.transfer_to_queue(house.floor, **VSK, code="a1", queue="curator")
    looking.comes_back(call)
    looking.answer(call, after=3)
    assert looking.figure("offered", queue="medical_desk") == 1
    assert looking.figure("offered", queue="curator") == 0
    assert looking.answering("curator") == Answering()
    assert looking.answering("medical_desk") == answered_once(5)
    assert looking.figure("aht", queue="medical_desk") == 600


def test_who_is_moved_by_a_supervisor_counts_where_they_joined(looking: Looking) -> None:
    house = looking.house  # noqa: F811
    moved = house.call()
    house.join(moved)
    moving_waits.move_to_queue(house.floor, **VSK, wait_id=house.waits()[0].id, queue="urgent", by="boss")
    house.clock.move_by(200)
    house.end_call(moved)
    assert house.waits()[0].queue == "urgent"
    assert looking.answering("medical_desk") == Answering(abandoned=1)
    assert looking.answering("urgent") == Answering()


def test_whom_another_queue_takes_over_counts_where_they_joined(looking: Looking) -> None:
    house, looking.insurer = looking.house, "oms"  # noqa: F811
    house.agent("level_1", insurer_id="oms", skills={"representative_1": 1})
    call = house.call(insurer_id="oms", line="hotline")
    house.join(call, "experts")
    for _ in range(2):
        house.later(301)
    looking.answer(call, after=8)
    assert house.waits()[0].queue == "representatives_1"
    assert looking.answering("experts") == answered_once(610, in_time=False)
    assert looking.answering("representatives_1") == Answering()
    assert looking.figure("aht", queue="experts") is None


def test_a_promise_to_who_stood_in_no_queue_is_nobody_offered(looking: Looking) -> None:
    house = looking.house  # noqa: F811
    call = house.call()
    with house.centre.database.transaction("test_promise") as tx:
        OwedCalls(house.centre).plan(tx, tx.get_one(Call, call.id), reason="callback", keep_place=False)
    assert [(one.queue, one.first_queue) for one in house.waits()] == [("medical_desk", None)]
    assert looking.figure("offered") == 0


def test_a_conversation_before_a_transfer_is_no_wait(looking: Looking) -> None:
    house, call = looking.house, talking_for(looking, 600)  # noqa: F811
    commands.transfer_to_queue(house.floor, **VSK, code="a1", queue="medical_desk")
    looking.comes_back(call)
    assert looking.queue_now("medical_desk").longest_since == house.clock.now()
    assert looking.metrics()["longest_wait_seconds", "medical_desk"] == 0
    house.clock.move_by(4)
    assert [one.since for one in looking.floor().waiting] == [house.clock.now() - timedelta(seconds=4)]
    assert Alarm.WAIT_TOO_LONG not in [one.kind for one in looking.floor().alarms]
    assert looking.answering("medical_desk") == answered_once(5)
    before = looking.metrics()
    house.agent("a2")
    looking.answer(call, after=3)
    assert looking.answering("medical_desk") == answered_once(5)
    assert before["waits_answered_total", "medical_desk"] == looking.metrics()["waits_answered_total", "medical_desk"]


def test_the_time_until_a_promised_call_is_no_wait_and_no_patience(looking: Looking) -> None:
    house = looking.house  # noqa: F811
    asked = house.call("CA-asked")
    house.join(asked)
    house.clock.move_by(40)
    with house.centre.database.transaction("test_promise") as tx:
        OwedCalls(house.centre).plan(tx, tx.get_one(Call, asked.id), reason="callback", keep_place=True)
    house.end_call(asked)
    house.clock.move_by(2 * 3600)
    house.agent("a1")
    house.work()
    answer_callback(house.floor, Outgoing(house), callback_of(house).id, "CA-out-1")
    reached = house.row(Call, "CA-out-1")
    house.join(reached)
    house.carrier.in_queue.add("CA-out-1")
    assert looking.queue_now("medical_desk").longest_since == house.clock.now()
    looking.answer(reached, after=7)
    assert looking.answering("medical_desk") == Answering()
    assert looking.figure("offered") == 1
    (wait,) = (one.past for one in looking.facts().waits)
    assert (wait.state, (wait.ended_at - wait.since).total_seconds()) == (WaitState.LEFT, 40)
    assert looking.metrics()["wait_seconds_sum", "left", "medical_desk"] == 40


def test_who_hung_up_as_the_agent_picked_up_was_answered_by_nobody(looking: Looking) -> None:
    house = looking.house  # noqa: F811
    house.agent("a1")
    call = house.call()
    house.join(call)
    looking.ring(call, after=15)
    house.carrier.in_queue.discard(call.carrier_sid)
    house.carrier.statuses[call.carrier_sid] = CarrierStatus.COMPLETED
    house.work()
    (wait,) = house.waits()
    assert (wait.state, wait.end_reason, wait.claimed_at) == (WaitState.ABANDONED, "lost_race", None)
    assert looking.answering("medical_desk") == Answering(short=1)
    assert looking.facts().services == []


def test_an_agent_who_was_lost_before_the_caller_came_answered_nobody(looking: Looking) -> None:
    house = looking.house  # noqa: F811
    house.agent("a1")
    call = house.call()
    house.join(call)
    lost = looking.ring(call, after=3)
    hear_leg(house.floor, lost.id, "CA-leg-1", "completed")
    house.work()
    house.clock.move_by(170)
    house.agent("a2")
    looking.answer(call, after=4)
    assert looking.answering("medical_desk") == answered_once(177, in_time=False)
    assert [one.agent for one in looking.facts().waits] == ["a2"]
    with house.centre.database.reading("test_spoken") as tx:
        assert [one.code for one in spoken_in(tx, tx.get_one(Call, call.id))] == ["a2"]


@pytest.mark.parametrize(("waits_on", "kept"), [(timedelta(), 1), (timedelta(minutes=1), 0)])
def test_a_promise_is_kept_only_in_the_time_that_was_promised(
    looking: Looking, waits_on: timedelta, kept: int
) -> None:
    house = looking.house  # noqa: F811
    call = house.call()
    house.join(call)
    with house.centre.database.transaction("test_promise") as tx:
        OwedCalls(house.centre).plan(tx, tx.get_one(Call, call.id), reason="callback", keep_place=True)
    house.end_call(call)
    promised_until = callback_of(house).window_until
    house.agent("a1")
    house.work()
    placing.attempt_failed(house.floor, callback_of(house).id, reason="no-answer", sid="CA-out-1")
    assert callback_of(house).window_until > promised_until
    house.later((promised_until + waits_on - house.clock.now()).total_seconds())
    answer_callback(house.floor, Outgoing(house), callback_of(house).id, "CA-out-2")
    house.clock.move_by(60)
    assert [one.at for one in looking.facts().callbacks] == [promised_until]
    assert looking.figure("callbacks_kept") == kept


def test_an_emergency_is_timed_from_when_it_is_one(looking: Looking) -> None:
    house = looking.house  # noqa: F811
    call = house.call()
    house.join(call)
    house.clock.move_by(300)
    house.join(call, "emergency", is_emergency=True)
    assert [one.since for one in looking.floor().waiting] == [house.clock.now()]
    house.agent("a1", skills={"urgent": 1})
    looking.answer(call, after=4)
    assert (looking.figure("emergency_asa"), looking.figure("emergency_longest")) == (4, 4)
    assert looking.figure("emergency_asa", queue="emergency") == looking.figure("emergency_asa", agent="a1") == 4
    assert looking.answering("emergency") == Answering()
    assert looking.answering("medical_desk") == answered_once(304, in_time=False)


def test_a_call_that_comes_back_as_an_emergency_is_timed_to_the_answer_after_that(looking: Looking) -> None:
    house = looking.house  # noqa: F811
    house.agent("a1")
    call = house.call()
    house.join(call)
    talk = looking.answer(call, after=2)
    house.clock.move_by(60)
    hear_leg(house.floor, talk.id, "CA-leg-1", "completed")
    looking.comes_back(call, "emergency", is_emergency=True)
    house.agent("a2", skills={"urgent": 1, "desk": 1})
    house.clock.move_by(5)
    looking.answer(call, after=4)
    assert looking.figure("emergency_asa") == 9
    assert looking.answering("medical_desk") == answered_once(2)
