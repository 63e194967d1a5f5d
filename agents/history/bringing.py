"""Brings finished rows of a day's own centre into the one that lives: by table, a little at a time, and each once.

What a row was there when it was last brought is known; if that centre has changed it since, its row is left alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from time import sleep
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Row, Select, Table, func, insert, or_, select, tuple_, update
from sqlalchemy.engine import create_engine
from sqlalchemy.sql import ColumnElement, FromClause

from agents.history.week import Day
from config.audit import AuditEntry, audit
from config.centre import Centre
from config.database import Base, Database, Transaction
from recordings.keeping import RETIRE
from recordings.models import Recording
from recordings.shelf import SealedShelf

BROUGHT: Final = frozenset(
    """
    calls call_turns call_events legs holds outcomes requests request_steps messages line_notices waits offers wrap_ups
    queued_calls callbacks dials presence_intervals recordings recording_pauses legal_holds destruction_acts
    entitlements entitlement_uses score_card_versions calibrations evaluations due_work
    """.split()  # noqa: SIM905 - words read better than quoted lines
)
"""Tables whose rows come over, as far as they are finished."""
APPENDED: Final = "audit_entries"
"""The entries are written down anew behind those that are there, with their own instants; that chain goes on."""
HISTORY: Final = "history_brought"
"""The audit's word for a day that is whole; it is written with the day's last rows."""

_AT_ONCE: Final = 60
# Between two transactions callers' turns have the database to themselves.
_PAUSE_SECONDS: Final = 0.02
_ENTITLEMENTS: Final = Base.metadata.tables["entitlements"]
_GRANT: Final = {"entitlements": "id", "entitlement_uses": "entitlement_id"}
_Values = Mapping[str, Any]
_Grant = tuple[str, str, str]
_Named = Mapping[str, FromClause]
"""The tables of a database by name."""


def is_brought(database: Database, day: Day) -> bool:
    """Whether the whole day is there."""
    with database.reading("is_history_brought") as tx:
        statement = select(AuditEntry.id).where(AuditEntry.action == HISTORY, AuditEntry.subject_id == day.name)
        return tx.scalar(statement.limit(1)) is not None


class Bringing:
    """From the database file of a day, with that of the day before, into a centre."""

    def __init__(self, centre: Centre, there: SealedShelf, here: SealedShelf, *, pause_seconds: float = _PAUSE_SECONDS):
        self._centre = centre
        self._there = there
        self._here = here
        self._pause_seconds = pause_seconds

    def bring(self, after: Path, before: Path, day: Day, *, calls: int) -> None:
        """Repeated, after whatever cut it short, it goes on where it was; a day that is there is not brought again."""
        if is_brought(self._centre.database, day):
            return
        engine = create_engine(f"sqlite:///{after}")
        try:
            with closing(engine.connect()) as connection:
                connection.exec_driver_sql("ATTACH DATABASE ? AS before", (str(before),))
                for table in Base.metadata.sorted_tables:
                    if table.name in BROUGHT:
                        self._bring_table(connection, table)
                self._append_audit(connection, day, calls)
        finally:
            engine.dispose()

    def _bring_table(self, connection: Connection, table: Table) -> None:
        earlier = _tables("before")
        now = _finished(table, {one.name: one for one in Base.metadata.sorted_tables})
        then = _finished(earlier[table.name], earlier)
        changed = connection.execute(select(table).where(now).except_(select(earlier[table.name]).where(then)))
        for rows in _some_at_once([row._asdict() for row in changed]):
            known = _by_key(table, connection.execute(_these(earlier[table.name], table, rows)).all())
            if table.name == Recording.__tablename__:
                self._bring_files(rows)
            grants = [(one.id, one.policy_id, one.service) for one in connection.execute(_grants_of(table, rows))]
            with self._centre.database.transaction("bring_history") as tx:
                _write(tx, table, _as_here(tx, table, rows, grants), known)
            sleep(self._pause_seconds)

    def _bring_files(self, rows: Sequence[_Values]) -> None:
        """Before their rows: a row's file is always there. They are sealed under keys that both centres have."""
        for row in rows:
            if row["file_name"] is not None and row["wrapped_key"] is not None:
                self._here.put(row["file_name"], [self._there.get(row["file_name"])])

    def _append_audit(self, connection: Connection, day: Day, calls: int) -> None:
        """In one transaction: who finds the day's own entry finds them all."""
        entries: Table = Base.metadata.tables[APPENDED]
        earlier = _tables("before")[APPENDED]
        last = connection.scalar(select(func.max(earlier.c.id))) or 0
        fresh = connection.execute(select(entries).where(entries.c.id > last).order_by(entries.c.id))
        rows = [{name: value for name, value in row._mapping.items() if name != "id"} for row in fresh]
        now = self._centre.clock.now()
        with self._centre.database.transaction("bring_history_audit") as tx:
            if rows:
                tx.execute(insert(entries), rows)
            for insurer in self._centre.insurers:
                audit(
                    tx,
                    insurer_id=insurer.id,
                    at=now,
                    actor="demo",
                    action=HISTORY,
                    subject_kind="history_day",
                    subject_id=day.name,
                    calls=calls,
                )


