"""Fresh databases with the whole schema, copied from a template that is made once in a test process."""

import importlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import MetaData, event

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
    "agents.models.evaluations",
    "agents.api.models",
    "agents.models.searches",
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


@contextmanager
def read_apart(database: Database, *names: str) -> Iterator[None]:
    """Within, something is written in each of the transactions so called, and nothing is read in any of them: who only
    looks must keep nobody from writing.
    """
    own, inside, opened, read = database.transaction, [], set(), []

    @contextmanager
    def noted(name: str):
        with own(name) as tx:
            inside.append(name)
            opened.add(name)
            try:
                yield tx
            finally:
                inside.pop()

    def look(_connection, _cursor, statement: str, *_: object) -> None:
        if inside and inside[-1] in names and statement.lstrip().upper().startswith("SELECT"):
            read.append((inside[-1], statement))

    event.listen(database.engine, "before_cursor_execute", look)
    database.transaction = noted
    try:
        yield
    finally:
        database.transaction = own
        event.remove(database.engine, "before_cursor_execute", look)
    assert not read
    assert opened >= set(names)


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
