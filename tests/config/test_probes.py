"""Probes: a process that lives says so whatever is away; readiness names what is missing, and nothing else."""

import json
from pathlib import Path

from config.database import Database
from config.probes import NOTHING, Checks, database_checks, probed, redis_check
from config.schema_version import newest_version


def asked(path: str, checks: Checks, method: str = "GET") -> tuple[str, bytes]:
    """Status and body of an answer."""
    statuses: list[str] = []

    def app(_environ, start_response):
        start_response("418 The app behind", [])
        return [b"app"]

    environ = {"PATH_INFO": path, "REQUEST_METHOD": method}
    body = b"".join(probed(app, checks)(environ, lambda status, _headers: statuses.append(status)))
    return statuses[0], body


def test_a_process_with_everything_there_is_ready(sqlite_url: str, redis_url: str) -> None:
    database = Database(sqlite_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("create table if not exists alembic_version (version_num text)")
        connection.exec_driver_sql(f"insert into alembic_version values ('{newest_version()}')")
    checks = Checks(database_checks(database), redis_check(redis_url))
    status, body = asked("/readyz", checks)
    told = {"ok": True, "needed": {"database": True, "schema": True}, "useful": {"redis": True}}
    assert (status, json.loads(body)) == ("200 OK", told)
    assert asked("/readyz", checks, "HEAD") == ("200 OK", b"")
    database.close()


def test_what_is_needed_and_away_takes_a_process_out_of_service_and_what_is_useful_does_not(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/no-such-folder/pult.sqlite")
    away = redis_check("redis://someone:secret@127.0.0.1:1/0")
    status, body = asked("/readyz", Checks({**database_checks(database), **away}, {}))
    told = {"ok": False, "needed": {"database": False, "schema": False, "redis": False}, "useful": {}}
    assert (status, json.loads(body)) == ("503 Service Unavailable", told)
    assert asked("/readyz", Checks({}, away))[0] == "200 OK"
    assert asked("/healthz", Checks(away, {})) == ("200 OK", b'{"ok": true}')


def test_a_database_that_was_not_migrated_is_not_ready(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/empty.sqlite")
    status, body = asked("/readyz", Checks(database_checks(database), {}))
    assert (status, json.loads(body)["needed"]) == ("503 Service Unavailable", {"database": True, "schema": False})
    database.close()


def test_everything_else_is_the_apps() -> None:
    assert asked("/readyz/x", NOTHING)[1] == b"app"
    assert asked("/healthz", NOTHING, "POST")[1] == b"app"
