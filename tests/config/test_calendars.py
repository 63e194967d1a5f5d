"""Working days, short days and opening hours, against the production calendars named in standards §3."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.calendars import (
    CalendarError,
    DayOverrides,
    Hours,
    Interval,
    WorkingCalendar,
    parse_hours,
    parse_overrides,
)

MOSCOW = ZoneInfo("Europe/Moscow")
RUSSIA = WorkingCalendar()
CURATOR = parse_hours("mon-thu 09:00-18:00, fri 09:00-16:45")


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2025, 12, 22), 14, date(2026, 1, 21)),
        (date(2026, 4, 27), 14, date(2026, 5, 19)),
        (date(2025, 12, 29), 2, date(2026, 1, 12)),
        (date(2026, 4, 29), 2, date(2026, 5, 4)),
        (date(2025, 10, 31), 1, date(2025, 11, 1)),
        (date(2026, 11, 24), 0, date(2026, 11, 24)),
    ],
)
def test_working_days_skip_holidays_and_transfers(start: date, days: int, end: date) -> None:
    assert RUSSIA.add_working_days(start, days) == end


def test_working_days_are_not_counted_back() -> None:
    with pytest.raises(CalendarError):
        RUSSIA.add_working_days(date(2026, 1, 1), -1)


def test_a_deadline_is_the_end_of_the_local_day() -> None:
    tomsk = ZoneInfo("Asia/Tomsk")
    late = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    assert RUSSIA.working_deadline(late, 2, MOSCOW) == datetime(2026, 11, 25, 21, 0, tzinfo=UTC)
    assert RUSSIA.working_deadline(late, 2, tomsk) == datetime(2026, 11, 26, 17, 0, tzinfo=UTC)


def test_short_days_of_2026() -> None:
    year = (date(2026, 1, 1) + timedelta(days=number) for number in range(365))
    short = [f"{day:%d.%m}" for day in year if RUSSIA.is_short_day(day)]
    assert short == ["30.04", "08.05", "11.06", "03.11"]


def test_the_working_saturday_is_short_and_the_thirtieth_of_december_is_full() -> None:
    assert RUSSIA.is_working_day(date(2025, 11, 1))
    assert RUSSIA.is_short_day(date(2025, 11, 1))
    assert not RUSSIA.is_short_day(date(2025, 12, 30))
    assert RUSSIA.is_short_day(date(2025, 3, 7))


def test_the_library_knows_the_decrees_in_use() -> None:
    assert RUSSIA.has_transfers(2026)
    assert RUSSIA.has_transfers(2027)
    assert not RUSSIA.has_transfers(2035)


def test_overrides_win_over_the_library() -> None:
    overrides = parse_overrides(
        {
            "days_off": [date(2026, 11, 24)],
            "working_days": ["2026-11-28"],
            "short_days": ["2026-11-25"],
            "full_days": ["2026-11-03"],
        }
    )
    calendar = WorkingCalendar(overrides=overrides)
    assert calendar.is_day_off(date(2026, 11, 24))
    assert not calendar.is_working_day(date(2026, 11, 24))
    assert calendar.is_working_day(date(2026, 11, 28))
    assert calendar.is_short_day(date(2026, 11, 25))
    assert not calendar.is_short_day(date(2026, 11, 3))
    hours = Hours(MOSCOW, CURATOR.week, calendar=calendar)
    assert not hours.is_open(moscow("2026-11-24T10:00"))
    assert hours.is_open(moscow("2026-11-28T10:00"))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"day_off": []}, "calendar.day_off: unknown"),
        ({"days_off": ["30.11.2026"]}, "calendar.days_off[0]: '30.11.2026' is not a date"),
        ({"days_off": [5]}, "calendar.days_off[0]: expected a date"),
        ({"days_off": ["2026-11-30"], "working_days": ["2026-11-30"]}, "both a day off and a working day"),
    ],
)
def test_wrong_overrides_are_addressed(written: dict[str, list[object]], message: str) -> None:
    with pytest.raises(CalendarError) as error:
        parse_overrides(written)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-24T08:59", False),
        ("2026-11-24T09:00", True),
        ("2026-11-24T17:59", True),
        ("2026-11-24T18:00", False),
        ("2026-11-27T16:44", True),
        ("2026-11-27T16:45", False),
        ("2026-11-28T12:00", False),
        ("2026-11-04T12:00", False),
        ("2026-11-03T16:59", True),
        ("2026-11-03T17:00", False),
        ("2025-11-01T16:59", True),
        ("2025-11-01T17:00", False),
        ("2026-04-30T17:30", False),
        ("2025-12-30T17:30", True),
    ],
)
def test_a_curator_keeps_friday_short_days_and_working_saturdays(at: str, is_open: bool) -> None:
    assert CURATOR.is_open(moscow(at)) is is_open


def test_the_next_opening_and_closing_are_utc() -> None:
    friday_evening = moscow("2026-11-27T17:00")
    assert CURATOR.next_open(friday_evening) == moscow("2026-11-30T09:00")
    assert CURATOR.closes_at(friday_evening) is None
    opening = CURATOR.next_working_interval(friday_evening)
    assert (opening.opens_at, opening.closes_at) == (moscow("2026-11-30T09:00"), moscow("2026-11-30T18:00"))
    tuesday = moscow("2026-11-24T12:00")
    assert CURATOR.next_open(tuesday) == tuesday
    assert CURATOR.closes_at(tuesday) == moscow("2026-11-24T18:00")
    assert CURATOR.next_open(tuesday).tzinfo is UTC


def test_new_year_closes_until_the_twelfth() -> None:
    assert CURATOR.next_open(moscow("2025-12-30T18:00")) == moscow("2026-01-12T09:00")


def test_round_the_clock_never_closes() -> None:
    desk = parse_hours("24/7")
    for at in ("2026-01-01T03:00", "2026-11-03T23:59", "2026-11-28T12:00"):
        assert desk.is_open(moscow(at))
        assert desk.closes_at(moscow(at)) is None
        assert desk.next_open(moscow(at)) == moscow(at)


def test_lunch_parts_the_day() -> None:
    for written in (
        "mon-fri 09:00-18:00 break 13:00-14:00",
        "пн-пт 9:00-13:00 14:00-18:00",
        {"workdays": "09:00-18:00", "break": "13:00-14:00"},
        {"hours": "workdays 09:00-18:00", "break": "13:00-14:00"},
    ):
        hours = parse_hours(written)
        assert not hours.is_open(moscow("2026-11-24T13:30"))
        assert hours.next_open(moscow("2026-11-24T13:30")) == moscow("2026-11-24T14:00")
        assert hours.closes_at(moscow("2026-11-24T10:00")) == moscow("2026-11-24T13:00")
        assert hours.intervals_on(date(2026, 11, 3))[-1] == Interval(14 * 60, 17 * 60)


def test_nights_join_over_midnight() -> None:
    night = parse_hours("daily 00:00-09:00 18:00-24:00, holidays 00:00-24:00")
    assert night.closes_at(moscow("2026-11-24T20:00")) == moscow("2026-11-25T09:00")
    assert night.closes_at(moscow("2026-11-04T12:00")) == moscow("2026-11-05T09:00")


def test_holidays_follow_what_is_written() -> None:
    holiday = moscow("2026-11-04T12:00")
    assert not parse_hours("daily 09:00-18:00").is_open(holiday)
    assert not parse_hours("daily 09:00-18:00, holidays closed").is_open(holiday)
    assert parse_hours("daily 09:00-18:00, holidays 10:00-14:00").is_open(holiday)
    assert parse_hours({"daily": "09:00-18:00", "holidays": "as usual"}).is_open(holiday)
    full = parse_hours({"daily": "09:00-18:00", "short_days": False})
    assert full.is_open(moscow("2026-11-03T17:30"))


def test_hours_are_the_offices_own() -> None:
    tomsk = parse_hours({"hours": "mon-fri 09:00-18:00", "zone": "Asia/Tomsk"})
    assert tomsk.is_open(moscow("2026-11-24T05:00"))
    assert not tomsk.is_open(moscow("2026-11-24T14:00"))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "hours: '' is not days and hours"),
        ("mon", "hours: 'mon' is not days and hours"),
        ("mon-fri 09:00-25:00", "'25:00' is not a time"),
        ("mon-fri 09:60-18:00", "'09:60' is not a time"),
        ("mon-fri 18:00-09:00", "closes before it opens"),
        ("fri-mon 09:00-18:00", "runs backwards"),
        ("funday 09:00-18:00", "'funday' is not a day"),
        ("mon 09:00-12:00 11:00-18:00", "overlap"),
        ("mon 09:00-18:00, mon 10:00-11:00", "described twice"),
        ("mon-fri 09:00-18:00, fri 09:00-16:45", "fri is described twice"),
        ("mon nine-six", "is not hours"),
        ("mon closed", "hours: never open"),
        ("mon 09:00-18:00 break noon", "'noon' is not a break"),
        (None, "hours: expected text"),
        ({"fri": 540}, "hours.fri: expected text, got 540"),
        ({"fri": "09:00-18:00", "zone": "Mars/Olympus"}, "hours.zone: no time zone"),
        ({"fri": "09:00-18:00", "short_days": "no"}, "hours.short_days: expected true or false"),
        ({"hours": "24/7", "holidays": "closed"}, "hours.holidays: '24/7' has no exceptions"),
        ({"freitag": "09:00-18:00"}, "hours.freitag: 'freitag' is not a day"),
    ],
)
def test_wrong_hours_are_addressed(written: object, message: str) -> None:
    with pytest.raises(CalendarError) as error:
        parse_hours(written)
    assert message in str(error.value)
    assert str(error.value).startswith("hours")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(CalendarError, match="must know its zone"):
        CURATOR.is_open(datetime(2026, 11, 24, 12, 0))  # noqa: DTZ001 - that it is naive is the point


def test_hours_that_never_come_are_an_error() -> None:
    calendar = WorkingCalendar(
        overrides=DayOverrides(frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(100)))
    )
    hours = Hours(MOSCOW, CURATOR.week, calendar=calendar)
    with pytest.raises(CalendarError, match="no opening"):
        hours.next_open(moscow("2026-01-01T12:00"))


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_openings_are_open_and_closings_closed(at: datetime) -> None:
    opens_at = CURATOR.next_open(at)
    assert opens_at >= at
    assert CURATOR.is_open(opens_at)
    closes_at = CURATOR.closes_at(opens_at)
    assert closes_at is not None
    assert closes_at > opens_at
    assert not CURATOR.is_open(closes_at)


@given(st.dates(date(2025, 1, 1), date(2027, 6, 1)), st.integers(0, 60))
def test_deadlines_never_run_back(start: date, days: int) -> None:
    end = RUSSIA.add_working_days(start, days)
    assert RUSSIA.add_working_days(start, days + 1) > end
    assert days == 0 or RUSSIA.is_working_day(end)
