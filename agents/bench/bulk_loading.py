"""Fills a throw-away database with very many rows at once: by COPY on PostgreSQL, in large batches on SQLite.

Indexes and references are laid aside meanwhile and put back afterwards, each over all rows at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from sqlalchemy import MetaData, Table
from sqlalchemy.schema import AddConstraint, DropConstraint

from config.bench.scripts import Step
from config.database import Base, Database

Row: TypeAlias = Sequence[str | int | None]
"""Values in the order of the columns: instants as naive UTC in ISO form, truths as 0 or 1, JSON as text."""
Batch: TypeAlias = Mapping[type[Base], Sequence[Row]]

_BULK: Final = ("PRAGMA foreign_keys=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-500000")


class Loading:
    """Rows on their way into `database`; the columns of each model as its rows have them."""

    def __init__(self, database: Database, columns: Mapping[type[Base], Sequence[str]]) -> None:
        self._columns = columns
        self._is_sqlite = database.is_sqlite
        self._engine = database.engine
        self._driver: Any = self._engine.raw_connection()
        if self._is_sqlite:
            for pragma in _BULK:
                self._driver.cursor().execute(pragma)
        else:
            self._driver.cursor().execute("SET TIME ZONE 'UTC'")
            self._driver.commit()

    def put(self, batch: Batch) -> None:
        """Write a batch, all of it or nothing, in the order of its tables."""
        cursor = self._driver.cursor()
        for model, rows in batch.items():
            if self._is_sqlite:
                self._insert(cursor, model, rows)
            else:
                self._copy(cursor, model, rows)
        self._driver.commit()

    def close(self) -> None:
        """Let go of the connection, which no other work may use."""
        self._driver.invalidate()

    def _insert(self, cursor: Any, model: type[Base], rows: Sequence[Row]) -> None:
        columns = self._columns[model]
        if not self._driver.driver_connection.in_transaction:
            cursor.execute("BEGIN")
        marks = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {model.__tablename__} ({_listed(columns)}) VALUES ({marks})", rows)  # noqa: S608

    def _copy(self, cursor: Any, model: type[Base], rows: Sequence[Row]) -> None:
        with cursor.copy(f"COPY {model.__tablename__} ({_listed(self._columns[model])}) FROM STDIN") as copy:
            copy.write("".join(_line(row) for row in rows).encode())


@contextmanager
def laid_aside(database: Database, models: Sequence[type[Base]], step: Step) -> Iterator[None]:
    """The tables of these models without their indexes and references; put back at the end, a step each."""
    tables = [_table(model) for model in models]
    indexes = [one for table in tables for one in sorted(table.indexes, key=_name)]
    with database.engine.begin() as connection:
        for index in indexes:
            index.drop(connection, checkfirst=True)
    if not database.is_sqlite:
        _run(database, [DropConstraint(one) for table in tables for one in _references(table)])
    yield
    for index in indexes:
        with database.engine.begin() as connection:
            index.create(connection)
        step()
    if not database.is_sqlite:
        _run(database, [AddConstraint(one) for table in tables for one in _references(table)])
    _tidy(database)
    step()


def steps_of(models: Sequence[type[Base]]) -> int:
    """How many steps the putting back makes."""
    return sum(len(_table(model).indexes) for model in models) + 1


def _tidy(database: Database) -> None:
    """What PostgreSQL's autovacuum does in quiet minutes, for which a bench cannot wait; SQLite has nothing such."""
    if database.is_sqlite:
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE)")


def _table(model: type[Base]) -> Table:
    metadata: MetaData = Base.metadata
    return metadata.tables[model.__tablename__]


def _references(table: Table) -> list[Any]:
    return sorted(table.foreign_key_constraints, key=_name)


def _name(one: Any) -> str:
    return str(one.name)


def _run(database: Database, statements: Sequence[Any]) -> None:
    with database.engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{one}"' for one in columns)


def _line(row: Row) -> str:
    """A line of COPY's text form; no value has a tab, a line's end or a backslash in it."""
    return "\t".join(["\\N" if value is None else str(value) for value in row]) + "\n"
