"""Which programs a centre on one machine consists of, in the order in which they are started."""

import sys
from collections.abc import Sequence
from functools import partial
from typing import Final

from config.embedded_redis import command as redis_command
from config.embedded_redis import port_of as redis_port_of
from config.embedded_redis import prepare as prepare_redis
from config.embedded_redis import responds
from config.ports import answers
from config.processes import Program
from config.settings import Settings

_SERVE: Final = (sys.executable, "-m", "wsgi", "serve")


def programs_of(settings: Settings) -> Sequence[Program]:
    """Exchange, web server, fallback, workers and sweep, each `pult serve …`; before them the embedded Redis, where
    `settings` place Redis on this machine. Raises ConfigError if its port is taken.
    """
    served = (
        Program("exchange", [*_SERVE, "exchange"], partial(answers, f"{settings.carrier_url}/exchange/health")),
        Program("web", [*_SERVE, "web"], partial(answers, f"{settings.public_url}/static/hold.wav")),
        Program("fallback", [*_SERVE, "fallback"], partial(answers, settings.fallback_url)),
        Program("workers", [*_SERVE, "workers"]),
        Program("sweep", [*_SERVE, "sweep"]),
    )
    return (*_embedded_redis(settings), *served)


def _embedded_redis(settings: Settings) -> Sequence[Program]:
    port, folder = redis_port_of(settings.redis_url), settings.data_dir / "redis"
    if port is None:
        return ()
    prepare_redis(port, folder)
    return (Program("redis", redis_command(port, folder), partial(responds, port)),)
