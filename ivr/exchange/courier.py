"""Carries web requests to the application: at once and in turn, or by a pool of threads."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol

from ivr.exchange.fetching import Fetcher
from ivr.exchange.webrequest import WebReply, WebRequest

logger = logging.getLogger(__name__)

Deliver = Callable[[WebRequest, WebReply], None]


class Courier(Protocol):
    """Takes requests from the switch and brings replies back to ``deliver``."""

    def start(self, deliver: Deliver) -> None:
        """Begin; ``deliver`` may be called from any thread."""
        ...

    def send(self, request: WebRequest) -> None:
        """Take a request; never blocks on HTTP."""
        ...

    def has_work(self) -> bool:
        """Whether something waits to be carried by ``carry_next``."""
        ...

    def carry_next(self) -> bool:
        """Carry one waiting request inline; False if none waits."""
        ...

    def stop(self) -> None:
        """End; what waits is dropped, what is under way is carried to its end."""
        ...


class SimulatedCourier:
    """Carries requests inline, one at a time, in order, when the switch is told to run."""

    def __init__(self) -> None:
        self._waiting: deque[WebRequest] = deque()
        self._fetcher = Fetcher()
        self._deliver: Deliver = _nowhere

    def start(self, deliver: Deliver) -> None:
        self._deliver = deliver

    def send(self, request: WebRequest) -> None:
        self._waiting.append(request)

    def has_work(self) -> bool:
        return bool(self._waiting)

    def carry_next(self) -> bool:
        if not self._waiting:
            return False
        request = self._waiting.popleft()
        self._deliver(request, self._fetcher.fetch(request))
        return True

    def stop(self) -> None:
        self._waiting.clear()
        self._fetcher.close()


class LiveCourier:
    """Carries requests on a pool of threads: callbacks may overtake each other, as in life."""

    THREADS = 32

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.THREADS, thread_name_prefix="courier")
        self._fetcher = Fetcher()
        self._deliver: Deliver = _nowhere

    def start(self, deliver: Deliver) -> None:
        self._deliver = deliver

    def send(self, request: WebRequest) -> None:
        # Whoever is late finds the pool closed, whatever he saw a moment before.
        with suppress(RuntimeError):
            self._pool.submit(self._carry, request)

    def has_work(self) -> bool:
        return False

    def carry_next(self) -> bool:
        return False

    def stop(self) -> None:
        # What is under way ends by itself (15 s at most): connections are closed under no thread.
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._fetcher.close()

    def _carry(self, request: WebRequest) -> None:
        try:
            self._deliver(request, self._fetcher.fetch(request))
        except Exception:
            # A defect in the exchange must show in its log and cost one call, not a pool thread.
            logger.exception("the exchange failed on a reply from %s", request.url)


def _nowhere(_request: WebRequest, _reply: WebReply) -> None:
    return None
