"""A tiny recording application, and an exchange on a moved clock that calls it over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask, Response, request
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from ivr.exchange import MovedClock, RunningExchange, ServedApp, Settings, SimulatedCourier, Switch

LINE = "+74950000001"
CALLER = "+79001112233"
ANNA = "client:anna"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

Reply = str | tuple[str, int] | Callable[["Heard"], Any]


@dataclass
class Heard:
    """One request that the application got."""

    method: str
    path: str
    url: str
    params: dict[str, str]
    pairs: list[tuple[str, str]]
    headers: dict[str, str]
    at: datetime
    raw_url: str


@dataclass
class RecordingApp:
    """Replies what each path was told to, and remembers what was asked."""

    base: str = ""
    replies: dict[str, Reply] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def says(self, path: str, body: Reply) -> None:
        self.replies[path] = twiml(body) if isinstance(body, str) else body

    def at(self, path: str) -> list[Heard]:
        return [one for one in self.heard if one.path == path]

    def last(self, path: str) -> dict[str, str]:
        return self.at(path)[-1].params

    def url(self, path: str) -> str:
        return self.base + path


def twiml(inner: str) -> str:
    return inner if inner.startswith("<?xml") else f'<?xml version="1.0"?><Response>{inner}</Response>'


def _flask(recording: RecordingApp) -> Flask:
    app = Flask("recording")

    @app.route("/<path:path>", methods=["GET", "POST"])
    def anything(path: str) -> Any:
        pairs = list(request.values.items(multi=True))
        heard = Heard(
            request.method,
            "/" + path,
            request.url,
            dict(pairs),
            list((request.form if request.method == "POST" else request.args).items(multi=True)),
            dict(request.headers),
            recording.now(),
            f"{recording.base}/{path}?{request.query_string.decode()}",
        )
        recording.heard.append(heard)
        reply = recording.replies.get("/" + path, twiml(""))
        if callable(reply):
            reply = reply(heard)
        if isinstance(reply, Response):
            return reply
        body, status = reply if isinstance(reply, tuple) else (reply, 200)
        return Response(body, status, mimetype="text/xml")

    return app


@pytest.fixture(autouse=True)
def _every_document_is_valid() -> None:
    """Here it is the exchange that is tested, with documents that no app should send."""


@pytest.fixture(scope="session")
def _served_app() -> Iterator[RecordingApp]:
    recording = RecordingApp()
    with ServedApp(_flask(recording), threads=8, name="recording app") as served:
        recording.base = served.url
        yield recording


@pytest.fixture
def app(_served_app: RecordingApp) -> RecordingApp:
    _served_app.replies.clear()
    _served_app.heard.clear()
    return _served_app


@dataclass
class Bench:
    """An exchange under test, its clock, and a real Twilio client for it."""

    running: RunningExchange
    clock: MovedClock
    client: Client

    @property
    def switch(self) -> Switch:
        return self.running.switch

    def run(self, seconds: float = 0.0) -> None:
        """Let so much time pass, event by event."""
        until = self.clock.now().timestamp() + seconds
        while True:
            self.switch.run_due()
            next_at = self.switch.next_event_at()
            if next_at is None or next_at.timestamp() > until:
                break
            self.clock.move_to(next_at)
        self.clock.move_to(datetime.fromtimestamp(until, UTC))
        self.switch.run_due()

    def call(self, **options: Any) -> str:
        """The caller dials the line; returns the telephone."""
        phone = self.switch.dial(LINE, CALLER, **options)
        self.run()
        return phone

    def sid(self, phone: str) -> str:
        return next(e.call_sid for e in self.switch.events_since(phone) if e.call_sid)

    def kinds(self, phone: str) -> list[str]:
        return [event.kind for event in self.switch.events_since(phone)]

    def said(self, phone: str) -> list[str]:
        """Every text and address heard at a telephone."""
        found = []
        for event in self.switch.events_since(phone):
            if event.kind == "hears":
                found.append(str(event.data.get("text") or event.data.get("url")))
        return found

    def ending(self, phone: str) -> dict[str, object]:
        ended = [e for e in self.switch.events_since(phone) if e.kind == "ended"]
        return ended[-1].data if ended else {}


@pytest.fixture
def make_bench(app: RecordingApp) -> Iterator[Callable[..., Bench]]:
    running: list[RunningExchange] = []

    def make(**settings: Any) -> Bench:
        clock = MovedClock(START)
        app.now = clock.now
        exchange = RunningExchange(
            Settings(seed=1, **settings), clock=clock, courier=SimulatedCourier()
        ).start()
        running.append(exchange)
        exchange.switch.add_number(LINE, app.url("/voice"), status_callback=app.url("/status"))
        client = Client(
            exchange.switch.settings.account_sid,
            exchange.switch.settings.auth_token,
            http_client=TwilioHttpClient(timeout=60),
        )
        client.api.base_url = exchange.url
        clients.append(client)
        return Bench(exchange, clock, client)

    clients: list[Client] = []
    yield make
    for client in clients:
        client.http_client.session.close()
    for exchange in running:
        exchange.stop()


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()
