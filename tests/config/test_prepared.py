"""Prepared statements: the same rows and the same errors as SQLAlchemy's own way, on both databases."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError, OperationalError

from config.audit import AuditEntry
from config.database import Database
from config.due_work import DueWork
from config.prepared import Prepared, change, insertion
from tests.postgres import close_connections

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ADD = insertion(AuditEntry, "id", "insurer_id", "at", "actor", "action", "subject_kind", "subject_id", "detail")
FIND = Prepared(
    select(AuditEntry.id, AuditEntry.at, AuditEntry.detail)
    .where(AuditEntry.at <= bindparam("until"), AuditEntry.actor != "left out")
    .order_by(AuditEntry.id)
)
COUNT = Prepared(select(func.count()).select_from(AuditEntry).where(AuditEntry.actor == "anna"))
POSTPONE = change(DueWork, "due_at", "attempts")
WHEN = Prepared(select(DueWork.due_at, DueWork.attempts).where(DueWork.id == bindparam("of_id")))


def entry(number: int, actor: str = "anna") -> dict[str, object]:
    return {
        "id": number,
        "insurer_id": "vsk",
        "at": NOON,
        "actor": actor,
        "action": "looked",
        "subject_kind": "call",
        "subject_id": "c1",
        "detail": {"grams": number},
    }


def test_what_is_written_is_found_with_the_same_values(database: Database) -> None:
    with database.transaction("add") as tx:
        ADD.run(tx, [entry(1), entry(2), entry(3, "left out")])
        ADD.run(tx, [entry(4)])
        assert FIND.rows(tx, {"until": NOON}) == [(number, NOON, {"grams": number}) for number in (1, 2, 4)]
        assert COUNT.value(tx, {}) == 3
        assert tx.get_one(AuditEntry, 2).detail == {"grams": 2}


def test_what_the_session_changed_is_seen_and_can_be_changed(database: Database) -> None:
    with database.transaction("add") as tx:
        tx.add(DueWork(id="w", insurer_id="vsk", kind="ring", subject_id="o1", due_at=NOON))
        assert WHEN.rows(tx, {"of_id": "w"}) == [(NOON, 0)]
        POSTPONE.run(tx, [{"row_id": "w", "due_at": NOON.replace(hour=13), "attempts": 1}])
        assert WHEN.rows(tx, {"of_id": "w"}) == [(NOON.replace(hour=13), 1)]


def test_nothing_found_is_none(database: Database) -> None:
    with database.transaction("look") as tx:
        assert WHEN.value(tx, {"of_id": "nobody"}) is None


def test_the_drivers_errors_are_raised_as_the_engines(database: Database) -> None:
    with pytest.raises(IntegrityError) as refused, database.transaction("add") as tx:
        ADD.run(tx, [entry(1), entry(1)])
    assert "grams" not in str(refused.value)


def test_a_sign_that_marks_parameters_may_stand_in_the_statement(database: Database) -> None:
    odd = Prepared(select(AuditEntry.id).where(AuditEntry.id % 2 == bindparam("rest")).order_by(AuditEntry.id))
    with database.transaction("add") as tx:
        ADD.run(tx, [entry(1), entry(2), entry(3)])
        assert odd.rows(tx, {"rest": 1}) == [(1,), (3,)]


def test_what_is_prepared_outlives_what_is_undone(database: Database) -> None:
    for number in range(8):
        with database.transaction("add") as tx:
            ADD.run(tx, [entry(number + 1)])
            with suppress(IntegrityError), tx.begin_nested():
                tx.execute(select(AuditEntry.id).where(AuditEntry.actor == "anna"))
                ADD.run(tx, [entry(1)])
            assert COUNT.value(tx, {}) == number + 1
        with suppress(RuntimeError), database.transaction("undone") as tx:
            ADD.run(tx, [entry(100)])
            raise RuntimeError
    with database.reading("look") as tx:
        assert COUNT.value(tx, {}) == 8


def test_a_server_lost_in_the_midst_is_said_and_costs_that_transaction_only(postgres_url: str) -> None:
    database = Database(postgres_url)

    def interrupted() -> None:
        with database.transaction("add") as tx:
            ADD.run(tx, [entry(2)])
            close_connections(postgres_url)
            COUNT.value(tx, {})

    with database.transaction("add") as tx:
        ADD.run(tx, [entry(1)])
    with pytest.raises(OperationalError) as lost:
        interrupted()
    assert lost.value.connection_invalidated
    with database.transaction("add") as tx:
        ADD.run(tx, [entry(3)])
        assert [row[0] for row in FIND.rows(tx, {"until": NOON})] == [1, 3]
    database.close()


def test_a_statement_that_is_spelled_out_anew_each_time_is_refused(database: Database) -> None:
    spelled_out = Prepared(select(DueWork.id).where(DueWork.id.in_(["a"])))
    with database.transaction("look") as tx, pytest.raises(ValueError, match="spelled out anew"):
        spelled_out.rows(tx, {})
