"""A turn's statements on a database server, asked of libpq itself: prepared, begun with the first, and committed.

psycopg's own cursor takes longer over one of them than the server and the way there and back do. Adapting values and
reading rows stay its own, and so does the connection: whatever else is executed goes on in the same transaction.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any, Final, TypeAlias, cast

from psycopg import Connection, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

Row: TypeAlias = tuple[Any, ...]
_PLACE: Final = re.compile("%[s%]")
_TEXTS_KEPT: Final = 1000
_GOOD: Final = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.PIPELINE_SYNC)
# Of the statement, of the commit, and of the end of the message.
_RESULTS_AND_SYNC: Final = 3
# After these psycopg makes the server forget whatever is prepared.
_FORGETS: Final = re.compile(r"\s*(ROLLBACK|DROP|ALTER|DISCARD|DEALLOCATE)\b", re.IGNORECASE)
_STILL_THERE: Final = b"SELECT name FROM pg_prepared_statements WHERE name LIKE 'pult\\_%'"


@dataclass
class Names:
    """What a connection has prepared: each text, and its name there. Kept by whoever keeps the connection."""

    of_text: dict[str, bytes] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)
    is_doubtful: bool = False

    def executed(self, text: str) -> None:
        """Somebody else is about to execute this on the connection."""
        if _FORGETS.match(text):
            self.is_doubtful = True


def run(connection: Connection[Any], names: Names, text: str, parameters: Sequence[Any]) -> list[Row]:
    """What the statement finds; it begins the transaction where none is begun. `text` has `%s` for parameters.

    Raises psycopg's errors.
    """
    server, name = connection.pgconn, _prepared(connection, names, text)
    adapting = Transformer(connection)
    found = _good(connection, server.exec_prepared(name, _as_text(adapting, parameters)))
    if not found.ntuples:
        return []
    adapting.set_pgresult(found)
    return adapting.load_rows(0, found.ntuples, tuple)


def run_and_commit(connection: Connection[Any], names: Names, text: str, parameters: Sequence[Any]) -> None:
    """Run the transaction's last statement and commit, with one message. Raises psycopg's errors of either."""
    server, name = connection.pgconn, _prepared(connection, names, text)
    server.enter_pipeline_mode()
    try:
        server.send_query_prepared(name, _as_text(Transformer(connection), parameters))
        server.send_query_params(b"COMMIT", None)
        server.pipeline_sync()
        results = [_result(connection) for _ in range(_RESULTS_AND_SYNC)]
    finally:
        if server.status == ConnStatus.OK:
            server.exit_pipeline_mode()
    for result in results:
        # The first error is the one that counts: after it the server passes over the rest.
        _good(connection, result)


def _result(connection: Connection[Any]) -> Any:
    """Of the next message."""
    result = connection.pgconn.get_result()
    if result is not None and result.status != ExecStatus.PIPELINE_SYNC:
        # Each but the last is followed by nothing.
        connection.pgconn.get_result()
    return result


def _prepared(connection: Connection[Any], names: Names, text: str) -> bytes:
    """The statement's name on this connection, in a transaction that begins here where none is begun."""
    server = connection.pgconn
    if server.transaction_status == TransactionStatus.IDLE:
        _good(connection, server.exec_(b"BEGIN"))
    if names.is_doubtful:
        there = _good(connection, server.exec_(_STILL_THERE))
        left = {there.get_value(row, 0) for row in range(there.ntuples)}
        names.of_text = {text: name for text, name in names.of_text.items() if name in left}
        names.is_doubtful = False
    name = names.of_text.get(text)
    if name is None:
        name = f"pult_{next(names.numbers)}".encode()
        _good(connection, server.prepare(name, _numbered(text)))
        names.of_text[text] = name
    return name


def _as_text(adapting: Any, parameters: Sequence[Any]) -> Sequence[bytes]:
    # As text, whose types the server knows from the statement: one of them is then prepared once, whatever is given.
    return cast("Sequence[bytes]", adapting.dump_sequence(parameters, [PyFormat.TEXT] * len(parameters)))


def commit(connection: Connection[Any]) -> None:
    """Commit what was begun. Raises psycopg's errors."""
    if connection.pgconn.transaction_status == TransactionStatus.INTRANS:
        _good(connection, connection.pgconn.exec_(b"COMMIT"))


def roll_back(connection: Connection[Any]) -> None:
    """Undo what was begun; psycopg would forget what is prepared. Raises psycopg's errors."""
    if connection.pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
        _good(connection, connection.pgconn.exec_(b"ROLLBACK"))


def _good(connection: Connection[Any], result: Any) -> Any:
    if result is not None and result.status in _GOOD:
        return result
    if result is None or connection.pgconn.status != ConnStatus.OK:
        raise OperationalError("the connection to the server is lost")
    raise error_from_result(result, connection.info.encoding)


@lru_cache(_TEXTS_KEPT)
def _numbered(text: str) -> bytes:
    """With libpq's places for parameters: $1, $2, and so on."""
    numbers = count(1)

    def place(found: re.Match[str]) -> str:
        return "%" if found[0] == "%%" else f"${next(numbers)}"

    return _PLACE.sub(place, text).encode()
