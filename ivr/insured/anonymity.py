"""Lets a call forget who is calling: the psychologist's line is anonymous (domain.md §1)."""

from datetime import datetime

from sqlalchemy import update

from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.models import Call, IdentificationLevel, Message, Outcome, Request
from ivr.insured.guessing import detach_tries


def forget_caller(tx: Transaction, *, call: Call, at: datetime) -> None:
    """Take number, insured and role off the call, and part it from whatever it wrote on the insured record.

    Requests stay with the insured and lose the call; outcomes stay with the call and lose the insured. Tries go on
    counting against guessing. What was keyed is in the call's session, which its owner must clear.
    """
    detach_tries(tx, call=call, at=at)
    tx.execute(update(Request).where(Request.call_id == call.id, Request.insured_id.is_not(None)).values(call_id=None))
    tx.execute(update(Outcome).where(Outcome.call_id == call.id).values(insured_id=None))
    tx.execute(update(Message).where(Message.call_id == call.id).values(call_id=None))
    call.ani = None
    call.insured_id = None
    call.caller_role = None
    call.level = IdentificationLevel.UNKNOWN
    call.is_anonymous = True
    record(tx, call, "caller_forgotten", at=at)
