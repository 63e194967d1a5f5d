"""One day of the history, run: callers ring as they were drawn, agents work, and time passes when nothing happens."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final, Protocol

from sqlalchemy import Exists, exists, or_, select

from agents.calling_back import callbacks
from agents.floor import Floor
from agents.history.agenda import Agenda
from agents.history.callers import Caller, Callers
from agents.history.desks import Desks
from agents.history.duties import colleagues, duties
from agents.history.judging import Judges
from agents.history.matters import move_requests
from agents.history.telephones import Telephones
from agents.history.week import ZONE, Day, Week
from agents.house.rehearsal import Rehearsal
from agents.models import Callback, CallbackState, WaitState
from agents.waiting import waits
from config.database import Transaction
from config.errors import ConfigError
from config.settings import Settings
from ivr.calls.models import Call
from recordings.models import Recording, RecordingState

_IS_OVER_WITHIN: Final = timedelta(minutes=10)
_DESK_WORK: Final = timedelta(minutes=70)
_BY_DAY: Final = range(9, 19)
_ON_ITS_WAY: Final = (
    RecordingState.EXPECTED,
    RecordingState.RECORDING,
    RecordingState.ANNOUNCED,
    RecordingState.SEALED,
)
_KEPT: Final = "another_way"
# Whoever the centre rings, but for the agents: outside, the duty numbers, and whoever was promised a callback.
_ANYBODY, _NEVER_IN = "+*", "+*3"
_BROWSERS: Final = "client:*"

Told = Callable[[int, int], None]
"""Told how many calls have begun, and how many there will be."""


class Stage(Protocol):
    """A house and its carrier in one process, on one moved clock."""

    @property
    def floor(self) -> Floor:
        """The agents' side, and the centre with it."""

    @property
    def telephones(self) -> Telephones:
        """Every telephone at the carrier."""

    @property
    def rehearsal(self) -> Rehearsal:
        """What lets time pass."""


class StageMaker(Protocol):
    """Composes a whole centre, and its carrier, on a clock that begins at `start` and is moved."""

    def __call__(self, settings: Settings, start: datetime, *, seed: int) -> AbstractContextManager[Stage]:
        """For the length of a block."""


