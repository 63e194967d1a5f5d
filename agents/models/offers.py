"""Offers as rows: whom the carrier rings for what, and what is still to be written down after a conversation."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agents.models.words import OPEN_OFFER, SERVING, Ear, OfferState, Purpose, known
from config.database import Base, CoveredInsurerId, Ref, RowId


class Offer(Base):
    """An invitation to an agent. At most one is open per agent, and one that rings per wait (emergencies ring many).

    A `consult` or `monitor` offer goes to somebody who joins a conversation that another agent has, in its conference.
    To listen to a call that an agent made is the one purpose without a wait; its `queue` is empty.

    `ring_tried_at` and `connect_tried_at` are written before the carrier is asked, so that whoever comes after a crash
    looks before repeating. `presence_before` is what the agent returns to when the offer is withdrawn. Where it
    `is_recorded` the conference was asked for as a recorded one. `ear` is how a supervisor who has answered is in the
    conversation, and since when; None before and after.
    """

    __tablename__ = "offers"
    __table_args__ = (
        Index(
            "uq_offers_one_open_per_agent",
            "agent_id",
            unique=True,
            sqlite_where=OPEN_OFFER,
            postgresql_where=OPEN_OFFER,
        ),
        Index(
            "uq_offers_one_open_per_wait",
            "wait_id",
            unique=True,
            sqlite_where=text(f"state in ('made', 'ringing', 'accepted') and not is_broadcast and {SERVING}"),
            postgresql_where=text(f"state in ('made', 'ringing', 'accepted') and not is_broadcast and {SERVING}"),
        ),
        Index(
            "uq_offers_one_accepted_per_wait",
            "wait_id",
            unique=True,
            sqlite_where=text(f"state = 'accepted' and {SERVING}"),
            postgresql_where=text(f"state = 'accepted' and {SERVING}"),
        ),
        Index(
            "uq_offers_one_consulted_per_wait",
            "wait_id",
            unique=True,
            sqlite_where=text("state in ('made', 'ringing', 'accepted') and purpose = 'consult'"),
            postgresql_where=text("state in ('made', 'ringing', 'accepted') and purpose = 'consult'"),
        ),
        ForeignKeyConstraint(["agent_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        ForeignKeyConstraint(["wait_id", "insurer_id"], ["waits.id", "waits.insurer_id"]),
        known("state", OfferState),
        known("purpose", Purpose),
        CheckConstraint(
            "(state in ('done', 'missed', 'declined', 'withdrawn', 'failed')) = (ended_at is not null)",
            name="an_end_has_its_time",
        ),
        CheckConstraint("state not in ('accepted', 'done') or accepted_at is not null", name="was_accepted"),
        CheckConstraint(
            "ear is null or (purpose = 'monitor' and state = 'accepted' and ear_since is not null)", name="ear_is_lent"
        ),
        known("ear", Ear),
        CheckConstraint("wait_id is not null or purpose = 'monitor'", name="is_about_a_wait"),
        Index("ix_offers_handling", "insurer_id", "queue", "accepted_at"),
        # A period's: SQLite would else go through all that the insurer ever had.
        Index("ix_offers_insurer_id_id", "insurer_id", "id"),
        Index("ix_offers_state", "state", "made_at"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    wait_id: Mapped[Ref | None] = mapped_column(index=True)
    call_id: Mapped[Ref] = mapped_column(index=True)
    agent_id: Mapped[Ref] = mapped_column(index=True)
    queue: Mapped[str]
    purpose: Mapped[str]
    is_broadcast: Mapped[bool] = mapped_column(default=False)
    is_recorded: Mapped[bool] = mapped_column(default=False)
    presence_before: Mapped[str]
    reason_before: Mapped[str | None]
    state: Mapped[str]
    conference: Mapped[str] = mapped_column(index=True)
    carrier_sid: Mapped[str | None] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    ring_tried_at: Mapped[datetime | None]
    ringing_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    connect_tried_at: Mapped[datetime | None]
    bridged_at: Mapped[datetime | None]
    is_ended_by_desk: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None]
    handled_until: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    ear: Mapped[str | None]
    ear_since: Mapped[datetime | None]


class WrapUp(Base):
    """An agent's writing down of a call: the draft so far, until it is recorded as outcomes; then it is empty.

    `version` tells the drafts apart and `recordings` counts how often it was recorded: a window that shows something
    older, or a form sent again, overwrites nothing. One never recorded is still owed, also by an agent who was
    released.
    """

    __tablename__ = "wrap_ups"
    __table_args__ = (
        UniqueConstraint("agent_id", "call_id"),
        ForeignKeyConstraint(["agent_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    agent_id: Mapped[Ref]
    call_id: Mapped[Ref] = mapped_column(ForeignKey("calls.id"), index=True)
    version: Mapped[int] = mapped_column(default=0)
    recordings: Mapped[int] = mapped_column(default=0)
    code: Mapped[str | None]
    secondary: Mapped[list[str]]
    note: Mapped[str | None]
    next_action: Mapped[str | None]
    due_at: Mapped[datetime | None]
    owner: Mapped[str | None]
    saved_at: Mapped[datetime]
