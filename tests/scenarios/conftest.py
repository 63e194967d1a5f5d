"""Centres for whole calls: one of each kind of database for a test process, and one at a weekend."""

from collections.abc import Iterator

import pytest

from config.embedded_redis import running
from tests.ports import free_port
from tests.postgres import PostgresServer
from tests.scenarios.centre import SATURDAY, WEEKDAY, Centre, opened


@pytest.fixture(scope="session")
def sqlite_centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """One centre on SQLite for the calls that leave nothing behind, which each of them proves."""
    folder = tmp_path_factory.mktemp("centre")
    with running(free_port(), folder / "redis") as redis, opened(folder, WEEKDAY, redis.url) as centre:
        yield centre


@pytest.fixture(scope="session")
def postgres_centre(tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer) -> Iterator[Centre]:
    """The same on PostgreSQL."""
    folder, url = tmp_path_factory.mktemp("centre"), postgres_server.create()
    with (
        running(free_port(), folder / "redis") as redis,
        opened(folder, WEEKDAY, redis.url, database_url=url) as centre,
    ):
        yield centre
    postgres_server.drop(url)


@pytest.fixture
def centre(sqlite_centre: Centre) -> Iterator[Centre]:
    """A centre at noon of a working day, on a carrier that misbehaves; after the test nothing may be left open."""
    sqlite_centre.begin_anew()
    yield sqlite_centre
    sqlite_centre.assert_all_is_well()


@pytest.fixture
def either_centre(database_kind: str, request: pytest.FixtureRequest) -> Iterator[Centre]:
    """The same on each kind of database in turn: for what stands for all the rest."""
    found: Centre = request.getfixturevalue("sqlite_centre" if database_kind == "sqlite" else "postgres_centre")
    found.begin_anew()
    yield found
    found.assert_all_is_well()


@pytest.fixture(scope="session")
def weekend_centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """A centre of its own on a Saturday: no clock that is moved for one test is another's."""
    folder = tmp_path_factory.mktemp("weekend")
    with running(free_port(), folder / "redis") as redis, opened(folder, SATURDAY, redis.url) as centre:
        yield centre


@pytest.fixture
def weekend(weekend_centre: Centre) -> Iterator[Centre]:
    """A centre at noon of a Saturday."""
    weekend_centre.begin_anew()
    yield weekend_centre
    weekend_centre.assert_all_is_well()
