"""The audit table: who read, changed or exported what; append-only from the first migration."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, CoveredInsurerId, Database, Transaction

SUBJECT_END: Final = "substr(subject_id, 25)"
"""The last eight signs of a row's id, which has 32."""
_UNWRITTEN: Final = "pult_unwritten_audit"


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
    """Append one entry; within `audited_reading`, once all is read. `actor` is an agent's code, an operating-system
    account, `line` for the menus themselves, or `api:` and the name of another system's token.

    `detail` must hold no digits that identify a person, no name and no full number of anybody's; where a line was
    diverted to is told whole.
    """
    entry = AuditEntry(
        insurer_id=insurer_id,
        at=at,
        actor=actor,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        detail=detail,
    )
    unwritten: list[AuditEntry] | None = tx.info.get(_UNWRITTEN)
    if unwritten is None:
        tx.add(entry)
    else:
        unwritten.append(entry)


@contextmanager
def audited_reading(database: Database, name: str) -> Iterator[Transaction]:
    """A transaction that only reads, and what is audited of it in one of its own, named `name`, right after.

    So nobody waits to write while a search is read, and yet nothing is handed out before the block's end that is not on
    record. Nothing is where the block raises.
    """
    unwritten: list[AuditEntry] = []
    with database.reading(name) as tx:
        tx.info[_UNWRITTEN] = unwritten
        yield tx
    if unwritten:
        with database.transaction(name) as tx:
            tx.add_all(unwritten)


def unwritten_in(tx: Transaction) -> Sequence[AuditEntry]:
    """What was audited in this reading so far, the oldest first; empty in a transaction that writes."""
    unwritten: list[AuditEntry] = tx.info.get(_UNWRITTEN, [])
    return tuple(unwritten)
