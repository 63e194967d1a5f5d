"""A receiver of webhooks: a small HTTP server that takes, refuses, hangs, drips or redirects, as it is told."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Event, Thread


class Receiver(ThreadingHTTPServer):
    """Keeps what it was sent; `answer` is a status, `hang` or `drip`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: int | str = 204
        self.got: list[dict] = []
        self.headers_got: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.enough = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?system=crm"

    def handle_error(self, *_: object) -> None:
        """Whoever hangs up on a hanging receiver is right."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        self.server.got.append(json.loads(body))
        self.server.headers_got.append({name.lower(): value for name, value in self.headers.items()})
        if self.server.answer == "hang":
            self.server.enough.wait(60)
        elif self.server.answer == "drip":
            self._drip()
        else:
            self.send_response(int(self.server.answer))
            if 300 <= int(self.server.answer) < 400:
                self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _drip(self) -> None:
        """A header that never ends, a byte at a time: each of them is in time for a time-out of its own."""
        with suppress(OSError):
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.server.enough.wait(0.1):
                self.wfile.write(b"x")
                self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Tests look at what was got."""


@contextmanager
def receiving(tls: SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver within the block."""
    receiver = Receiver()
    if tls is not None:
        receiver.socket = tls.wrap_socket(receiver.socket, server_side=True)
    thread = Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True, name="receiver")
    thread.start()
    try:
        yield receiver
    finally:
        receiver.enough.set()
        receiver.shutdown()
        receiver.server_close()
        thread.join(5)
