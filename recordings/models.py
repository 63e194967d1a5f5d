"""Recordings as rows: where the sealed bytes lie, under which wrapped key, and how far their life has come."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, InsurerId, Ref, RowId


class RecordingState(StrEnum):
    """From the carrier's shelf to ours; `deleted_at_carrier` is the resting state."""

    ANNOUNCED = "announced"
    SEALED = "sealed"
    DELETED_AT_CARRIER = "deleted_at_carrier"
    FAILED = "failed"
    DESTROYED = "destroyed"


class Recording(Base):
    """One recording: a voicemail now; conversations later."""

    __tablename__ = "recordings"
    __table_args__ = (
        CheckConstraint(
            "state in ('announced', 'sealed', 'deleted_at_carrier', 'failed', 'destroyed')", name="state_is_known"
        ),
        CheckConstraint(
            "(state in ('deleted_at_carrier', 'failed', 'destroyed')) = (ended_at is not null)",
            name="an_end_has_its_time",
        ),
        CheckConstraint(
            "state not in ('sealed', 'deleted_at_carrier') or (file_name is not null and wrapped_key is not null)",
            name="is_kept_sealed",
        ),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    call_id: Mapped[Ref] = mapped_column(index=True)
    carrier_sid: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    state: Mapped[str]
    duration_seconds: Mapped[int | None]
    file_name: Mapped[str | None]
    sha256: Mapped[str | None]
    wrapped_key: Mapped[str | None]
    size_bytes: Mapped[int | None]
    announced_at: Mapped[datetime]
    sealed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    error: Mapped[str | None]
