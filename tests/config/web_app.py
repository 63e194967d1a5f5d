"""A small app behind our web server, for the tests: `python web_app.py PORT`."""

import os
import sys
import threading
from collections.abc import Iterator

from flask import Flask, Response, request

from config.web_server import MAX_BODY_BYTES, WebServer, serve


def compose() -> Flask:
    """Answers with the process id; `/stream` lasts until the server stops."""
    app = Flask("web_app")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @app.post("/turn")
    def turn() -> Response:
        request.get_data()
        return Response(str(os.getpid()))

    @app.get("/stream")
    def stream() -> Response:
        return Response(_stream())

    return app


def _stream() -> Iterator[str]:
    yield "begun "
    _STOPPED.wait()
    yield "and ended"


_STOPPED = threading.Event()


if __name__ == "__main__":
    serve(WebServer(port=int(sys.argv[1]), threads=4), compose, at_stop=lambda _app: _STOPPED.set())
