"""Reads the opening hours that an administrator writes in YAML.

Text: days and intervals, parted by commas, or "24/7":

    mon-thu 09:00-18:00, fri 09:00-16:45
    daily 08:00-13:00 14:00-20:00, holidays 10:00-16:00
    пн-пт 09:00-18:00 break 13:00-14:00, holidays closed

Days are mon … sun (or пн … вс), a range of them, daily, workdays or weekend. `holidays` says the hours of
public holidays: closed unless told, "as usual" for no difference. Mapping: the same days as keys, or `hours`
with the text, and besides `zone` (a tzdata name), `break`, `holidays`, and `short_days: false` for a desk
that works in full on the eve of a holiday.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

MIDNIGHT: Final = 24 * 60


class CalendarError(ValueError):
    """What is wrong with hours, a calendar or a moment; the text begins with its address where it has one."""


@dataclass(frozen=True, order=True)
class Interval:
    """Open from `opens` up to `closes`, in minutes after local midnight; 1440 is 24:00."""

    opens: int
    closes: int


Intervals = tuple[Interval, ...]


@dataclass(frozen=True)
class HoursText:
    """Hours as written: `week` starts on Monday; `holiday` is None where holidays are no different."""

    week: tuple[Intervals, ...]
    holiday: Intervals | None
    has_short_days: bool
    zone: str | None


_ENGLISH: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RUSSIAN: Final = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
_DAYS: Final = {name: day for names in (_ENGLISH, _RUSSIAN) for day, name in enumerate(names)}
_GROUPS: Final = {"daily": range(7), "workdays": range(5), "weekend": range(5, 7)}
_ALWAYS: Final = "24/7"
_INTERVAL: Final = re.compile(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})")
_SETTINGS: Final = ("hours", "zone", "break", "holidays", "short_days")


def read_hours(written: object, where: str = "hours") -> HoursText:
    """The hours that a text or a mapping describes; raises CalendarError, addressed under `where`."""
    if written == _ALWAYS:
        whole_day = (Interval(0, MIDNIGHT),)
        return HoursText((whole_day,) * 7, holiday=None, has_short_days=False, zone=None)
    if isinstance(written, str):
        return _hours(dict(_segments(written, where)), {}, where)
    if isinstance(written, Mapping):
        return _from_mapping(written, where)
    raise CalendarError(f"{where}: expected text such as 'mon-fri 09:00-18:00' or '24/7', or a mapping")


def _from_mapping(written: Mapping[object, object], where: str) -> HoursText:
    settings = {str(key): value for key, value in written.items() if key in _SETTINGS}
    if settings.get("hours") == _ALWAYS:
        return _always_with(settings, where)
    days = {str(key): (value, f"{where}.{key}") for key, value in written.items() if key not in _SETTINGS}
    if "hours" in settings:
        days |= dict(_segments(_text(settings["hours"], f"{where}.hours"), f"{where}.hours"))
    if "holidays" in settings:
        days["holidays"] = (settings["holidays"], f"{where}.holidays")
    return _hours(days, settings, where)


def _always_with(settings: Mapping[str, object], where: str) -> HoursText:
    if extra := set(settings) - {"hours", "zone"}:
        raise CalendarError(
            f"{where}.{min(extra)}: '24/7' has no exceptions; write 'daily 00:00-24:00' instead"
        )
    always = read_hours(_ALWAYS)
    return HoursText(always.week, always.holiday, always.has_short_days, _zone(settings, where))


def _hours(days: Mapping[str, tuple[object, str]], settings: Mapping[str, object], where: str) -> HoursText:
    week: list[Intervals | None] = [None] * 7
    holiday: Intervals | None = ()
    pause = settings.get("break")
    for words, (value, address) in days.items():
        if words == "holidays":
            holiday = None if value == "as usual" else _intervals(value, address)
            continue
        intervals = _without(_intervals(value, address), pause, f"{where}.break")
        for day in _days(words, address):
            if week[day] is not None:
                raise CalendarError(f"{address}: {_ENGLISH[day]} is described twice")
            week[day] = intervals
    if not any(week):
        raise CalendarError(f"{where}: never open; give at least one day its hours")
    closed_or_open = tuple(intervals or () for intervals in week)
    return HoursText(closed_or_open, holiday, _short_days(settings, where), _zone(settings, where))


def _segments(written: str, where: str) -> Iterator[tuple[str, tuple[object, str]]]:
    seen: set[str] = set()
    for segment in (part.strip() for part in written.split(",")):
        days, _, value = segment.partition(" ")
        if not value:
            raise CalendarError(f"{where}: '{segment}' is not days and hours, as in 'mon-fri 09:00-18:00'")
        if days in seen:
            raise CalendarError(f"{where}: '{days}' is described twice")
        seen.add(days)
        yield days, (value.strip(), f"{where}: '{segment}'")


def _days(words: str, address: str) -> tuple[int, ...]:
    lowered = words.lower()
    if lowered in _GROUPS:
        return tuple(_GROUPS[lowered])
    first, _, last = lowered.replace("–", "-").partition("-")
    if first not in _DAYS or (last or first) not in _DAYS:
        raise CalendarError(
            f"{address}: '{words}' is not a day: mon … sun, a range, daily, workdays, weekend"
        )
    start, end = _DAYS[first], _DAYS[last or first]
    if start > end:
        raise CalendarError(f"{address}: the range '{words}' runs backwards")
    return tuple(range(start, end + 1))


def _intervals(value: object, address: str) -> Intervals:
    opening, _, pause = _text(value, address).partition("break")
    if opening.strip() == "closed":
        return ()
    found = sorted(_interval(match, address) for match in _INTERVAL.finditer(opening))
    if not found or _INTERVAL.sub("", opening).strip():
        raise CalendarError(f"{address}: '{opening.strip()}' is not hours such as 09:00-18:00, nor 'closed'")
    for earlier, later in pairwise(found):
        if later.opens < earlier.closes:
            raise CalendarError(f"{address}: the intervals overlap")
    return _without(tuple(found), pause.strip() or None, address)


def _interval(match: re.Match[str], address: str) -> Interval:
    opens, closes = _minutes(match[1], address), _minutes(match[2], address)
    if closes <= opens:
        raise CalendarError(
            f"{address}: {match[0]} closes before it opens; write a night as two, 20:00-24:00 and 00:00-08:00"
        )
    return Interval(opens, closes)


def _minutes(clock: str, address: str) -> int:
    hours, _, minutes = clock.partition(":")
    total = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or total > MIDNIGHT:
        raise CalendarError(f"{address}: '{clock}' is not a time from 00:00 to 24:00")
    return total


def _without(intervals: Intervals, pause: object, address: str) -> Intervals:
    """The intervals with a break cut out of those that hold it."""
    if pause is None or not intervals:
        return intervals
    match = _INTERVAL.fullmatch(_text(pause, address))
    if match is None:
        raise CalendarError(f"{address}: '{pause}' is not a break such as 13:00-14:00")
    out = _interval(match, address)
    left = (Interval(one.opens, min(one.closes, out.opens)) for one in intervals)
    right = (Interval(max(one.opens, out.closes), one.closes) for one in intervals)
    return tuple(sorted(one for one in {*left, *right} if one.opens < one.closes))


def _text(value: object, address: str) -> str:
    if not isinstance(value, str):
        raise CalendarError(f"{address}: expected text, got {value!r}; put hours in quotes")
    return value


def _short_days(settings: Mapping[str, object], where: str) -> bool:
    value = settings.get("short_days", True)
    if not isinstance(value, bool):
        raise CalendarError(f"{where}.short_days: expected true or false")
    return value


def _zone(settings: Mapping[str, object], where: str) -> str | None:
    return _text(settings["zone"], f"{where}.zone") if "zone" in settings else None
