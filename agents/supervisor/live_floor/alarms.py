"""What a supervisor must look at now: the alarms, by the insurer's thresholds; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from config.line_descriptions import AlarmRules, Insurer, Words


class Alarm(StrEnum):
    """Why it is raised, the gravest first."""

    EMERGENCY_WAITS = "emergency_waits"
    EMERGENCY_AT_DUTY = "emergency_at_duty"
    EMERGENCY_DROPPED = "emergency_dropped"
    NOBODY_AT_WORK = "nobody_at_work"
    WAIT_TOO_LONG = "wait_too_long"
    RECORDING_FAILED = "recording_failed"
    EVENTS_GIVEN_UP = "events_given_up"

    @property
    def is_urgent(self) -> bool:
        """Whether somebody's life may hang on it: it is said at once, whatever else is being read out."""
        return self in (Alarm.EMERGENCY_WAITS, Alarm.EMERGENCY_AT_DUTY, Alarm.EMERGENCY_DROPPED)


@dataclass(frozen=True)
class Raised:
    """One alarm: about a call or a queue, since when; `count` where one line stands for several."""

    kind: Alarm
    since: datetime | None = None
    call_id: str | None = None
    queue: str | None = None
    count: int = 1


@dataclass(frozen=True)
class WaitingCaller:
    """Somebody who waits now, since they joined the queue: a conversation before a transfer, and the time until a
    promised callback, is no wait. `told_seconds` is the estimate that they heard last.

    `caller` is their number, masked, empty of who is anonymous; `reason` what they chose in the menu, by language.
    """

    wait_id: str
    call_id: str
    queue: str
    since: datetime
    is_emergency: bool
    is_ringing: bool
    is_head: bool
    told_seconds: int | None
    caller: str
    reason: Words


@dataclass(frozen=True)
class Staffed:
    """An open queue and how many agents could answer it now, busy or not."""

    queue: str
    at_work: int


def alarms(
    insurer: Insurer,
    *,
    waiting: Sequence[WaitingCaller],
    staffed: Iterable[Staffed],
    at_duty: Sequence[tuple[str, datetime]],
    dropped: Sequence[tuple[str, datetime]],
    failed_recordings: int,
    events_given_up: int,
    at: datetime,
) -> list[Raised]:
    """The alarms, the gravest first; of one kind the oldest first. `at_duty`, `dropped`: which calls, since when."""
    rules = insurer.alarms
    raised = [*_waits(insurer, rules, waiting, at)]
    raised += [Raised(Alarm.EMERGENCY_AT_DUTY, since=when, call_id=call_id) for call_id, when in at_duty]
    raised += [Raised(Alarm.EMERGENCY_DROPPED, since=when, call_id=call_id) for call_id, when in dropped]
    raised += [Raised(Alarm.NOBODY_AT_WORK, queue=one.queue) for one in staffed if one.at_work == 0]
    if failed_recordings:
        raised.append(Raised(Alarm.RECORDING_FAILED, count=failed_recordings))
    if events_given_up:
        raised.append(Raised(Alarm.EVENTS_GIVEN_UP, count=events_given_up))
    order = list(Alarm)
    return sorted(raised, key=lambda one: (order.index(one.kind), one.since or at))


def _waits(
    insurer: Insurer, rules: AlarmRules, waiting: Sequence[WaitingCaller], at: datetime
) -> Iterator[Raised]:
    """Each emergency by itself; of other waits one line a queue, with the longest."""
    late: dict[str, list[WaitingCaller]] = {}
    for one in waiting:
        seconds = (at - one.since).total_seconds()
        if one.is_emergency and seconds >= rules.emergency_wait_seconds:
            yield Raised(Alarm.EMERGENCY_WAITS, since=one.since, call_id=one.call_id, queue=one.queue)
        elif not one.is_emergency and seconds >= _longest_allowed(insurer, rules, one.queue):
            late.setdefault(one.queue, []).append(one)
    for queue, callers in late.items():
        first = min(callers, key=lambda one: one.since)
        yield Raised(Alarm.WAIT_TOO_LONG, since=first.since, call_id=first.call_id, queue=queue, count=len(callers))


def _longest_allowed(insurer: Insurer, rules: AlarmRules, queue: str) -> float:
    described = insurer.queues.get(queue)
    return float("inf") if described is None else described.answer_target_seconds * rules.wait_targets
