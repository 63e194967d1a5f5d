"""The schema's version, cheap to compare: the migrations' library is loaded only for what is to be migrated."""

from pathlib import Path
from typing import Final

from sqlalchemy import MetaData, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from config.database import Database
from config.errors import StoreUnavailable
from config.settings import Settings

VERSIONS: Final = Path(__file__).resolve().parent / "migrations" / "versions"


def newest_version() -> str:
    """The version that this program expects: the number that the last file of `migrations/versions` begins with."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))


def version_of(database: Database) -> str | None:
    """The version that `database` is at; None for an empty one."""
    with database.engine.connect() as connection:
        try:
            found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except (OperationalError, ProgrammingError):
            # No such table: nothing was ever migrated.
            return None
    return found


def require_current(database: Database) -> None:
    """Raise StoreUnavailable, with what to do, where `database` is older than this program; a newer one serves too."""
    database.check()
    if (version_of(database) or "") < newest_version():
        raise StoreUnavailable("the database is not at this program's version: run `pult migrate`.")


def prepare(settings: Settings, metadata: MetaData) -> None:
    """Bring the centre's database to this program's version. Raises StoreUnavailable in words for an administrator."""
    database = Database(settings.database_url)
    try:
        database.check()
        if (version_of(database) or "") < newest_version():
            from config.migrate import upgrade

            upgrade(database, metadata)
    finally:
        database.close()
