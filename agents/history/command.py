"""`pult history`: makes the demo's past week beside the running demo, which starts it by itself."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Final, Protocol

import click

from agents.history.making import CALLS_A_DAY, DAYS, Maker, make_week
from agents.history.running import Stage
from config.clock import WallClock
from config.processes import sole_use
from config.settings import Settings

_LEAST_URGENT: Final = 19


class Rehearse(Protocol):
    """Composes a whole centre, and its carrier, on a clock that begins at `start` and is moved."""

    def __call__(
        self,
        settings: Settings,
        start: datetime,
        *,
        redis_url: str | None,
        seed: int,
    ) -> AbstractContextManager[Stage]:
        """For the length of a block."""


def history_command(
    settings: Callable[[], Settings], prepare: Callable[[Settings], None], rehearse: Rehearse
) -> click.Command:
    """The command, for `pult` to mount. It raises ConfigError, StoreError and what `prepare` and `rehearse` raise."""

    @contextmanager
    def stage(settings: Settings, start: datetime, *, seed: int) -> Iterator[Stage]:
        with rehearse(settings, start, redis_url=None, seed=seed) as stage:
            yield stage

    @click.command()
    @click.option("--days", type=click.IntRange(1, 31), default=DAYS, show_default=True)
    @click.option("--calls", type=click.IntRange(1, 3000), default=CALLS_A_DAY, show_default=True, help="A day.")
    def history(days: int, calls: int) -> None:
        """Give the demo a past: days of synthetic calls before its own first one. `pult demo` does it by itself.

        What was begun is gone on with, and what is there stays.
        """
        os.nice(_LEAST_URGENT)
        here = settings()
        folder = here.data_dir / "history"
        folder.mkdir(exist_ok=True, mode=0o700)
        with sole_use(folder):
            make_week(here, WallClock(), Maker(prepare, stage), click.echo, days=days, calls_a_day=calls)

    return history
