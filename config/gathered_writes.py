"""Writes that a transaction gathers, so that a database on a server gets them in one statement: a turn's last three.

Each statement is a message to the server and one back, and the server's work to begin and end it: for the few rows of a
turn that is most of what they cost. Whoever reads, and the commit, sends first what was gathered.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from config import server_statements
from config.server_statements import Row

_GATHERED: Final = "pult_gathered"
_PREPARED: Final = "pult_prepared"
_SHAPES_KEPT: Final = 500


@dataclass(frozen=True)
class Write:
    """A statement that may be gathered: one row's `values` come after `text`, and many rows' beside each other.

    It writes to one table, and neither reads nor gives back anything.
    """

    table: str
    text: str
    values: str = ""


def gather(connection: Connection, write: Write, rows: Iterable[Row]) -> None:
    """Let it be written before anything else is read."""
    gathered: dict[str, tuple[Write, list[Row]]] = connection.info.setdefault(_GATHERED, {})
    known = gathered.get(write.table)
    if known is None or known[0] is not write or not write.values:
        if known is not None:
            # Parts of one statement do not see each other's rows.
            send_gathered(connection)
        known = gathered[write.table] = (write, [])
    known[1].extend(rows)


def send_gathered(connection: Connection) -> None:
    """Write what was gathered. Raises SQLAlchemy's errors as any statement does."""
    gathered: dict[str, tuple[Write, list[Row]]] | None = connection.info.get(_GATHERED)
    if gathered:
        parts = tuple(gathered.values())
        gathered.clear()
        text = _as_one(tuple((write, len(rows)) for write, rows in parts))
        execute(connection, text, tuple([value for _, rows in parts for row in rows for value in row]))


def forget_gathered(connection: Connection) -> None:
    """The transaction is not committed."""
    connection.info.pop(_GATHERED, None)


def go_along_with_others(engine: Engine) -> None:
    """Let whatever SQLAlchemy itself does on a server's connections go together with what is done here.

    What it executes comes after what was gathered before, and no rollback costs what is prepared.
    """

    def send_first(connection: Connection, _cursor: object, text: str, *_: object) -> None:
        send_gathered(connection)
        _names(connection).executed(text)

    def roll_back_first(connection: Connection) -> None:
        with suppress(psycopg.Error):
            server_statements.roll_back(_servers(connection))

    event.listen(engine, "before_cursor_execute", send_first)
    event.listen(engine, "rollback", roll_back_first)


@lru_cache(_SHAPES_KEPT)
def _as_one(shape: tuple[tuple[Write, int], ...]) -> str:
    *first, last = [write.text + ", ".join([write.values] * count) for write, count in shape]
    if not first:
        return last
    return f"WITH {', '.join(f'w{number} AS ({text})' for number, text in enumerate(first))} {last}"


def execute(connection: Connection, text: str, parameters: Row) -> list[Row]:
    """What it finds, asked of the driver itself; its errors are raised as SQLAlchemy raises them."""
    with as_sqlalchemys(connection, text):
        if connection.dialect.name == "sqlite":
            return cast(list[Row], connection.connection.cursor().execute(text, parameters).fetchall())
        return server_statements.run(_servers(connection), _names(connection), text, parameters)


def execute_many(connection: Connection, text: str, rows: Sequence[Row]) -> None:
    """The same for each row; nothing is found."""
    if connection.dialect.name == "sqlite":
        with as_sqlalchemys(connection, text):
            connection.connection.cursor().executemany(text, rows)
        return
    for row in rows:
        execute(connection, text, row)


def commit(connection: Connection) -> None:
    """Write what was gathered, and commit. Raises SQLAlchemy's errors."""
    send_gathered(connection)
    with as_sqlalchemys(connection, "COMMIT"):
        if connection.dialect.name == "sqlite":
            connection.connection.commit()
        else:
            server_statements.commit(_servers(connection))
    if connection.in_transaction():
        # Nothing is left of it to do but to know that it is done.
        connection.commit()


def roll_back(connection: Connection) -> None:
    """Undo whatever was not committed."""
    if connection.in_transaction():
        connection.rollback()
    elif connection.dialect.name == "sqlite":
        connection.connection.rollback()
    else:
        with as_sqlalchemys(connection, "ROLLBACK"):
            server_statements.roll_back(_servers(connection))


def _servers(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _names(connection: Connection) -> server_statements.Names:
    names: server_statements.Names | None = connection.info.get(_PREPARED)
    if names is None:
        names = connection.info[_PREPARED] = server_statements.Names()
    return names


@contextmanager
def as_sqlalchemys(connection: Connection, text: str) -> Iterator[None]:
    """The driver's errors in the block are raised as SQLAlchemy raises those of a statement."""
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        raise cast(
            Exception,
            DBAPIError.instance(
                text,
                None,
                error,
                connection.dialect.loaded_dbapi.Error,
                hide_parameters=True,
                connection_invalidated=connection.dialect.is_disconnect(error, connection.connection, None),
                dialect=connection.dialect,
            ),
        ) from error
