"""What a call lets its agent see of the insured: what the caller may hear, and nothing of health for employers."""

from enum import StrEnum
from typing import Final

from sqlalchemy import or_, select

from agents.models import Wait
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.calls.models import Call, Request
from ivr.calls.requests import newest_of
from ivr.insured.identification import may_hear_personal

EMPLOYER: Final = "employer"
"""The role of a caller from the employer's HR, who changes rosters and never gets health facts (domain.md §6)."""
_WITHOUT_HEALTH: Final = frozenset({"policy_duplicate", "ticket", "complaint", "curator_task", "upgrade"})


class Sight(StrEnum):
    """How far an agent may look while on a call.

    `nothing`: the call is anonymous. `call`: what this call itself brought. `roster`: who is insured and how, for the
    employer, who never gets health facts (domain.md §6). `person`: the insured person whom the call is about.
    """

    NOTHING = "nothing"
    CALL = "call"
    ROSTER = "roster"
    PERSON = "person"


def sight_of(tx: Transaction, insurer: Insurer, call: Call) -> Sight:
    """How far the call lets its agent look now."""
    if is_anonymous(tx, insurer, call):
        return Sight.NOTHING
    if call.caller_role == EMPLOYER:
        return Sight.ROSTER
    return Sight.PERSON if may_hear_personal(call, insurer) else Sight.CALL


def is_anonymous(tx: Transaction, insurer: Insurer, call: Call) -> bool:
    """Whether nothing of the person may be known or kept: the call forgot who it is, or waits where nobody is named."""
    last = select(Wait.queue).where(Wait.call_id == call.id).order_by(Wait.joined_at.desc(), Wait.id.desc()).limit(1)
    queue = insurer.queues.get(tx.scalar(last) or "")
    return call.is_anonymous or (queue is not None and queue.is_anonymous)


def may_concern(tx: Transaction, insurer: Insurer, call: Call, kind: str) -> bool:
    """Whether this call may open, hear of and move requests of `kind`."""
    match sight_of(tx, insurer, call):
        case Sight.NOTHING:
            return False
        case Sight.ROSTER:
            return kind in _WITHOUT_HEALTH
        case Sight.CALL | Sight.PERSON:
            return True


def requests_in_sight(tx: Transaction, insurer: Insurer, call: Call) -> list[Request]:
    """What is open for the insured, as far as this call lets its agent look, and what it brought itself; most pressing
    first, closed ones last.
    """
    if sight_of(tx, insurer, call) is Sight.NOTHING:
        return []
    whose = Request.call_id == call.id
    if may_hear_personal(call, insurer):
        whose = or_(whose, (Request.insured_id == call.insured_id) & Request.closed_at.is_(None))
    found = tx.scalars(
        select(Request)
        .where(Request.insurer_id == insurer.id, whose)
        .order_by(Request.closed_at.is_not(None), Request.due_at.is_(None), Request.due_at, Request.id)
    )
    return [one for one in found if may_concern(tx, insurer, call, one.kind)]


def newest_in_sight(tx: Transaction, insurer: Insurer, call: Call, kind: str) -> Request | None:
    """The newest request of `kind`, open or not, that this call may know of."""
    newest = newest_of(tx, call=call, kind=kind)
    if newest is None or newest.call_id == call.id or may_hear_personal(call, insurer):
        return newest
    return None
