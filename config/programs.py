"""Which programs a centre on one machine consists of, in the order in which they are started."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from config.addresses import (
    desk_address,
    exchange_address,
    fallback_address,
    metrics_address,
    redis_address,
    require_all_free,
    voice_address,
    voice_sdk_address,
    web_address,
)
from config.embedded_redis import command as redis_command
from config.embedded_redis import prepare as prepare_redis
from config.embedded_redis import require_answer, responds
from config.ports import answers
from config.processes import Probe, Program
from config.settings import Settings

_SERVE: Final = (sys.executable, "-m", "config.start", "serve")


def programs_of(settings: Settings, *, environ: Mapping[str, str] = MappingProxyType({})) -> Sequence[Program]:
    """Exchange, web, desk, fallback, workers and sweep, each `pult serve …` with `environ` over this environment;
    before them the embedded Redis, where `settings` place Redis on this machine.
    Figures are given out where a setting says where.

    Raises ConfigError, in one line, where a port of theirs cannot be had, or a Redis elsewhere does not answer.
    """
    exchange, web, fallback = exchange_address(settings), web_address(settings), fallback_address(settings)
    desk, redis = desk_address(settings), redis_address(settings)
    voice, sdk = voice_address(settings), voice_sdk_address(settings)
    metrics = metrics_address(settings) if settings.named.get("PULT_METRICS_BIND", "").strip() else None
    # Before any starts: a foreign server on one of these ports would be taken for ours.
    require_all_free(one for one in (redis, exchange, web, desk, fallback, voice, sdk, metrics) if one is not None)
    probes: dict[str, Probe] = {
        "exchange": partial(answers, f"{exchange.url}/exchange/health"),
        "web": partial(answers, f"{web.url}/static/hold.wav"),
        "desk": partial(answers, f"{desk.url}/health"),
        "fallback": partial(answers, fallback.url),
        "workers": lambda: True,
        "sweep": lambda: True,
    }
    if metrics is not None:
        probes["metrics"] = partial(answers, f"{metrics.url}/healthz")
    served = tuple(Program(name, [*_SERVE, name], probe, environ) for name, probe in probes.items())
    if redis is None:
        require_answer(settings.redis_url)
        return served
    return (_embedded_redis(redis.port, settings), *served)


def _embedded_redis(port: int, settings: Settings) -> Program:
    folder = settings.data_dir / "redis"
    prepare_redis(port, folder)
    return Program("redis", redis_command(port, folder), partial(responds, port))
