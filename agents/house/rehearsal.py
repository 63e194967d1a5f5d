"""The whole centre on a moved clock: when all is idle, time steps to whatever comes next.

Nothing waits in real time here, so that a day of calls takes a minute and can be repeated exactly. The carrier is
handed in as anything that knows its next event; in this house only `wsgi.py` may bring exchange and app together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from config.clock import MovedClock
from config.database import Database
from config.due_work import next_due_at
from config.sweep_process import PAUSE_SECONDS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_MOST_STEPS_AT_ONE_INSTANT: Final = 10_000
_SWEEP_PAUSE: Final = timedelta(seconds=PAUSE_SECONDS)


class MovedCarrier(Protocol):
    """A carrier whose time stands still until somebody moves the clock."""

    def next_event_at(self) -> datetime | None:
        """When it next has something to do; None when it is idle."""
        ...

    def run_due(self) -> int:
        """Do everything that is due now, webhooks included; how many things were done."""
        ...


class Front:
    """The web app as the carrier reaches it; what stands behind may be replaced, as a process that was killed is."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let whoever stands there now answer."""
        return self.app(environ, start_response)


class NeverIdle(Exception):
    """Something goes round in circles without time passing: a programming error, named so that a test shows it."""


@dataclass
class Rehearsal:
    """A clock, a carrier, the sweep and a worker, run turn by turn in one thread.

    `sweep` and `work` may be replaced while it runs, as a centre's programs are by new ones after a crash.
    """

    clock: MovedClock
    carrier: MovedCarrier
    database: Database
    sweep: Callable[[], int]
    work: Callable[[], int]

    def settle(self) -> None:
        """Do all that is due at this instant, until nothing is left."""
        self._settled()

    def next_at(self) -> datetime | None:
        """The next instant at which anything happens; None when the whole centre is idle."""
        return self._sooner(self._work_at())

    def step(self, *, no_later_than: datetime | None = None) -> bool:
        """Settle, then move the clock to what comes next. False when nothing does (by `no_later_than`)."""
        return self._move(self._settled(), no_later_than)

    def run_until(self, is_reached: Callable[[], bool], *, within: timedelta = timedelta(hours=1)) -> bool:
        """Run until `is_reached` holds; False if it does not within that much moved time."""
        limit = self.clock.now() + within
        while True:
            upcoming = self._settled()
            if is_reached():
                return True
            if not self._move(upcoming, limit):
                return False

    def run_for(self, duration: timedelta) -> None:
        """Let that much time pass."""
        limit = self.clock.now() + duration
        while self.step(no_later_than=limit):
            pass
        self.clock.move_to(limit)
        self.settle()

    def _settled(self) -> datetime | None:
        """Settle; when anything happens next."""
        for _ in range(_MOST_STEPS_AT_ONE_INSTANT):
            done = self.carrier.run_due() + self.work()
            work_at = self._work_at()
            if work_at is not None and work_at <= self.clock.now():
                self.sweep()
                done += self.work()
                # What cannot be done now (no Redis, no handler) is looked at again when the sweep next looks.
                work_at = self.clock.now() + _SWEEP_PAUSE
            if not done:
                return self._sooner(work_at)
        raise NeverIdle(f"still busy at {self.clock.now().isoformat()}")

    def _move(self, upcoming: datetime | None, limit: datetime | None) -> bool:
        if upcoming is None or (limit is not None and upcoming > limit):
            return False
        self.clock.move_to(upcoming)
        return True

    def _work_at(self) -> datetime | None:
        with self.database.reading("next_due") as tx:
            return next_due_at(tx)

    def _sooner(self, work_at: datetime | None) -> datetime | None:
        instants = [at for at in (work_at, self.carrier.next_event_at()) if at is not None]
        return min(instants, default=None)
