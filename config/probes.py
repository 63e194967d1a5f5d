"""Probes of a server: `/healthz`, whether its process lives, and `/readyz`, whether what it needs to serve is there."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from config.database import Database
from config.job_queues import connect
from config.schema_version import newest_version, version_of

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from flask import Flask

HEALTH: Final = "/healthz"
READINESS: Final = "/readyz"

Check: TypeAlias = Callable[[], bool]

# Whoever probes waits a second or so, and asks every few.
_REDIS_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Checks:
    """What a program looks at, by the name that the answer gives it. What is only `useful` is named, and no reason to
    be taken out of service. The carrier is never asked from a probe.
    """

    needed: Mapping[str, Check]
    useful: Mapping[str, Check]


NOTHING: Final = Checks({}, {})
"""Of a program that needs nothing but itself."""


def database_checks(database: Database) -> Mapping[str, Check]:
    """Whether it answers, and whether it is at this program's version or a newer one."""
    return {"database": lambda: _answers(database), "schema": lambda: _is_current(database)}


def redis_check(url: str) -> Mapping[str, Check]:
    """Whether the Redis-protocol server answers."""
    return {"redis": lambda: _redis_answers(url)}


def probed(app: "WSGIApplication", checks: Checks) -> "WSGIApplication":
    """`app` with both probes before it, for anybody to ask: names, yes or no, and never an address or a reason."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path not in (HEALTH, READINESS) or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return app(environ, start_response)
        is_well, told = (True, {}) if path == HEALTH else _readiness(checks)
        body = json.dumps({"ok": is_well, **told}).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
        ]
        start_response("200 OK" if is_well else "503 Service Unavailable", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return answer


def add_probes(app: "Flask", checks: Checks) -> None:
    """The same for a Flask app."""
    app.wsgi_app = probed(app.wsgi_app, checks)  # type: ignore[method-assign, assignment]


def _readiness(checks: Checks) -> tuple[bool, dict[str, object]]:
    needed = {name: check() for name, check in checks.needed.items()}
    useful = {name: check() for name, check in checks.useful.items()}
    return all(needed.values()), {"needed": needed, "useful": useful}


def _answers(database: Database) -> bool:
    try:
        with database.engine.connect():
            return True
    except SQLAlchemyError:
        return False


def _is_current(database: Database) -> bool:
    try:
        return (version_of(database) or "") >= newest_version()
    except SQLAlchemyError:
        return False


def _redis_answers(url: str) -> bool:
    redis = connect(url, timeout_seconds=_REDIS_SECONDS)
    try:
        return bool(redis.ping())
    except RedisError:
        return False
    finally:
        redis.close()
