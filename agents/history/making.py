"""Makes the week: day after day in a centre of its own, each brought over when it is whole; begun anew it goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from agents.history.bringing import Bringing, is_brought
from agents.history.people import add_people
from agents.history.running import RunningDay, StageMaker
from agents.history.week import SEED, Day, Week, keep_week, kept_week, week_before
from agents.history.world import World
from agents.models import PresenceInterval
from config.centre import Centre, open_centre
from config.clock import Clock, stopwatch
from config.database import Database
from config.errors import ConfigError
from config.settings import CENTRE_FILE, Settings
from ivr.calls.models import Call
from recordings.shelf import FolderShelf, shelf_of

FOLDER: Final = "history"
DAYS: Final = 7
CALLS_A_DAY: Final = 300
# A minute of sound takes a megabyte: of calls one in so many is recorded, of the newest days' more.
_RECORDED_ONE_IN: Final = 24
_NEWEST_DAYS, _NEWEST_ONE_IN = 2, 10
# Between the end of the last day and what the living centre has of its own.
_APART: Final = timedelta(minutes=5)
_TOLD_EVERY: Final = 50

News = Callable[[str], None]
"""Told one line about each thing that somebody who waits for the week should know."""


@dataclass(frozen=True)
class Maker:
    """What only the composer knows: how a database is prepared, and how a centre is composed on a moved clock."""

    prepare: Callable[[Settings], None]
    stage: StageMaker


def make_week(
    settings: Settings, clock: Clock, maker: Maker, news: News, *, days: int = DAYS, calls_a_day: int = CALLS_A_DAY
) -> None:
    """Make the days before the centre's own life began, and bring them into it; what is there already stays.

    The centre may be at work meanwhile. Raises ConfigError for a centre that is no demo.
    """
    if not (settings.data_dir / CENTRE_FILE).exists():
        raise ConfigError(f"{settings.data_dir} holds no demo's centre: synthetic calls belong in no other.")
    centre = open_centre(settings, clock)
    try:
        folder = settings.data_dir / FOLDER
        world = World(folder, settings)
        week = kept_week(folder)
        if week is None:
            week = week_before(_first_at(centre), days=days, calls_a_day=calls_a_day, seed=SEED)
            keep_week(folder, week)
        _Making(centre, world, week, maker, news).go_on()
    finally:
        centre.database.close()


@dataclass(frozen=True)
class _Making:
    centre: Centre
    world: World
    week: Week
    maker: Maker
    news: News

    def go_on(self) -> None:
        missing = [day for day in self.week.days if not is_brought(self.centre.database, day)]
        if missing:
            self.news(f"Making {len(missing)} past days in the background; each is on the pages once it is whole.")
            self._begin()
        for day in missing:
            self._make(day)
        self.world.end()

    def _begin(self) -> None:
        if not any(self.world.after(day.number).exists() for day in self.week.days):
            add_people(self.centre, calls_a_day=self.week.calls_a_day, seed=self.week.seed)
            self.world.begin(self.centre, self.week.days[0], self.maker.prepare)

    def _make(self, day: Day) -> None:
        began = stopwatch()
        if not self.world.after(day.number).exists():
            self.world.begin_day(day.number)
            self._run(day)
            self.world.keep(day.number)
        calls = _calls(self.world.after(day.number), day)
        there, here = FolderShelf(self.world.folder), shelf_of(self.centre.settings)
        before = self.world.after(day.number - 1)
        Bringing(self.centre, there, here).bring(self.world.after(day.number), before, day, calls=calls)
        self.world.forget(day.number - 1)
        self.news(f"{_which(day, self.week)} is there: {calls} calls ({stopwatch() - began:.0f} s)")

    def _run(self, day: Day) -> None:
        def told(begun: int, of: int) -> None:
            if begun % _TOLD_EVERY == 0:
                self.news(f"{_which(day, self.week)}: {begun} of {of} calls")

        seed = self.week.seed + day.number
        is_new = day in self.week.days[-_NEWEST_DAYS:]
        settings = self.world.recording(one_in=_NEWEST_ONE_IN if is_new else _RECORDED_ONE_IN)
        with self.maker.stage(settings, day.begins_at, seed=seed) as stage:
            RunningDay(stage, day, self.week).run(told, is_last=day is self.week.days[-1])


def _which(day: Day, week: Week) -> str:
    return f"Past day {day.number} of {len(week.days)}, {day.name}"


def _first_at(centre: Centre) -> datetime:
    """When the centre's own life began: nothing of the history may lie beside what it has itself."""
    with centre.database.reading("first_of_centre") as tx:
        firsts = [tx.scalar(select(func.min(PresenceInterval.since))), tx.scalar(select(func.min(Call.started_at)))]
    return min([one for one in firsts if one is not None], default=centre.clock.now()) - _APART


def _calls(file: Path, day: Day) -> int:
    database = Database(f"sqlite:///{file}")
    try:
        with database.reading("calls_of_day") as tx:
            inside = (Call.started_at >= day.begins_at, Call.started_at < day.ends_at)
            return tx.scalar(select(func.count()).select_from(Call).where(*inside)) or 0
    finally:
        database.close()
