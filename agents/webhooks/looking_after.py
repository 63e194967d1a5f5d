"""What administrators do with endpoints: add, remove, send again what was given up; all audited."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from agents.rows import locked
from agents.webhooks.delivering import body, post
from agents.webhooks.errors import WebhookError
from agents.webhooks.events import TEST, EventKind
from agents.webhooks.models import DeliveryState, OutgoingEvent, WebhookDelivery, WebhookEndpoint
from agents.webhooks.outbox import DELIVER
from agents.webhooks.sending import Sent, checked_url, reach_of
from agents.webhooks.signing import secret_of
from config import due_work
from config.audit import audit
from config.centre import Centre
from config.database import Transaction
from config.ids import new_id

_MOST_LISTED: Final = 50


@dataclass(frozen=True)
class Added:
    """An endpoint that was added, and its secret."""

    endpoint_id: str
    secret: str


@dataclass(frozen=True)
class ListedDelivery:
    """A delivery, what it is of, and where it goes."""

    delivery: WebhookDelivery
    kind: str
    url: str


def add_endpoint(centre: Centre, *, insurer_id: str, url: str, events: Collection[EventKind], by: str) -> Added:
    """Send events of these kinds to `url` from now on. Raises WebhookError for an address that is not to be used."""
    checked_url(url, reach_of(centre.settings))
    now = centre.clock.now()
    with centre.database.transaction("add_webhook") as tx:
        row = WebhookEndpoint(
            id=new_id(now), insurer_id=insurer_id, url=url, events=sorted(events), added_at=now, added_by=by
        )
        tx.add(row)
        _audit(tx, row, "added_webhook", by, now, events=" ".join(row.events))
        return Added(row.id, secret_of(centre.settings.secret_pepper, row.id))


def remove_endpoint(centre: Centre, *, endpoint_id: str, by: str) -> None:
    """Send nothing there any more; what is on its way is given up. Raises WebhookError."""
    now = centre.clock.now()
    with centre.database.transaction("remove_webhook") as tx:
        row = locked(tx, WebhookEndpoint, endpoint_id)
        if row is None or row.removed_at is not None:
            raise WebhookError(f"there is no endpoint {endpoint_id}")
        row.removed_at = now
        _audit(tx, row, "removed_webhook", by, now)


def try_endpoint(centre: Centre, endpoint_id: str) -> Sent:
    """Send an event of kind `webhook.test` here and now, once. Raises WebhookError."""
    now = centre.clock.now()
    with centre.database.reading("endpoint_to_test") as tx:
        row = tx.get(WebhookEndpoint, endpoint_id)
    if row is None or row.removed_at is not None:
        raise WebhookError(f"there is no endpoint {endpoint_id}")
    content = body(TEST, row.insurer_id, now, {"endpoint_id": row.id})
    return post(centre.settings, row, event_id=new_id(now), body=content, at=now)


def redeliver(centre: Centre, *, delivery_id: str, by: str) -> None:
    """Send an event again, under the id that it had, for another day if need be. Raises WebhookError."""
    now = centre.clock.now()
    with centre.database.transaction("redeliver_event") as tx:
        row = locked(tx, WebhookDelivery, delivery_id)
        endpoint = None if row is None else tx.get(WebhookEndpoint, row.endpoint_id)
        if row is None or endpoint is None or endpoint.removed_at is not None:
            raise WebhookError(f"there is no delivery {delivery_id}, or its endpoint was removed")
        row.state, row.attempts, row.since, row.ended_at = DeliveryState.PENDING, 0, now, None
        due_work.schedule(tx, kind=DELIVER, subject_id=row.id, insurer_id=row.insurer_id, due_at=now)
        _audit(tx, endpoint, "redelivered_event", by, now, delivery=row.id)


def endpoints_of(tx: Transaction, insurer_id: str) -> Sequence[WebhookEndpoint]:
    """The insurer's endpoints, the oldest first."""
    statement = select(WebhookEndpoint).where(
        WebhookEndpoint.insurer_id == insurer_id, WebhookEndpoint.removed_at.is_(None)
    )
    return tx.scalars(statement.order_by(WebhookEndpoint.id)).all()


def deliveries_of(tx: Transaction, insurer_id: str, state: DeliveryState | None = None) -> list[ListedDelivery]:
    """The insurer's newest deliveries, all or those in one state."""
    statement = (
        select(WebhookDelivery, OutgoingEvent.kind, WebhookEndpoint.url)
        .join(OutgoingEvent, OutgoingEvent.id == WebhookDelivery.event_id)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookDelivery.insurer_id == insurer_id)
        .order_by(WebhookDelivery.id.desc())
        .limit(_MOST_LISTED)
    )
    if state is not None:
        statement = statement.where(WebhookDelivery.state == state)
    return [ListedDelivery(*row) for row in tx.execute(statement)]


def given_up_lately(tx: Transaction, insurer_id: str, *, at: datetime, within: timedelta) -> int:
    """How many events of the insurer were given up lately: somebody must look."""
    statement = select(func.count()).where(
        WebhookDelivery.insurer_id == insurer_id,
        WebhookDelivery.state == DeliveryState.GIVEN_UP,
        WebhookDelivery.ended_at > at - within,
    )
    return tx.scalar(statement) or 0


def _audit(tx: Transaction, row: WebhookEndpoint, action: str, by: str, at: datetime, **detail: str) -> None:
    audit(
        tx,
        insurer_id=row.insurer_id,
        at=at,
        actor=by,
        action=action,
        subject_kind="webhook",
        subject_id=row.id,
        url=row.url.partition("?")[0],
        **detail,
    )
