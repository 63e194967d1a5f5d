"""Every look at an insured record is on record: once for each agent, call and level, however often the page is read."""

from typing import Final

from sqlalchemy import select

from agents.desk.card import Card
from agents.rows import locked
from config.audit import audit
from config.centre import Centre
from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.models import Call, CallEvent

_SHOWN: Final = "card_shown"


def is_noted(tx: Transaction, call_id: str, code: str, card: Card) -> bool:
    """Whether this look needs no entry: nothing of the record is on the card, or there is one already."""
    if card.insured is None:
        return True
    shown = select(CallEvent.data).where(CallEvent.call_id == call_id, CallEvent.kind == _SHOWN)
    return any(data == {"agent": code, "level": card.level} for data in tx.scalars(shown))


def note(centre: Centre, *, call_id: str, code: str, card: Card) -> None:
    """Write the entry, before the card is sent; two tabs at once write one."""
    now = centre.clock.now()
    with centre.database.transaction("note_card_shown") as tx:
        call = locked(tx, Call, call_id)
        if call is None or is_noted(tx, call_id, code, card):
            return
        record(tx, call, _SHOWN, at=now, agent=code, level=card.level)
        audit(
            tx,
            insurer_id=call.insurer_id,
            at=now,
            actor=code,
            action="insured_shown",
            subject_kind="insured",
            subject_id=call.insured_id or "",
            call=call_id,
            level=card.level,
        )
