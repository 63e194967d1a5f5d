"""Transactions: rows read and inserted past the session, and the connections that are kept."""

import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import object_session

from config.audit import AuditEntry, audit, audited_reading, unwritten_in
from config.database import Database, Transaction
from config.due_work import DueWork
from config.found_rows import FoundRows, NewRows, columns_of
from tests.databases import read_apart

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ONE = NOON.replace(hour=13)
WORK = columns_of(DueWork)
OF_KIND = FoundRows(DueWork, select(WORK).where(WORK.c.kind == bindparam("kind")).order_by(WORK.c.id))
NEW = NewRows(DueWork)


@pytest.fixture
def ringing(database: Database) -> Database:
    """A database with two pieces of work."""
    with database.transaction("add") as tx:
        for number in ("1", "2"):
            tx.add(DueWork(id=number, insurer_id="vsk", kind="ring", subject_id=f"o{number}", due_at=NOON))
    return database


def attempts(database: Database) -> list[int]:
    with database.reading("look") as tx:
        return list(tx.scalars(select(DueWork.attempts).order_by(DueWork.id)))


def test_a_row_found_needs_no_session_until_something_asks_for_one(ringing: Database) -> None:
    with ringing.transaction("ring") as tx:
        first, second = OF_KIND.all(tx, kind="ring")
        assert (first.id, second.due_at) == ("1", NOON)
        assert tx.has(first)
        assert object_session(first) is None
        assert tx.get(DueWork, "1") is first
        assert object_session(second) is tx
        assert tx.has(second)


def test_what_was_changed_of_a_row_found_is_written(ringing: Database) -> None:
    with ringing.transaction("ring") as tx:
        OF_KIND.all(tx, kind="ring")[0].attempts = 1
    assert attempts(ringing) == [1, 0]


def test_what_was_changed_is_written_before_anything_is_looked_for(ringing: Database) -> None:
    with ringing.transaction("ring") as tx:
        OF_KIND.all(tx, kind="ring")[0].kind = "stop"
        assert [row.id for row in OF_KIND.all(tx, kind="ring")] == ["2"]


def test_what_an_error_interrupts_is_not_written(ringing: Database) -> None:
    with suppress(RuntimeError), ringing.transaction("ring") as tx:
        OF_KIND.all(tx, kind="ring")[0].attempts = 1
        tx.flush()
        raise RuntimeError
    with ringing.reading("look") as tx:
        OF_KIND.all(tx, kind="ring")[0].attempts = 1
    assert attempts(ringing) == [0, 0]


@pytest.mark.parametrize("is_of_session", [True, False])
def test_a_row_known_comes_as_itself_with_what_others_wrote(ringing: Database, is_of_session: bool) -> None:
    with ringing.transaction("ring") as tx:
        row = tx.get(DueWork, "1") if is_of_session else OF_KIND.first(tx, kind="ring")
        assert row is not None
        tx.own_connection.exec_driver_sql("update due_work set attempts = 7")
        assert OF_KIND.first(tx, kind="ring") is row
        assert row.attempts == 7


def test_a_row_let_go_is_written_no_more(ringing: Database) -> None:
    with ringing.transaction("ring") as tx:
        row = OF_KIND.all(tx, kind="ring")[0]
        row.attempts = 1
        tx.let_go(row)
        assert not tx.has(row)
    assert attempts(ringing) == [0, 0]


def test_a_new_row_has_its_defaults_and_can_be_changed(database: Database) -> None:
    with database.transaction("add") as tx:
        row = NEW.add(tx, id="1", insurer_id="vsk", kind="ring", subject_id="o1", due_at=NOON)
        assert (row.attempts, tx.is_new(row), tx.has(row)) == (0, False, True)
        row.due_at = ONE
    with database.reading("look") as tx:
        assert tx.get_one(DueWork, "1").due_at == ONE


def test_a_row_that_is_there_already_is_refused(ringing: Database) -> None:
    with pytest.raises(IntegrityError), ringing.transaction("add") as tx:
        NEW.add(tx, id="1", insurer_id="vsk", kind="stop", subject_id="o9", due_at=NOON)
    assert attempts(ringing) == [0, 0]


def test_what_is_to_be_written_last_is_written_once_and_last(ringing: Database) -> None:
    seen: list[list[int]] = []

    def look(tx: Transaction) -> None:
        seen.append(list(tx.own_connection.exec_driver_sql("select attempts from due_work order by id").scalars()))

    with ringing.transaction("ring") as tx:
        tx.write_last(look)
        tx.write_last(look)
        OF_KIND.all(tx, kind="ring")[1].attempts = 3
    assert seen == [[0, 3]]


def test_a_savepoint_undoes_what_was_done_in_it_and_nothing_else(ringing: Database) -> None:
    with ringing.transaction("ring") as tx:
        first, second = OF_KIND.all(tx, kind="ring")
        first.attempts = 1
        with suppress(RuntimeError), tx.begin_nested():
            second.attempts = 2
            tx.flush()
            raise RuntimeError
        assert second.attempts == 0
    assert attempts(ringing) == [1, 0]


def test_a_connection_is_kept_until_something_goes_wrong_on_it(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'kept.sqlite'}")
    used = []
    for is_wrong in (False, True, False):
        try:
            with database.transaction("look") as tx:
                used.append(tx.own_connection)
                if is_wrong:
                    raise RuntimeError
        except RuntimeError:
            pass
    database.close()
    assert used[0] is used[1]
    assert used[1] is not used[2]
    assert all(one.closed for one in used)


def entries(database: Database) -> list[str]:
    with database.reading("test_entries") as tx:
        return list(tx.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def look(tx: Transaction, action: str) -> None:
    audit(tx, insurer_id="vsk", at=NOON, actor="t", action=action, subject_kind="calls", subject_id="")


def test_what_is_read_is_on_record_once_it_was_read_and_keeps_nobody_from_writing(database: Database) -> None:
    with audited_reading(database, "look") as tx:
        assert tx.scalars(select(AuditEntry)).all() == []
        look(tx, "looked")
        assert [one.action for one in unwritten_in(tx)] == ["looked"]
        tx.flush()
        writer = threading.Thread(target=write_entry, args=(database,))
        writer.start()
        writer.join(20)
        assert not writer.is_alive()
    assert entries(database) == ["written", "looked"]


def write_entry(database: Database) -> None:
    with database.transaction("beside") as tx:
        look(tx, "written")


def look_and_fail(database: Database) -> None:
    with audited_reading(database, "look") as tx:
        look(tx, "looked")
        raise ZeroDivisionError


def test_a_look_that_fails_or_finds_nothing_leaves_nothing_on_record(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        look_and_fail(database)
    with read_apart(database), audited_reading(database, "look") as tx:
        assert unwritten_in(tx) == ()
    assert entries(database) == []
