"""Lets a call forget who is calling: the psychologist's line is anonymous (domain.md §1)."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update

from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.models import Call, CallEvent, CallTurn, IdentificationLevel, Message, Outcome, Request
from ivr.insured.guessing import detach_tries
from ivr.insured.models import EntitlementUse

# What events name by id of rows that stand with a person.
_LEADS: Final = frozenset({"request", "message", "callback", "promised_in"})


def forget_caller(tx: Transaction, *, call: Call, at: datetime) -> None:
    """Take number, insured and role off the call, and part it from whatever it wrote on the insured record.

    Requests and uses of entitlements stay with the insured and lose the call; outcomes stay with the call and lose the
    insured; events lose what leads to any of them. What was said so far goes, as it read back digits of the policy.
    Misses go on counting against guessing. What was keyed goes out of the session by the action's own rule
    (`flows.actions.Forgets`).
    """
    detach_tries(tx, call=call, at=at)
    tx.execute(update(Request).where(Request.call_id == call.id, Request.insured_id.is_not(None)).values(call_id=None))
    tx.execute(update(EntitlementUse).where(EntitlementUse.call_id == call.id).values(call_id=None))
    tx.execute(update(Outcome).where(Outcome.call_id == call.id).values(insured_id=None))
    tx.execute(update(Message).where(Message.call_id == call.id).values(call_id=None))
    tx.execute(delete(CallTurn).where(CallTurn.call_id == call.id))
    _cut_leads(tx, call)
    call.ani = None
    call.insured_id = None
    call.caller_role = None
    call.extension = None
    call.address = None
    call.continues_call_id = None
    call.level = IdentificationLevel.UNKNOWN
    call.is_anonymous = True
    record(tx, call, "caller_forgotten", at=at)


def _cut_leads(tx: Transaction, call: Call) -> None:
    for event in tx.scalars(select(CallEvent).where(CallEvent.call_id == call.id)):
        if _LEADS & event.data.keys():
            event.data = {name: value for name, value in event.data.items() if name not in _LEADS}
    tx.flush()
