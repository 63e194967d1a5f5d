"""Serves a WSGI application on a thread, and ends so that no thread touches a descriptor that was closed."""

from __future__ import annotations

import os
import socket
import threading
from types import TracebackType
from typing import Any, Self

from waitress import create_server, wasyncore  # type: ignore[import-untyped]

from ivr.exchange.errors import PortTaken

# How long a request that is under way may take to end once the server is told to stop.
PATIENCE_SECONDS = 5.0
# The loop looks this often whether it is to end, should a wake-up get lost.
_LOOK_SECONDS = 1.0
# Every program that keeps its connections open counts; waitress would stop accepting at 100.
_MOST_CONNECTIONS = 4000


class ServedApp:
    """A web server in this process: ``url``, ``port``; listens from its making, serves from ``start``.

    Port 0 takes any free one. Raises PortTaken where it cannot listen. Used as a context manager.
    """

    def __init__(
        self, app: Any, *, host: str = "127.0.0.1", port: int = 0, threads: int = 8, name: str = "web"
    ) -> None:
        listening = _listen(host, port)
        self.port = int(listening.getsockname()[1])
        self.url = f"http://{host}:{self.port}"
        self._map: dict[int, Any] = {}
        self._server = create_server(
            app,
            sockets=[listening],
            threads=threads,
            map=self._map,
            ident=None,
            connection_limit=_MOST_CONNECTIONS,
        )
        self._is_ending = threading.Event()
        self._loop = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> Self:
        """Serve."""
        self._loop.start()
        return self

    def stop(self) -> None:
        """Let requests under way end, then the threads, then every connection; may be called twice.

        Waitress wakes its loop through a pipe: each of its threads after each request, and whoever hands the loop
        something to do. Closed under one of them, that pipe raises EBADF, or the byte lands in whatever file got the
        number next. So nothing is closed before everybody who writes there is gone, the loop itself included.
        """
        self._end_requests()
        self._is_ending.set()
        if self._loop.is_alive():
            self._server.pull_trigger()
            self._loop.join()
        self._close()

    def _run(self) -> None:
        while not self._is_ending.is_set():
            # poll, not select, which cannot see descriptors beyond number 1,023.
            wasyncore.loop(timeout=_LOOK_SECONDS, use_poll=True, map=self._map, count=1)

    def _end_requests(self) -> None:
        """End the threads that answer; one whose client does not read is freed by closing its connection."""
        threads = self._server.task_dispatcher
        threads.shutdown(timeout=PATIENCE_SECONDS)
        if threads.threads and self._loop.is_alive():
            self._server.trigger.pull_trigger(self._hang_up)
            threads.shutdown(timeout=PATIENCE_SECONDS)

    def _hang_up(self) -> None:
        """Close every connection; on the loop's thread, or after that has ended."""
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()

    def _close(self) -> None:
        """Nobody is left: close all. Where a thread hangs in the application for ever, the pipe stays open for it."""
        self._hang_up()
        wasyncore.dispatcher.close(self._server)
        if not self._server.task_dispatcher.threads:
            self._server.trigger.close()

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
