"""The history's supervisors: what they judge, who objects, and that nothing of it needs more than the rows."""

from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import select

from agents.history.agenda import Agenda
from agents.history.judging import Judges
from agents.history.week import Day
from agents.models.evaluations import Evaluation, EvaluationState
from tests.agents.quality.conftest import NO, Quality, quality  # noqa: F401 - a fixture
from tests.agents.staff.conftest import Site, site  # noqa: F401 - a fixture
from tests.agents.supervisor.conftest import Logged, logged  # noqa: F401 - a fixture

ANSWERED = (EvaluationState.UPHELD, EvaluationState.CHANGED)


def sit_for_a_day(quality: Quality) -> None:  # noqa: F811
    """The next working day, on the moved clock, from the night on."""
    clock = quality.site.house.clock
    local = clock.now().astimezone(ZoneInfo("Europe/Moscow"))
    following = next(at for days in (1, 2, 3) if (at := local + timedelta(days=days)).weekday() < 5)
    begins_at = following.replace(hour=4, minute=0, second=0, microsecond=0)
    day, agenda = Day(1, begins_at, begins_at + timedelta(days=1)), Agenda()
    Judges(quality.site.house.floor, agenda, Random(1)).plan(day)
    while (at := agenda.next_at()) is not None:
        clock.move_to(at)
        agenda.do_due(at)


def test_supervisors_judge_what_is_drawn_for_them(quality: Quality) -> None:  # noqa: F811
    call_id, _ = quality.call()
    sit_for_a_day(quality)
    with quality.centre.database.reading("test_judged") as tx:
        rows = tx.scalars(select(Evaluation)).all()
    assert [(one.call_id, one.evaluator, one.state) for one in rows] == [(call_id, "desk-2", "submitted")]
    assert (rows[0].submitted_at or rows[0].begun_at) > rows[0].begun_at


def test_an_agent_objects_and_is_answered_hours_later(quality: Quality) -> None:  # noqa: F811
    evaluation_id = quality.evaluated(quality.call()[0], next_step=NO)
    sit_for_a_day(quality)
    row = quality.row(evaluation_id)
    assert row.state in ANSWERED
    assert row.disputed_at is not None
    assert row.answered_at is not None
    assert row.answered_at - row.disputed_at >= timedelta(hours=3)
