"""The `pult bench` command: which parts, on which databases, how much; and its exit status."""

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

from agents.bench import databases
from agents.bench.databases import POSTGRESQL, SQLITE
from agents.bench.interruption import interruptible
from agents.bench.parts import Part
from agents.bench.plan import Store, measurements
from agents.bench.ringing import NeverCame
from agents.bench.sizes import FULL, QUICK
from agents.bench.throw_away import Builder
from config.bench.report import run_bench
from config.bench.scripts import TurnFailed

_CORES: Final = 2


def bench_command(builder: Builder) -> click.Command:
    """The command, for `pult` to mount."""

    @click.command("bench")
    @click.argument("parts", nargs=-1, type=click.Choice([part.value for part in Part]))
    @click.option(
        "--database",
        "named",
        multiple=True,
        metavar="WHERE",
        help="sqlite, postgresql (the one of the developers' libraries), or the URL of a PostgreSQL server on which the"
        " bench may create databases; may be repeated. Default: sqlite, and postgresql where it is installed.",
    )
    @click.option("--calls", type=click.IntRange(10, 20_000), help="How many calls at once; 1,000 are the goal.")
    @click.option("--quick", is_flag=True, help="Only see that everything works: too little for a judgement.")
    @click.option("--json", "as_json", is_flag=True, help="Figures for machines on standard output.")
    def bench(parts: tuple[str, ...], named: tuple[str, ...], calls: int | None, quick: bool, as_json: bool) -> None:
        """Measure a throw-away centre on this machine, on at most two of its cores.

        PARTS are turn, ringing, calls, desk and routing; all of them if none is named. The exit status is 0 if every
        goal was met, 1 if one was missed, 130 after Ctrl-C.
        """
        sizes = QUICK if quick else FULL
        sizes = sizes if calls is None else replace(sizes, calls=calls)
        chosen = [part for part in Part if not parts or part in parts]
        _use_few_cores()
        with interruptible() as interruption, TemporaryDirectory(prefix="pult-bench-") as folder:
            planned = measurements(builder, _stores(named), chosen, sizes, Path(folder))
            try:
                with closing(planned):
                    report = run_bench(interruption.heeded(planned), as_json=as_json)
            except (TurnFailed, NeverCame) as error:
                raise click.ClickException(str(error)) from error
        sys.exit(1 if report.missed else 0)

    return bench


def _stores(named: Sequence[str]) -> list[Store]:
    brought = databases.comes_with_postgresql()
    return [_store(one) for one in named or (["sqlite", "postgresql"] if brought else ["sqlite"])]


def _store(where: str) -> Store:
    match where:
        case "sqlite":
            return Store(SQLITE, databases.sqlite_files)
        case "postgresql":
            if not databases.comes_with_postgresql():
                raise click.BadParameter("no PostgreSQL is installed here: give a URL", param_hint="--database")
            return Store(POSTGRESQL, databases.postgresql_brought_along)
        case url:
            return Store(POSTGRESQL, lambda _: databases.postgresql_databases(url))


def _use_few_cores() -> None:
    """The goals are for two cores: a larger machine is used as if it had no more, by all that is started here."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_CORES])
