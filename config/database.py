"""The database: transactions, models, column types. The database is the truth; all else can be derived from it."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    Text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

from config import failpoints
from config.connections import Connections, Use, checked_url, engine_of
from config.errors import IoInsideTransaction, StoreUnavailable
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

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Straight from SQLite's text: a report reads a hundred thousand of them; three steps take twice as long."""
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


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
CoveredInsurerId = Annotated[str, mapped_column(String(32))]
"""The same where an index of several columns begins with it, or nobody looks for rows by it: none of its own."""
Ref = Annotated[str, mapped_column(String(32))]
"""The id of a row elsewhere."""

_state = threading.local()


def refuse_inside_transaction(what: str) -> None:
    """Raise IoInsideTransaction if this thread holds a transaction; called before every carrier or Redis exchange."""
    if getattr(_state, "open", None):
        raise IoInsideTransaction(f"{what} inside transaction {_state.open!r}")


class Database:
    """One engine and its transactions. Short writes; no input or output inside one."""

    def __init__(self, url: str) -> None:
        parsed = checked_url(url)
        self.url = url
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.engine = engine_of(parsed)
        self._writing = Connections(self.engine, Use.WRITING)
        self._only_reading = Connections(self.engine, Use.READING)
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
    def _opened(self, name: str, connections: Connections) -> Iterator[Transaction]:
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
