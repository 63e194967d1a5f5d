"""`pult serve …`: the terminal's side of the programs that a service manager keeps running."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from config.due_work import WorkPlan
from config.failpoints import arm_from_environment
from config.logs import set_up_logging
from config.settings import Settings
from config.sweep_process import run_sweep
from config.web_server import WebServer
from config.web_server import serve as serve_web
from config.workers import run_worker_pool

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


@dataclass(frozen=True)
class Programs:
    """What each program does, composed from the settings in the process (for web and workers: the fork) that does it.

    `exchange` serves until told to stop; `sweep` makes the look that is repeated.
    """

    settings: Callable[[], Settings]
    web: "Callable[[Settings], WSGIApplication]"
    fallback: "Callable[[Settings], WSGIApplication]"
    plan: Callable[[Settings], WorkPlan]
    sweep: Callable[[Settings], Callable[[], object]]
    exchange: Callable[[Settings], None]


def serve_commands(programs: Programs) -> click.Group:
    """The group `serve`, for `pult` to mount. Its commands raise ConfigError, StoreError and what composing raises."""

    @click.group()
    def serve() -> None:
        """Run one program of a centre, until SIGTERM: what `pult demo` and a service manager start."""
        set_up_logging()
        arm_from_environment(os.environ.get("PULT_FAILPOINT"))

    for add in (_add_web, _add_fallback, _add_workers, _add_sweep, _add_exchange):
        add(serve, programs)
    return serve


def _add_web(serve: click.Group, programs: Programs) -> None:
    @serve.command()
    def web() -> None:
        """The web server of the carrier's webhooks."""
        settings = programs.settings()
        count = int(settings.named.get("PULT_WEB_WORKERS", "2"))
        place = _listening(settings, "PULT_WEB_BIND", settings.public_url, workers=count)
        serve_web(place, lambda: programs.web(settings), port_setting="PULT_WEB_BIND")


def _add_fallback(serve: click.Group, programs: Programs) -> None:
    @serve.command()
    def fallback() -> None:
        """The fallback: no database, one answer, should the web server fail."""
        settings = programs.settings()
        app = programs.fallback(settings)
        place = _listening(settings, "PULT_FALLBACK_BIND", settings.fallback_url, workers=1)
        serve_web(place, lambda: app, port_setting="PULT_FALLBACK_BIND")


def _add_workers(serve: click.Group, programs: Programs) -> None:
    @serve.command()
    @click.option("--count", default=2, show_default=True, type=click.IntRange(1, 64))
    def workers(count: int) -> None:
        """The workers that empty the job queues."""
        settings = programs.settings()
        run_worker_pool(settings.redis_url, count, lambda: programs.plan(settings))


def _add_sweep(serve: click.Group, programs: Programs) -> None:
    @serve.command()
    def sweep() -> None:
        """The sweep: finds what is due, and does the telephone work itself where Redis is away."""
        run_sweep(programs.sweep(programs.settings()))


def _add_exchange(serve: click.Group, programs: Programs) -> None:
    @serve.command()
    def exchange() -> None:
        """The exchange, a carrier here: every line's number rings at the centre, agents answer by themselves."""
        programs.exchange(programs.settings())


def _listening(settings: Settings, setting: str, url: str, *, workers: int) -> WebServer:
    """Where to listen: as `setting` says (http://host:port), else where `url` points, which a proxy may answer for."""
    address = urlsplit(settings.named.get(setting, url))
    return WebServer(address.hostname or "127.0.0.1", address.port or 8080, workers)
