"""Recordings as rows: where the sealed bytes lie, under which wrapped key, and how far their life has come."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, CoveredInsurerId, InsurerId, Ref, RowId


class RecordingKind(StrEnum):
    """What was recorded: a message left, a conversation in a conference, a call that an agent made, or what a caller
    said who was connected with a number outside.
    """

    VOICEMAIL = "voicemail"
    CONVERSATION = "conversation"
    OWN_CALL = "own_call"
    OUTSIDE = "outside"


class RecordingState(StrEnum):
    """From the conversation to the carrier's shelf, to ours, to its end; `deleted_at_carrier` is the resting state."""

    EXPECTED = "expected"
    RECORDING = "recording"
    ANNOUNCED = "announced"
    SEALED = "sealed"
    DELETED_AT_CARRIER = "deleted_at_carrier"
    ABSENT = "absent"
    FAILED = "failed"
    DESTROYED = "destroyed"


UNDER_WAY: Final = (RecordingState.EXPECTED, RecordingState.RECORDING)
"""States of a recording that is made, or is to be at any moment."""
KEPT: Final = (RecordingState.SEALED, RecordingState.DELETED_AT_CARRIER)
"""States of a recording whose sealed sound is here."""
HAS_FAILED: Final = text("state = 'failed'")


class Recording(Base):
    """One recording, or one part of a call whose caller spoke to several agents one after the other.

    `conversation` is the name of the conference that is recorded, at times more than once, or of one connection with a
    number outside, where `answered_at` is when we were told that somebody had answered. `key_id` tells which seal key
    wraps the data key. `peaks` is the loudness along its length, base64 of a byte each.
    """

    __tablename__ = "recordings"
    __table_args__ = (
        CheckConstraint(
            "state in ('expected', 'recording', 'announced', 'sealed', 'deleted_at_carrier', 'absent', 'failed',"
            " 'destroyed')",
            name="state_is_known",
        ),
        CheckConstraint(
            "(state in ('deleted_at_carrier', 'absent', 'failed', 'destroyed')) = (ended_at is not null)",
            name="an_end_has_its_time",
        ),
        CheckConstraint(
            "state not in ('sealed', 'deleted_at_carrier') or (file_name is not null and wrapped_key is not null)",
            name="is_kept_sealed",
        ),
        CheckConstraint("state <> 'destroyed' or wrapped_key is null", name="destroyed_is_without_key"),
        CheckConstraint("state = 'expected' or carrier_sid is not null or ended_at is not null", name="is_known_there"),
        Index("ix_recordings_state", "state", "announced_at"),
        Index("ix_recordings_failed", "insurer_id", "ended_at", sqlite_where=HAS_FAILED, postgresql_where=HAS_FAILED),
        Index(
            "uq_recordings_one_expected",
            "conversation",
            unique=True,
            sqlite_where=text("carrier_sid is null"),
            postgresql_where=text("carrier_sid is null"),
        ),
        Index("ix_recordings_insurer_id_call_id", "insurer_id", "call_id"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    call_id: Mapped[Ref] = mapped_column(index=True)
    carrier_sid: Mapped[str | None] = mapped_column(unique=True)
    kind: Mapped[str]
    conversation: Mapped[str | None] = mapped_column(index=True)
    state: Mapped[str]
    duration_seconds: Mapped[int | None]
    file_name: Mapped[str | None]
    sha256: Mapped[str | None]
    wrapped_key: Mapped[str | None]
    key_id: Mapped[str | None] = mapped_column(index=True)
    size_bytes: Mapped[int | None]
    peaks: Mapped[str | None]
    began_at: Mapped[datetime | None]
    announced_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    sealed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    error: Mapped[str | None]


class RecordingPause(Base):
    """An interval in which an agent had the recording of their conversation paused; at most one of it is open.

    The next agent's conversation is recorded from its start, whatever the one before left paused. Until the carrier has
    confirmed it the recording may still go on.
    """

    __tablename__ = "recording_pauses"
    __table_args__ = (
        Index(
            "uq_recording_pauses_one_open",
            "conversation",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        CheckConstraint("ended_at is null or ended_at >= started_at", name="runs_forward"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    call_id: Mapped[Ref] = mapped_column(ForeignKey("calls.id"), index=True)
    conversation: Mapped[str]
    by: Mapped[str]
    started_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class LegalHold(Base):
    """Why the recordings of a call may not be destroyed, whatever their age; at most one of a call is open."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        Index(
            "uq_legal_holds_one_open",
            "call_id",
            unique=True,
            sqlite_where=text("released_at is null"),
            postgresql_where=text("released_at is null"),
        ),
        CheckConstraint("(released_at is null) = (released_by is null)", name="released_by_somebody"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    call_id: Mapped[Ref] = mapped_column(ForeignKey("calls.id"), index=True)
    reason: Mapped[str]
    placed_by: Mapped[str]
    placed_at: Mapped[datetime]
    released_by: Mapped[str | None]
    released_at: Mapped[datetime | None]


class DestructionAct(Base):
    """That a recording was destroyed: who, what, when, and on what ground. Append-only."""

    __tablename__ = "destruction_acts"
    __table_args__ = (
        UniqueConstraint("recording_id"),
        # Read along their ids, which begin with when they were written.
        Index("ix_destruction_acts_insurer_id_id", "insurer_id", "id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    recording_id: Mapped[Ref]
    call_id: Mapped[Ref]
    ground: Mapped[str]
    destroyed_by: Mapped[str]
    destroyed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    duration_seconds: Mapped[int | None]
    size_bytes: Mapped[int | None]
    sha256: Mapped[str | None]
