"""Triggers that keep a table append-only: rows may be added, and nothing else, whoever asks.

A table is marked so by `info={"append_only": True}`. On SQLite a migration that changes such a table in batch mode
copies it, and must call `guard` again for the copy: a test tries the triggers after all migrations.
"""

from typing import Final

from sqlalchemy import Connection, MetaData

REFUSAL: Final = "this table is append-only"


def guard(connection: Connection, table: str) -> None:
    """Refuse updates and deletions of `table` from now on; `table` is a name out of our own models."""
    for statement in _statements(connection.dialect.name, table):
        connection.exec_driver_sql(statement)


def guard_all(connection: Connection, metadata: MetaData) -> None:
    """Guard every table that is marked append-only."""
    for table in metadata.sorted_tables:
        if table.info.get("append_only"):
            guard(connection, table.name)


def _statements(dialect: str, table: str) -> list[str]:
    return _postgresql(table) if dialect == "postgresql" else _sqlite(table)


def _sqlite(table: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    # INSERT OR REPLACE deletes without firing delete triggers: an id that exists may not be inserted either.
    exists = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"  # noqa: S608 - our own table's name
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {exists} {refuse}",
    ]


def _postgresql(table: str) -> list[str]:
    body = f"BEGIN RAISE EXCEPTION '{REFUSAL}'; END"
    refuse = "EXECUTE FUNCTION refuse_change()"
    return [
        f"CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ]
