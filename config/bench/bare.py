"""The yardstick: a bare Flask app that returns constant TwiML, on the same web server as ours.

`python -m config.bench.bare PORT WORKERS THREADS`
"""

import sys
from typing import Final

from flask import Flask, Response

from config.web_server import WebServer, serve

PATH: Final = "/turn"
TWIML: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><Response>'
    '<Gather input="dtmf" numDigits="1" timeout="5" action="/turn" method="POST">'
    '<Say language="ru-RU">Если вам нужна срочная помощь, нажмите девять.</Say></Gather>'
    "<Redirect>/turn</Redirect></Response>"
)


def create_bare_app() -> Flask:
    """One view that does nothing."""
    app = Flask("bare")

    @app.post(PATH)
    def turn() -> Response:
        return Response(TWIML, mimetype="text/xml")

    return app


def command(port: int, *, workers: int, threads: int) -> list[str]:
    """The command line that serves it."""
    return [sys.executable, "-m", "config.bench.bare", str(port), str(workers), str(threads)]


if __name__ == "__main__":
    _port, _workers, _threads = (int(word) for word in sys.argv[1:4])
    serve(WebServer(port=_port, workers=_workers, threads=_threads), create_bare_app)
