"""Writes that a transaction gathers, so that a database on a server gets them in one statement: a turn's last three.

Each statement is a message to the server and one back, and the server's work to begin and end it: for the few rows of a
turn that is most of what they cost. Whoever reads, and the commit, sends first what was gathered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, Engine, event

from config.past_sqlalchemy import commit, execute, execute_and_commit
from config.server_statements import Row

_GATHERED: Final = "pult_gathered"
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
    if gathered := _taken(connection):
        execute(connection, *gathered)


def commit_gathered(connection: Connection) -> None:
    """Write what was gathered, and commit. Raises SQLAlchemy's errors."""
    if gathered := _taken(connection):
        execute_and_commit(connection, *gathered)
    else:
        commit(connection)


def _taken(connection: Connection) -> tuple[str, Row] | None:
    """What was gathered, as one statement with its parameters."""
    gathered: dict[str, tuple[Write, list[Row]]] | None = connection.info.get(_GATHERED)
    if not gathered:
        return None
    parts = tuple(gathered.values())
    gathered.clear()
    text = _as_one(tuple((write, len(rows)) for write, rows in parts))
    return text, tuple([value for _, rows in parts for row in rows for value in row])


def forget_gathered(connection: Connection) -> None:
    """The transaction is not committed."""
    connection.info.pop(_GATHERED, None)


def send_before_others(engine: Engine) -> None:
    """Let whatever SQLAlchemy itself executes on the engine's connections come after what was gathered before."""

    def send_first(connection: Connection, *_: object) -> None:
        send_gathered(connection)

    event.listen(engine, "before_cursor_execute", send_first)


@lru_cache(_SHAPES_KEPT)
def _as_one(shape: tuple[tuple[Write, int], ...]) -> str:
    *first, last = [write.text + ", ".join([write.values] * count) for write, count in shape]
    if not first:
        return last
    return f"WITH {', '.join(f'w{number} AS ({text})' for number, text in enumerate(first))} {last}"
