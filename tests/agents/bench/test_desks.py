"""The bench of open desks: it times what each desk hears of a cause, and nothing else, and does not hide silence."""

import json
import threading
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agents.bench import desks
from agents.bench.desks import Desks
from agents.bench.ringing import NeverCame
from config.bench.streams import EventStreams
from config.news import News


class Teller:
    """A server of streams: begins each, the first one twice, and tells every stream, or one, what it is given."""

    def __init__(self) -> None:
        self.cookies: list[str] = []
        self._open: list[BaseHTTPRequestHandler] = []
        self._over = threading.Event()
        teller = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                teller.begin(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/news"

    def begin(self, stream: BaseHTTPRequestHandler) -> None:
        self.cookies.append(stream.headers["Cookie"])
        stream.send_response(200)
        stream.end_headers()
        self._open.append(stream)
        for _ in range(2 if len(self._open) == 1 else 1):
            write(stream, "retry: 1500\nevent: state\ndata: 2026-01-01\n\n")
        self._over.wait()

    def tell(self, kind: str, subject: str, *, only: int | None = None) -> None:
        data = json.dumps(asdict(News(kind, "vsk", subject)))
        for number, stream in enumerate(self._open):
            if only in (None, number):
                write(stream, f"event: news\ndata: {data}\n\n")

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def write(stream: BaseHTTPRequestHandler, text: str) -> None:
    """One event, in two pieces."""
    middle = len(text) // 2
    for part in (text[:middle], text[middle:]):
        stream.wfile.write(part.encode())
        stream.wfile.flush()


class Happening:
    """News to all, or to one desk; before them some that tell of nothing."""

    def __init__(self, teller: Teller, *, hear: Collection[int], only: int | None = None) -> None:
        self._teller = teller
        self._hear = hear
        self._only = only
        self.done: list[str] = []

    def set_up(self, number: int) -> None:
        self._subject = str(number)
        self.done.append("set up")

    def cause(self) -> None:
        self._teller.tell("call", self._subject)
        self._teller.tell("wait", "another")
        self._teller.tell("wait", self._subject, only=self._only)

    def is_told_by(self, news: News) -> bool:
        return news.kind == "wait" and news.subject == self._subject

    def listeners(self, desks: int) -> Collection[int]:
        return self._hear

    def reset(self) -> None:
        self.done.append("reset")


@pytest.fixture
def teller() -> Iterator[Teller]:
    with closing(Teller()) as teller:
        yield teller


@pytest.fixture
def opened(teller: Teller) -> Iterator[Desks]:
    """Three open desks."""
    with closing(EventStreams(teller.url)) as streams:
        opened = Desks(streams)
        for number in range(3):
            opened.open(f"browser={number}")
        yield opened


def timed(opened: Desks, happening: Happening, times: int = 4) -> list[float]:
    return opened.time(happening, times=times, every_seconds=0.01, step=lambda: None)


def test_each_browser_has_a_stream_of_its_own(teller: Teller, opened: Desks) -> None:
    assert teller.cookies == ["browser=0", "browser=1", "browser=2"]


def test_every_desk_that_must_hear_is_timed(teller: Teller, opened: Desks) -> None:
    happening = Happening(teller, hear=range(3))
    taken = timed(opened, happening)
    assert len(taken) == 4 * 3
    assert min(taken) > 0
    assert happening.done == ["set up", "reset"] * 4


def test_other_desks_are_not_waited_for(teller: Teller, opened: Desks) -> None:
    assert len(timed(opened, Happening(teller, hear=[1], only=1))) == 4


def test_silence_at_one_desk_spoils_the_figure(teller: Teller, opened: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "_PATIENCE_SECONDS", 20.0)
    with pytest.raises(NeverCame, match="2 of 3 desks heard nothing"):
        timed(opened, Happening(teller, hear=range(3), only=1))
