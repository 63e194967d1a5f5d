"""The stream of news to a browser: server-sent events, with the state of things left to the pages to ask for."""

from collections.abc import Iterator, Sequence
from contextvars import copy_context
from typing import Final

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from agents.staff.entrance import EVERYBODY
from agents.staff.guarding import only_for
from agents.staff.languages import language, zone
from agents.staff.pushing import WATCHERS, Watch
from agents.staff.server_events import event, news_event
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
    """`state` (the server's time) first and whenever news may be missing, then `news`, a `beat`, and `over` at the end;
    a `part` whenever one changes whose address is given as `watch`.

    503 when every thread for streams is taken; the page tries again by itself.
    """
    watch = _watch(request.args.getlist("watch"))
    if request.method == "HEAD":
        return Response(mimetype="text/event-stream")
    streams = side().streams
    try:
        opened = streams.open(staff(), watch)
    except TooManyStreams:
        abort(503)
    response = Response(_events(opened, side().centre.clock), mimetype="text/event-stream", headers=_HEADERS)
    # Not in the generator: a browser that leaves before the first event never starts it.
    response.call_on_close(lambda: streams.close(opened))
    return response


def _watch(addresses: Sequence[str]) -> Watch | None:
    """What the browser shows of the parts that are pushed, if anything."""
    if not addresses:
        return None
    if WATCHERS not in staff().roles:
        abort(403)
    pushed = side().pushed
    if not pushed.keys() >= set(addresses):
        abort(400)
    return Watch({one: pushed[one] for one in addresses}, (language(), str(zone())), copy_context())


def _events(opened: Stream, clock: Clock) -> Iterator[bytes]:
    yield f"retry: {_RETRY_MILLISECONDS}\n".encode() + _state(clock)
    told = stopwatch()
    while True:
        item = opened.next()
        if stopwatch() - told > _AT_LATEST_SECONDS:
            # A process that died between its commit and its news has told nobody.
            told = stopwatch()
            yield _state(clock)
        match item:
            case None:
                yield event("beat", "")
            case News() as news:
                yield news_event(news)
            case Signal.AGAIN:
                yield _state(clock)
            case Signal.PUSHED:
                if pushed := opened.pushed():
                    yield pushed
            case Signal.OVER:
                yield event("over", "")
                return
            case Signal.CLOSING:
                return


def _state(clock: Clock) -> bytes:
    return event("state", clock.now().isoformat())
