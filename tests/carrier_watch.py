"""Looks over the exchange's shoulder while tests place whole calls: every address, every document, every complaint."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pytest
from flask import request

from ivr.exchange import web as exchange_web
from ivr.exchange.core import Alert, Core
from ivr.exchange.fetching import Fetcher
from ivr.exchange.webrequest import WebReply, WebRequest
from tests.ivr.twiml_schema import findings

# From here on the carrier's complaints are about what a document says; below, that none came.
FIRST_DOCUMENT_CODE = 11750


@dataclass
class CarrierWatch:
    """What the exchanges of this process fetched, and complained of, since it began."""

    documents: list[tuple[str, bytes]] = field(default_factory=list)
    news: list[tuple[str, WebReply]] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def urls(self) -> list[str]:
        """Every address that an exchange asked, or was asked for."""
        return [*(url for url, _ in self.documents), *(url for url, _ in self.news), *self.asked]

    def faults(self) -> list[str]:
        """What is wrong with the documents and with the answers to callbacks."""
        return [
            *(f"{url}: {finding}" for url, body in self.documents if body for finding in _findings(body)),
            *(
                f"{alert.url}: {alert.code} {alert.message}"
                for alert in self.alerts
                if alert.code >= FIRST_DOCUMENT_CODE
            ),
            *(f"{url}: a callback was answered {reply.status}" for url, reply in self.news if _is_odd(reply)),
        ]

    def forget(self) -> None:
        """Begin anew."""
        self.documents.clear()
        self.news.clear()
        self.alerts.clear()
        self.asked.clear()

    def keep(self, request: WebRequest, reply: WebReply) -> None:
        """Take note of one request."""
        if request.on_reply is None:
            self.news.append((request.url, reply))
        else:
            self.documents.append((request.url, reply.body if reply.status == 200 else b""))


def _is_odd(reply: WebReply) -> bool:
    """A callback is answered by 204; a failure (5xx, or nobody there) is the test's own affair."""
    return reply.status not in (0, 204) and reply.status < 500


@lru_cache(maxsize=4096)
def _findings(body: bytes) -> tuple[str, ...]:
    return tuple(findings(body))


@contextmanager
def watching() -> Iterator[CarrierWatch]:
    """Watch every exchange of this process."""
    watch, fetch, alert, check = CarrierWatch(), Fetcher.fetch, Core.alert, exchange_web._check

    def fetched(self: Fetcher, request: WebRequest) -> WebReply:
        reply = fetch(self, request)
        watch.keep(request, reply)
        return reply

    def complained(self: Core, code: int, message: str, *more: Any, **named: Any) -> None:
        alert(self, code, message, *more, **named)
        watch.alerts.append(self.alerts[-1])

    def checked() -> None:
        # The telephones of the control API are the callers' own: nothing of ours asks there.
        if not request.path.startswith("/exchange/"):
            watch.asked.append(request.full_path)
        check()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange_web, "_check", checked)
        patch.setattr(Fetcher, "fetch", fetched)
        patch.setattr(Core, "alert", complained)
        yield watch


@pytest.fixture(scope="session")
def carrier_watch() -> Iterator[CarrierWatch]:
    """What the exchanges of this process see, call by call."""
    with watching() as watch:
        yield watch


@pytest.fixture(autouse=True)
def _every_document_is_valid(carrier_watch: CarrierWatch) -> Iterator[None]:
    """Whatever a test is about: each document that its calls produced is valid, and no callback gets a document."""
    carrier_watch.forget()
    yield
    faults = carrier_watch.faults()
    assert faults == []
