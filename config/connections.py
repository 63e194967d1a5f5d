"""Connections to the database: engines of both kinds, and how SQLite's are opened, kept, and wait to write."""

import os
import select
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum
from time import sleep
from typing import Any, Final, cast

import psycopg
from msgspec.json import Decoder, Encoder
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from config.clock import stopwatch
from config.errors import ConfigError
from config.folded_text import folded
from config.gathered_writes import forget_gathered, send_before_others
from config.past_sqlalchemy import as_sqlalchemys, keep_prepared, roll_back

_SHAPES: Final = "write sqlite:////folder/pult.sqlite or postgresql+psycopg://name:password@host/database."
_MOST_KEPT: Final = 4
_ASKED_AFTER_SECONDS: Final = 10.0
_STATEMENTS_PREPARED: Final = 500
_LOCK_SECONDS: Final = 10.0
_BUSY_TIMEOUT: Final = f"PRAGMA busy_timeout={_LOCK_SECONDS * 1000:.0f}"
_FIRST_PAUSE_SECONDS: Final = 0.0003
_LONGEST_PAUSE_SECONDS: Final = 0.001


def _as_json(value: object) -> str:
    return _ENCODER.encode(value).decode()


_ENCODER: Final = Encoder()
_JSON: Final[Mapping[str, Any]] = {"json_serializer": _as_json, "json_deserializer": Decoder().decode}
"""Columns of JSON are written and read many times a turn, which takes the standard library ten times as long."""


class Use(Enum):
    """What a connection is kept for."""

    READING = "reading"
    WRITING = "writing"


class Connections:
    """Connections of one kind, some of them kept open between transactions.

    SQLAlchemy's pool takes as long to hand one out and take it back as a turn's statements do, and asks a server each
    time whether it is still there. Of one that was used a moment ago the socket tells.
    """

    def __init__(self, engine: Engine, use: Use) -> None:
        self._engine = engine
        self._use = use
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._begin = _take_write_lock if use is Use.WRITING else _begin_reading
        self._kept: list[tuple[Connection, float]] = []
        self._process = os.getpid()

    @contextmanager
    def begun(self) -> Iterator[Connection]:
        """One inside a transaction, which is rolled back where the block does not commit it.

        SQLAlchemy learns of the transaction with the first thing that it is asked to do in it: see
        `config.past_sqlalchemy`.
        """
        connection = self._taken()
        try:
            if self._is_sqlite:
                self._begin_sqlite(connection)
            yield connection
            roll_back(connection)
        except BaseException:
            # Whatever it was may have been the connection's fault.
            forget_gathered(connection)
            with suppress(SQLAlchemyError):
                roll_back(connection)
            self._let_go(connection)
            raise
        forget_gathered(connection)
        if len(self._kept) < _MOST_KEPT:
            self._kept.append((connection, stopwatch()))
        else:
            self._let_go(connection)

    def close(self) -> None:
        """Close those that are kept."""
        while self._kept:
            self._let_go(self._kept.pop()[0])

    def _taken(self) -> Connection:
        if self._process != os.getpid():
            # A fork's parent goes on with these.
            self._process, self._kept = os.getpid(), []
        while self._kept:
            connection, since = self._kept.pop()
            if self._is_sqlite or (stopwatch() - since < _ASKED_AFTER_SECONDS and not _has_spoken(connection)):
                return connection
            self._let_go(connection)
        connection = self._engine.connect()
        if self._is_sqlite and self._use is Use.WRITING:
            # `_take_write_lock` waits itself.
            _sqlites(connection).execute("PRAGMA busy_timeout=0")
        return connection

    def _begin_sqlite(self, connection: Connection) -> None:
        try:
            self._begin(_sqlites(connection))
        except sqlite3.Error as error:
            raise as_sqlalchemys(error, connection, "BEGIN") from error

    def _let_go(self, connection: Connection) -> None:
        """Close it; a server's goes back to the pool, which asks before it hands it out again."""
        if self._is_sqlite:
            connection.invalidate()
        connection.close()


def _has_spoken(connection: Connection) -> bool:
    """Whether a server has said something unasked: that it goes, as a rule. Nothing is asked of it here."""
    driver = cast(psycopg.Connection[Any], connection.connection.driver_connection)
    if driver.closed:
        return True
    line = select.poll()
    line.register(driver.fileno(), select.POLLIN)
    return bool(line.poll(0))


def checked_url(url: str) -> URL:
    """The URL, `postgresql://` with the driver that comes with Pult. Raises ConfigError, without quoting a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError(f"PULT_DATABASE_URL is no database URL: {_SHAPES}") from None
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise ConfigError(f"PULT_DATABASE_URL begins with '{parsed.drivername}', which Pult does not know: {_SHAPES}")
    return parsed


def engine_of(url: URL) -> Engine:
    """The engine of a checked URL; it connects when it is first asked to."""
    if url.get_backend_name() != "sqlite":
        return _server(url)
    # Parameters are callers' digits and names: an error that quotes them must never reach a log.
    connect_args = {"check_same_thread": False, "timeout": 10}
    engine = create_engine(url, hide_parameters=True, connect_args=connect_args, **_JSON)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _server(url: URL) -> Engine:
    # `config.gathered_writes` joins statements whose parameters are told by their order.
    engine = create_engine(
        url, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=20, paramstyle="format", **_JSON
    )
    event.listen(engine, "connect", _prepare_server)
    send_before_others(engine)
    keep_prepared(engine)
    return engine


def _prepare_server(connection: Any, _record: Any) -> None:
    connection.prepared_max = _STATEMENTS_PREPARED


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.create_function("folded", 1, folded, deterministic=True)
    cursor = connection.cursor()
    for pragma in (_BUSY_TIMEOUT, "PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA foreign_keys=ON"):
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """IMMEDIATE takes the write lock at once, so that a transaction never fails half-way for want of it."""
    if not _sqlites(connection).in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(driver: sqlite3.Connection) -> None:
    driver.execute("BEGIN")


def _take_write_lock(driver: sqlite3.Connection) -> None:
    """Wait for the writers before us, as long as SQLite would, but look more often.

    SQLite itself pauses longer with every look, up to 100 ms, while a turn holds the lock for two or three: the unlucky
    would wait for dozens of later turns.
    """
    if _is_begun(driver):
        return
    deadline, pause = stopwatch() + _LOCK_SECONDS, _FIRST_PAUSE_SECONDS
    while stopwatch() < deadline:
        sleep(pause)
        if _is_begun(driver):
            return
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
    driver.execute("BEGIN IMMEDIATE")


def _is_begun(driver: sqlite3.Connection) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _sqlites(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)
