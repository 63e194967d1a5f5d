"""A centre on a database of its own, with the shipped insurers and a clock that stands still."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.centre import Centre
from config.clock import MovedClock
from config.database import Database
from config.due_work import WorkPlan
from config.settings import read_settings
from tests.ivr.insurers import shipped_insurers
from tests.ivr.log_rows import NOW


@pytest.fixture
def centre(tmp_path: Path, sqlite_url: str) -> Iterator[Centre]:
    """The centre as services see it."""
    database, clock = Database(sqlite_url), MovedClock(NOW)
    settings = read_settings(
        {"PULT_DATABASE_URL": sqlite_url, "PULT_DATA_DIR": str(tmp_path / "data")}, folder=tmp_path
    )
    yield Centre(settings, clock, database, WorkPlan(database, clock), shipped_insurers())
    database.close()
