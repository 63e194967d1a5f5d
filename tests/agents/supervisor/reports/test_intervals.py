"""A report's stretches of time: whole, in order, and right on days in which clocks are changed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.supervisor.reports.intervals import Grouping, cut, place, starts

ZONES = ("Europe/Moscow", "Asia/Kamchatka", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu")
OF_TIME = [one for one in Grouping if one.is_of_time]


def of_day(zone: str, day: date, grouping: Grouping) -> list[datetime]:
    there = ZoneInfo(zone)
    since = datetime.combine(day, time(), there).astimezone(UTC)
    until = datetime.combine(day + timedelta(days=1), time(), there).astimezone(UTC)
    return starts(grouping, since=since, until=until, zone=there)


@pytest.mark.parametrize(
    ("zone", "day", "hours", "quarters"),
    [
        ("Europe/Moscow", date(2026, 3, 29), 24, 96),
        ("Europe/Berlin", date(2026, 3, 29), 23, 92),
        ("Europe/Berlin", date(2026, 10, 25), 25, 100),
        # The clocks leap over midnight itself: the day begins at one.
        ("America/Havana", date(2026, 3, 8), 23, 92),
        # Half an hour is put back within an hour, which lasts 90 minutes.
        ("Australia/Lord_Howe", date(2026, 4, 5), 24, 98),
        ("Asia/Kathmandu", date(2026, 3, 29), 24, 96),
    ],
)
def test_a_day_has_the_stretches_that_its_clocks_show(zone: str, day: date, hours: int, quarters: int) -> None:
    assert len(of_day(zone, day, Grouping.HOUR)) == hours
    assert len(of_day(zone, day, Grouping.QUARTER)) == quarters
    assert len(of_day(zone, day, Grouping.DAY)) == 1


@given(
    zone=st.sampled_from(ZONES),
    grouping=st.sampled_from(OF_TIME),
    since=st.integers(0, 200_000).map(
        lambda quarters: datetime(2024, 1, 1, tzinfo=UTC) + quarters * timedelta(minutes=15)
    ),
    hours=st.integers(1, 100),
    part=st.floats(0, 1, exclude_max=True),
)
def test_every_instant_lies_in_exactly_one_stretch(
    zone: str, grouping: Grouping, since: datetime, hours: int, part: float
) -> None:
    until = since + timedelta(hours=hours)
    begun = starts(grouping, since=since, until=until, zone=ZoneInfo(zone))
    assert begun[0] == since
    assert begun == sorted(set(begun))
    at = since + (until - since) * part
    number = place(at, begun)
    assert begun[number] <= at
    assert number == len(begun) - 1 or at < begun[number + 1]


@given(
    grouping=st.sampled_from(OF_TIME),
    first=st.integers(0, 100_000),
    lasts=st.integers(1, 100_000),
)
def test_a_span_is_cut_without_loss(grouping: Grouping, first: int, lasts: int) -> None:
    since = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    begun = starts(grouping, since=since, until=since + timedelta(days=3), zone=ZoneInfo("Europe/Berlin"))
    begins = since + timedelta(seconds=first)
    pieces = list(cut(begins, begins + timedelta(seconds=lasts), begun))
    assert sum((until - at).total_seconds() for _, at, until in pieces) == lasts
    assert all(place(at, begun) == number for number, at, _ in pieces)
