"""Past SQLAlchemy to the driver: statements, commits and rollbacks of the busiest transactions, and its errors for all.

SQLAlchemy need not know of a transaction before it is asked to do something in it itself.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, cast

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from config import server_statements
from config.server_statements import Row

_PREPARED: Final = "pult_prepared"


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
    """Commit the transaction. Raises SQLAlchemy's errors."""
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


def keep_prepared(engine: Engine) -> None:
    """Let nothing that SQLAlchemy itself does on a server's connections cost what is prepared there."""

    def note(connection: Connection, _cursor: object, text: str, *_: object) -> None:
        _names(connection).executed(text)

    def roll_back_first(connection: Connection) -> None:
        with suppress(psycopg.Error):
            server_statements.roll_back(_servers(connection))

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "rollback", roll_back_first)


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
