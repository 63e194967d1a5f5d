"""How often somebody may search for insured people: enough for work, too little for copying the roster."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from config.audit import audit
from config.database import Transaction
from config.ids import new_id
from config.line_descriptions import Insurer
from ivr.errors import PhoneError
from ivr.insured.models import InsuredSearch

_HOUR: Final = timedelta(hours=1)


class SearchesUsedUp(PhoneError):
    """Whoever searches has searched too often within an hour; `again_at` says when they may again."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__(f"no more searches before {again_at:%H:%M} UTC")
        self.again_at = again_at


def check(tx: Transaction, *, insurer: Insurer, actor: str, at: datetime) -> None:
    """Raise SearchesUsedUp for who may not search now."""
    most = insurer.identification.searches_per_hour
    searched = tx.scalars(
        select(InsuredSearch.searched_at)
        .where(InsuredSearch.insurer_id == insurer.id, InsuredSearch.actor == actor)
        .where(InsuredSearch.searched_at > at - _HOUR)
        .order_by(InsuredSearch.searched_at.desc())
        .limit(most)
    ).all()
    if len(searched) == most:
        raise SearchesUsedUp(searched[-1] + _HOUR)


def note_search(tx: Transaction, *, insurer: Insurer, actor: str, at: datetime) -> None:
    """Count a search, and forget those that count no more."""
    own = delete(InsuredSearch).where(InsuredSearch.insurer_id == insurer.id, InsuredSearch.actor == actor)
    tx.execute(own.where(InsuredSearch.searched_at <= at - _HOUR))
    tx.add(InsuredSearch(id=new_id(at), insurer_id=insurer.id, actor=actor, searched_at=at))


def audit_refusal(tx: Transaction, *, insurer: Insurer, actor: str, by: str, at: datetime) -> None:
    """Write down that a search was refused; not what for."""
    audit(
        tx,
        insurer_id=insurer.id,
        at=at,
        actor=actor,
        action="insured_search_refused",
        subject_kind="insured",
        subject_id="",
        by=by,
        most_an_hour=insurer.identification.searches_per_hour,
    )
