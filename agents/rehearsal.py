"""The whole centre on a moved clock: when all is idle, time steps to whatever comes next.

Nothing waits in real time here, so that a day of calls takes a minute and can be repeated exactly. The carrier is
handed in as anything that knows its next event; in this house only `wsgi.py` may bring exchange and app together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from config.clock import MovedClock
from config.database import Database
from config.due_work import next_due_at

_MOST_STEPS_AT_ONE_INSTANT: Final = 10_000


class MovedCarrier(Protocol):
    """A carrier whose time stands still until somebody moves the clock."""

    def next_event_at(self) -> datetime | None:
        """When it next has something to do; None when it is idle."""
        ...

    def run_due(self) -> int:
        """Do everything that is due now, webhooks included; how many things were done."""
        ...


class NeverIdle(Exception):
    """Something goes round in circles without time passing: a programming error, named so that a test shows it."""


@dataclass
class Rehearsal:
    """A clock, a carrier, the sweep and a worker, run turn by turn in one thread."""

    clock: MovedClock
    carrier: MovedCarrier
    database: Database
    sweep: Callable[[], int]
    work: Callable[[], int]

    def settle(self) -> None:
        """Do all that is due at this instant, until nothing is left."""
        for _ in range(_MOST_STEPS_AT_ONE_INSTANT):
            done = self.carrier.run_due()
            done += self.work()
            if self._work_is_due():
                self.sweep()
                done += self.work()
            if not done:
                return
        raise NeverIdle(f"still busy at {self.clock.now().isoformat()}")

    def next_at(self) -> datetime | None:
        """The next instant at which anything happens; None when the whole centre is idle."""
        with self.database.reading("next_due") as tx:
            due_at = next_due_at(tx)
        instants = [at for at in (due_at, self.carrier.next_event_at()) if at is not None]
        return min(instants, default=None)

    def step(self, *, no_later_than: datetime | None = None) -> bool:
        """Settle, then move the clock to what comes next. False when nothing does (by `no_later_than`)."""
        self.settle()
        upcoming = self.next_at()
        if upcoming is None or (no_later_than is not None and upcoming > no_later_than):
            return False
        self.clock.move_to(upcoming)
        return True

    def run_until(self, is_reached: Callable[[], bool], *, within: timedelta = timedelta(hours=1)) -> bool:
        """Run until `is_reached` holds; False if it does not within that much moved time."""
        limit = self.clock.now() + within
        self.settle()
        while not is_reached():
            if not self.step(no_later_than=limit):
                return is_reached()
            self.settle()
        return True

    def run_for(self, duration: timedelta) -> None:
        """Let that much time pass."""
        limit = self.clock.now() + duration
        while self.step(no_later_than=limit):
            pass
        self.clock.move_to(limit)
        self.settle()

    def _work_is_due(self) -> bool:
        with self.database.reading("next_due") as tx:
            due_at = next_due_at(tx)
        return due_at is not None and due_at <= self.clock.now()
