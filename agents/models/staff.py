"""Agents as rows: who answers, with what skills, on which shifts, and what they did when."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agents.models.words import Presence, known
from config.database import Base, CoveredInsurerId, InsurerId, Ref, RowId


class Agent(Base):
    """A person who answers, for one insurer. `address` is where the carrier rings: `client:<name>` or a number.

    An automatic agent is worked by `agents/autopilot.py`: a training or echo desk, and the demo; but not while somebody
    `is_at_desk`, which a page open in a browser says for as long as `last_seen_at` follows the time.
    """

    __tablename__ = "agents"
    __table_args__ = (
        UniqueConstraint("insurer_id", "code"),
        UniqueConstraint("insurer_id", "extension"),
        # What belongs to an agent refers to both, so that no row can join two insurers.
        UniqueConstraint("id", "insurer_id"),
        # A browser of that name is rung at the carrier, which knows nothing of insurers.
        Index(
            "uq_agents_one_browser",
            "address",
            unique=True,
            sqlite_where=text("address like 'client:%'"),
            postgresql_where=text("address like 'client:%'"),
        ),
        known("presence", Presence),
        CheckConstraint(
            "(presence in ('offered', 'on_call', 'wrap_up')) = (call_id is not null)", name="is_busy_with_a_call"
        ),
        Index("ix_agents_presence", "insurer_id", "presence", "presence_since"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    code: Mapped[str]
    title: Mapped[str]
    extension: Mapped[str | None]
    address: Mapped[str]
    is_supervisor: Mapped[bool] = mapped_column(default=False)
    is_automatic: Mapped[bool] = mapped_column(default=False)
    presence: Mapped[str] = mapped_column(default=Presence.AWAY)
    presence_reason: Mapped[str | None]
    presence_since: Mapped[datetime]
    call_id: Mapped[Ref | None]
    is_at_desk: Mapped[bool] = mapped_column(default=False)
    last_seen_at: Mapped[datetime | None]


class AgentSkill(Base):
    """A skill of an agent and its level, 1 (can) to 3 (best)."""

    __tablename__ = "agent_skills"
    __table_args__ = (
        ForeignKeyConstraint(["agent_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        CheckConstraint("level between 1 and 3", name="level_is_known"),
    )

    agent_id: Mapped[Ref] = mapped_column(primary_key=True)
    skill: Mapped[str] = mapped_column(primary_key=True)
    insurer_id: Mapped[InsurerId]
    level: Mapped[int] = mapped_column(default=1)


class PresenceInterval(Base):
    """One stretch of one presence; at most one of an agent is open."""

    __tablename__ = "presence_intervals"
    __table_args__ = (
        Index(
            "uq_presence_intervals_one_open",
            "agent_id",
            unique=True,
            sqlite_where=text("until is null"),
            postgresql_where=text("until is null"),
        ),
        Index("ix_presence_intervals_insurer_id_id", "insurer_id", "id"),
        known("presence", Presence),
        CheckConstraint("until is null or until >= since", name="runs_forward"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    agent_id: Mapped[Ref] = mapped_column(ForeignKey("agents.id"), index=True)
    presence: Mapped[str]
    reason: Mapped[str | None]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Shift(Base):
    """Working time or leave of an agent, half-open; during leave a substitute may take over preferred callers."""

    __tablename__ = "shifts"
    __table_args__ = (
        UniqueConstraint("agent_id", "kind", "starts_at"),
        ForeignKeyConstraint(["agent_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        ForeignKeyConstraint(["substitute_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        CheckConstraint("starts_at < ends_at", name="runs_forward"),
        CheckConstraint("kind in ('work', 'leave')", name="kind_is_known"),
        CheckConstraint(
            "substitute_id is null or (kind = 'leave' and substitute_id <> agent_id)", name="somebody_else_stands_in"
        ),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    agent_id: Mapped[Ref] = mapped_column(index=True)
    kind: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    substitute_id: Mapped[Ref | None]
