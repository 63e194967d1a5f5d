"""Statements prepared once for a database: for the few that every turn of a call runs.

SQLAlchemy spends 250 µs on building, caching and binding a statement that SQLite does in 10; here it compiles each one
once per kind of database, and the turn hands plain tuples to the driver.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import Dialect, Table, bindparam, insert, update
from sqlalchemy.sql.dml import ValuesBase

from config.database import Base, Transaction

Convert: TypeAlias = Callable[[Any], Any] | None


@dataclass(frozen=True)
class _ForDriver:
    """The statement's text, and its parameters in order with what makes each fit for the driver."""

    text: str
    parameters: tuple[tuple[str, Convert], ...]
    is_positional: bool

    def bound(self, row: Mapping[str, Any]) -> tuple[Any, ...] | dict[str, Any]:
        pairs = [(name, row[name] if fit is None else fit(row[name])) for name, fit in self.parameters]
        return tuple(value for _, value in pairs) if self.is_positional else dict(pairs)


class Prepared:
    """An insertion or change of one table's columns, each given by its name."""

    def __init__(self, statement: ValuesBase, columns: Mapping[str, Any]) -> None:
        self._statement = statement
        self._columns: Final = columns
        self._by_dialect: dict[str, _ForDriver] = {}

    def run(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each row, inside the transaction, past the session: objects that were read are not touched."""
        prepared = self._for(tx.get_bind().dialect)
        tx.connection().exec_driver_sql(prepared.text, [prepared.bound(row) for row in rows])

    def _for(self, dialect: Dialect) -> _ForDriver:
        known = self._by_dialect.get(dialect.name)
        if known is None:
            known = self._by_dialect[dialect.name] = self._prepare(dialect)
        return known

    def _prepare(self, dialect: Dialect) -> _ForDriver:
        compiled = self._statement.compile(dialect=dialect)
        names = compiled.positiontup if compiled.positional else list(compiled.params)
        fits = ((name, self._fit(name, dialect)) for name in names or ())
        return _ForDriver(str(compiled), tuple(fits), is_positional=bool(compiled.positional))

    def _fit(self, name: str, dialect: Dialect) -> Convert:
        kind = self._columns[name].type.dialect_impl(dialect)
        return cast(Convert, kind.bind_processor(dialect))


def insertion(model: type[Base], *columns: str) -> Prepared:
    """Insert rows of these columns."""
    table = cast(Table, model.__table__)
    values = {name: bindparam(name, type_=table.c[name].type) for name in columns}
    return Prepared(insert(table).values(values), {name: table.c[name] for name in columns})


def change(model: type[Base], *columns: str) -> Prepared:
    """Change these columns of the row whose `id` is given as `row_id`."""
    table = cast(Table, model.__table__)
    values = {name: bindparam(name, type_=table.c[name].type) for name in columns}
    where = table.c.id == bindparam("row_id", type_=table.c.id.type)
    return Prepared(
        update(table).where(where).values(values), {name: table.c[name] for name in columns} | {"row_id": table.c.id}
    )
