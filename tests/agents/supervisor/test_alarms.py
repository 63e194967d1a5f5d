"""Alarms by the insurer's thresholds, and how well callers were answered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agents.models import WaitState
from agents.supervisor.live_floor.alarms import Alarm, Staffed, WaitingCaller, alarms
from agents.waiting.service_level import Answering, PastWait, answering
from config.line_descriptions import AlarmRules, Insurer
from tests.ivr.insurers import shipped_insurers

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
VSK: Insurer = replace(shipped_insurers()["vsk"], alarms=AlarmRules(wait_targets=2, emergency_wait_seconds=15))
TARGET = VSK.queues["medical_desk"].answer_target_seconds


def caller(seconds: float, *, queue: str = "medical_desk", is_emergency: bool = False) -> WaitingCaller:
    since = NOW - timedelta(seconds=seconds)
    return WaitingCaller("w", f"c-{seconds}", queue, since, is_emergency, False, False, None, "", {})


def raised(*waiting: WaitingCaller, **more: object) -> list[tuple[Alarm, str | None, int]]:
    values = {"staffed": [], "at_duty": [], "dropped": [], "failed_recordings": 0, "events_given_up": 0} | more
    return [(one.kind, one.call_id, one.count) for one in alarms(VSK, waiting=waiting, at=NOW, **values)]


def test_a_wait_is_too_long_from_so_many_targets_on_and_one_line_stands_for_a_queue() -> None:
    assert raised(caller(2 * TARGET - 1)) == []
    long, longer = caller(2 * TARGET), caller(2 * TARGET + 60)
    assert raised(long, longer) == [(Alarm.WAIT_TOO_LONG, longer.call_id, 2)]


def test_every_emergency_has_a_line_of_its_own_before_all_others() -> None:
    first, second = caller(20, queue="emergency", is_emergency=True), caller(16, queue="emergency", is_emergency=True)
    late = caller(5000)
    assert raised(late, second, first, caller(14, queue="emergency", is_emergency=True)) == [
        (Alarm.EMERGENCY_WAITS, first.call_id, 1),
        (Alarm.EMERGENCY_WAITS, second.call_id, 1),
        (Alarm.WAIT_TOO_LONG, late.call_id, 1),
    ]


def test_what_else_is_raised() -> None:
    found = raised(
        staffed=[Staffed("medical_desk", 0), Staffed("curator", 1)], dropped=[("c-1", NOW)],
        at_duty=[("c-2", NOW)], failed_recordings=3, events_given_up=2,
    )  # fmt: skip
    assert found == [
        (Alarm.EMERGENCY_AT_DUTY, "c-2", 1), (Alarm.EMERGENCY_DROPPED, "c-1", 1), (Alarm.NOBODY_AT_WORK, None, 1),
        (Alarm.RECORDING_FAILED, None, 3), (Alarm.EVENTS_GIVEN_UP, None, 2),
    ]


def wait(*, claimed: int | None = None, ended: int | None = None, state: str = WaitState.SERVED) -> PastWait:
    def at(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW + timedelta(seconds=seconds)

    return PastWait("q", NOW, at(claimed), at(ended), state)


def test_service_level_leaves_short_abandons_and_other_ways_out() -> None:
    found = answering(
        [
            wait(claimed=10), wait(claimed=30), wait(claimed=50),
            wait(ended=31, state=WaitState.ABANDONED), wait(ended=30, state=WaitState.ABANDONED),
            wait(ended=90, state=WaitState.LEFT), wait(state=WaitState.WAITING),
        ],
        target_seconds=30,
    )
    assert found == Answering(answered=3, in_time=2, abandoned=1, short=1, waited_seconds=90)
    assert found.service_level == 0.5
    assert found.speed_seconds == 30


def test_of_nobody_there_is_no_service_level() -> None:
    assert Answering().service_level is None
    assert Answering().speed_seconds is None
