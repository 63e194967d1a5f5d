"""A small app behind our web server, for the tests: `python web_app.py PORT`."""

import os
import sys

from flask import Flask, Response, request

from config.web_server import MAX_BODY_BYTES, WebServer, serve


def compose() -> Flask:
    """Answers with the process id; `/broken` raises."""
    app = Flask("web_app")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @app.post("/turn")
    def turn() -> Response:
        request.get_data()
        return Response(str(os.getpid()))

    return app


if __name__ == "__main__":
    serve(WebServer(port=int(sys.argv[1])), compose)
