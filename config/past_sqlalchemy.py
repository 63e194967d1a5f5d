"""Past SQLAlchemy to the driver: statements, commits and rollbacks of the busiest transactions, and its errors for all.

SQLAlchemy need not know of a transaction before it is asked to do something in it itself.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, cast

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from config import server_statements
from config.server_statements import Row

_PREPARED: Final = "pult_prepared"


def execute(connection: Connection, text: str, parameters: Row) -> list[Row]:
    """What it finds, asked of the driver itself; its errors are raised as SQLAlchemy raises them."""
    try:
        if connection.dialect.name == "sqlite":
            return cast(list[Row], connection.connection.cursor().execute(text, parameters).fetchall())
        return server_statements.run(_servers(connection), _names(connection), text, parameters)
    except connection.dialect.loaded_dbapi.Error as error:
        raise as_sqlalchemys(error, connection, text) from error


def execute_many(connection: Connection, text: str, rows: Sequence[Row]) -> None:
    """The same for each row; nothing is found."""
    if connection.dialect.name == "sqlite":
        try:
            connection.connection.cursor().executemany(text, rows)
        except connection.dialect.loaded_dbapi.Error as error:
            raise as_sqlalchemys(error, connection, text) from error
        return
    for row in rows:
        execute(connection, text, row)


def commit(connection: Connection) -> None:
    """Commit the transaction. Raises SQLAlchemy's errors."""
    try:
        if connection.dialect.name == "sqlite":
            connection.connection.commit()
        else:
            server_statements.commit(_servers(connection))
    except connection.dialect.loaded_dbapi.Error as error:
        raise as_sqlalchemys(error, connection, "COMMIT") from error
    _know_committed(connection)


def execute_and_commit(connection: Connection, text: str, parameters: Row) -> None:
    """The transaction's last statement and its commit, on a server. Raises SQLAlchemy's errors."""
    try:
        server_statements.run_and_commit(_servers(connection), _names(connection), text, parameters)
    except psycopg.Error as error:
        raise as_sqlalchemys(error, connection, text) from error
    _know_committed(connection)


def _know_committed(connection: Connection) -> None:
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
        try:
            server_statements.roll_back(_servers(connection))
        except psycopg.Error as error:
            raise as_sqlalchemys(error, connection, "ROLLBACK") from error


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


def as_sqlalchemys(error: Any, connection: Connection, text: str) -> Exception:
    """The driver's error at a statement, as SQLAlchemy raises it."""
    return cast(
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
    )
