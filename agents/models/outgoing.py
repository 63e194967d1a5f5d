"""Calls that we make as rows: those owed to callers, and those that agents dial."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, and_, text
from sqlalchemy.orm import Mapped, mapped_column

from agents.models.words import CallbackState, DialState, known
from config.database import Base, CoveredInsurerId, InsurerId, Ref, RowId


class Callback(Base):
    """A call that we owe somebody. At most one is open per person and reason.

    `call_id` is the call in which it was promised; `reached_call_id`, known at the carrier by `carrier_sid`, keeps it.
    Its wait stands in state `callback` until the person called is in the queue again. They were told
    `promised_until`; `window_until`, and `due_at` with it, moves on after an attempt in vain.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        Index(
            "uq_callbacks_one_open",
            "insurer_id",
            "phone",
            "reason",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        Index(
            "uq_callbacks_one_open_for_the_insured",
            "insurer_id",
            "insured_id",
            "reason",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        known("state", CallbackState),
        CheckConstraint("(state in ('done', 'failed')) = (ended_at is not null)", name="an_end_has_its_time"),
        CheckConstraint("attempts <= attempts_allowed", name="attempts_are_limited"),
        Index("ix_callbacks_open", "insurer_id", "state", "due_at"),
        Index("ix_callbacks_carrier_sid", "carrier_sid"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    call_id: Mapped[Ref]
    wait_id: Mapped[Ref | None]
    insured_id: Mapped[Ref | None]
    phone: Mapped[str]
    reason: Mapped[str]
    queue: Mapped[str]
    line: Mapped[str]
    time_zone: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    attempts_allowed: Mapped[int]
    is_urgent: Mapped[bool] = mapped_column(default=False)
    carrier_sid: Mapped[str | None]
    reached_call_id: Mapped[Ref | None]
    dialled_at: Mapped[datetime | None]
    planned_at: Mapped[datetime]
    due_at: Mapped[datetime]
    window_until: Mapped[datetime]
    promised_until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class Dial(Base):
    """A number or a colleague that an agent asked to ring: it is kept here, and the agent's page is given the id alone.

    `presence_before` is what an agent who rang a colleague returns to; a colleague who is rung was available.
    `about_call_id` is the call from whose card it was asked; `call_id`, known at the carrier by `carrier_sid`, the call
    that came of it. A number meets the agent in the conference of the dial's own name: `number_sid` is its leg, rung
    after `ring_tried_at` was written.
    """

    __tablename__ = "dials"
    __table_args__ = (
        ForeignKeyConstraint(["agent_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        ForeignKeyConstraint(["colleague_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        known("state", DialState),
        CheckConstraint("(e164 is null) = (colleague_id is not null)", name="rings_a_number_or_a_colleague"),
        CheckConstraint("colleague_id is null or colleague_id <> agent_id", name="rings_somebody_else"),
        Index(
            "uq_dials_one_placed_per_agent",
            "agent_id",
            unique=True,
            sqlite_where=text("state = 'placed'"),
            postgresql_where=text("state = 'placed'"),
        ),
        Index(
            "uq_dials_one_placed_per_colleague",
            "colleague_id",
            unique=True,
            sqlite_where=text("state = 'placed'"),
            postgresql_where=text("state = 'placed'"),
        ),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    agent_id: Mapped[Ref] = mapped_column(index=True)
    colleague_id: Mapped[Ref | None]
    presence_before: Mapped[str | None]
    reason_before: Mapped[str | None]
    about_call_id: Mapped[Ref | None]
    call_id: Mapped[Ref | None] = mapped_column(index=True)
    e164: Mapped[str | None]
    extension: Mapped[str | None]
    state: Mapped[str]
    asked_at: Mapped[datetime]
    carrier_sid: Mapped[str | None] = mapped_column(unique=True)
    number_sid: Mapped[str | None] = mapped_column(unique=True)
    ring_tried_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


ANSWERED_DIAL = and_(Dial.state == DialState.PLACED, Dial.answered_at.is_not(None))
"""An agent speaks with whoever answered at the number that they rang."""
