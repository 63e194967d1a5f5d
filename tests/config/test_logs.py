"""No digits that identify a person reach a log; ids do, and each record is one line."""

import io
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from config.database import Database
from config.logs import mask_digits, set_up_logging

SECRET = "Образцов Пример Тестович"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root, stream = logging.getLogger(), io.StringIO()
    level = root.level
    handler = set_up_logging(stream=stream)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize(
    "secret",
    [
        "+79160001234",
        "89160001234",
        "8 (916) 000-12-34",
        "+7 916 000-12-34",
        "8-916-000-12-34",
        "7756410884000011",
        "7756 4108 8400 0011",
        "01.02.1980",
        "1980-02-01",
        "01021980",
        "123456",
    ],
)
def test_identifying_digits_are_masked(secret: str) -> None:
    assert mask_digits(f"caller {secret}, again") == "caller •••, again"


@pytest.mark.parametrize(
    "kept",
    [
        "call 0193a5b2c4d5e6f708192a3b4c5d6e7f ended",
        "leg CA0123456789abcdef0123456789abcdef",
        "listening on http://127.0.0.1:8080 with 4 workers",
        "112 and 103, attempt 5 of 12345",
    ],
)
def test_ids_and_small_numbers_are_kept(kept: str) -> None:
    assert mask_digits(kept) == kept


def test_message_and_arguments_are_masked(written: io.StringIO) -> None:
    logging.getLogger("pult.test").info("%s from %s in %d ms, policy 7756410884000011", "call", "+79160001234", 12)
    line = written.getvalue()
    assert "Z INFO pult.test call from ••• in 12 ms, policy •••\n" in line


def test_traceback_is_masked_and_on_the_same_line(written: io.StringIO) -> None:
    try:
        raise ValueError("no policy 7756410884000011\nat all")
    except ValueError:
        logging.getLogger("pult.test").exception("failed")
    assert written.getvalue().count("\n") == 1
    assert "ValueError: no policy •••" in written.getvalue()


def test_arguments_that_do_not_fit_are_not_shown(written: io.StringIO) -> None:
    logging.getLogger("pult.test").info("nothing to fill", "+79160001234")
    assert "9160001234" not in written.getvalue()
    assert "do not fit" in written.getvalue()


def test_set_up_twice_writes_once(written: io.StringIO) -> None:
    root = logging.getLogger()
    handler = set_up_logging(stream=written)
    logging.getLogger("pult.test").info("once")
    root.removeHandler(handler)
    assert written.getvalue().count("once") == 1


ROW = "Failing row contains (1, Образцов Пример, +79160001234, 7756410884000011)."


@pytest.mark.parametrize("after", ["", "\n[SQL: INSERT INTO insured ...]\n(Background on this error at: ...)"])
def test_rows_that_a_database_quotes_are_masked(written: io.StringIO, after: str) -> None:
    message = f'null value in column "name"\nDETAIL:  {ROW}\nsecond line of the name{after}'
    try:
        raise ValueError(message)
    except ValueError:
        logging.getLogger("pult.test").exception("failed")
    assert "Образцов" not in written.getvalue()
    assert "second line" not in written.getvalue()
    assert "null value" in written.getvalue()
    assert ("INSERT INTO" in written.getvalue()) is bool(after)


def test_rows_of_the_database_are_never_written(written: io.StringIO) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    engine = logging.getLogger("sqlalchemy.engine.Engine")
    engine.setLevel(logging.DEBUG)
    try:
        engine.debug("Row %r", ("Образцов Пример",))
        engine.info("SELECT name FROM insured")
    finally:
        engine.setLevel(logging.NOTSET)
    assert "Образцов" not in written.getvalue()
    assert "SELECT" in written.getvalue()


def test_a_real_database_error_shows_no_values(written: io.StringIO, database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE person (name TEXT NOT NULL, policy TEXT CHECK (policy <> name))"))
    try:
        with database.engine.begin() as connection:
            connection.execute(text("INSERT INTO person VALUES (:name, :policy)"), {"name": SECRET, "policy": SECRET})
    except DBAPIError:
        logging.getLogger("pult.test").exception("failed")
    assert "CHECK" in written.getvalue().upper()
    assert SECRET not in written.getvalue()
