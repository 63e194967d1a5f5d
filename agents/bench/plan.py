"""The bench from beginning to end: on each database a throw-away centre, the chosen parts on it, and nothing left."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, assert_never

from agents.bench.databases import POSTGRESQL, SQLITE, Fresh
from agents.bench.log_bench import LogBench
from agents.bench.parts import Part, Scene, route
from agents.bench.people import INSURERS, load_agents, load_people
from agents.bench.ringing import AGENTS, INSURER, SKILL
from agents.bench.shelves import Shelf
from agents.bench.sizes import Sizes
from agents.bench.throw_away import START_STEPS, Builder, centre_of, floors_of
from config.bench.figures import Finding
from config.bench.report import Measurement
from config.bench.scripts import Step

_TURN_GOALS: Final[Mapping[str, float]] = {SQLITE: 3.0, POSTGRESQL: 4.0}
_APART: Final = (Part.DESK, Part.ROUTING, Part.LOG)
_START_STEPS: Final = START_STEPS + len(INSURERS)


@dataclass(frozen=True)
class Store:
    """A kind of database, and how to have fresh ones for a while, the folder for their files given."""

    name: str
    opened: Callable[[Path], AbstractContextManager[Fresh]]
    shelved: Callable[[Path], AbstractContextManager[Shelf]]


def measurements(
    builder: Builder, stores: Sequence[Store], parts: Sequence[Part], sizes: Sizes, folder: Path, *, kept: Path | None
) -> Generator[Measurement]:
    """What to measure, in order. Closing it, at whatever point, ends all that was started for it.

    Logs of calls are `kept` in that folder, or else thrown away with the rest.
    """
    for store in stores:
        own = folder / store.name
        own.mkdir()
        if Part.LOG in parts:
            shelf_folder = (kept or folder / "logs") / store.name
            shelf_folder.mkdir(parents=True, exist_ok=True)
            with store.shelved(shelf_folder) as shelf:
                yield from LogBench(builder, store.name, shelf, sizes, own).measurements()
        if all(part is Part.LOG for part in parts):
            continue
        with store.opened(own) as fresh:
            bench = _Bench(builder, store.name, fresh, sizes, own)
            if called := [part for part in parts if part not in _APART]:
                yield from bench.on_a_centre("centre", called)
            if Part.DESK in parts:
                # A fresh one: a thousand calls leave much behind that a centre must tidy up.
                yield from bench.on_a_centre("desks", [Part.DESK])
            if Part.ROUTING in parts:
                yield bench.measurement(Part.ROUTING, len(sizes.routing_sizes) + sizes.routing_rounds, bench.routing)


class _Bench:
    """One database's turn."""

    def __init__(self, builder: Builder, store: str, fresh: Fresh, sizes: Sizes, folder: Path) -> None:
        self._builder = builder
        self._store = store
        self._fresh = fresh
        self._sizes = sizes
        self._folder = folder

    def measurement(self, title: str, steps: int, measure: Callable[[Step], list[Finding]]) -> Measurement:
        """One of this database."""
        return Measurement(title, self._store, steps, measure)

    def on_a_centre(self, folder: str, parts: Sequence[Part]) -> Iterator[Measurement]:
        """Those that need a running centre; it is started first, and stopped after the last of them."""
        with ExitStack() as stack:
            scenes: list[Scene] = []
            start = partial(self._start, stack, scenes, self._folder / folder)
            yield self.measurement("start of a centre", _START_STEPS, start)
            for part in parts:
                yield self._of_scene(part, scenes[0])

    def _of_scene(self, part: Part, scene: Scene) -> Measurement:
        sizes = self._sizes
        match part:
            case Part.TURN:
                return self.measurement(part, sizes.turns, partial(scene.turns, goal=_TURN_GOALS[self._store]))
            case Part.RINGING:
                return self.measurement(part, sizes.rings, scene.ringing)
            case Part.CALLS:
                return self.measurement(part, round(2 * sizes.every_seconds + sizes.run_seconds), scene.calls)
            case Part.DESK:
                steps = 3 * sizes.desks + sizes.common_news + sizes.own_news
                return self.measurement(part, steps, scene.desk)
            case Part.ROUTING | Part.LOG:
                raise AssertionError(f"{part} needs no such centre")
            case _ as never:
                assert_never(never)

    def _start(self, stack: ExitStack, scenes: list[Scene], folder: Path, step: Step) -> list[Finding]:
        centre = stack.enter_context(centre_of(self._builder, self._fresh(), folder, step))
        own = centre.floor.centre
        people = load_people(own, self._folder, each=self._sizes.people, step=step)
        load_agents(own, self._folder, INSURER, AGENTS, skill=SKILL)
        scenes.append(Scene(centre, people, self._sizes))
        return []

    def routing(self, step: Step) -> list[Finding]:
        """The match alone, in this process: each size on a database of its own."""
        with floors_of(self._builder, self._fresh, self._folder / "routing") as make_floor:
            return route(make_floor, self._sizes, step)
