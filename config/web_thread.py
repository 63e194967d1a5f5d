"""A web server on a thread of this process: for rehearsals, which need no more of it than real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

from waitress import create_server, wasyncore  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


@contextmanager
def serving(app: "WSGIApplication", port: int) -> Iterator[None]:
    """Serve `app` on loopback within the block; few requests at once: a rehearsal can be repeated."""
    sockets: dict[int, Any] = {}
    server = create_server(app, host="127.0.0.1", port=port, threads=2, map=sockets)
    thread = Thread(target=server.run, daemon=True, name="webhooks")
    thread.start()
    try:
        yield
    finally:
        # First those who answer, for each wakes the loop when it is done; then the loop's sockets, in its own thread.
        server.task_dispatcher.shutdown()
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets, ignore_all=True))
        thread.join(5)
