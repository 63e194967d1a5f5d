"""Serves an exchange over HTTP: as a process of its own, or on a thread inside a test."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ivr.exchange.clock import Clock
from ivr.exchange.courier import Courier
from ivr.exchange.serving import ServedApp
from ivr.exchange.settings import Settings
from ivr.exchange.switch import Switch
from ivr.exchange.web import create_exchange

THREADS = 32


class RunningExchange:
    """An exchange on a thread: ``url``, ``switch``; used as a context manager.

    With a clock and a ``SimulatedCourier`` whoever moves the clock calls ``switch.run_due()``;
    without them it is live. Raises PortTaken where it cannot listen.
    """

    def __init__(
        self,
        settings: Settings = Settings(),  # noqa: B008
        *,
        clock: Clock | None = None,
        courier: Courier | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        is_live: bool | None = None,
    ) -> None:
        self.switch = Switch(settings, clock, courier)
        self._is_live = courier is None if is_live is None else is_live
        # A lost answer is meant to look like a broken server; waitress would log each as an error.
        logging.getLogger("waitress").setLevel(logging.CRITICAL)
        app = create_exchange(self.switch)
        self._web = ServedApp(app, host=host, port=port, threads=THREADS, name="exchange")
        self.url, self.port = self._web.url, self._web.port
        with self.switch.turn() as core:
            core.public_url = self.url

    def start(self) -> Self:
        """Serve; time passes by itself if live."""
        self._web.start()
        if self._is_live:
            self.switch.start()
        return self

    def stop(self) -> None:
        """End the calls, then the requests under way, every thread and every connection."""
        self.switch.close()
        self._web.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def serve(running: RunningExchange, is_ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT, then end cleanly; `is_ready` is called once both would be heard."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    with running:
        is_ready()
        asked.wait()
