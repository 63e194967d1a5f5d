"""The `pult bench` command: which parts, on which databases, how much; and its exit status."""

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

from agents.bench import databases, shelves
from agents.bench.databases import POSTGRESQL, SQLITE
from agents.bench.interruption import interruptible
from agents.bench.parts import USUAL, Part
from agents.bench.plan import Store, measurements
from agents.bench.ringing import NeverCame
from agents.bench.sizes import FULL, QUICK
from agents.bench.throw_away import Builder
from config.bench.report import run_bench
from config.bench.scripts import TurnFailed

_CORES: Final = 2
_MOST_AT_ONCE: Final = 20_000


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
    @click.option(
        "--calls",
        type=click.IntRange(10, 5_000_000),
        help="How many calls: for calls at once, where 1,000 are the goal, for log on record, where a million are.",
    )
    @click.option(
        "--keep",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        help="For log: keep what was built there, so that the next run begins with the measuring.",
    )
    @click.option("--quick", is_flag=True, help="Only see that everything works: too little for a judgement.")
    @click.option("--json", "as_json", is_flag=True, help="Figures for machines on standard output.")
    def bench(
        parts: tuple[str, ...], named: tuple[str, ...], calls: int | None, keep: Path | None, quick: bool, as_json: bool
    ) -> None:
        """Measure a throw-away centre on this machine, on at most two of its cores.

        PARTS are turn, ringing, calls, desk and routing, which are measured if none is named, and log: searches with a
        million calls on record, which it builds first (some ten minutes and 6 GB each on SQLite and PostgreSQL). The
        exit status is 0 if every goal was met, 1 if one was missed, 130 after Ctrl-C.
        """
        sizes = QUICK if quick else FULL
        sizes = sizes if calls is None else replace(sizes, calls=calls, log_calls=calls)
        chosen = [part for part in Part if part in (parts or USUAL)]
        if Part.CALLS in chosen and sizes.calls > _MOST_AT_ONCE:
            raise click.BadParameter(f"at once there are at most {_MOST_AT_ONCE:,}", param_hint="--calls")
        _use_few_cores()
        with interruptible() as interruption, TemporaryDirectory(prefix="pult-bench-") as folder:
            planned = measurements(
                builder, _stores(named, is_kept=keep is not None), chosen, sizes, Path(folder), kept=keep
            )
            try:
                with closing(planned):
                    report = run_bench(interruption.heeded(planned), as_json=as_json)
            except (TurnFailed, NeverCame) as error:
                raise click.ClickException(str(error)) from error
        sys.exit(1 if report.missed else 0)

    return bench


def _stores(named: Sequence[str], *, is_kept: bool) -> list[Store]:
    brought = databases.comes_with_postgresql()
    return [_store(one, is_kept) for one in named or (["sqlite", "postgresql"] if brought else ["sqlite"])]


def _store(where: str, is_kept: bool) -> Store:
    match where:
        case "sqlite":
            return Store(SQLITE, databases.sqlite_files, shelves.sqlite_shelf)
        case "postgresql":
            if not databases.comes_with_postgresql():
                raise click.BadParameter("no PostgreSQL is installed here: give a URL", param_hint="--database")
            shelf = partial(shelves.shelf_brought_along, is_kept=is_kept)
            return Store(POSTGRESQL, databases.postgresql_brought_along, shelf)
        case url:
            shelf = partial(shelves.postgresql_shelf, url=url, is_kept=is_kept)
            return Store(POSTGRESQL, lambda _: databases.postgresql_databases(url), shelf)


def _use_few_cores() -> None:
    """The goals are for two cores: a larger machine is used as if it had no more, by all that is started here."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_CORES])
