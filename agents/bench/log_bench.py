"""The bench of the call log on one kind of database: builds two logs, serves the pages of both, and compares them."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from agents.bench.built_logs import build_log, build_steps
from agents.bench.log_pages import LogPages, compare_logs, open_pages
from agents.bench.open_floors import compare_floors
from agents.bench.shelves import Shelf
from agents.bench.sizes import Sizes
from agents.bench.throw_away import PAGES_STEPS, Builder, ThrowAway, house_at, pages_of
from config.bench.figures import Finding
from config.bench.report import Measurement
from config.bench.scripts import Step

PART: Final = "log"
FLOOR: Final = "floor"


class LogBench:
    """One database's turn; its logs stand on `shelf`, everything else in `folder`."""

    def __init__(self, builder: Builder, store: str, shelf: Shelf, sizes: Sizes, folder: Path) -> None:
        self._builder = builder
        self._store = store
        self._shelf = shelf
        self._sizes = sizes
        self._folder = folder
        self._urls: dict[int, str] = {}

    def measurements(self) -> Iterator[Measurement]:
        """The building of both logs, the start of their pages, the questions, and the floor beside the larger log."""
        sizes = (self._sizes.log_fewer, self._sizes.log_calls)
        for calls in sizes:
            title = f"{calls:,} calls with their events"
            yield Measurement(title, self._store, build_steps(calls), partial(self._build, calls))
        with ExitStack() as stack:
            logs: list[LogPages] = []
            centres: list[ThrowAway] = []
            start = partial(self._start, stack, logs, centres)
            yield Measurement("start of the pages", self._store, len(sizes) * PAGES_STEPS, start)
            yield Measurement(
                PART,
                self._store,
                self._sizes.log_rounds + 1,
                lambda step: compare_logs(logs, bare_url=centres[0].bare_url, sizes=self._sizes, step=step),
            )
            yield Measurement(
                FLOOR,
                self._store,
                self._sizes.floor_supervisors + 2 * self._sizes.floor_ticks,
                lambda step: compare_floors(centres[-1], logs[-1], sizes=self._sizes, step=step),
            )

    def _build(self, calls: int, step: Step) -> list[Finding]:
        name = f"log_{calls}"
        url, is_built = self._shelf.take(name)
        if not is_built:
            with house_at(self._builder, url, self._folder / f"building-{calls}") as centre:
                build_log(centre, calls=calls, step=step)
            self._shelf.is_whole(name)
        self._urls[calls] = url
        return []

    def _start(self, stack: ExitStack, logs: list[LogPages], centres: list[ThrowAway], step: Step) -> list[Finding]:
        for calls, url in self._urls.items():
            centre = stack.enter_context(pages_of(self._builder, url, self._folder / f"pages-{calls}", step))
            logs.append(open_pages(centre, calls=calls))
            centres.append(centre)
        return []
