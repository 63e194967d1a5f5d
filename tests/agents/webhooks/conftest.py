"""A centre that may send to this machine, and a receiver there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from agents.webhooks import looking_after, sending
from agents.webhooks.events import EventKind
from agents.webhooks.models import WebhookDelivery, WebhookEndpoint
from config import failpoints
from config.database import Database
from ivr.calls.ending import end_call
from ivr.calls.models import Call
from tests.agents.conftest import House
from tests.agents.webhooks.receiver import Receiver, receiving
from tests.recordings.kept import kept_house

HERE = "PULT_WEBHOOK_NETWORKS=127.0.0.0/8\nPULT_WEBHOOK_PLAIN=1\n"


@dataclass
class Hooked:
    """A house, and a receiver that is told what happens in it."""

    house: House
    receiver: Receiver

    def endpoint(self, *kinds: EventKind, insurer_id: str = "vsk", url: str | None = None) -> looking_after.Added:
        return looking_after.add_endpoint(
            self.house.centre, insurer_id=insurer_id, url=url or self.receiver.url, events=kinds or tuple(EventKind),
            by="t",
        )  # fmt: skip

    def ended_call(self, sid: str = "CA-1", **more: object) -> Call:
        """A call that ends as the carrier's news end it."""
        call = self.house.call(sid, **more)
        with self.house.centre.database.transaction("test_ends") as tx:
            end_call(self.house.centre, tx, tx.get_one(Call, call.id), cause="completed", at=self.house.clock.now())
        return call

    def deliveries(self) -> list[WebhookDelivery]:
        with self.house.centre.database.reading("test_deliveries") as tx:
            return list(tx.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))

    def endpoints(self) -> list[WebhookEndpoint]:
        with self.house.centre.database.reading("test_endpoints") as tx:
            return list(tx.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id)))

    def kinds(self) -> list[str]:
        return [one["type"] for one in self.receiver.got]

    def for_hours(self, hours: float) -> None:
        """Let time pass, as the sweep goes on."""
        until = self.house.clock.now() + timedelta(hours=hours)
        while self.house.clock.now() < until:
            self.house.later(60)


@contextmanager
def hooking(tmp_path: Path, database: Database) -> Iterator[Hooked]:
    """A house on this database with its receiver."""
    (tmp_path / "pult.env").write_text(HERE)
    with receiving() as receiver:
        yield Hooked(kept_house(tmp_path, database), receiver)
    failpoints.disarm()


@pytest.fixture
def hooked(tmp_path: Path, sqlite_url: str) -> Iterator[Hooked]:
    """On SQLite."""
    database = Database(sqlite_url)
    with hooking(tmp_path, database) as hooked:
        yield hooked
    database.close()


@pytest.fixture
def hooked_on_each(tmp_path: Path, database: Database) -> Iterator[Hooked]:
    """On each kind of database in turn."""
    with hooking(tmp_path, database) as hooked:
        yield hooked


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that answers is heard, however slow the machine is."""
    monkeypatch.setattr(sending, "PATIENCE_SECONDS", 30.0)
