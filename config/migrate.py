"""Migrations: bring a database to the schema that the code expects, and write the next version when models change."""

import warnings
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from config.database import Database
from config.errors import StoreUnavailable

FOLDER: Final = Path(__file__).resolve().parent / "migrations"
# Any number, as long as it is always the same: two starting processes must not migrate at once.
_POSTGRESQL_LOCK: Final = 7_105_108_116


def upgrade(database: Database, metadata: MetaData) -> None:
    """Bring `database` to the newest version; all or nothing, and safe when several processes start at once."""
    with _connected(database) as connection:
        command.upgrade(_config(connection, metadata), "head")


def revise(database: Database, metadata: MetaData, message: str) -> Path | None:
    """Write the version that leads from `database`, which must be at the newest, to `metadata`.

    Returns the new file to read and correct, or None where nothing differs.
    """
    with _connected(database) as connection, _quiet_about_expressions():
        written = command.revision(
            _config(connection, metadata), message, autogenerate=True, rev_id=f"{len(_versions()) + 1:04d}"
        )
    scripts = written if isinstance(written, list) else [written]
    return next((Path(script.path) for script in scripts if script), None)


def heads() -> tuple[str, ...]:
    """The newest versions; there must be one."""
    return tuple(_scripts().get_heads())


def differences(database: Database, metadata: MetaData) -> list[Any]:
    """What migrations made of `database` and `metadata` do not agree in; empty when all is well."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        with _quiet_about_expressions():
            return list(compare_metadata(context, metadata))


@contextmanager
def _quiet_about_expressions() -> Iterator[None]:
    """SQLite does not tell which expression an index is over: Alembic and SQLAlchemy grumble, and go on."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "autogenerate skipping metadata-specified expression-based index")
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")
        yield


@contextmanager
def _connected(database: Database) -> Iterator[Connection]:
    """A connection in one transaction that only one process at a time has."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            # A table that is copied and dropped must not take the rows that point at it along; outside a
            # transaction only, hence on the driver's connection. BEGIN IMMEDIATE then keeps others out.
            _sqlite_foreign_keys(connection, is_on=False)
        try:
            with connection.begin():
                if not database.is_sqlite:
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_LOCK})")
                yield connection
                _refuse_orphans(connection)
        finally:
            if database.is_sqlite:
                _sqlite_foreign_keys(connection, is_on=True)


def _sqlite_foreign_keys(connection: Connection, *, is_on: bool) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA foreign_keys={'ON' if is_on else 'OFF'}")


def _refuse_orphans(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    if orphan := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise StoreUnavailable(f"a migration would leave rows of {orphan[0]} without what they point at.")


def _versions() -> list[str]:
    return [script.revision for script in _scripts().walk_revisions()]


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(FOLDER))


def _config(connection: Connection, metadata: MetaData) -> Config:
    config = Config(cmd_opts=Namespace(quiet=True))
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, metadata=metadata)
    return config
