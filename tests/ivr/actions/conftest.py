"""The context that an action is given, on a real database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.centre import Centre
from config.clock import MovedClock
from config.database import Database, Transaction
from config.due_work import WorkPlan
from config.settings import read_settings
from ivr.actions.context import ActionContext
from ivr.ports import Ports
from tests.ivr.insurers import shipped_insurers
from tests.ivr.log_rows import NOW, add_call

INSURERS = shipped_insurers()


@pytest.fixture
def centre(tmp_path: Path, sqlite_url: str) -> Iterator[Centre]:
    """The centre as services see it."""
    database, clock = Database(sqlite_url), MovedClock(NOW)
    settings = read_settings(
        {"PULT_DATABASE_URL": sqlite_url, "PULT_DATA_DIR": str(tmp_path / "data")}, folder=tmp_path
    )
    yield Centre(settings, clock, database, WorkPlan(database, clock), INSURERS)
    database.close()


@pytest.fixture
def tx(centre: Centre) -> Iterator[Transaction]:
    """A writing transaction."""
    with centre.database.transaction("test") as tx:
        yield tx


@pytest.fixture
def context_of(centre: Centre, tx: Transaction) -> Callable[..., ActionContext]:
    """Makes the context of a new call of an insurer's first line; these actions ask nothing of the packages above."""

    def make(insurer_id: str = "vsk", **given: object) -> ActionContext:
        insurer = INSURERS[insurer_id]
        line = next(iter(insurer.lines.values()))
        nothing_asked = Ports(None, None, None, None, None)
        call = add_call(tx, insurer_id=insurer_id, line=line.name, **given)
        return ActionContext(
            tx=tx,
            call=call,
            insurer=insurer,
            line=line,
            centre=centre,
            ports=nothing_asked,
            flows=None,
            at=NOW,
            language="ru",
            variables={},
        )

    return make
