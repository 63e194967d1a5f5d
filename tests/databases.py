"""Fresh databases with the whole schema, copied from a template that is made once in a test process."""

import importlib
import shutil
from pathlib import Path

from sqlalchemy import MetaData

from config.database import Base, Database
from config.migrations import append_only
from tests.postgres import PostgresServer

_MODELS = (
    "config.audit",
    "config.due_work",
    "ivr.calls.models",
    "ivr.insured.models",
    "agents.models",
    "agents.accounts.models",
    "agents.quality.models",
    "agents.api.models",
    "agents.supervisor.models",
    "agents.webhooks.models",
    "recordings.models",
)


def all_metadata() -> MetaData:
    """The metadata with every package's tables in it, as wsgi.py composes it."""
    for name in _MODELS:
        importlib.import_module(name)
    return Base.metadata


def make_schema(url: str) -> None:
    """Make all tables straight from the models; a test of its own proves that the migrations make the same."""
    database = Database(url)
    with database.engine.begin() as connection:
        metadata = all_metadata()
        metadata.create_all(connection)
        append_only.guard_all(connection, metadata)
    database.close()


class Templates:
    """One empty centre of each kind of database, to copy from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._postgres_template: str | None = None

    def sqlite(self, path: Path) -> str:
        """The URL of a fresh SQLite database at `path`."""
        template = self._folder / "template.sqlite"
        if not template.exists():
            make_schema(f"sqlite:///{template}")
        shutil.copy(template, path)
        return f"sqlite:///{path}"

    def postgresql(self, server: PostgresServer) -> str:
        """The URL of a fresh PostgreSQL database on `server`."""
        if self._postgres_template is None:
            url = server.create()
            make_schema(url)
            self._postgres_template = url.rsplit("/", 1)[1].split("?")[0]
        return server.create(self._postgres_template)
