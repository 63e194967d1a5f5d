"""Searches the audit: who did what, about whom or what, when; the newest first, page by page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, literal_column, select

from agents.accounts.models import Account, AccountRole
from agents.models import Agent
from config.audit import SUBJECT_END, AuditEntry, audit
from config.database import Transaction
from config.line_descriptions import Insurer

PAGE: Final = 50
_SHOWN_SIGNS: Final = 8
"""What the page shows of an id, of its 32 signs."""
_END_OF_ID: Final = re.compile(r"[0-9a-f]{8,32}")


@dataclass(frozen=True)
class AuditSearch:
    """What is searched for; None is any. `actors` are names as the audit has them, `subject_id` a row's id or its last
    eight signs or more; the period is half-open.
    """

    actors: Sequence[str] = ()
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
    """One page of the insurer's entries, for `by` to read, which is audited too: see `audited_reading`."""
    statement = select(AuditEntry).where(AuditEntry.insurer_id == insurer.id)
    if before is not None:
        statement = statement.where(AuditEntry.id < before)
    if wanted.actors:
        statement = statement.where(AuditEntry.actor.in_(wanted.actors))
    if wanted.action:
        statement = statement.where(AuditEntry.action == wanted.action)
    if wanted.subject_id:
        statement = statement.where(_is_subject(wanted.subject_id))
    if wanted.since:
        statement = statement.where(AuditEntry.at >= wanted.since)
    if wanted.until:
        statement = statement.where(AuditEntry.at < wanted.until)
    found = tx.scalars(statement.order_by(AuditEntry.id.desc()).limit(PAGE + 1)).all()
    _note(tx, insurer, wanted, by, at, found=min(len(found), PAGE))
    return FoundEntries(tuple(found[:PAGE]), found[PAGE - 1].id if len(found) > PAGE else None)


def people(tx: Transaction, insurer: Insurer) -> list[str]:
    """Whom the audit of the insurer may name: agents by their codes, others by their accounts' names."""
    codes = select(Agent.code).where(Agent.insurer_id == insurer.id)
    names = (
        select(Account.name)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.insurer_id == insurer.id)
    )
    return sorted({*tx.scalars(codes), *tx.scalars(names)})


def actors_named(typed: str, known: Sequence[str]) -> tuple[str, ...]:
    """Those of the known people who are called so, in small letters or capital ones; else what was typed: the audit
    names programs too, and people who are gone.
    """
    found = tuple(one for one in known if one.casefold() == typed.casefold())
    return found or ((typed,) if typed else ())


def _is_subject(typed: str) -> ColumnElement[bool]:
    """The entry is about the row whose id this is or ends so, or about what is called so."""
    if not _END_OF_ID.fullmatch(typed):
        return AuditEntry.subject_id == typed
    # Word for word the index's expression, or it is not walked.
    is_near = literal_column(SUBJECT_END) == typed[-_SHOWN_SIGNS:]
    return and_(is_near, AuditEntry.subject_id.endswith(typed, autoescape=True))


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
        of=" ".join(wanted.actors) or None,
        what=wanted.action,
        since=wanted.since.isoformat() if wanted.since else None,
        until=wanted.until.isoformat() if wanted.until else None,
    )
