"""Serves an exchange over HTTP: as a process of its own, or on a thread inside a test."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ivr.exchange.clock import Clock
from ivr.exchange.courier import Courier
from ivr.exchange.errors import PortTaken
from ivr.exchange.serving import ServedApp
from ivr.exchange.settings import Settings
from ivr.exchange.switch import Switch
from ivr.exchange.web import create_exchange

if TYPE_CHECKING:
    from ivr.exchange.voice.running import RunningVoice

THREADS = 32


class RunningExchange:
    """An exchange on a thread: ``url``, ``switch``; used as a context manager.

    With a clock and a ``SimulatedCourier`` whoever moves the clock calls ``switch.run_due()``;
    without them it is live. With ``voice_port`` (0: any that is free) a live one has ``voice``: telephones in
    pages, and with ``sdk_port`` those of the real Voice SDK, over TLS with a certificate that nobody has signed.
    Raises PortTaken where it cannot listen.
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
        voice_port: int | None = None,
        sdk_port: int | None = None,
    ) -> None:
        self.switch = Switch(settings, clock, courier)
        self._is_live = courier is None if is_live is None else is_live
        # A lost answer is meant to look like a broken server; waitress would log each as an error.
        logging.getLogger("waitress").setLevel(logging.CRITICAL)
        app = self._app = create_exchange(self.switch)
        self.voice: RunningVoice | None = None
        self._voice_ports, self._host = (voice_port, sdk_port), host
        self._web = ServedApp(app, host=host, port=port, threads=THREADS, name="exchange")
        self.url, self.port = self._web.url, self._web.port
        with self.switch.turn() as core:
            core.public_url = self.url

    def start(self) -> Self:
        """Serve; time passes by itself if live."""
        self._web.start()
        if self._is_live:
            self.switch.start()
        self._start_voice(*self._voice_ports)
        return self

    def _start_voice(self, port: int | None, sdk_port: int | None) -> None:
        if port is None:
            return
        # Here, as most exchanges have none and should not wait for what it needs.
        from ivr.exchange.voice.running import RunningVoice

        own = {f"http://{host}:{self.port}" for host in (self._host, "127.0.0.1", "localhost")}
        origins = frozenset({*own, *self.switch.settings.desk_origins})
        voice = RunningVoice(self.switch, host=self._host, port=port, sdk_port=sdk_port, origins=origins)
        try:
            voice.start()
        except PortTaken:
            self.stop()
            raise
        self.voice = voice
        self._app.extensions["signal_port"] = voice.port

    def stop(self) -> None:
        """End the calls, then the requests under way, every thread and every connection."""
        if self.voice:
            self.voice.stop()
            self.voice = None
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
