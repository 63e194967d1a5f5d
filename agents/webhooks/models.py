"""Where events are sent, the events, and how far the sending of each has come, as rows."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, CoveredInsurerId, InsurerId, Ref, RowId


class DeliveryState(StrEnum):
    """How far the sending of one event to one endpoint has come."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class WebhookEndpoint(Base):
    """An address of an insurer's system. Its secret is in no row: it is derived from the centre's own key.

    While it does not answer, `failures` in a row, nothing is sent there before `paused_until`.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    url: Mapped[str]
    events: Mapped[list[str]]
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    failures: Mapped[int] = mapped_column(default=0)
    paused_until: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class OutgoingEvent(Base):
    """Something that happened, as it is told: ids, and facts that say nothing of anybody's health."""

    __tablename__ = "outgoing_events"

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    kind: Mapped[str]
    happened_at: Mapped[datetime]
    data: Mapped[dict[str, Any]]


class WebhookDelivery(Base):
    """An event on its way to an endpoint; `since` is when its time to be given up began, `answer` what came last."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        CheckConstraint("state in ('pending', 'delivered', 'given_up')", name="state_is_known"),
        CheckConstraint("(state = 'pending') = (ended_at is null)", name="an_end_has_its_time"),
        Index("ix_webhook_deliveries_insurer_id_state_ended_at", "insurer_id", "state", "ended_at"),
        Index("ix_webhook_deliveries_endpoint_id_ended_at", "endpoint_id", "ended_at"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    event_id: Mapped[Ref] = mapped_column(ForeignKey("outgoing_events.id"))
    endpoint_id: Mapped[Ref] = mapped_column(ForeignKey("webhook_endpoints.id"))
    state: Mapped[str] = mapped_column(default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    ended_at: Mapped[datetime | None]
