"""Serves an exchange over HTTP: as a process of its own, or on a thread inside a test."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from waitress import create_server, wasyncore  # type: ignore[import-untyped]

from ivr.exchange.clock import Clock
from ivr.exchange.courier import Courier
from ivr.exchange.errors import PortTaken
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
        listening = _listen(host, port)
        self.port = int(listening.getsockname()[1])
        self.url = f"http://{host}:{self.port}"
        self.switch = Switch(settings, clock, courier)
        self._is_live = courier is None if is_live is None else is_live
        self._map: dict[int, Any] = {}
        # A lost answer is meant to look like a broken server; waitress would log each as an error.
        logging.getLogger("waitress").setLevel(logging.CRITICAL)
        app = create_exchange(self.switch)
        self._server = create_server(app, sockets=[listening], threads=THREADS, map=self._map, ident=None)
        self._thread = threading.Thread(target=self._server.run, name="exchange", daemon=True)
        with self.switch.turn() as core:
            core.public_url = self.url

    def start(self) -> Self:
        """Serve; time passes by itself if live."""
        self._thread.start()
        if self._is_live:
            self.switch.start()
        return self

    def stop(self) -> None:
        """Stop serving, close every connection, end the threads."""
        # The loop ends when its map is empty, and only the loop's own thread may empty it.
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._map, ignore_all=True))
        self.switch.close()
        if self._thread.is_alive():
            self._thread.join(5)
        self._server.task_dispatcher.shutdown()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises PortTaken with one sentence."""
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise PortTaken(f"cannot listen on {host}:{port}: {reason}") from error


def serve(running: RunningExchange, is_ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT, then end cleanly; `is_ready` is called once both would be heard."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    with running:
        is_ready()
        asked.wait()
