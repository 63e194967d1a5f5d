"""What every test may ask for: fresh databases of both kinds, a real Redis-protocol server, settings."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import expect

from config import embedded_redis
from config import settings as settings_module
from config.database import Database
from config.embedded_redis import EmbeddedRedis
from config.errors import ConfigError
from config.job_queues import connect
from config.settings import Settings, read_settings
from tests import postgres
from tests.carrier_watch import _every_document_is_valid, carrier_watch  # noqa: F401 - fixtures of every test
from tests.databases import Templates
from tests.ports import free_port
from tests.postgres import PostgresServer

_KINDS = ("sqlite", "postgresql")
# Of what a page shows; machines that run the tests stand still for seconds. It is one for the whole process.
expect.set_options(timeout=60_000)
# The same examples each time, and no judgement by how long this machine took for them.
hypothesis_settings.register_profile(
    "pult", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("pult")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which databases to run the tests on that run on each; whether to refresh transcripts."""
    parser.addoption("--databases", default=",".join(_KINDS), help="sqlite, postgresql or both (the default)")
    parser.addoption("--update-golden", action="store_true", help="write transcripts as calls go now, to be reviewed")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run for each kind of database that was asked for."""
    if "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", metafunc.config.getoption("--databases").split(","), scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that nothing is waited for at the end with one of two processes."""
    items.sort(key=_minutes, reverse=True)


def _minutes(item: pytest.Item) -> float:
    """Only tests that are given ten minutes or more are moved."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker is not None and marker.args[0] >= 600 else 0.0


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """On CI a test that was skipped proves nothing, so it is a failure there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and os.environ.get("CI", "").lower() in ("1", "true") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"\n{len(skipped)} skipped: on CI that is a failure.", red=True)


@pytest.fixture(scope="session", autouse=True)
def _no_other_centres_redis() -> Iterator[None]:
    """A centre that runs on this machine is left alone: no test finds a Redis that was not started for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings_module, "OWN_REDIS_URL", "redis://127.0.0.1:9/0")
        yield


@pytest.fixture(scope="session", autouse=True)
def _redis_may_take_its_time() -> Iterator[None]:
    """A server that starts is waited for, however slow the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded_redis, "_START_SECONDS", 60.0)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started for this test process when the first test asks."""
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Databases to copy from."""
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def sqlite_url(tmp_path: Path, templates: Templates) -> str:
    """A fresh SQLite database with the whole schema."""
    return templates.sqlite(tmp_path / "pult.sqlite")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, templates: Templates) -> Iterator[str]:
    """A fresh PostgreSQL database with the whole schema."""
    url = templates.postgresql(postgres_server)
    yield url
    postgres_server.drop(url)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> str:
    """A fresh database of each kind in turn."""
    url: str = request.getfixturevalue("sqlite_url" if database_kind == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database of each kind in turn, opened."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def empty_database(
    database_kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """A database of each kind in turn with nothing in it, for the migrations."""
    if database_kind == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
        yield opened
        opened.close()
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        opened = Database(server.create())
        yield opened
        opened.close()
        server.drop(opened.url)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """The embedded Redis-protocol server, one for this test process."""
    server = _started_redis(tmp_path_factory)
    yield server
    server.stop()


def _started_redis(folders: pytest.TempPathFactory, tries: int = 3) -> EmbeddedRedis:
    """On another port where somebody else has just taken that one: all tests of this process would fail."""
    server = EmbeddedRedis(free_port(), folders.mktemp("redis"))
    try:
        server.start()
    except ConfigError:
        if tries == 1:
            raise
        return _started_redis(folders, tries - 1)
    return server


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    """The server's URL, with nothing in it."""
    with connect(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str) -> Settings:
    """Settings of a centre in a folder of its own, on SQLite."""
    return read_settings(
        {"PULT_DATA_DIR": str(tmp_path / "data"), "PULT_DATABASE_URL": sqlite_url, "PULT_REDIS_URL": redis_url},
        folder=tmp_path,
    )
