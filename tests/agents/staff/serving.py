"""A web server on threads of the test's process, a thread for each request, that can be stopped and started again."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Tests look at what was answered, not at a log."""


def _closing(app: Flask) -> "WSGIApplication":
    """The app, whose answers are closed: where a browser drops the connection, this server forgets to."""

    def answered(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        answer = app(environ, start_response)
        try:
            yield from answer
        finally:
            if hasattr(answer, "close"):
                answer.close()

    return answered


@contextmanager
def serving(app: Flask, port: int) -> Iterator[None]:
    """Serve `app` on loopback within the block."""
    server = make_server("127.0.0.1", port, _closing(app), threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, daemon=True, name="site")
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
