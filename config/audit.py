"""The audit table: who read, changed or exported what; append-only from the first migration."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, CoveredInsurerId, Transaction

SUBJECT_END: Final = "substr(subject_id, 25)"
"""The last eight signs of a row's id, which has 32."""


class AuditEntry(Base):
    """Who read, changed or exported what. Append-only: triggers refuse updates and deletions."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject_kind", "subject_id"),
        # By the end of a row's id, which is what pages show of it.
        Index("ix_audit_entries_subject_end", text(SUBJECT_END), "id"),
        Index("ix_audit_entries_insurer_id_actor_id", "insurer_id", "actor", "id"),
        Index("ix_audit_entries_insurer_id_action_id", "insurer_id", "action", "id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    insurer_id: Mapped[CoveredInsurerId]
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    detail: Mapped[dict[str, Any]]


class AuditSeal(Base):
    """An entry's link in the chain (`config/audit_chain.py`): `id` is its place, from 1 without gaps. Append-only."""

    __tablename__ = "audit_seals"
    __table_args__ = (UniqueConstraint("entry_id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int]
    mac: Mapped[str]


def audit(
    tx: Transaction,
    *,
    insurer_id: str,
    at: datetime,
    actor: str,
    action: str,
    subject_kind: str,
    subject_id: str,
    **detail: str | int | bool | None,
) -> None:
    """Append one entry. `actor` is an agent's code, an operating-system account, `line` for the menus themselves, or
    `api:` and the name of another system's token.

    `detail` must hold no digits that identify a person, no name and no full number.
    """
    tx.add(
        AuditEntry(
            insurer_id=insurer_id,
            at=at,
            actor=actor,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            detail=detail,
        )
    )
