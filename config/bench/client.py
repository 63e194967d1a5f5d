"""A telephone carrier's HTTP client reduced to what a measurement needs: one request written, one reply read."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit

from config.clock import stopwatch

_TIMEOUT_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Request:
    """A form to post to a URL, with headers such as the signature; by `method` GET, the URL alone.

    `kind` names the sort of turn; news has none.
    """

    url: str
    form: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    method: str = "POST"

    def encoded(self, *, keep_alive: bool) -> bytes:
        """The request as it goes over the wire; built before the watch starts."""
        parts = urlsplit(self.url)
        body = urlencode(self.form).encode()
        lines = [
            f"{self.method} {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
            f"Connection: {'keep-alive' if keep_alive else 'close'}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join((*lines, "", "")).encode() + body


@dataclass(frozen=True)
class Reply:
    """What came back, and after how many seconds, the opening of a connection included where one was opened."""

    status: int
    body: bytes
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether the server took it: 2xx."""
        return 200 <= self.status < 300


class Client:
    """One connection at a time to one server; not for several threads."""

    def __init__(self, address: str, *, keep_alive: bool = True) -> None:
        parts = urlsplit(address)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._keep_alive = keep_alive
        self._socket: socket.socket | None = None

    def send(self, request: Request) -> Reply:
        """Send and wait for the whole reply; raises OSError when there is none."""
        sent = request.encoded(keep_alive=self._keep_alive)
        began = stopwatch()
        try:
            status, body, is_kept = self._exchange(sent)
        except OSError:
            # A server may close an idle connection just as we write: once more, on a fresh one.
            self.close()
            status, body, is_kept = self._exchange(sent)
        seconds = stopwatch() - began
        if not is_kept or not self._keep_alive:
            self.close()
        return Reply(status, body, seconds)

    def close(self) -> None:
        """Drop the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, sent: bytes) -> tuple[int, bytes, bool]:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, _TIMEOUT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(sent)
        return _read_reply(self._socket)


def _read_reply(connection: socket.socket) -> tuple[int, bytes, bool]:
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _more(connection)
    head = received[:end].decode("latin-1").lower()
    body = received[end + 4 :]
    length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), 0)
    while len(body) < length:
        body += _more(connection)
    return int(head[9:12]), body, "connection: close" not in head


def _more(connection: socket.socket) -> bytes:
    chunk = connection.recv(65536)
    if not chunk:
        raise ConnectionResetError("the server closed the connection")
    return chunk
