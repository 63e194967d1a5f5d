"""Rows that every turn of a call reads, as objects of the transaction, in half the time of the session's own way."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar, cast

from sqlalchemy import Column, Select, Table
from sqlalchemy.orm.attributes import instance_dict, instance_state, set_committed_value
from sqlalchemy.orm.instrumentation import manager_of_class

from config.database import Base
from config.prepared import Prepared, change, insertion
from config.server_statements import Row
from config.transactions import Transaction

_Model = TypeVar("_Model", bound=Base)


def columns_of(model: type[Base]) -> Table:
    """What a statement for `FoundRows` selects: all columns of the model's table."""
    return cast(Table, model.__table__)


class FoundRows(Generic[_Model]):
    """What a statement of all columns of one model finds; its parameters are given by name.

    A row that the transaction has already comes as that object, what nobody changed of it brought to what was found.
    """

    def __init__(self, model: type[_Model], statement: Select[Any]) -> None:
        self._model = model
        self._names: Final = tuple(column.name for column in columns_of(model).c)
        self._prepared = Prepared(statement)

    def all(self, tx: Transaction, **given: Any) -> list[_Model]:
        """The rows found, in the statement's order."""
        return [self._object(tx, row) for row in self._prepared.rows(tx, given)]

    def first(self, tx: Transaction, **given: Any) -> _Model | None:
        """The first row found; None where there is none."""
        return next(iter(self.all(tx, **given)), None)

    def _object(self, tx: Transaction, row: Row) -> _Model:
        values = dict(zip(self._names, row, strict=True))
        known: _Model | None = tx.known(self._model, values["id"])
        if known is None:
            found = _as_stored(self._model, values)
            tx.hold(found)
            return found
        changed = instance_state(known).committed_state
        for name, value in values.items():
            if name not in changed:
                set_committed_value(known, name, value)
        return known


class NewRows(Generic[_Model]):
    """Inserts rows of a model, past the session, and gives them as objects that the transaction holds."""

    def __init__(self, model: type[_Model]) -> None:
        self._model = model
        self._untold: Final = {column.name: _default(column) for column in columns_of(model).c}
        self._insertion: Final = insertion(model, *self._untold)

    def add(self, tx: Transaction, **values: Any) -> _Model:
        """One row; columns not told get their default. Raises SQLAlchemy's IntegrityError as an insert does."""
        whole = {**self._untold, **values}
        self._insertion.run(tx, [whole])
        row = _as_stored(self._model, whole)
        tx.hold_new(row)
        return row


class ChangedRows(Generic[_Model]):
    """Changes these columns of a row that the transaction holds, past the session."""

    def __init__(self, model: type[_Model], *columns: str) -> None:
        self._change: Final = change(model, *columns)

    def change(self, tx: Transaction, row: _Model, **values: Any) -> None:
        """One row; every column is told. Its errors may come with the commit."""
        self._change.gather(tx, [{"row_id": instance_dict(row)["id"], **values}])
        for name, value in values.items():
            set_committed_value(row, name, value)
        tx.written.append(row)


def _default(column: Column[Any]) -> Any:
    if column.default is not None and not column.default.is_scalar:
        raise ValueError(f"{column} gets its default from a function: such a row is for the session to insert")
    return getattr(column.default, "arg", None)


def _as_stored(model: type[_Model], values: Mapping[str, Any]) -> _Model:
    """An object as of a row that was read with these values, which are those of all its columns."""
    manager = manager_of_class(model)
    row = cast(Callable[[], _Model], manager.new_instance)()
    instance_dict(row).update(values)
    # All that SQLAlchemy's make_transient_to_detached does for a new object of which nothing is missing.
    instance_state(row).key = manager.mapper.identity_key_from_primary_key((values["id"],))
    return row
