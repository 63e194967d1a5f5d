"""What supervisors keep for themselves: searches of the call log by name, and what they export of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, InsurerId, Ref, RowId


class SavedSearch(Base):
    """A search of one account at one insurer; `query` is its address' part, in which nothing identifies anybody."""

    __tablename__ = "saved_searches"
    __table_args__ = (UniqueConstraint("account_id", "insurer_id", "name"),)

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str]
    query: Mapped[str]
    saved_at: Mapped[datetime]


class CallExport(Base):
    """What somebody takes away as a file: how far it is, and until when it lies sealed in the folder of exports.

    `what` is a search of the log or the journal of contacts. `query` and `zone` say what was asked at `asked_at`;
    `go_on_at` is the call before (in the journal: behind) which the next slice begins.
    """

    __tablename__ = "call_exports"
    __table_args__ = (
        CheckConstraint("state in ('asked', 'made', 'dropped')", name="state_is_known"),
        CheckConstraint("what in ('calls', 'journal')", name="what_is_known"),
        CheckConstraint("state <> 'made' or expires_at is not null", name="made_ones_expire"),
    )

    id: Mapped[RowId]
    insurer_id: Mapped[InsurerId]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.id"), index=True)
    what: Mapped[str] = mapped_column(default="calls")
    query: Mapped[str]
    zone: Mapped[str]
    language: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    slices: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0)
    go_on_at: Mapped[str | None]
    asked_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
