"""Evaluations, calibrations and the versions of score cards as rows, with the constraints that guard them."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agents.models.words import known
from config.database import Base, CoveredInsurerId, InsurerId, Ref, RowId


class EvaluationState(StrEnum):
    """Where an evaluation is; `agents/quality/transitions.py` has the one table of what may follow what."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    DISPUTED = "disputed"
    UPHELD = "upheld"
    CHANGED = "changed"
    DROPPED = "dropped"


WHOLE: Final = 1000
"""A score is in tenths of a percent: this is everything."""
COUNTED = text("calibration_id is null and state <> 'dropped'")
_SEATED = text("state <> 'dropped'")


class ScoreCardVersion(Base):
    """A score card as it was written, whole, so that an evaluation stays on the one that it was made with."""

    __tablename__ = "score_card_versions"

    digest: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    source: Mapped[str]
    installed_at: Mapped[datetime]


class Calibration(Base):
    """Two supervisors evaluate the same conversation, neither seeing the other's; it counts for nobody."""

    __tablename__ = "calibrations"
    __table_args__ = (
        UniqueConstraint("call_id", "agent_id"),
        ForeignKeyConstraint(["agent_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    call_id: Mapped[Ref] = mapped_column(ForeignKey("calls.id"))
    agent_id: Mapped[Ref]
    card_digest: Mapped[str] = mapped_column(ForeignKey("score_card_versions.digest"))
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]


class Evaluation(Base):
    """One supervisor's judgement of what one agent said in one call, by one version of a score card.

    `line`, `queue` and `call_at` are the call's; `score` is in tenths of a percent. `first_answers`, `first_score` and
    `first_has_failed` are what stood before a dispute changed it. An evaluation of a calibration has its `seat` there
    and is seen by no agent. `agent_seen_at` is when the
    agent looked since they were last told.
    """

    __tablename__ = "evaluations"
    __table_args__ = (
        known("state", EvaluationState),
        ForeignKeyConstraint(["agent_id", "insurer_id"], ["agents.id", "agents.insurer_id"]),
        CheckConstraint("(state in ('draft', 'dropped')) = (submitted_at is null)", name="submitted_has_its_time"),
        CheckConstraint("(submitted_at is null) = (score is null)", name="submitted_has_its_score"),
        CheckConstraint("(score is null) = (has_failed is null)", name="scored_has_its_result"),
        CheckConstraint("score is null or (score >= 0 and score <= 1000)", name="score_is_a_share"),
        CheckConstraint(
            "(state in ('disputed', 'upheld', 'changed')) = (dispute_reason is not null)", name="dispute_has_its_reason"
        ),
        CheckConstraint("(dispute_reason is null) = (disputed_at is null)", name="dispute_has_its_time"),
        CheckConstraint("(state in ('upheld', 'changed')) = (answer_reason is not null)", name="answer_has_its_reason"),
        CheckConstraint("(answer_reason is null) = (answered_at is null)", name="answer_has_its_time"),
        CheckConstraint("(state = 'changed') = (first_score is not null)", name="changed_keeps_the_first"),
        CheckConstraint("(calibration_id is null) = (seat is null)", name="seat_is_in_a_calibration"),
        CheckConstraint("seat is null or seat in (1, 2)", name="two_calibrate"),
        CheckConstraint(
            "calibration_id is null or state in ('draft', 'submitted', 'dropped')", name="calibration_is_not_disputed"
        ),
        Index(
            "uq_evaluations_one_counted",
            "call_id",
            "agent_id",
            unique=True,
            sqlite_where=COUNTED,
            postgresql_where=COUNTED,
        ),
        Index(
            "uq_evaluations_one_a_seat",
            "calibration_id",
            "seat",
            unique=True,
            sqlite_where=_SEATED,
            postgresql_where=_SEATED,
        ),
        Index(
            "uq_evaluations_one_calibrates_once",
            "calibration_id",
            "account_id",
            unique=True,
            sqlite_where=_SEATED,
            postgresql_where=_SEATED,
        ),
        Index("ix_evaluations_listed", "insurer_id", "submitted_at", "id"),
        Index("ix_evaluations_of_agent", "agent_id", "submitted_at"),
        Index("ix_evaluations_state", "insurer_id", "state"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    call_id: Mapped[Ref] = mapped_column(ForeignKey("calls.id"), index=True)
    agent_id: Mapped[Ref]
    line: Mapped[str]
    queue: Mapped[str | None]
    call_at: Mapped[datetime]
    card: Mapped[str]
    card_digest: Mapped[str] = mapped_column(ForeignKey("score_card_versions.digest"))
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.id"))
    evaluator: Mapped[str]
    calibration_id: Mapped[Ref | None] = mapped_column(ForeignKey("calibrations.id"))
    seat: Mapped[int | None]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=0)
    answers: Mapped[dict[str, Any]]
    comment: Mapped[str] = mapped_column(default="")
    begun_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    score: Mapped[int | None]
    has_failed: Mapped[bool | None]
    disputable_until: Mapped[datetime | None]
    disputed_at: Mapped[datetime | None]
    dispute_reason: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    answer_reason: Mapped[str | None]
    first_answers: Mapped[dict[str, Any] | None]
    first_score: Mapped[int | None]
    first_has_failed: Mapped[bool | None]
    agent_seen_at: Mapped[datetime | None]
