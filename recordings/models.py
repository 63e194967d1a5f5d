"""Recordings as rows: where the sealed bytes lie, under which wrapped key, and how far their life has come."""

from datetime import datetime
from enum import StrEnum

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
