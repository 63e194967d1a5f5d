"""The program that Prometheus asks: `/metrics`, for whoever is on this machine, or has the token."""

import hmac
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from agents.metrics import of_job_queues, of_rows
from agents.metrics.families import gauge
from config.centre import Centre
from config.meter_files import counted
from config.meters import FOLDER

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("pult.metrics")

PATH: Final = "/metrics"
_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


# The registry keeps it by its identity.
@dataclass(frozen=True, eq=False)
class _OfTheCentre(Collector):
    """Everything that rows and job queues say; without the database, that it is away."""

    centre: Centre

    def collect(self) -> Iterator[Metric]:
        """Called by the registry, once for each scrape."""
        found, is_up = self._of_rows()
        yield gauge("pult_database_up", "Whether the database answers.", (), {(): is_up})
        yield from found
        yield from of_job_queues.measurements(self.centre.settings.redis_url)

    def _of_rows(self) -> tuple[list[Metric], float]:
        try:
            with self.centre.database.reading("measure") as tx:
                return list(of_rows.measurements(tx, self.centre.insurers, at=self.centre.clock.now())), 1.0
        except SQLAlchemyError as error:
            log.warning("the database cannot be measured (%s)", type(error).__name__)
            return [], 0.0


@dataclass(frozen=True, eq=False)
class _OfProcesses(Collector):
    """What the processes of this machine count themselves."""

    folder: Path

    def collect(self) -> list[Metric]:
        """Called by the registry, once for each scrape."""
        return counted(self.folder)


def metrics_app(centre: Centre, *, token: str | None) -> "WSGIApplication":
    """The app: `GET /metrics`, with `Authorization: Bearer` and the token where one is set; all else is 404."""
    folder = centre.settings.data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH or environ["REQUEST_METHOD"] != "GET":
            return _said(start_response, "404 Not Found")
        if token and not _has_token(environ, token):
            return _said(start_response, "401 Unauthorized", ("WWW-Authenticate", "Bearer"))
        body = generate_latest(_registry(centre, folder))
        start_response("200 OK", [("Content-Type", _TYPE), ("Content-Length", str(len(body)))])
        return [body]

    return app


def _registry(centre: Centre, folder: Path) -> CollectorRegistry:
    """Built for each scrape: the processes' files are read anew."""
    registry = CollectorRegistry()
    registry.register(_OfProcesses(folder))
    registry.register(_OfTheCentre(centre))
    return registry


def _has_token(environ: "WSGIEnvironment", token: str) -> bool:
    given = str(environ.get("HTTP_AUTHORIZATION", ""))
    return hmac.compare_digest(given.encode("latin-1", "replace"), f"Bearer {token}".encode())


def _said(start_response: "StartResponse", status: str, *headers: tuple[str, str]) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), *headers])
    return [f"{status}\n".encode()]
