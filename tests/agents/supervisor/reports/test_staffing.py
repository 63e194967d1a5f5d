"""The staffing page: the same half-hours of past weeks, handling and patience as measured, and who is on shift."""

import itertools
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agents.models import Shift, WaitState
from agents.supervisor.reports.erlang_a import Load, agents_needed
from agents.supervisor.reports.facts import Facts
from agents.supervisor.reports.staffing import Staffing, busiest_queue, half_hours, patience_of, staffing, weeks_ago
from config.ids import new_id
from tests.agents.conftest import NOON, House, house  # noqa: F401 - a fixture
from tests.agents.staff.conftest import Site
from tests.agents.supervisor.reports.test_figures import wait
from tests.agents.supervisor.reports.test_reading import Past, past  # noqa: F401 - a fixture

WEEK = 7 * 86_400


def computed(house: House, at: datetime) -> Staffing:  # noqa: F811
    insurer = house.centre.insurers["vsk"]
    with house.centre.database.reading("test_staffing") as tx:
        return staffing(tx, insurer=insurer, queue=insurer.queues["medical_desk"], service_level=0.8, at=at)


def test_half_hours_begin_with_the_one_under_way() -> None:
    begun = half_hours(NOON + timedelta(minutes=44, seconds=5))
    assert begun[0] == NOON + timedelta(minutes=30)
    assert all(later - one == timedelta(minutes=30) for one, later in itertools.pairwise(begun))


def test_a_week_ago_is_by_the_clock_on_the_wall() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert weeks_ago(datetime(2026, 10, 28, 9, tzinfo=UTC), 1, berlin) == datetime(2026, 10, 21, 8, tzinfo=UTC)


def test_patience_is_all_the_waiting_by_those_who_hung_up() -> None:
    waits = [wait(30), wait(90, WaitState.ABANDONED), wait(60), wait(20, WaitState.ABANDONED)]
    assert patience_of(Facts(waits=waits)) == 100
    assert patience_of(Facts(waits=[wait(30)])) is None


def test_the_load_of_past_weeks_says_what_is_needed(past: Past) -> None:  # noqa: F811
    past.call(-2 * WEEK - 60, 5)
    for week in (1, 2):
        for number in range(12):
            past.call(number * 60 - week * WEEK, 10, talk=500, wrap_up=100)
        past.call(900 - week * WEEK, 120, WaitState.ABANDONED)
        past.call(60 - week * WEEK, 10, queue="curator")
    found = computed(past.house, NOON)
    assert found.measured.weeks == 2
    assert found.measured.handling_seconds == 600
    assert found.patience_seconds == 240
    assert [one.callers for one in found.needs[:2]] == [13, 0]
    target = past.house.centre.insurers["vsk"].queues["medical_desk"].answer_target_seconds
    assert found.needs[0].needed == agents_needed(Load(26, 600, 240), service_level=0.8, target_seconds=target)
    assert found.needs[0].needed > 4
    assert found.needs[1].needed == 0


def test_without_a_word_it_is_about_the_queue_that_was_busiest_in_the_last_week(past: Past) -> None:  # noqa: F811
    house, insurer = past.house, past.house.centre.insurers["vsk"]  # noqa: F811

    def busiest() -> str:
        with house.centre.database.reading("test_busiest") as tx:
            return busiest_queue(tx, insurer=insurer, at=NOON).name

    assert busiest() == next(iter(insurer.queues))
    for number in range(3):
        past.call(-WEEK - 600 - number * 60, 5, queue="medical_desk")
    past.call(-600, 5, queue="medical_desk")
    for number in range(2):
        past.call(-600 - number * 60, 5, queue="curator")
    assert busiest() == "curator"


def test_on_shift_are_those_who_can_and_are_not_on_leave(past: Past) -> None:  # noqa: F811
    house = past.house  # noqa: F811
    house.agent("cannot", skills={"curator": 1})
    now = house.clock.now()
    with house.centre.database.transaction("test_leave") as tx:
        tx.add(
            Shift(
                id=new_id(now),
                insurer_id="vsk",
                agent_id=past.agents["two"],
                kind="leave",
                starts_at=NOON + timedelta(hours=1),
                ends_at=NOON + timedelta(hours=2),
            )
        )
    found = computed(house, NOON)
    assert [one.on_shift for one in found.needs] == [2, 2, 1, 1] + [2] * 12
    assert {one.needed for one in found.needs} == {None}


def test_the_page_says_what_it_knows(site: Site) -> None:
    watcher = site.signed_in("watcher")
    text = watcher.get("/reports/staffing?queue=medical_desk&level=90").text
    assert "записей ещё нет" in text
    assert text.count('<th scope="row"') == 16
    assert not re.search(r"[а-я)]\.[А-Я]", text)
    assert watcher.get("/reports/staffing?queue=none").status_code == 400
    assert watcher.get("/reports/staffing?level=1").status_code == 400
