"""Working days of Russia and the opening hours of lines, desks and curators, in the office's own zone.

Every instant is handed in as an aware datetime and comes back in UTC: nothing here asks what time it is.
Rules and their traps: standards §3.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.hours_text import CalendarError, HoursText, Interval, Intervals, read_hours

__all__ = [
    "CalendarError",
    "DayOverrides",
    "Hours",
    "Interval",
    "Opening",
    "WorkingCalendar",
    "parse_hours",
    "parse_overrides",
    "zone_named",
]

# Listed as short in the production calendar, although no rule makes it so (standards §3).
_BUILT_IN_SHORT_DAYS: Final = frozenset({date(2025, 11, 1)})

_DAY: Final = timedelta(days=1)
_SHORTER_BY_MINUTES: Final = 60
# Far beyond any New Year holiday: hours that stay closed longer are a mistake of configuration.
_LONGEST_CLOSURE_DAYS: Final = 60
# An opening that runs on for this long is told as one without an end.
_ENDLESS_DAYS: Final = 15


@dataclass(frozen=True)
class DayOverrides:
    """Days that an administrator declares otherwise than the library: a late decree, a local holiday."""

    days_off: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()
    short_days: frozenset[date] = frozenset()
    full_days: frozenset[date] = frozenset()


@dataclass(frozen=True)
class WorkingCalendar:
    """The working days of a country with its government's transfers of days off, and its short days."""

    country: str = "RU"
    overrides: DayOverrides = DayOverrides()

    def is_working_day(self, day: date) -> bool:
        """Whether `day` is worked; a working Saturday is."""
        if day in self.overrides.days_off:
            return False
        return day in self.overrides.working_days or day in _year(self.country, day.year).working

    def is_day_off(self, day: date) -> bool:
        """Whether `day` is a holiday or a transferred day off; an ordinary weekend is neither."""
        if day in self.overrides.working_days:
            return False
        return day in self.overrides.days_off or day in _year(self.country, day.year).off

    def is_short_day(self, day: date) -> bool:
        """Whether `day` is an hour shorter: a working day directly before a holiday (Labour Code, art. 95).

        A transferred day off makes no short day before it: 30.12.2025 was worked in full.
        """
        if day in self.overrides.full_days or not self.is_working_day(day):
            return False
        if day in self.overrides.short_days or day in _BUILT_IN_SHORT_DAYS:
            return True
        tomorrow = day + _DAY
        return tomorrow in _year(self.country, tomorrow.year).holidays and not self.is_working_day(tomorrow)

    def has_transfers(self, year: int) -> bool:
        """Whether the library already knows the year's decree; it comes each autumn for the next year."""
        return _year(self.country, year).has_transfers

    def add_working_days(self, start: date, days: int) -> date:
        """The day `days` working days after `start`, itself not counted; raises CalendarError below 0."""
        if days < 0:
            raise CalendarError("working days are counted forwards only")
        day = start
        for _ in range(days):
            day = next(later for later in _days_from(day + _DAY) if self.is_working_day(later))
        return day

    def working_deadline(self, at: datetime, days: int, zone: ZoneInfo) -> datetime:
        """The end, in UTC, of the day `days` working days after the local day of `at`: midnight in `zone`."""
        last = self.add_working_days(_local(at, zone).date(), days)
        return _instant(last, 24 * 60, zone)


@dataclass(frozen=True)
class Opening:
    """A stretch of being open, in UTC; `closes_at` is None where it never ends."""

    opens_at: datetime
    closes_at: datetime | None


@dataclass(frozen=True)
class Hours:
    """Weekly opening hours in a zone, aware of holidays, short days and working Saturdays.

    `week` holds each weekday's intervals from Monday; `holiday` those of a holiday or transferred day off,
    None for no difference. A working weekend day without hours of its own takes the first open weekday's.
    """

    zone: ZoneInfo
    week: tuple[Intervals, ...]
    holiday: Intervals | None = ()
    has_short_days: bool = True
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)

    def is_open(self, at: datetime) -> bool:
        """Whether `at` falls in an interval; an interval's end is already closed."""
        local = _local(at, self.zone)
        minute = local.hour * 60 + local.minute
        return any(one.opens <= minute < one.closes for one in self.intervals_on(local.date()))

    def next_open(self, at: datetime) -> datetime:
        """`at` itself if open, else the next interval's start; UTC. Raises CalendarError if none comes."""
        opening = self.next_working_interval(at)
        return max(opening.opens_at, at.astimezone(UTC))

    def closes_at(self, at: datetime) -> datetime | None:
        """The end of the interval that holds `at`; None if closed then, or if it never closes."""
        return self.next_working_interval(at).closes_at if self.is_open(at) else None

    def next_working_interval(self, at: datetime) -> Opening:
        """The interval that holds `at`, or the first after it; raises CalendarError if none comes in 60 days.

        Intervals that touch over midnight are one. A stretch open at `at` may begin before it.
        """
        first = _local(at, self.zone).date()
        days = _days_from(first, _LONGEST_CLOSURE_DAYS)
        spans = (span for day in days for span in self._spans(day) if span[1] > at)
        opens_at, closes_at = next(spans, (None, None))
        if opens_at is None or closes_at is None:
            raise CalendarError(f"no opening within {_LONGEST_CLOSURE_DAYS} days")
        for next_opens, next_closes in spans:
            if next_opens != closes_at:
                break
            closes_at = next_closes
        is_endless = closes_at - max(opens_at, at) > timedelta(days=_ENDLESS_DAYS)
        return Opening(opens_at, None if is_endless else closes_at)

    def intervals_on(self, day: date) -> Intervals:
        """The intervals of one local day, its last an hour shorter on the eve of a holiday."""
        if self.holiday is not None and self.calendar.is_day_off(day):
            return self.holiday
        usual = self.week[day.weekday()]
        if not usual and day.weekday() >= 5 and self.calendar.is_working_day(day):
            usual = next(intervals for intervals in self.week if intervals)
        if self.has_short_days and self.calendar.is_short_day(day):
            return _shortened(usual)
        return usual

    def _spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        for one in self.intervals_on(day):
            yield _instant(day, one.opens, self.zone), _instant(day, one.closes, self.zone)


