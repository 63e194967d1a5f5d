"""Databases by name that may outlive a bench: what took long to build is there the next time, if it was built whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy import make_url

from agents.bench.databases import administration, brought_along, run_on

Opened: TypeAlias = Callable[[str], str]
"""Makes an empty database of a name, in place of one that is there, and returns its URL."""
_PREFIX: Final = "pult_bench_"


class Shelf:
    """Named databases of one server or folder, and marks of those that are whole in `folder`."""

    def __init__(self, folder: Path, make: Opened, find: Opened) -> None:
        self._folder = folder
        self._make = make
        self._find = find

    def take(self, name: str) -> tuple[str, bool]:
        """The URL of the database `name`, and whether it is built already; an unfinished one is made anew."""
        if self._mark(name).exists():
            return self._find(name), True
        return self._make(name), False

    def is_whole(self, name: str) -> None:
        """The database `name` is built."""
        self._mark(name).touch()

    def _mark(self, name: str) -> Path:
        return self._folder / f"{name}.built"


@contextmanager
def sqlite_shelf(folder: Path) -> Iterator[Shelf]:
    """Files in `folder`."""

    def find(name: str) -> str:
        return f"sqlite:///{folder / name}.sqlite"

    def make(name: str) -> str:
        for path in folder.glob(f"{name}.sqlite*"):
            path.unlink()
        return find(name)

    yield Shelf(folder, make, find)


@contextmanager
def postgresql_shelf(folder: Path, url: str, *, is_kept: bool) -> Iterator[Shelf]:
    """Databases of the bench's own on the server of `url`, their marks in `folder`; dropped unless they are kept."""
    server = administration(url)
    made: list[str] = []

    def find(name: str) -> str:
        return make_url(url).set(database=_PREFIX + name).render_as_string(hide_password=False)

    def make(name: str) -> str:
        run_on(server, f"DROP DATABASE IF EXISTS {_PREFIX}{name} WITH (FORCE)")
        run_on(server, f"CREATE DATABASE {_PREFIX}{name}")
        made.append(name)
        return find(name)

    try:
        yield Shelf(folder, make, find)
    finally:
        for name in () if is_kept else made:
            run_on(server, f"DROP DATABASE IF EXISTS {_PREFIX}{name} WITH (FORCE)")
        server.dispose()


@contextmanager
def shelf_brought_along(folder: Path, *, is_kept: bool) -> Iterator[Shelf]:
    """Databases of the PostgreSQL that the developers' libraries bring, its data in `folder` where it is kept."""
    kept = folder / "postgresql" if is_kept else None
    with brought_along(kept) as url, postgresql_shelf(folder, url, is_kept=is_kept) as shelf:
        yield shelf
