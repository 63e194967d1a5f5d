"""Server-sent events as many browsers have them: a stream each, and one thread that reads them all and notes when."""

import selectors
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final
from urllib.parse import urlsplit

from config.clock import stopwatch

_TIMEOUT_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True)
class Heard:
    """One event: at which stream, counted from 0; its kind and data; when it had come, by the stopwatch."""

    stream: int
    kind: str
    data: str
    at: float


class EventStreams:
    """Streams of one address, each opened with the cookies of its browser."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._streams: list[_Stream] = []
        self._selector = selectors.DefaultSelector()
        self._heard: SimpleQueue[Heard] = SimpleQueue()
        self._is_stopped = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True, name="streams")
        self._reader.start()

    def open(self, cookies: str) -> int:
        """Ask for one more, and return its number; that it is open shows when its first event comes."""
        address = (self._url.hostname or "127.0.0.1", self._url.port or 80)
        stream = _Stream(len(self._streams), socket.create_connection(address, _TIMEOUT_SECONDS))
        self._streams.append(stream)
        stream.connection.sendall(self._request(cookies))
        stream.connection.setblocking(False)
        self._selector.register(stream.connection, selectors.EVENT_READ, stream)
        return stream.number

    def next(self, *, within_seconds: float) -> Heard | None:
        """The next event of any stream, in the order in which they came; None if none comes in time."""
        try:
            return self._heard.get(timeout=max(0.0, within_seconds))
        except Empty:
            return None

    def close(self) -> None:
        """As if every browser were closed."""
        self._is_stopped.set()
        self._reader.join()
        for stream in self._streams:
            stream.connection.close()
        self._selector.close()

    def _request(self, cookies: str) -> bytes:
        lines = (
            # The older version asks for the events as they are, not cut in chunks.
            f"GET {self._url._replace(scheme='', netloc='').geturl()} HTTP/1.0",
            f"Host: {self._url.netloc}",
            "Accept: text/event-stream",
            f"Cookie: {cookies}",
        )
        return "\r\n".join((*lines, "", "")).encode()

    def _read(self) -> None:
        while not self._is_stopped.is_set():
            for key, _ in self._selector.select(_LOOK_SECONDS):
                if not self._take(key.data):
                    self._selector.unregister(key.fileobj)

    def _take(self, stream: "_Stream") -> bool:
        """Whether the stream goes on."""
        try:
            received = stream.connection.recv(65536)
        except OSError:
            return False
        at = stopwatch()
        for kind, data in stream.events(received):
            self._heard.put(Heard(stream.number, kind, data, at))
        return bool(received)


@dataclass(eq=False)
class _Stream:
    """One browser's connection, and what has come of an event that is not whole yet."""

    number: int
    connection: socket.socket
    rest: bytes = field(default=b"")

    def events(self, received: bytes) -> Iterator[tuple[str, str]]:
        """Kind and data of every event that is whole now."""
        *whole, self.rest = (self.rest + received).split(b"\n\n")
        for one in whole:
            # Before the first event stands the reply's head, whose fields have other names.
            fields = dict(line.partition(": ")[::2] for line in one.decode().splitlines())
            if "event" in fields:
                yield fields["event"], fields.get("data", "")
