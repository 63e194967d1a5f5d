"""`pult serve …`: the terminal's side of the programs that a service manager keeps running."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from config.addresses import Address, desk_address, exchange_address, fallback_address, metrics_address, web_address
from config.database import Database
from config.due_work import WorkPlan
from config.failpoints import arm_from_environment
from config.lines import load_insurers
from config.logs import set_up_logging
from config.schema_version import require_current
from config.settings import Settings, desk_threads
from config.sweep_process import run_sweep
from config.web_server import AtStop, WebServer
from config.web_server import serve as serve_web
from config.workers import run_worker_pool

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


@dataclass(frozen=True)
class Programs:
    """What each program does, composed from the settings in the process (for web and workers: the fork) that does it.

    `exchange` serves until told to stop; `sweep` makes the look that is repeated; `end_desk` ends a desk's streams.
    """

    settings: Callable[[], Settings]
    web: "Callable[[Settings], WSGIApplication]"
    desk: "Callable[[Settings], WSGIApplication]"
    end_desk: AtStop
    fallback: "Callable[[Settings], WSGIApplication]"
    metrics: "Callable[[Settings], WSGIApplication]"
    plan: Callable[[Settings], WorkPlan]
    sweep: Callable[[Settings], Callable[[], object]]
    exchange: Callable[[Settings], None]

    def checked_settings(self) -> Settings:
        """The settings of a program that needs the database and the lines, both tried: each worker would fail of them
        only after the fork, one after the other. Raises ConfigError or StoreError.
        """
        settings = self.settings()
        load_insurers(settings)
        database = Database(settings.database_url)
        require_current(database)
        database.close()
        return settings


def serve_commands(programs: Programs) -> click.Group:
    """The group `serve`, for `pult` to mount. Its commands raise ConfigError, StoreError and what composing raises."""

    @click.group()
    def serve() -> None:
        """Run one program of a centre, until SIGTERM: what `pult demo` and a service manager start."""
        set_up_logging()
        arm_from_environment(os.environ.get("PULT_FAILPOINT"))

    for add in (_add_web, _add_desk, _add_fallback, _add_workers, _add_sweep, _add_metrics, _add_exchange):
        add(serve, programs)
    return serve


def _add_web(serve: click.Group, programs: Programs) -> None:
    @serve.command()
    def web() -> None:
        """The web server of the carrier's webhooks."""
        settings = programs.checked_settings()
        count = settings.number("PULT_WEB_WORKERS", default=2, least=1, most=256)
        _serve_at(web_address(settings), count, lambda: programs.web(settings))


def _add_desk(serve: click.Group, programs: Programs) -> None:
    @serve.command()
    def desk() -> None:
        """The pages of agents, supervisors and administrators, and their streams of news."""
        settings = programs.checked_settings()
        # One process: a stream costs a thread and no work, and each process would listen and beat for itself.
        count = settings.number("PULT_DESK_WORKERS", default=1, least=1, most=64)
        _serve_at(
            desk_address(settings),
            count,
            lambda: programs.desk(settings),
            threads=desk_threads(settings),
            at_stop=programs.end_desk,
        )


def _add_fallback(serve: click.Group, programs: Programs) -> None:
    @serve.command()
    def fallback() -> None:
        """The fallback: no database, one answer, should the web server fail."""
        settings = programs.settings()
        app = programs.fallback(settings)
        _serve_at(fallback_address(settings), 1, lambda: app)


def _add_workers(serve: click.Group, programs: Programs) -> None:
    @serve.command()
    @click.option("--count", default=2, show_default=True, type=click.IntRange(1, 64))
    def workers(count: int) -> None:
        """The workers that empty the job queues."""
        settings = programs.checked_settings()
        run_worker_pool(settings.redis_url, count, lambda: programs.plan(settings))


def _add_sweep(serve: click.Group, programs: Programs) -> None:
    @serve.command()
    def sweep() -> None:
        """The sweep: finds what is due, and does the telephone work itself where Redis is away."""
        run_sweep(programs.sweep(programs.checked_settings()))


def _add_metrics(serve: click.Group, programs: Programs) -> None:
    @serve.command()
    def metrics() -> None:
        """What Prometheus asks for: figures of the centre and of the programs on this machine."""
        settings = programs.checked_settings()
        _serve_at(metrics_address(settings), 1, lambda: programs.metrics(settings))


def _add_exchange(serve: click.Group, programs: Programs) -> None:
    @serve.command()
    def exchange() -> None:
        """The exchange, a carrier here: every line's number rings at the centre, agents answer by themselves."""
        settings = programs.settings()
        exchange_address(settings).require_free()
        programs.exchange(settings)


def _serve_at(
    address: Address,
    workers: int,
    compose: "Callable[[], WSGIApplication]",
    *,
    threads: int = 1,
    at_stop: AtStop | None = None,
) -> None:
    address.require_free()
    server = WebServer(address.host, address.port, workers, threads)
    serve_web(server, compose, port_setting=address.setting, at_stop=at_stop)
