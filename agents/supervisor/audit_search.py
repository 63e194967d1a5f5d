"""Searches the audit: who did what, about whom or what, when; the newest first, page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from config.audit import AuditEntry, audit
from config.database import Transaction
from config.line_descriptions import Insurer

PAGE: Final = 50


@dataclass(frozen=True)
class AuditSearch:
    """What is searched for; None is any. `subject_id` is a row's id as the audit has it; the period is half-open."""

    actor: str | None = None
    action: str | None = None
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class FoundEntries:
    """A page; the next one begins before the entry `go_on_at`, None at the end."""

    entries: tuple[AuditEntry, ...]
    go_on_at: int | None


def search_audit(
    tx: Transaction, *, insurer: Insurer, wanted: AuditSearch, by: str, at: datetime, before: int | None = None
) -> FoundEntries:
    """One page of the insurer's entries, for `by` to read, which is audited too: `tx` must write."""
    statement = select(AuditEntry).where(AuditEntry.insurer_id == insurer.id)
    if before is not None:
        statement = statement.where(AuditEntry.id < before)
    if wanted.actor:
        statement = statement.where(AuditEntry.actor == wanted.actor)
    if wanted.action:
        statement = statement.where(AuditEntry.action == wanted.action)
    if wanted.subject_id:
        statement = statement.where(AuditEntry.subject_id == wanted.subject_id)
    if wanted.since:
        statement = statement.where(AuditEntry.at >= wanted.since)
    if wanted.until:
        statement = statement.where(AuditEntry.at < wanted.until)
    found = tx.scalars(statement.order_by(AuditEntry.id.desc()).limit(PAGE + 1)).all()
    _note(tx, insurer, wanted, by, at, found=min(len(found), PAGE))
    return FoundEntries(tuple(found[:PAGE]), found[PAGE - 1].id if len(found) > PAGE else None)


def _note(tx: Transaction, insurer: Insurer, wanted: AuditSearch, by: str, at: datetime, *, found: int) -> None:
    audit(
        tx,
        insurer_id=insurer.id,
        at=at,
        actor=by,
        action="audit_searched",
        subject_kind="audit",
        subject_id=wanted.subject_id or "",
        found=found,
        of=wanted.actor,
        what=wanted.action,
        since=wanted.since.isoformat() if wanted.since else None,
        until=wanted.until.isoformat() if wanted.until else None,
    )
