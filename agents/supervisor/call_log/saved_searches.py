"""Searches that a supervisor keeps by a name of their own."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, select

from agents.accounts.sessions import Staff
from agents.models.searches import SavedSearch
from agents.supervisor.errors import SearchNameTaken, TooManySearches
from config.database import Transaction
from config.ids import new_id

MOST: Final = 30


def saved_searches(tx: Transaction, staff: Staff) -> list[SavedSearch]:
    """The account's own at this insurer, by name."""
    statement = select(SavedSearch).where(*_own(staff)).order_by(SavedSearch.name, SavedSearch.id)
    return list(tx.scalars(statement))


def save_search(tx: Transaction, staff: Staff, *, name: str, query: str, at: datetime) -> None:
    """Keep it. Raises SearchNameTaken where there is one of that name, unless it is the same search, and
    TooManySearches where there are `MOST`.
    """
    kept = {one.name.casefold(): one for one in saved_searches(tx, staff)}
    if name.casefold() in kept:
        if kept[name.casefold()].query != query:
            raise SearchNameTaken
        return
    if len(kept) >= MOST:
        raise TooManySearches
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


def drop_search(tx: Transaction, staff: Staff, search_id: str) -> None:
    """Keep it no longer; somebody else's stays."""
    tx.execute(delete(SavedSearch).where(*_own(staff), SavedSearch.id == search_id))


def _own(staff: Staff) -> tuple[ColumnElement[bool], ...]:
    return (SavedSearch.account_id == staff.account_id, SavedSearch.insurer_id == staff.insurer_id)
