"""A writing transaction on a real database."""

from collections.abc import Iterator

import pytest

from config.database import Database, Transaction


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """A fresh SQLite database with the whole schema."""
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def tx(database: Database) -> Iterator[Transaction]:
    """A writing transaction."""
    with database.transaction("test") as tx:
        yield tx
