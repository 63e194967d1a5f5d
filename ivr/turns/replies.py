"""Replies as given, so that the same turn again gets the same one."""

from datetime import datetime
from typing import Final, cast

from sqlalchemy import Table, bindparam, func, select

from config.database import Transaction
from config.prepared import Prepared, insertion
from ivr.calls.models import Call, CallTurn
from ivr.errors import CallUnreadable
from ivr.twiml.elements import Xml

_TURNS: Final = cast(Table, CallTurn.__table__)
_GIVEN: Final = Prepared(
    select(_TURNS.c.reply).where(
        _TURNS.c.call_id == bindparam("of_call"), _TURNS.c.number == bindparam("of_number")
    )
)
_KEEP: Final = insertion(CallTurn, "call_id", "number", "reply", "at")


def keep_reply(tx: Transaction, call: Call, number: str, reply: Xml, *, at: datetime) -> None:
    """Store what is about to be answered to this number, which nothing was answered to before."""
    if tx.is_new(call):
        tx.flush()
    _KEEP.gather(tx, [{"call_id": call.id, "number": number, "reply": reply, "at": at}])


def reply_to(tx: Transaction, call: Call, number: str) -> Xml | None:
    """What was answered to this number; None if nothing was yet."""
    reply: Xml | None = _GIVEN.value(tx, {"of_call": call.id, "of_number": number})
    return reply


def replied_at(tx: Transaction, call: Call, *numbers: str) -> datetime | None:
    """When the newest of the replies to these numbers was given; None if none was."""
    key = (_TURNS.c.call_id == call.id, _TURNS.c.number.in_(numbers))
    at: datetime | None = tx.own_connection.execute(select(func.max(_TURNS.c.at)).where(*key)).scalar_one()
    return at


def latest_reply(tx: Transaction, call: Call) -> Xml:
    """What was answered to the call's last turn: the sensible answer to anything that is out of date."""
    reply = reply_to(tx, call, str(call.turn - 1))
    if reply is None:
        raise CallUnreadable(call.id)
    return reply