class RunningDay:
    """The day on its stage; `run` returns when all of it is over, and nothing is open but what waits for tomorrow."""

    def __init__(self, stage: Stage, day: Day, week: Week) -> None:
        self._stage = stage
        self._day = day
        self._week = week
        self._dice = Random(f"{week.seed} {day.name} desks")  # noqa: S311 - repeatable is what is wanted here
        self._agenda = Agenda()
        centre = stage.floor.centre
        people = colleagues(centre.database)
        on_duty = duties(centre.database, people, day)
        self._desks = Desks(stage.floor, stage.telephones, self._agenda, people, on_duty, self._dice)
        judging_dice = Random(f"{week.seed} {day.name} judges")  # noqa: S311 - as above
        self._judges = Judges(stage.floor, self._agenda, judging_dice)
        self._begun = 0

    def run(self, told: Told, *, is_last: bool) -> int:
        """How many callers rang. After the last day nobody is promised anything any more, and everybody goes home."""
        callers = self._callers()
        for caller in callers:
            self._agenda.add(caller.at, partial(self._ring, caller, told, len(callers)))
        self._agenda.add(self._day.begins_at + _DESK_WORK, self._work_at_the_desk)
        self._put_up_telephones()
        self._desks.open()
        self._judges.plan(self._day)
        while self._now < self._day.ends_at and not (self._agenda.next_at() is None and self._is_quiet()):
            self._move(self._day.ends_at)
        self._end_all()
        if is_last:
            self._leave_nothing()
        return len(callers)

    @property
    def _now(self) -> datetime:
        return self._stage.rehearsal.clock.now()

    def _callers(self) -> list[Caller]:
        centre = self._stage.floor.centre
        drawn = Callers(centre.insurers, centre.database).of_day(self._day, self._week)
        return [one for one in drawn if one.at > self._now]

    def _put_up_telephones(self) -> None:
        # Those who have no desk of the history are rung in an emergency, too; the desks put up their own.
        self._stage.telephones.is_left_to_ring(_BROWSERS)
        self._stage.telephones.answers(_ANYBODY, after_seconds=7.0, talk_seconds=150.0)
        self._stage.telephones.is_left_to_ring(_NEVER_IN)

    def _move(self, limit: datetime) -> None:
        """Do all that is to be done now, and move the clock to what comes next, at the latest to `limit`."""
        self._do_all_now()
        latest = min(self._agenda.next_at() or limit, limit)
        if not self._stage.rehearsal.step(no_later_than=latest):
            self._stage.rehearsal.clock.move_to(latest)

    def _do_all_now(self) -> None:
        """Whoever sees something happen reacts to it in that instant, and not when the clock has moved on."""
        while True:
            self._stage.rehearsal.settle()
            self._desks.look()
            if not self._agenda.do_due(self._now):
                return

    def _ring(self, caller: Caller, told: Told, of: int) -> None:
        sid = self._stage.telephones.dial(
            caller.number,
            caller.ani,
            caller.presses,
            think_seconds=caller.think_seconds,
            speaks_seconds=caller.speaks_seconds,
        )
        self._agenda.add(self._now + timedelta(seconds=caller.patience_seconds), lambda: self._lose_patience(sid))
        self._begun += 1
        told(self._begun, of)

    def _lose_patience(self, sid: str) -> None:
        if "bridged" not in self._stage.telephones.happened(sid):
            self._stage.telephones.hang_up(sid)

    def _work_at_the_desk(self) -> None:
        if self._now.astimezone(ZONE).hour in _BY_DAY:
            move_requests(self._stage.floor, self._dice, by=self._desks.on_duty())
        if self._now + _DESK_WORK < self._day.last_call_at:
            self._agenda.add(self._now + _DESK_WORK, self._work_at_the_desk)

    def _is_quiet(self) -> bool:
        with self._stage.floor.centre.database.reading("quiet_history") as tx:
            is_open = tx.scalar(select(or_(_is_open_call(), _is_recording_on_its_way())))
        return not is_open and self._desks.is_quiet()

    def _end_all(self) -> None:
        """Whoever is still on the line now puts the receiver down, and is written down; then nobody is."""
        self._stage.telephones.hang_up_all()
        self._do_all_now()
        limit = self._now + _IS_OVER_WITHIN
        while self._now < limit:
            if self._is_quiet():
                return
            self._move(limit)
        raise ConfigError(f"the history's {self._day.name} does not come to an end.")

    def _leave_nothing(self) -> None:
        """What is still promised was settled another way: no telephone of the centre that lives now is to ring for it.

        An empty desk, too, is left as one: who is there from now on says so in that centre.
        """
        self._desks.close()
        centre = self._stage.floor.centre
        with centre.database.transaction("leave_nothing_promised") as tx:
            for promised in tx.scalars(select(Callback).where(Callback.ended_at.is_(None))).all():
                _settle(tx, promised.id, centre.clock.now())


def _settle(tx: Transaction, callback_id: str, now: datetime) -> None:
    found = callbacks.locked_callback(tx, callback_id)
    if found is not None and found[2].state == CallbackState.PLANNED:
        _, wait, callback = found
        callbacks.close(tx, callback, CallbackState.DONE, reason=_KEPT, at=now)
        if wait is not None and wait.state == WaitState.CALLBACK:
            waits.end(tx, wait, WaitState.LEFT, reason=_KEPT, at=now)


def _is_open_call() -> Exists:
    return exists().where(Call.ended_at.is_(None))


def _is_recording_on_its_way() -> Exists:
    return exists().where(Recording.state.in_(_ON_ITS_WAY))
