"""The stream of news to a browser: server-sent events, with the state of things left to the pages to ask for."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Final

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from agents.staff.entrance import EVERYBODY
from agents.staff.guarding import only_for
from agents.staff.side import side, staff
from agents.staff.streams import Signal, Stream, TooManyStreams
from config.clock import Clock, stopwatch
from config.news import News

bp: Final = Blueprint("news", __name__)

_RETRY_MILLISECONDS: Final = 1500
_AT_LATEST_SECONDS: Final = 30.0
_HEADERS: Final = {
    # nginx would hold events back until its buffer is full.
    "X-Accel-Buffering": "no",
}


@bp.get("/news")
@only_for(*EVERYBODY)
def stream() -> ResponseReturnValue:
    """`state` (the server's time) first and whenever news may be missing, then `news`, a `beat`, and `over` at the end.

    503 when every thread for streams is taken; the page tries again by itself.
    """
    if request.method == "HEAD":
        return Response(mimetype="text/event-stream")
    streams = side().streams
    try:
        opened = streams.open(staff())
    except TooManyStreams:
        abort(503)
    response = Response(_events(opened, side().centre.clock), mimetype="text/event-stream", headers=_HEADERS)
    # Not in the generator: a browser that leaves before the first event never starts it.
    response.call_on_close(lambda: streams.close(opened))
    return response


def _events(opened: Stream, clock: Clock) -> Iterator[str]:
    yield f"retry: {_RETRY_MILLISECONDS}\n" + _event("state", _iso(clock.now()))
    told = stopwatch()
    while True:
        match opened.next():
            case None if stopwatch() - told > _AT_LATEST_SECONDS:
                # A process that died between its commit and its news has told nobody.
                told = stopwatch()
                yield _event("state", _iso(clock.now()))
            case None:
                yield _event("beat", "")
            case News() as news:
                yield _event("news", json.dumps(asdict(news)))
            case Signal.AGAIN:
                yield _event("state", _iso(clock.now()))
            case Signal.OVER:
                yield _event("over", "")
                return
            case Signal.CLOSING:
                return


def _event(kind: str, data: str) -> str:
    return f"event: {kind}\ndata: {data}\n\n"


def _iso(at: datetime) -> str:
    return at.isoformat()
