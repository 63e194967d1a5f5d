"""How a report divides its period: into quarters of an hour, hours, days, or by line, queue and agent.

Bounds are read off the wall clock of a zone, so that a day in which clocks are put on or back has 23 or 25 hours, and
each of them is a row of its own.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo


class Grouping(StrEnum):
    """What one row of a report is about."""

    QUARTER = "quarter"
    HALF = "half"
    HOUR = "hour"
    DAY = "day"
    LINE = "line"
    QUEUE = "queue"
    AGENT = "agent"

    @property
    def is_of_time(self) -> bool:
        """Whether rows are stretches of time."""
        return self in (*MINUTES, Grouping.DAY)


MINUTES: Final = {Grouping.QUARTER: 15, Grouping.HALF: 30, Grouping.HOUR: 60}
# Every zone's offset, and every change of one, is a whole number of these.
_STEP: Final = timedelta(minutes=15)


def starts(grouping: Grouping, *, since: datetime, until: datetime, zone: ZoneInfo) -> list[datetime]:
    """The first instants, UTC, of the stretches that begin in the half-open period; `since` begins the first of them.

    Stretches begin at round minutes of the wall clock in `zone`, days at its midnight or, where a change of clocks
    leaves that out, at the first instant of the day.
    """
    found = [since.astimezone(UTC)]
    day = since.astimezone(zone).date()
    while (begins := _midnight(day, zone)) < until:
        found += [at for at in _within(grouping, begins, day, zone) if found[-1] < at < until]
        day += timedelta(days=1)
    return found


def place(at: datetime, begun: Sequence[datetime]) -> int:
    """The number of the stretch in which `at` lies, -1 before the first."""
    return bisect_right(begun, at) - 1


def cut(since: datetime, until: datetime, begun: Sequence[datetime]) -> Iterator[tuple[int, datetime, datetime]]:
    """The pieces of a span that lie in each stretch, with its number; what lies before the first is left out."""
    number = max(0, place(since, begun))
    while number < len(begun) and begun[number] < until:
        ends = begun[number + 1] if number + 1 < len(begun) else until
        left, right = max(since, begun[number]), min(until, ends)
        if left < right:
            yield number, left, right
        number += 1


def _within(grouping: Grouping, begins: datetime, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    yield begins
    minutes = MINUTES.get(grouping)
    at, ends = begins + _STEP, _midnight(day + timedelta(days=1), zone)
    while minutes is not None and at < ends:
        local = at.astimezone(zone)
        if (local.hour * 60 + local.minute) % minutes == 0:
            yield at
        at += _STEP


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
