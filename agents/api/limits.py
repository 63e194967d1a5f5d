"""How often a token may ask: so many requests a minute, counted in the Redis-protocol server for all processes.

While that is away each process counts for itself: the API does not fall, and one system still cannot take it all.
"""

import logging
import threading
from dataclasses import dataclass
from typing import Final

from redis.exceptions import RedisError

from config.clock import Clock, stopwatch
from config.database import refuse_inside_transaction
from config.job_queues import connect
from config.settings import Settings

log = logging.getLogger("pult.api")

_WINDOW_SECONDS: Final = 60
_SILENT_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Allowance:
    """What is left of this minute's requests, and in how many seconds the next minute begins."""

    limit: int
    left: int
    reset_seconds: int
    is_used_up: bool

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers writes them."""
        headers = {
            "RateLimit-Policy": f'"minute";q={self.limit};w={_WINDOW_SECONDS}',
            "RateLimit": f'"minute";r={self.left};t={self.reset_seconds}',
        }
        return {**headers, "Retry-After": str(self.reset_seconds)} if self.is_used_up else headers


class RateLimits:
    """Counts requests by token and minute."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._limit = settings.number("PULT_API_PER_MINUTE", default=600, least=1, most=1_000_000)
        self._redis = connect(settings.redis_url, timeout_seconds=settings.turn_redis_seconds)
        self._clock = clock
        self._silent_until = 0.0
        self._own: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, token_id: str) -> Allowance:
        """Count one request. Never raises for want of Redis."""
        refuse_inside_transaction("count a request")
        second = int(self._clock.now().timestamp())
        key = f"pult:api:{token_id}:{second // _WINDOW_SECONDS}"
        count = self._counted(key)
        return Allowance(
            limit=self._limit,
            left=max(0, self._limit - count),
            reset_seconds=_WINDOW_SECONDS - second % _WINDOW_SECONDS,
            is_used_up=count > self._limit,
        )

    def _counted(self, key: str) -> int:
        if stopwatch() >= self._silent_until:
            try:
                with self._redis.pipeline(transaction=False) as pipe:
                    pipe.incr(key)
                    pipe.expire(key, 2 * _WINDOW_SECONDS)
                    return int(pipe.execute()[0])
            except RedisError as error:
                log.warning("requests are counted here alone: Redis does not answer (%s)", type(error).__name__)
                self._silent_until = stopwatch() + _SILENT_SECONDS
        return self._counted_here(key)

    def _counted_here(self, key: str) -> int:
        with self._lock:
            minute = key.rsplit(":", 1)[1]
            self._own = {one: count for one, count in self._own.items() if one.endswith(f":{minute}")}
            self._own[key] = self._own.get(key, 0) + 1
            return self._own[key]
