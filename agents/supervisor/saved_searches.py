"""Searches that a supervisor keeps by a name of their own."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select

from agents.accounts.sessions import Staff
from agents.supervisor.models import SavedSearch
from config.database import Transaction
from config.ids import new_id

MOST: Final = 30


def saved_searches(tx: Transaction, staff: Staff) -> list[SavedSearch]:
    """The account's own at this insurer, by name."""
    statement = select(SavedSearch).where(*_own(staff)).order_by(SavedSearch.name, SavedSearch.id)
    return list(tx.scalars(statement))


def save_search(tx: Transaction, staff: Staff, *, name: str, query: str, at: datetime) -> bool:
    """Keep it, in place of one of that name; False where there are `MOST` already."""
    known = tx.scalar(select(SavedSearch).where(*_own(staff), SavedSearch.name == name))
    if known is not None:
        known.query, known.saved_at = query, at
        return True
    count = tx.scalar(select(func.count()).select_from(SavedSearch).where(*_own(staff))) or 0
    if count >= MOST:
        return False
    tx.add(
        SavedSearch(
            id=new_id(at),
            insurer_id=staff.insurer_id,
            account_id=staff.account_id,
            name=name,
            query=query,
            saved_at=at,
        )
    )
    return True


def drop_search(tx: Transaction, staff: Staff, search_id: str) -> None:
    """Keep it no longer; somebody else's stays."""
    tx.execute(delete(SavedSearch).where(*_own(staff), SavedSearch.id == search_id))


def _own(staff: Staff) -> tuple[ColumnElement[bool], ...]:
    return (SavedSearch.account_id == staff.account_id, SavedSearch.insurer_id == staff.insurer_id)
