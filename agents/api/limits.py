"""How often a token may ask, and an address be refused: a minute's requests, counted in Redis for all processes.

While that is away each process counts for itself: the API does not fall, and one system still cannot take it all.
"""

import logging
import threading
from collections import Counter
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
    """Counts requests by minute: those with a good token by the token, the others by the address they come from."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._asked = settings.number("PULT_API_PER_MINUTE", default=600, least=1, most=1_000_000)
        self._refused = settings.number("PULT_API_REFUSED_PER_MINUTE", default=60, least=1, most=1_000_000)
        self._redis = connect(settings.redis_url, timeout_seconds=settings.turn_redis_seconds)
        self._clock = clock
        self._silent_until = 0.0
        self._own: Counter[str] = Counter()
        self._own_minute = 0
        self._lock = threading.Lock()

    def take(self, token_id: str) -> Allowance:
        """Count one request under a good token. Never raises for want of Redis."""
        return self._take(f"token:{token_id}", self._asked)

    def take_refused(self, address: str) -> Allowance:
        """Count one request that came from `address` without a good token. Never raises for want of Redis."""
        return self._take(f"address:{address}", self._refused)

    def _take(self, who: str, limit: int) -> Allowance:
        refuse_inside_transaction("count a request")
        minute, second = divmod(int(self._clock.now().timestamp()), _WINDOW_SECONDS)
        count = self._counted(who, minute)
        return Allowance(
            limit=limit,
            left=max(0, limit - count),
            reset_seconds=_WINDOW_SECONDS - second,
            is_used_up=count > limit,
        )

    def _counted(self, who: str, minute: int) -> int:
        key = f"pult:api:{who}:{minute}"
        if stopwatch() >= self._silent_until:
            try:
                with self._redis.pipeline(transaction=False) as pipe:
                    pipe.incr(key)
                    pipe.expire(key, 2 * _WINDOW_SECONDS)
                    return int(pipe.execute()[0])
            except RedisError as error:
                log.warning("requests are counted here alone: Redis does not answer (%s)", type(error).__name__)
                self._silent_until = stopwatch() + _SILENT_SECONDS
        return self._counted_here(who, minute)

    def _counted_here(self, who: str, minute: int) -> int:
        with self._lock:
            if minute != self._own_minute:
                self._own.clear()
                self._own_minute = minute
            self._own[who] += 1
            return self._own[who]
