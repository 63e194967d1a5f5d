"""A transaction: what services get to read and write rows with. Its session is made where it is first needed."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.orm.util import identity_key

from config.gathered_writes import commit_gathered, send_gathered


class Transaction(Session):
    """A session on a connection that is in a transaction already; committed by whoever opened it.

    Opening, filling and committing a session takes as long as everything that the plainest turn of a call asks of the
    database. So it begins its life with the first thing that asks for it; until then rows are only held.
    """

    def __init__(self, bind: Connection, **options: Any) -> None:
        # Whatever a session has of its own is missing until then: __getattr__ is how one learns that it is needed.
        self._ours = bind
        self._options = options
        self._held: dict[tuple[type, str], Any] = {}
        self._last_writes: list[Callable[[Transaction], None]] = []
        self.written: list[object] = []
        self._is_made = False

    def __getattr__(self, name: str) -> Any:
        if self.__dict__.get("_is_made", True):
            raise AttributeError(name)
        self._make()
        return getattr(self, name)

    @property
    def own_connection(self) -> Connection:
        """The one connection of the transaction, at no cost."""
        return self._ours

    def hold(self, row: Any) -> None:
        """Take a row of the database, of a model with an `id`, as read: it has the identity of one."""
        if self._is_made:
            self.add(row)
        else:
            self._held[type(row), row.id] = row

    def hold_new(self, row: Any) -> None:
        """Take a row that has just been inserted past the session; open pages are told as of any other."""
        self.hold(row)
        self.written.append(row)

    def known(self, model: type, row_id: str) -> Any:
        """The row as this transaction has it already; None where it has not."""
        if self._is_made:
            return self.identity_map.get(identity_key(model, row_id))
        return self._held.get((model, row_id))

    def has(self, row: Any) -> bool:
        """Whether the row is one of this transaction."""
        return row in self if self._is_made else self._held.get((type(row), row.id)) is row

    def is_new(self, row: object) -> bool:
        """Whether the row is still to be inserted."""
        return self._is_made and row in self.new

    def let_go(self, row: Any) -> None:
        """Write nothing more of the row."""
        if self._is_made:
            self.expunge(row)
        else:
            del self._held[type(row), row.id]

    def flush(self, objects: Any = None) -> None:
        """Write what was changed so far."""
        if self._is_made or any(instance_state(row).modified for row in self._held.values()):
            super().flush(objects)

    def begin_nested(self) -> SessionTransaction:
        """A savepoint, which undoes what goes past the session too."""
        nested = super().begin_nested()
        # A session sets it only when it asks for its connection the next time.
        self.connection()
        return nested

    def write_last(self, write: "Callable[[Transaction], None]") -> None:
        """Call `write`, once, when all else is written, right before the commit."""
        if write not in self._last_writes:
            self._last_writes.append(write)

    def finish(self) -> None:
        """Write what was changed, and commit."""
        self.flush()
        for write in self._last_writes:
            write(self)
        if self._is_made:
            self.commit()
        commit_gathered(self._ours)

    def close(self) -> None:
        """Forget all rows; what was not committed is rolled back with the connection."""
        if self._is_made:
            super().close()

    def _make(self) -> None:
        self._is_made = True
        if not self._ours.in_transaction():
            # Else it would take the transaction for its own, and commit it before we do.
            self._ours.begin()
        super().__init__(self._ours, **self._options)
        self.add_all(self._held.values())
        self._held.clear()


def _send_gathered(session: Session) -> None:
    if isinstance(session, Transaction):
        send_gathered(session.own_connection)


# A savepoint too is undone for what was gathered in it only where that was sent before it is released.
event.listen(Transaction, "before_commit", _send_gathered)
