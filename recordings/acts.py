"""Acts of destruction, to be read: page by page and of a period, one alone, or many for a file, which is audited."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from config.audit import audit
from config.database import Transaction
from config.ids import first_id_at
from recordings.models import DestructionAct

TAKEN: Final = "acts_taken"
"""The audit's word for a file of acts."""
MOST: Final = 50_000
"""In one file; at 300 a day that is half a year."""
PAGE: Final = 50


@dataclass(frozen=True)
class FoundActs:
    """The newest first; the next page begins before the act `go_on_at`, None at the end."""

    acts: tuple[DestructionAct, ...]
    go_on_at: str | None


def find_acts(
    tx: Transaction,
    *,
    insurer_id: str,
    since: datetime | None = None,
    until: datetime | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> FoundActs:
    """One page of the insurer's acts of the half-open period."""
    statement = select(DestructionAct).where(DestructionAct.insurer_id == insurer_id)
    if before is not None:
        statement = statement.where(DestructionAct.id < before)
    if since is not None:
        statement = statement.where(DestructionAct.id >= first_id_at(since))
    if until is not None:
        statement = statement.where(DestructionAct.id < first_id_at(until))
    found = tx.scalars(statement.order_by(DestructionAct.id.desc()).limit(limit + 1)).all()
    return FoundActs(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)


def act_of(tx: Transaction, *, insurer_id: str, act_id: str) -> DestructionAct | None:
    """One act; None for what is none of the insurer's."""
    act = tx.get(DestructionAct, act_id)
    return None if act is None or act.insurer_id != insurer_id else act


def acts_for_file(
    tx: Transaction, *, insurer_id: str, since: datetime | None, until: datetime | None, by: str, at: datetime
) -> tuple[DestructionAct, ...] | None:
    """All acts of the period, at most `MOST`, for `by` to take away, which is audited, see `audited_reading`; None of
    more.
    """
    found = find_acts(tx, insurer_id=insurer_id, since=since, until=until, limit=MOST)
    if found.go_on_at is not None:
        return None
    audit(
        tx,
        insurer_id=insurer_id,
        at=at,
        actor=by,
        action=TAKEN,
        subject_kind="acts",
        subject_id="",
        rows=len(found.acts),
        since=None if since is None else since.isoformat(),
        until=None if until is None else until.isoformat(),
    )
    return found.acts