@cache
def _tables(schema: str) -> _Named:
    """All tables under the name that a second database was attached by."""
    there = MetaData(schema=schema)
    return {one.name: one.to_metadata(there) for one in Base.metadata.sorted_tables}


def _finished(table: FromClause, named: _Named) -> ColumnElement[bool]:
    """Nothing that anybody there is still at, or that would make the living centre do anything but destroy in time."""
    c = table.c
    ended: Mapping[str, Callable[[], ColumnElement[bool]]] = {
        "calls": lambda: c.ended_at.is_not(None),
        "waits": lambda: c.ended_at.is_not(None),
        "callbacks": lambda: c.ended_at.is_not(None),
        "offers": lambda: or_(
            c.wait_id.in_(select(named["waits"].c.id).where(named["waits"].c.ended_at.is_not(None))),
            c.wait_id.is_(None) & c.ended_at.is_not(None),
        ),
        "presence_intervals": lambda: c.until.is_not(None),
        "recordings": lambda: c.ended_at.is_not(None),
        "evaluations": lambda: c.submitted_at.is_not(None),
        "due_work": lambda: c.kind == RETIRE,
    }
    made = ended.get(str(table.name))  # type: ignore[attr-defined]
    return made() if made else c[next(iter(c.keys()))].is_not(None)


def _some_at_once(rows: Sequence[_Values]) -> Iterator[Sequence[_Values]]:
    return (rows[place : place + _AT_ONCE] for place in range(0, len(rows), _AT_ONCE))


def _these(wanted: FromClause, table: Table, rows: Sequence[_Values]) -> Any:
    columns = [wanted.c[column.name] for column in table.primary_key]
    keys = [_key(table, row) for row in rows]
    if len(columns) == 1:
        return select(wanted).where(columns[0].in_([key for (key,) in keys]))
    return select(wanted).where(tuple_(*columns).in_(keys))


def _grants_of(table: Table, rows: Sequence[_Values]) -> Select[Any]:
    """The services, each granted by a policy, that these rows are about: in that centre."""
    asked = {str(row.get(_GRANT.get(table.name, ""))) for row in rows}
    return select(_ENTITLEMENTS.c.id, _ENTITLEMENTS.c.policy_id, _ENTITLEMENTS.c.service).where(
        _ENTITLEMENTS.c.id.in_(asked)
    )


def _as_here(tx: Transaction, table: Table, rows: Sequence[_Values], grants: Sequence[_Grant]) -> list[_Values]:
    """A grant is written when it is first used; where this centre was first, it has another id here."""
    column = _GRANT.get(table.name)
    if column is None or not rows:
        return list(rows)
    policies = [policy_id for _, policy_id, _ in grants]
    own = {
        (policy_id, service): row_id
        for row_id, policy_id, service in tx.execute(
            select(_ENTITLEMENTS.c.id, _ENTITLEMENTS.c.policy_id, _ENTITLEMENTS.c.service).where(
                _ENTITLEMENTS.c.policy_id.in_(policies)
            )
        )
    }
    ids = {row_id: own.get((policy_id, service), row_id) for row_id, policy_id, service in grants}
    return [{**row, column: ids[row[column]]} for row in rows]


def _key(table: Table, row: _Values) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _by_key(table: Table, rows: Sequence[Row[Any]]) -> dict[tuple[Any, ...], _Values]:
    return {_key(table, one): one for one in (row._asdict() for row in rows)}


def _write(tx: Transaction, table: Table, rows: Sequence[_Values], known: Mapping[tuple[Any, ...], _Values]) -> None:
    """Insert what is not there; change what still is what was brought before."""
    here = _by_key(table, tx.execute(_these(table, table, rows)).all())
    fresh = [row for row in rows if _key(table, row) not in here]
    if fresh:
        tx.execute(insert(table), fresh)
    for row in rows:
        key = _key(table, row)
        if key in here and key in known and dict(here[key]) == dict(known[key]):
            tx.execute(update(table).where(*_is(table, key)).values(**row))


def _is(table: Table, key: tuple[Any, ...]) -> Iterator[ColumnElement[bool]]:
    return (column == value for column, value in zip(table.primary_key, key, strict=True))
