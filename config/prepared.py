"""Statements prepared once for a database: for those that every turn of a call runs.

SQLAlchemy spends 100 to 250 µs on building, caching and binding a statement that SQLite does in 10; here it compiles
each one once per kind of database, and the turn hands plain values to the driver.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import Dialect, Select, Table, bindparam, insert, update
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler

from config.database import Base, Instant, Transaction
from config.gathered_writes import Write, gather, send_gathered
from config.past_sqlalchemy import execute, execute_many
from config.server_statements import Row

Convert: TypeAlias = Callable[[Any], Any] | None

_INSTANTS_KEPT: Final = 8


@dataclass(frozen=True)
class _ForDriver:
    """The statement's text, its parameters in order, and what makes each column of a row fit for us.

    A parameter is a name with what makes its value fit, or no name and a value that the statement has of its own.
    """

    text: str
    parameters: tuple[tuple[str | None, Any], ...]
    columns: tuple[Convert, ...]

    def bound(self, given: Mapping[str, Any]) -> Row:
        # The busiest lines of a turn: no function is called here that need not be.
        return tuple(
            [
                own_or_fit if name is None else given[name] if own_or_fit is None else own_or_fit(given[name])
                for name, own_or_fit in self.parameters
            ]
        )

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
        send_gathered(connection)
        bound = [prepared.bound(row) for row in rows]
        if len(bound) == 1:
            execute(connection, prepared.text, bound[0])
        else:
            execute_many(connection, prepared.text, bound)

    def rows(self, tx: Transaction, given: Mapping[str, Any]) -> list[Row]:
        """What it finds, as plain rows; what the session changed is written first."""
        tx.flush()
        connection = tx.own_connection
        prepared = self._for(connection.dialect)
        send_gathered(connection)
        found = execute(connection, prepared.text, prepared.bound(given))
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


class PreparedWrite(Prepared):
    """A write to one table, which a server's database may get together with others: see `config.gathered_writes`."""

    def __init__(self, statement: Executable, *, table: str, before_values: str = "") -> None:
        super().__init__(statement)
        self._table = table
        self._before_values = before_values
        self._write: Write | None = None

    def gather(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each row before anything else is read, and before the commit, where that is when its errors come.

        A database that is no server runs it at once.
        """
        connection = tx.own_connection
        if connection.dialect.name == "sqlite":
            self.run(tx, rows)
            return
        prepared = self._for(connection.dialect)
        if self._write is None:
            self._write = self._part(prepared.text)
        gather(connection, self._write, [prepared.bound(row) for row in rows])

    def _part(self, text: str) -> Write:
        if not self._before_values:
            return Write(self._table, text)
        text, separator, values = text.partition(self._before_values)
        return Write(self._table, text + separator, values)


def _prepare(statement: Executable, dialect: Dialect) -> _ForDriver:
    compiled = cast(SQLCompiler, cast(Any, statement).compile(dialect=dialect))
    if compiled.post_compile_params or compiled.literal_execute_params:
        raise ValueError("`in` and the like are spelled out anew at each execution: such a statement is not prepared")
    return _ForDriver(
        str(compiled),
        tuple(_parameter(compiled, name, dialect) for name in compiled.positiontup or ()),
        columns=tuple(_result(column.type, dialect) for column in _columns(statement)),
    )


def _parameter(compiled: SQLCompiler, name: str, dialect: Dialect) -> tuple[str | None, Any]:
    bind = compiled.binds[name]
    fit = cast(Convert, bind.type.dialect_impl(dialect).bind_processor(dialect))
    if fit is not None and isinstance(bind.type, Instant):
        # A turn's rows all have the turn's instant.
        fit = lru_cache(_INSTANTS_KEPT)(fit)
    if bind.required:
        return name, fit
    return None, bind.value if fit is None else fit(bind.value)


def _columns(statement: Executable) -> Sequence[Any]:
    if isinstance(statement, Select):
        return list(statement.selected_columns)
    return list(getattr(statement, "exported_columns", ()))


def _result(kind: Any, dialect: Dialect) -> Convert:
    return cast(Convert, kind.dialect_impl(dialect).result_processor(dialect, None))


def insertion(model: type[Base], *columns: str) -> "PreparedWrite":
    """Insert rows of these columns."""
    table = cast(Table, model.__table__)
    statement = insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in columns})
    return PreparedWrite(statement, table=table.name, before_values=" VALUES ")


def change(model: type[Base], *columns: str) -> "PreparedWrite":
    """Change these columns of the row whose `id` is given as `row_id`."""
    table = cast(Table, model.__table__)
    values = {name: bindparam(name, type_=table.c[name].type) for name in columns}
    statement = update(table).where(table.c.id == bindparam("row_id", type_=table.c.id.type)).values(values)
    return PreparedWrite(statement, table=table.name)
