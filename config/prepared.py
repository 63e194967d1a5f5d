"""Statements prepared once for a database: for those that every turn of a call runs.

SQLAlchemy spends 100 to 250 µs on building, caching and binding a statement that SQLite does in 10; here it compiles
each one once per kind of database, and the turn hands plain values to the driver.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from sqlalchemy import Connection, Dialect, Select, Table, bindparam, insert, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler

from config.database import Base, Transaction

Convert: TypeAlias = Callable[[Any], Any] | None
Row: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class _ForDriver:
    """The statement's text, its parameters in order, and what makes each column of a row fit for us.

    A parameter is a name with what makes its value fit, or no name and a value that the statement has of its own.
    """

    text: str
    parameters: tuple[tuple[str | None, Any], ...]
    names: tuple[str, ...]
    is_positional: bool
    columns: tuple[Convert, ...]

    def bound(self, given: Mapping[str, Any]) -> Row | dict[str, Any]:
        # The busiest lines of a turn: no function is called here that need not be.
        values = [
            own_or_fit if name is None else given[name] if own_or_fit is None else own_or_fit(given[name])
            for name, own_or_fit in self.parameters
        ]
        return tuple(values) if self.is_positional else dict(zip(self.names, values, strict=True))

    def read(self, row: Row) -> Row:
        return tuple([value if fit is None else fit(value) for fit, value in zip(self.columns, row, strict=True)])


class Prepared:
    """A statement of tables, not of models; its parameters are given by name. Runs inside the transaction."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._by_dialect: dict[str, _ForDriver] = {}

    def run(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each row, past the session: objects that were read are not touched, none is written first."""
        connection = tx.own_connection
        prepared = self._for(connection.dialect)
        bound = [prepared.bound(row) for row in rows]
        if len(bound) == 1:
            _execute(connection, prepared.text, bound[0])
        else:
            _execute(connection, prepared.text, bound, is_many=True)

    def rows(self, tx: Transaction, given: Mapping[str, Any]) -> list[Row]:
        """What it finds, as plain rows; what the session changed is written first."""
        tx.flush()
        connection = tx.own_connection
        prepared = self._for(connection.dialect)
        found = _execute(connection, prepared.text, prepared.bound(given)).fetchall()
        return [prepared.read(row) for row in found]

    def value(self, tx: Transaction, given: Mapping[str, Any]) -> Any:
        """The first column of the first row; None where nothing is found."""
        found = self.rows(tx, given)
        return found[0][0] if found else None

    def _for(self, dialect: Dialect) -> _ForDriver:
        known = self._by_dialect.get(dialect.name)
        if known is None:
            known = self._by_dialect[dialect.name] = _prepare(self._statement, dialect)
        return known


def _prepare(statement: Executable, dialect: Dialect) -> _ForDriver:
    compiled = cast(SQLCompiler, cast(Any, statement).compile(dialect=dialect))
    if compiled.post_compile_params or compiled.literal_execute_params:
        raise ValueError("`in` and the like are spelled out anew at each execution: such a statement is not prepared")
    names = (compiled.positiontup if compiled.positional else list(compiled.binds)) or ()
    return _ForDriver(
        str(compiled),
        tuple(_parameter(compiled, name, dialect) for name in names),
        tuple(names),
        is_positional=bool(compiled.positional),
        columns=tuple(_result(column.type, dialect) for column in _columns(statement)),
    )


def _parameter(compiled: SQLCompiler, name: str, dialect: Dialect) -> tuple[str | None, Any]:
    bind = compiled.binds[name]
    fit = cast(Convert, bind.type.dialect_impl(dialect).bind_processor(dialect))
    if bind.required:
        return name, fit
    return None, bind.value if fit is None else fit(bind.value)


def _columns(statement: Executable) -> Sequence[Any]:
    if isinstance(statement, Select):
        return list(statement.selected_columns)
    return list(getattr(statement, "exported_columns", ()))


def _result(kind: Any, dialect: Dialect) -> Convert:
    return cast(Convert, kind.dialect_impl(dialect).result_processor(dialect, None))


def _execute(connection: Connection, text: str, parameters: Any, *, is_many: bool = False) -> Any:
    """By the driver itself, on a cursor that is returned; its errors are raised as SQLAlchemy raises them."""
    cursor = connection.connection.cursor()
    try:
        if is_many:
            cursor.executemany(text, parameters)
        else:
            cursor.execute(text, parameters)
    except connection.dialect.loaded_dbapi.Error as error:
        raise cast(
            Exception,
            DBAPIError.instance(
                text,
                None,
                error,
                connection.dialect.loaded_dbapi.Error,
                hide_parameters=True,
                connection_invalidated=connection.dialect.is_disconnect(error, connection.connection, cursor),
                dialect=connection.dialect,
            ),
        ) from error
    return cursor


def insertion(model: type[Base], *columns: str) -> Prepared:
    """Insert rows of these columns."""
    table = cast(Table, model.__table__)
    return Prepared(insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in columns}))


def change(model: type[Base], *columns: str) -> Prepared:
    """Change these columns of the row whose `id` is given as `row_id`."""
    table = cast(Table, model.__table__)
    values = {name: bindparam(name, type_=table.c[name].type) for name in columns}
    return Prepared(update(table).where(table.c.id == bindparam("row_id", type_=table.c.id.type)).values(values))
