"""Delivering: due work that sends an event until it is taken, with growing pauses, for a day; then it is given up.

At least once: a worker killed between the send and its note sends again, under the same `webhook-id`. In what order
events come is not promised. An endpoint that does not answer is left alone for a while by everything that waits for it,
so that it costs the workers one attempt a pause however much has piled up.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from sqlalchemy import delete, exists, select

from agents.floor import Floor
from agents.rows import locked
from agents.webhooks.events import written
from agents.webhooks.models import DeliveryState, OutgoingEvent, WebhookDelivery, WebhookEndpoint
from agents.webhooks.outbox import DELIVER
from agents.webhooks.sending import Sent, reach_of, send
from agents.webhooks.signing import secret_of, signed_headers
from config import due_work, failpoints
from config.database import Transaction
from config.settings import Settings

GIVEN_UP_AFTER: Final = timedelta(hours=24)
KEPT: Final = timedelta(days=30)
_PAUSES_SECONDS: Final = (5, 30, 120, 600, 1800, 3600, 7200, 14400)
_LONGEST_SILENCE_SECONDS: Final = 300
_FORGOTTEN_AT_ONCE: Final = 100


@dataclass(frozen=True)
class _Parcel:
    """What is sent where."""

    delivery: WebhookDelivery
    event: OutgoingEvent
    endpoint: WebhookEndpoint


def deliver(floor: Floor, delivery_id: str) -> None:
    """Due work: one attempt, if the endpoint is not left alone just now."""
    now = floor.centre.clock.now()
    with floor.centre.database.reading("delivery_to_send") as tx:
        parcel = _parcel(tx, delivery_id)
    if parcel is None:
        return
    paused_until = parcel.endpoint.paused_until
    if parcel.endpoint.removed_at is not None:
        _end(floor, delivery_id, "the endpoint was removed")
    elif paused_until is None or paused_until <= now:
        content = body_of(parcel.event)
        sent = post(floor.centre.settings, parcel.endpoint, event_id=parcel.event.id, body=content, at=now)
        failpoints.reached("webhook:sent")
        _note(floor, delivery_id, sent)
    elif now - parcel.delivery.since >= GIVEN_UP_AFTER:
        _end(floor, delivery_id, "the endpoint does not answer")
    else:
        with floor.centre.database.transaction("put_off_delivery") as tx:
            _schedule(tx, parcel.delivery, paused_until)


def body_of(event: OutgoingEvent) -> bytes:
    """What is sent of an event, byte for byte the same at every attempt."""
    return body(event.kind, event.insurer_id, event.happened_at, event.data)


def body(kind: str, insurer_id: str, at: datetime, data: dict[str, object]) -> bytes:
    """The body of an event of `kind`."""
    told = {"type": kind, "timestamp": written(at), "insurer": insurer_id, "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def post(settings: Settings, endpoint: WebhookEndpoint, *, event_id: str, body: bytes, at: datetime) -> Sent:
    """One signed attempt."""
    secret = secret_of(settings.secret_pepper, endpoint.id)
    headers = signed_headers(secret, event_id=event_id, at=at, body=body)
    return send(endpoint.url, body=body, headers=headers, reach=reach_of(settings))


def pause(delivery_id: str, attempts: int) -> timedelta:
    """How long after so many attempts to try again: growing, and in its last quarter by id, not all at once."""
    longest = _PAUSES_SECONDS[min(attempts, len(_PAUSES_SECONDS)) - 1]
    return timedelta(seconds=longest * (0.75 + crc32(f"{delivery_id}:{attempts}".encode()) / 2**34))


def _parcel(tx: Transaction, delivery_id: str) -> _Parcel | None:
    row = tx.get(WebhookDelivery, delivery_id)
    if row is None or row.state != DeliveryState.PENDING:
        return None
    return _Parcel(row, tx.get_one(OutgoingEvent, row.event_id), tx.get_one(WebhookEndpoint, row.endpoint_id))


def _note(floor: Floor, delivery_id: str, sent: Sent) -> None:
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("note_delivery") as tx:
        row = locked(tx, WebhookDelivery, delivery_id)
        endpoint = None if row is None else locked(tx, WebhookEndpoint, row.endpoint_id)
        if row is None or endpoint is None or row.state != DeliveryState.PENDING:
            return
        row.attempts, row.tried_at, row.answer = row.attempts + 1, now, sent.answer
        if sent.is_taken:
            endpoint.failures, endpoint.paused_until = 0, None
            row.state, row.ended_at = DeliveryState.DELIVERED, now
            _forget_old(tx, endpoint.id, now)
            return
        endpoint.failures += 1
        silence = min(_PAUSES_SECONDS[min(endpoint.failures, len(_PAUSES_SECONDS)) - 1], _LONGEST_SILENCE_SECONDS)
        endpoint.paused_until = now + timedelta(seconds=silence)
        if sent.is_gone or now - row.since >= GIVEN_UP_AFTER:
            row.state, row.ended_at = DeliveryState.GIVEN_UP, now
        else:
            _schedule(tx, row, now + pause(row.id, row.attempts))


def _end(floor: Floor, delivery_id: str, why: str) -> None:
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("give_up_delivery") as tx:
        row = locked(tx, WebhookDelivery, delivery_id)
        if row is not None and row.state == DeliveryState.PENDING:
            row.state, row.ended_at, row.answer = DeliveryState.GIVEN_UP, now, why


def _schedule(tx: Transaction, row: WebhookDelivery, at: datetime) -> None:
    due_work.schedule(tx, kind=DELIVER, subject_id=row.id, insurer_id=row.insurer_id, due_at=at)


def _forget_old(tx: Transaction, endpoint_id: str, now: datetime) -> None:
    """Deliveries that ended long ago, a few at a time, and their events once no delivery is left of them."""
    old = tx.execute(
        select(WebhookDelivery.id, WebhookDelivery.event_id)
        .where(WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.ended_at < now - KEPT)
        .limit(_FORGOTTEN_AT_ONCE)
    ).all()
    if not old:
        return
    tx.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_([one.id for one in old])))
    is_left = exists().where(WebhookDelivery.event_id == OutgoingEvent.id)
    tx.execute(delete(OutgoingEvent).where(OutgoingEvent.id.in_([one.event_id for one in old]), ~is_left))
