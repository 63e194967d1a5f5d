"""What supervisors keep for themselves: searches of the call log by a name of their own."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
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
