"""Headers of every answer: what the page may load and who may show it; pages about people are never stored."""

from collections.abc import Sequence
from typing import Final

from flask import Flask, Response, request

from agents.staff.guarding import is_static

_POLICY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "media-src 'self' blob:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=()",
}


def add_headers(app: Flask, *, is_https: bool, connect_to: Sequence[str] = ()) -> None:
    """Put the headers on every answer of `app`; its scripts may talk to itself and to `connect_to`."""
    policy = "; ".join((*_POLICY, " ".join(("connect-src 'self'", *connect_to))))

    @app.after_request
    def add(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers.update(_ALWAYS)
        if is_https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        # Styles and scripts carry nothing of anybody and are asked for by their ETag; all else is somebody's.
        response.headers["Cache-Control"] = "no-cache" if is_static(request.endpoint) else "no-store"
        return response
