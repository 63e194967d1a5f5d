"""The outbox: an event is a row of the transaction of its fact, with a delivery and due work for each who wants it.

Services say nothing: the session is watched while it flushes, as it is for news (`config/news.py`), so that no way of
ending a call or moving a request is forgotten.
"""

from functools import partial
from typing import Final

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import UOWTransaction

from agents.webhooks.events import EventKind, kind_of, said_of, subject_of
from agents.webhooks.models import OutgoingEvent, WebhookDelivery, WebhookEndpoint
from config import due_work
from config.centre import Centre
from config.database import Base, Transaction
from config.ids import new_id

DELIVER: Final = "deliver_webhook"
_HAPPENED: Final = "pult_happened"

_Happened = dict[tuple[EventKind, str], Base]


class Outbox:
    """Writes what happens into the transactions in which it happens."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def watch(self) -> None:
        """From now on, every transaction of the centre's database."""
        event.listen(self._centre.database.sessions, "after_flush", self._note)

    def _note(self, tx: Transaction, _context: UOWTransaction) -> None:
        happened: _Happened = {}
        for row in (*tx.new, *tx.dirty):
            if (kind := kind_of(row)) is not None:
                happened[kind, subject_of(row)] = row
        if happened:
            tx.info.setdefault(_HAPPENED, {}).update(happened)
            # One of its own for each flush: what another last write brings is written too.
            tx.write_last(partial(self._write))

    def _write(self, tx: Transaction) -> None:
        happened: _Happened = tx.info.pop(_HAPPENED, {})
        # What was rolled back to a savepoint did not happen.
        stands = {key: row for key, row in happened.items() if inspect(row).persistent}
        if not stands:
            return
        endpoints = tx.scalars(select(WebhookEndpoint).where(WebhookEndpoint.removed_at.is_(None))).all()
        for (kind, _), row in stands.items():
            takers = [one for one in endpoints if one.insurer_id == _insurer(row) and kind in one.events]
            if takers:
                self._put(tx, kind, row, takers)

    def _put(self, tx: Transaction, kind: EventKind, row: Base, takers: list[WebhookEndpoint]) -> None:
        now = self._centre.clock.now()
        told = OutgoingEvent(
            id=new_id(now), insurer_id=_insurer(row), kind=kind, happened_at=now, data=dict(said_of(row))
        )
        tx.add(told)
        tx.flush()
        for endpoint in takers:
            delivery = WebhookDelivery(
                id=new_id(now), insurer_id=told.insurer_id, event_id=told.id, endpoint_id=endpoint.id, since=now
            )
            tx.add(delivery)
            due_work.schedule(
                tx, kind=DELIVER, subject_id=delivery.id, insurer_id=delivery.insurer_id, due_at=now
            )


def _insurer(row: Base) -> str:
    insurer_id: str = row.insurer_id  # type: ignore[attr-defined]  # Every row of the table has one.
    return insurer_id
