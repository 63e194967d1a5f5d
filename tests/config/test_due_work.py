"""Work that failed comes due again later each time, and not all of it at the same moment."""

import pytest

from config.clock import WallClock
from config.due_work import pause_seconds
from config.ids import new_id


@pytest.mark.parametrize(("attempts", "longest"), [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (60, 300)])
def test_each_failure_doubles_the_pause_up_to_five_minutes(attempts: int, longest: float) -> None:
    pauses = [pause_seconds(new_id(WallClock().now()), attempts) for _ in range(200)]
    assert longest / 2 <= min(pauses) < longest * 0.6
    assert longest * 0.9 < max(pauses) <= longest


def test_the_same_row_pauses_the_same() -> None:
    assert pause_seconds("row", 3) == pause_seconds("row", 3) != pause_seconds("row", 4) / 2
