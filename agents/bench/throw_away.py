"""A throw-away centre of real processes, as `pult demo` starts one, for the length of a measurement."""

import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import sleep
from typing import Final, Protocol

import yaml
from sqlalchemy import exists, select

from agents.bench.databases import Fresh
from agents.floor import Floor
from config.bench import bare
from config.bench.scripts import Step
from config.centre import Centre
from config.clock import stopwatch
from config.database import Database
from config.due_work import DueWork
from config.errors import ConfigError
from config.ports import accepts, free_port
from config.processes import Program, Supervisor
from config.programs import programs_of
from config.settings import HERE, Settings, demo_settings, read_settings
from ivr import reconcile

START_STEPS: Final = 10
PAGES: Final = ("redis", "desk")
"""The programs that serve the pages, in the order of their start."""
PAGES_STEPS: Final = len(PAGES) + 2
_WEB_WORKERS: Final = 2
# As where nothing is set: one for each of the 200 desks, and some for pages.
_DESK_THREADS: Final = 320
_READY_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1
# What is not the centre's: the carrier's stand-in and the yardstick.
_EXCHANGE: Final = "exchange"
_BARE: Final = "bare app"


class House(Protocol):
    """Everything composed, once a process."""

    @property
    def floor(self) -> Floor:
        """The agents' side, and the centre with it."""

    def close(self) -> None:
        """Let go of the database."""


@dataclass(frozen=True)
class Builder:
    """How a centre is built, which only the composer knows."""

    prepare: Callable[[Settings], None]
    compose: Callable[[Settings], House]


@dataclass(frozen=True)
class ThrowAway:
    """The centre while it runs: its folder and settings, the floor that the bench itself works on, the bare app."""

    folder: Path
    settings: Settings
    floor: Floor
    bare_url: str
    _supervisor: Supervisor

    def pids(self, *names: str) -> list[int]:
        """The centre's own programs, or those of these names, without their children."""
        pids = self._supervisor.pids()
        return [pids[name] for name in names or pids if name not in (_EXCHANGE, _BARE)]


@contextmanager
def centre_of(builder: Builder, database_url: str, folder: Path, step: Step) -> Iterator[ThrowAway]:
    """Every program of a centre and the exchange on an empty database, and the bare app on a web server like ours.

    Everything is stopped at the end of the block, whatever ends it. Raises ConfigError where a program does not start.
    """
    with _running(builder, database_url, folder, step) as centre:
        _await_life(centre.floor.centre)
        step()
        yield centre


@contextmanager
def pages_of(builder: Builder, database_url: str, folder: Path, step: Step) -> Iterator[ThrowAway]:
    """The same without those programs that make calls and take them: what serves the pages, and the bare app."""
    with _running(builder, database_url, folder, step, only=PAGES) as centre:
        yield centre


@contextmanager
def _running(
    builder: Builder, database_url: str, folder: Path, step: Step, *, only: Collection[str] = ()
) -> Iterator[ThrowAway]:
    environ = _environ(database_url, folder)
    settings = read_settings(environ, folder=folder)
    builder.prepare(settings)
    # Proves the flows, which every program then finds proven.
    house = builder.compose(settings)
    step()
    bare_port = free_port()
    own = [one for one in programs_of(settings, environ=environ) if not only or one.name in only]
    programs = (*own, _bare_app(bare_port))
    supervisor = Supervisor([_stepping(program, step) for program in programs], folder / "logs")
    try:
        supervisor.start()
        yield ThrowAway(folder, settings, house.floor, f"http://127.0.0.1:{bare_port}{bare.PATH}", supervisor)
    finally:
        supervisor.stop()
        house.close()


def _await_life(centre: Centre) -> None:
    """Return once sweep and workers have done a piece of work together, the one that every start calls for."""
    deadline = stopwatch() + _READY_SECONDS
    done = exists().where(DueWork.kind == reconcile.KIND, DueWork.due_at > centre.clock.now(), DueWork.revision > 1)
    while True:
        with centre.database.reading("bench_look") as tx:
            if tx.scalar(select(done)):
                return
        if stopwatch() > deadline:
            raise ConfigError(
                f"sweep and workers did nothing in {_READY_SECONDS:.0f} s: see {centre.settings.data_dir}."
            )
        sleep(_LOOK_SECONDS)


@contextmanager
def floors_of(builder: Builder, fresh: Fresh, folder: Path) -> Iterator[Callable[[], Floor]]:
    """Makes floors for the length of the block, each on an empty database of its own, without a single program."""
    with ExitStack() as stack:
        settings = _prepared(builder, fresh(), folder)
        house = builder.compose(settings)
        stack.callback(house.close)

        def make() -> Floor:
            database = Database(_prepared(builder, fresh(), folder).database_url)
            stack.callback(database.close)
            return replace(house.floor, centre=replace(house.floor.centre, database=database))

        yield make


@contextmanager
def house_at(builder: Builder, database_url: str, folder: Path) -> Iterator[Centre]:
    """A centre on this database without a single program, for the length of the block."""
    house = builder.compose(_prepared(builder, database_url, folder))
    try:
        yield house.floor.centre
    finally:
        house.close()


def _prepared(builder: Builder, database_url: str, folder: Path) -> Settings:
    settings = read_settings(_environ(database_url, folder), folder=folder)
    builder.prepare(settings)
    return settings


def _environ(database_url: str, folder: Path) -> dict[str, str]:
    """Every setting that counts, so that none of this machine's own slips in."""
    web, desk, fallback, carrier = (f"http://127.0.0.1:{free_port()}" for _ in range(4))
    return {
        **demo_settings(),
        "PULT_DATA_DIR": str(folder),
        "PULT_DATABASE_URL": database_url,
        "PULT_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "PULT_PUBLIC_URL": web,
        "PULT_WEB_BIND": web,
        "PULT_WEB_WORKERS": str(_WEB_WORKERS),
        "PULT_DESK_URL": desk,
        "PULT_DESK_BIND": desk,
        "PULT_DESK_THREADS": str(_DESK_THREADS),
        "PULT_DESK_WORKERS": "1",
        "PULT_DESK_PROXIES": "0",
        "PULT_FALLBACK_URL": fallback,
        "PULT_CARRIER_URL": carrier,
        "PULT_LINES_DIR": str(_roomy_lines(folder / "lines")),
        "PULT_FLOWS_DIR": str(HERE.parent / "flows"),
        # What a telephone network takes before the first ring is not ours to measure.
        "PULT_EXCHANGE_RINGING_MS": "0",
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
    }


def _roomy_lines(folder: Path) -> Path:
    """The shipped lines with queues that are never full: how many calls are held is the server's matter here."""
    folder.mkdir(parents=True, exist_ok=True)
    for shipped in (HERE / "lines").glob("*.yaml"):
        described = yaml.safe_load(shipped.read_text(encoding="utf-8"))
        for queue in described["queues"].values():
            queue["max_size"] = None
        (folder / shipped.name).write_text(yaml.safe_dump(described, allow_unicode=True), encoding="utf-8")
    return folder


def _bare_app(port: int) -> Program:
    """The yardstick, on a web server like ours."""
    command = bare.command(port, workers=_WEB_WORKERS, threads=1)
    return Program(_BARE, command, partial(accepts, "127.0.0.1", port), ready_seconds=_READY_SECONDS)


def _stepping(program: Program, step: Step) -> Program:
    """The program, with a step for the progress bar once it is ready."""

    def is_ready() -> bool:
        if not program.is_ready():
            return False
        step()
        return True

    return replace(program, is_ready=is_ready, ready_seconds=_READY_SECONDS)
