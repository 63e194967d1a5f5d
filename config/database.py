"""The database: engine, transactions, column types. The database is the truth; all else can be derived from it."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import Enum
from time import sleep
from typing import Annotated, Any, Final, cast

from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    String,
    Text,
    create_engine,
    event,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import DeclarativeBase, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

from config import failpoints
from config.clock import stopwatch
from config.errors import ConfigError, IoInsideTransaction, StoreUnavailable
from config.transactions import Transaction as Transaction


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime in and out; SQLite, which knows no zones, keeps it as naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: always UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must carry its zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: always aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The models' root; every constraint gets a name by rule."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own hook, read once
        datetime: Instant(),
        date: Date(),
        bool: Boolean(),
        int: Integer(),
        str: Text(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
    }


RowId = Annotated[str, mapped_column(String(32), primary_key=True)]
"""A row's own id, made by `config.ids.new_id`."""
InsurerId = Annotated[str, mapped_column(String(32), index=True)]
"""The tenant: the `insurer:` of a file in config/lines. Every row carries it."""
Ref = Annotated[str, mapped_column(String(32))]
"""The id of a row elsewhere."""

_SHAPES: Final = "write sqlite:////folder/pult.sqlite or postgresql+psycopg://name:password@host/database."
_state = threading.local()

_MOST_KEPT: Final = 4
_LOCK_SECONDS: Final = 10.0
_BUSY_TIMEOUT: Final = f"PRAGMA busy_timeout={_LOCK_SECONDS * 1000:.0f}"
_FIRST_PAUSE_SECONDS: Final = 0.0005
_LONGEST_PAUSE_SECONDS: Final = 0.004


class _Use(Enum):
    """What a connection is kept for."""

    READING = "reading"
    WRITING = "writing"


def refuse_inside_transaction(what: str) -> None:
    """Raise IoInsideTransaction if this thread holds a transaction; called before every carrier or Redis exchange."""
    if getattr(_state, "open", None):
        raise IoInsideTransaction(f"{what} inside transaction {_state.open!r}")


class Database:
    """One engine and its transactions. Short writes; no input or output inside one."""

    def __init__(self, url: str) -> None:
        parsed = _checked(url)
        self.url = url
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.engine: Engine = _engine(parsed, is_sqlite=self.is_sqlite)
        self._writing = _Connections(self.engine, _Use.WRITING)
        self._only_reading = _Connections(self.engine, _Use.READING)
        self.sessions = sessionmaker(class_=Transaction, expire_on_commit=False)
        self._after_commit: list[Callable[[Transaction], None]] = []

    def after_commit(self, hook: Callable[[Transaction], None]) -> None:
        """Call `hook` with each transaction that has just been committed, outside of it."""
        self._after_commit.append(hook)

    @contextmanager
    def transaction(self, name: str) -> Iterator[Transaction]:
        """A writing transaction, committed at the end of the block, rolled back on any error.

        `name` is the verb it serves; the failpoint `commit:<name>` is reached right after the commit.
        """
        with self._opened(name, self._writing) as session:
            yield session
            session.finish()
        failpoints.reached(f"commit:{name}")
        for hook in self._after_commit:
            hook(session)

    @contextmanager
    def reading(self, name: str) -> Iterator[Transaction]:
        """A transaction that only reads; whatever was changed in it is rolled back."""
        with self._opened(name, self._only_reading) as session:
            yield session

    @contextmanager
    def _opened(self, name: str, connections: "_Connections") -> Iterator[Transaction]:
        refuse_inside_transaction(f"a second transaction {name!r}")
        with connections.begun() as connection:
            session = self.sessions(bind=connection)
            _state.open = name
            try:
                yield session
            finally:
                _state.open = None
                session.close()

    def check(self) -> None:
        """Raise StoreUnavailable, in words for an administrator, when the database cannot be opened."""
        try:
            with self.engine.connect():
                pass
        except (DBAPIError, sqlite3.Error) as error:
            where = self.engine.url.render_as_string(hide_password=True)
            why = " ".join(str(getattr(error, "orig", error)).split())
            raise StoreUnavailable(f"the database {where} cannot be opened: {why}. See PULT_DATABASE_URL.") from error

    def close(self) -> None:
        """Close every connection that nobody holds."""
        for connections in (self._writing, self._only_reading):
            connections.close()
        self.engine.dispose()


class _Connections:
    """Connections of one kind, some of them kept open between transactions.

    SQLAlchemy's pool takes as long to hand one out and take it back as SQLite does for a turn's statements. A server's
    connection may have died meanwhile: of those the pool keeps all, and tries each before it is used.
    """

    def __init__(self, engine: Engine, use: _Use) -> None:
        self._engine = engine.execution_options(pult_use=use)
        self._most_kept = _MOST_KEPT if engine.dialect.name == "sqlite" else 0
        self._waits_itself = use is _Use.WRITING and engine.dialect.name == "sqlite"
        self._kept: list[Connection] = []
        self._process = os.getpid()

    @contextmanager
    def begun(self) -> Iterator[Connection]:
        """One inside a transaction, which is rolled back where the block does not commit it."""
        connection = self._taken()
        try:
            with connection.begin() as transaction:
                yield connection
                if transaction.is_active:
                    transaction.rollback()
        except BaseException:
            # Whatever it was may have been the connection's fault.
            self._let_go(connection)
            raise
        if len(self._kept) < self._most_kept:
            self._kept.append(connection)
        else:
            self._let_go(connection)

    def close(self) -> None:
        """Close those that are kept."""
        while self._kept:
            self._let_go(self._kept.pop())

    def _taken(self) -> Connection:
        if self._process != os.getpid():
            # A fork's parent goes on with these.
            self._process, self._kept = os.getpid(), []
        try:
            return self._kept.pop()
        except IndexError:
            pass
        connection = self._engine.connect()
        if self._waits_itself:
            # `_take_write_lock` does.
            cast(sqlite3.Connection, connection.connection.driver_connection).execute("PRAGMA busy_timeout=0")
        return connection

    def _let_go(self, connection: Connection) -> None:
        if self._most_kept:
            connection.invalidate()
        connection.close()


def _checked(url: str) -> URL:
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


def _engine(url: URL, *, is_sqlite: bool) -> Engine:
    if not is_sqlite:
        return create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=20)
    # Parameters are callers' digits and names: an error that quotes them must never reach a log.
    connect_args = {"check_same_thread": False, "timeout": 10}
    engine = create_engine(url, hide_parameters=True, connect_args=connect_args)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (_BUSY_TIMEOUT, "PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA foreign_keys=ON"):
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    """IMMEDIATE takes the write lock at once, so that a transaction never fails half-way for want of it."""
    match connection.get_execution_options().get("pult_use"):
        case _Use.WRITING:
            _take_write_lock(connection)
        case _Use.READING:
            connection.exec_driver_sql("BEGIN")
        case _:
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _take_write_lock(connection: Any) -> None:
    """Wait for the writers before us, as long as SQLite would, but look more often.

    SQLite itself pauses longer with every look, up to 100 ms, while a turn holds the lock for two or three: the unlucky
    would wait for dozens of later turns.
    """
    driver = connection.connection.driver_connection
    if _is_begun(driver):
        return
    deadline, pause = stopwatch() + _LOCK_SECONDS, _FIRST_PAUSE_SECONDS
    while stopwatch() < deadline:
        sleep(pause)
        if _is_begun(driver):
            return
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
    # Fails as SQLAlchemy has it fail.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _is_begun(driver: sqlite3.Connection) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
