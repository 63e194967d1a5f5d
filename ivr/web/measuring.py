"""How long each webhook took, and whether it was refused, counted for whoever watches the centre."""

from flask import Flask, Response, g, request

from config.clock import stopwatch
from config.meters import webhook_answered


def measure(app: Flask) -> None:
    """Count every request to `app`, by the route and nothing else of it."""

    @app.before_request
    def begin() -> None:
        g.began = stopwatch()

    @app.after_request
    def end(response: Response) -> Response:
        webhook_answered(request.endpoint, status=response.status_code, seconds=stopwatch() - g.began)
        return response
