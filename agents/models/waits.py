"""Contacts that wait as rows, and through which queues a call went."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from agents.models.words import OPEN_WAIT, Purpose, WaitState, known
from config.database import Base, CoveredInsurerId, Ref, RowId


class Wait(Base):
    """One contact waiting for an agent; a callback continues the same wait under another carrier call.

    `queue` serves it, from `queue_since` on (overflow and diversions change it); `joined_queue` is the carrier's queue
    that holds the caller. `lane` says as one word who may have it (`agents/waiting/lane_words.py`); `rank` sorts before
    `since`, the smaller first. Until `anyone_from` only the preferred agent may take it. `claimed_at` is of the agent
    who has the caller now.

    What figures count stays as it was first: `first_queue` served the contact when they joined (None has a place that
    was taken with a promise to ring somebody who stood in no queue), at `answered_at` an agent took whom they then
    spoke with, at `promised_at` a callback was promised, from `emergency_since` on it is an emergency.
    """

    __tablename__ = "waits"
    __table_args__ = (
        Index("uq_waits_one_open", "call_id", unique=True, sqlite_where=OPEN_WAIT, postgresql_where=OPEN_WAIT),
        Index("ix_waits_routing", "insurer_id", "state", "lane", "rank", "since"),
        Index("ix_waits_held", "insurer_id", "state", "anyone_from"),
        Index("ix_waits_place", "insurer_id", "queue", "state", "rank", "since"),
        Index("ix_waits_call_id", "call_id"),
        Index("ix_waits_insurer_id_id", "insurer_id", "id"),
        UniqueConstraint("id", "insurer_id"),
        known("state", WaitState),
        known("purpose", Purpose),
        CheckConstraint(
            "(state in ('served', 'abandoned', 'left')) = (ended_at is not null)", name="an_end_has_its_time"
        ),
        CheckConstraint("not is_emergency or rank = 0", name="emergencies_come_first"),
        CheckConstraint("not is_emergency or emergency_since is not null", name="an_emergency_has_its_time"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    call_id: Mapped[Ref]
    queue: Mapped[str]
    joined_queue: Mapped[str]
    first_queue: Mapped[str | None]
    skills: Mapped[list[str]]
    lane: Mapped[str]
    priority: Mapped[int]
    rank: Mapped[int]
    is_emergency: Mapped[bool] = mapped_column(default=False)
    emergency_since: Mapped[datetime | None]
    preferred_agent_id: Mapped[Ref | None]
    purpose: Mapped[str] = mapped_column(default=Purpose.QUEUE)
    state: Mapped[str]
    since: Mapped[datetime]
    joined_at: Mapped[datetime]
    queue_since: Mapped[datetime]
    anyone_from: Mapped[datetime]
    round: Mapped[int] = mapped_column(default=0)
    escalation: Mapped[int] = mapped_column(default=0)
    queue_changes: Mapped[int] = mapped_column(default=0)
    estimate_told_seconds: Mapped[int | None]
    claimed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class QueuedCall(Base):
    """A queue that a call went through, once each: a wait says only which serves it now. The log is searched by it."""

    __tablename__ = "queued_calls"

    insurer_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    queue: Mapped[str] = mapped_column(primary_key=True)
    call_id: Mapped[Ref] = mapped_column(primary_key=True)
