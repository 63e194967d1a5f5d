"""A web server on a thread of this process: for rehearsals, which need no more of it than real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from waitress import create_server  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


@contextmanager
def serving(app: "WSGIApplication", port: int) -> Iterator[None]:
    """Serve `app` on loopback within the block; few requests at once: a rehearsal can be repeated."""
    server = create_server(app, host="127.0.0.1", port=port, threads=2)
    thread = Thread(target=server.run, daemon=True, name="webhooks")
    thread.start()
    try:
        yield
    finally:
        server.close()
        server.task_dispatcher.shutdown()
        thread.join(5)
