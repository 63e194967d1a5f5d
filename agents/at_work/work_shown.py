"""Every look at an agent's work is on record, with whose calls and requests it shows: once each time it is opened, and
while it stays open only for what is new on it.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from agents.at_work.my_work import MyWork
from config.audit import AuditEntry, audit
from config.database import Transaction

SHOWN: Final = "work_shown"
"""The audit's word for it."""
_ANEW: Final = timedelta(hours=1)
"""A page that stays open for longer is a look again."""


def note_work_shown(
    tx: Transaction, work: MyWork, *, insurer_id: str, agent_id: str, actor: str, at: datetime, is_opened: bool
) -> None:
    """Audit what `work` shows to `actor`, see `audited_reading`; nothing where it shows nobody, nor where it is not
    opened but read again with nothing new on it.
    """
    calls = {
        *(one.outcome.call_id for one in work.tasks),
        *(one.call_id for one in work.callbacks),
        *(one.recording.call_id for one in work.messages),
    }
    requests = {one.request.id for one in work.requests}
    # An outcome may be about somebody else than its call is.
    people = {one.outcome.insured_id for one in work.tasks if one.outcome.insured_id is not None}
    shown = {"calls": calls, "requests": requests, "people": people}
    if not (calls or requests) or not (is_opened or _is_news(tx, shown, insurer_id, actor, at)):
        return
    audit(
        tx,
        insurer_id=insurer_id,
        at=at,
        actor=actor,
        action=SHOWN,
        subject_kind="agent",
        subject_id=agent_id,
        **{name: " ".join(sorted(ids)) or None for name, ids in shown.items()},
    )


def _is_news(tx: Transaction, shown: dict[str, set[str]], insurer_id: str, actor: str, at: datetime) -> bool:
    """Whether the newest entry is too old, or has not all of it."""
    entries = select(AuditEntry).where(
        AuditEntry.insurer_id == insurer_id, AuditEntry.actor == actor, AuditEntry.action == SHOWN
    )
    newest = tx.scalar(entries.order_by(AuditEntry.id.desc()).limit(1))
    if newest is None or newest.at <= at - _ANEW:
        return True
    return any(not ids <= set((newest.detail.get(name) or "").split()) for name, ids in shown.items())