def parse_hours(
    written: object,
    *,
    zone: str | ZoneInfo = "Europe/Moscow",
    calendar: WorkingCalendar | None = None,
    where: str = "hours",
) -> Hours:
    """Hours from YAML's text or mapping; raises an addressed CalendarError.

    `config.hours_text` has the grammar. `zone` holds unless the mapping names its own.
    """
    text: HoursText = read_hours(written, where)
    own = zone_named(text.zone or zone, where=f"{where}.zone")
    return Hours(own, text.week, text.holiday, text.has_short_days, calendar or WorkingCalendar())


def parse_overrides(written: Mapping[str, Iterable[object]], where: str = "calendar") -> DayOverrides:
    """Overrides from YAML: lists of dates under days_off, working_days, short_days, full_days."""
    known = set(DayOverrides.__dataclass_fields__)
    if unknown := set(written) - known:
        raise CalendarError(f"{where}.{min(unknown)}: unknown; one of {', '.join(sorted(known))}")
    days = {name: frozenset(_dates(listed, f"{where}.{name}")) for name, listed in written.items()}
    if both := days.get("days_off", frozenset()) & days.get("working_days", frozenset()):
        raise CalendarError(f"{where}: {min(both)} is both a day off and a working day")
    return DayOverrides(**days)


def zone_named(name: str | ZoneInfo, where: str = "zone") -> ZoneInfo:
    """The tzdata zone of this name; raises an addressed CalendarError."""
    if isinstance(name, ZoneInfo):
        return name
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CalendarError(f"{where}: no time zone '{name}'; write it as in 'Europe/Moscow'") from None


@dataclass(frozen=True)
class _Year:
    working: frozenset[date]
    off: frozenset[date]
    holidays: frozenset[date]
    has_transfers: bool


@lru_cache(maxsize=64)
def _year(country: str, year: int) -> _Year:
    import holidays

    # Built once a year and process: the library's own table grows on every look at a new year.
    table = holidays.country_holidays(country, years=year, language="en_US")
    named = {day: name for day, name in table.items() if day.year == year}
    transferred = {day for day, name in named.items() if "substituted" in name}
    moved = {day for day, name in named.items() if "observed" in name} | transferred
    days = _days_from(date(year, 1, 1), (date(year, 12, 31) - date(year, 1, 1)).days + 1)
    working = frozenset(day for day in days if table.is_working_day(day))
    return _Year(working, frozenset(named), frozenset(named) - moved, bool(transferred))


def _days_from(first: date, count: int = 366) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range(count))


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    if at.tzinfo is None:
        raise CalendarError("a moment must know its zone; instants are aware and in UTC")
    return at.astimezone(zone)


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The instant of a wall time, in UTC; 1440 minutes is the next day's midnight."""
    days, rest = divmod(minutes, 24 * 60)
    wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), tzinfo=zone)
    return wall.astimezone(UTC)


def _shortened(intervals: Intervals) -> Intervals:
    *before, last = intervals or (Interval(0, 0),)
    closes = last.closes - _SHORTER_BY_MINUTES
    return (*before, Interval(last.opens, closes)) if closes > last.opens else tuple(before)


def _dates(listed: Iterable[object], where: str) -> Iterator[date]:
    for number, value in enumerate(listed):
        if isinstance(value, datetime) or not isinstance(value, (date, str)):
            raise CalendarError(f"{where}[{number}]: expected a date such as 2026-11-30")
        try:
            yield value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            raise CalendarError(f"{where}[{number}]: '{value}' is not a date such as 2026-11-30") from None
