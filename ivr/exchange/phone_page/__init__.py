"""The phone page: a plain telephone in a browser that calls any line, and what it needs to know."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Blueprint, Response, current_app, jsonify, request, send_from_directory

from ivr.exchange.rest import desk
from ivr.softphone import STATIC as SOFTPHONE

_HERE: Final = Path(__file__).parent / "static"
bp = Blueprint("phone_page", __name__, url_prefix="/exchange")


@bp.get("/phone/")
def page() -> Response:
    """The page; nothing on it comes from elsewhere, and no script is written into it."""
    response = send_from_directory(_HERE, "phone.html")
    response.headers["Content-Security-Policy"] = _policy()
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@bp.get("/phone/static/<name>")
def static(name: str) -> Response:
    """The page's own script and style."""
    return _fresh(send_from_directory(_HERE, name))


@bp.get("/phone/softphone/<path:name>")
def softphone(name: str) -> Response:
    """The scripts that the desk's softphone is made of too."""
    return _fresh(send_from_directory(SOFTPHONE, name))


@bp.get("/phone/lines")
def lines() -> Response:
    """The numbers that can be called, with their names, in the order in which they were added."""
    with desk.turn() as core:
        found = [{"number": it.number, "name": it.friendly_name} for it in core.numbers.values()]
    return jsonify({"lines": found})


@bp.get("/voice")
def voice() -> Response:
    """Where pages signal (a WebSocket's URL), '' where this exchange has no voice part."""
    response = jsonify({"signal": _signal_url()})
    origin = request.headers.get("Origin", "")
    if origin in desk.switch().settings.desk_origins:
        response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Vary"] = "Origin"
    return response


def _signal_url() -> str:
    port = current_app.extensions.get("signal_port")
    if port is None:
        return ""
    host = request.host.rpartition(":")[0] or request.host
    return f"ws://{host}:{port}/exchange/voice/signal"


def _policy() -> str:
    signal = _signal_url().partition("/exchange/")[0]
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {signal}; "
        "media-src 'self' blob: data:; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _fresh(response: Response) -> Response:
    """A script of the release before must not stay in a browser."""
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
