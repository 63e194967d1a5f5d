"""Work that failed comes due again later each time, and not all of it at the same moment."""

from datetime import UTC, datetime, timedelta

import pytest

from config.clock import MovedClock, WallClock
from config.database import Database
from config.due_work import LEASE, JobQueue, WorkPlan, pause_seconds, schedule
from config.ids import new_id

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(("attempts", "longest"), [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (60, 300)])
def test_each_failure_doubles_the_pause_up_to_five_minutes(attempts: int, longest: float) -> None:
    pauses = [pause_seconds(new_id(WallClock().now()), attempts) for _ in range(200)]
    assert longest / 2 <= min(pauses) < longest * 0.6
    assert longest * 0.9 < max(pauses) <= longest


def test_the_same_row_pauses_the_same() -> None:
    assert pause_seconds("row", 3) == pause_seconds("row", 3) != pause_seconds("row", 4) / 2


@pytest.mark.parametrize("lasts", [LEASE, timedelta(minutes=8)])
def test_nobody_begins_beside_work_that_may_still_last_and_somebody_does_after_that(
    database: Database, lasts: timedelta
) -> None:
    clock, begun = MovedClock(AT), []
    plan = WorkPlan(database, clock)

    def long_work(subject: str) -> None:
        """While it is at it another worker looks, right before it may last no longer, and then right after."""
        begun.append(clock.now() - AT)
        if len(begun) > 1:
            return
        for seconds in (lasts.total_seconds() - 1, 2):
            clock.move_by(seconds)
            plan.perform("long", subject)

    plan.handle("long", JobQueue.UPKEEP, long_work, lasts=lasts)
    with database.transaction("test") as tx:
        schedule(tx, kind="long", subject_id="a", insurer_id="vsk", due_at=AT)
    plan.perform("long", "a")
    assert begun == [timedelta(0), lasts + timedelta(seconds=1)]
