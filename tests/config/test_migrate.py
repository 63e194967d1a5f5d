"""Migrations: both databases end where the models are, audit rows stay as written, there is one newest version."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import DatabaseError

from config import migrate
from config.audit import AuditEntry, AuditSeal, audit
from config.database import Database
from config.errors import StoreUnavailable
from config.migrations import append_only
from config.schema_version import newest_version, require_current
from tests.databases import all_metadata

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def write_entry(database: Database) -> None:
    with database.transaction("test") as tx:
        audit(tx, insurer_id="vsk", at=AT, actor="line", action="read", subject_kind="insured", subject_id="1")
        tx.add(AuditSeal(id=1, entry_id=1, mac=""))


def test_migrations_make_what_the_models_say(empty_database: Database) -> None:
    migrate.upgrade(empty_database, all_metadata())
    assert migrate.differences(empty_database, all_metadata()) == []


def test_upgrading_twice_changes_nothing(empty_database: Database) -> None:
    migrate.upgrade(empty_database, all_metadata())
    write_entry(empty_database)
    migrate.upgrade(empty_database, all_metadata())
    with empty_database.reading("test") as tx:
        assert tx.scalar(select(AuditEntry.actor)) == "line"


def test_there_is_one_newest_version() -> None:
    assert migrate.heads() == (newest_version(),)


def test_a_database_of_another_version_is_refused_with_what_to_do(empty_database: Database) -> None:
    with pytest.raises(StoreUnavailable, match="run `pult migrate`"):
        require_current(empty_database)
    migrate.upgrade(empty_database, all_metadata())
    require_current(empty_database)


CHANGES = [
    "UPDATE audit_entries SET actor = 'nobody'",
    "DELETE FROM audit_entries",
    "DELETE FROM audit_seals",
]


@pytest.mark.parametrize("change", CHANGES)
def test_audit_entries_cannot_be_changed(empty_database: Database, change: str) -> None:
    migrate.upgrade(empty_database, all_metadata())
    write_entry(empty_database)
    with pytest.raises(DatabaseError, match=append_only.REFUSAL), empty_database.transaction("test") as tx:
        tx.execute(text(change))


@pytest.mark.parametrize("change", CHANGES)
def test_the_schema_that_tests_use_guards_them_too(database: Database, change: str) -> None:
    write_entry(database)
    with pytest.raises(DatabaseError, match=append_only.REFUSAL), database.transaction("test") as tx:
        tx.execute(text(change))


def test_audit_entries_cannot_be_replaced_on_sqlite(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    write_entry(database)
    with database.reading("test") as tx:
        entry = tx.execute(select(*AuditEntry.__table__.columns)).mappings().one()
    with pytest.raises(DatabaseError, match=append_only.REFUSAL), database.transaction("test") as tx:
        tx.execute(insert(AuditEntry).prefix_with("OR REPLACE").values({**entry, "actor": "nobody"}))
    database.close()


def test_audit_entries_cannot_be_truncated_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(DatabaseError, match=append_only.REFUSAL), database.transaction("test") as tx:
        tx.execute(text("TRUNCATE audit_entries"))
    database.close()


def test_a_changed_model_gets_a_version_and_an_unchanged_one_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        (folder / name).write_text((migrate.FOLDER / name).read_text())
    monkeypatch.setattr(migrate, "FOLDER", folder)
    metadata = MetaData()
    Table("notes", metadata, Column("id", Integer, primary_key=True), info={"append_only": True})
    database = Database(f"sqlite:///{tmp_path / 'x.sqlite'}")
    written = migrate.revise(database, metadata, "keep notes")
    assert written is not None
    assert written.name == "0001_keep_notes.py"
    assert 'append_only.guard(op.get_bind(), "notes")' in written.read_text()
    migrate.upgrade(database, metadata)
    assert migrate.revise(database, metadata, "nothing") is None
    database.close()
