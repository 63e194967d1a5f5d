"""What an agent may see of a caller and an insured person: one table, by how sure it is whose call it is, and by role;
and what a token lets another system see.

Whatever shows, opens or moves something of a person asks here; what is not in sight is not read, and so cannot be sent.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sqlalchemy import or_, select

from agents.models import Wait
from agents.scopes import Scope
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.calls.models import Call, IdentificationLevel, Request
from ivr.calls.requests import newest_of
from ivr.insured.identification import may_hear_personal

EMPLOYER: Final = "employer"
"""The role of a caller from the employer's HR, who changes rosters and never gets health facts (domain.md §6)."""
_WITHOUT_HEALTH: Final = frozenset({"policy_duplicate", "ticket", "complaint", "curator_task", "upgrade"})


class Certainty(StrEnum):
    """How sure it is whose call this is.

    `anonymous`: nothing may be known or kept. `number`: no more than where it comes from. `one_factor`: a policy was
    named, by what is not enough to hear of it (`may_hear_personal`). `identified`: it is enough, by policy and birth
    date. `verified`: also by what only the insured has, or by an agent's questions.
    """

    ANONYMOUS = "anonymous"
    NUMBER = "number"
    ONE_FACTOR = "one_factor"
    IDENTIFIED = "identified"
    VERIFIED = "verified"


class Record(StrEnum):
    """How much of the insured record: masked is initials, the year of birth and last digits."""

    HIDDEN = "hidden"
    MASKED = "masked"
    WHOLE = "whole"


@dataclass(frozen=True)
class Sight:
    """What may be seen, and worked with.

    `phone`: the caller's number, masked unless `is_phone_whole`, and what the line found out. `own`: requests that this
    call brought. `file`: what else stands on file of the insured person. `health`: in both, what tells that or why
    somebody sought care.
    """

    phone: bool = False
    is_phone_whole: bool = False
    record: Record = Record.HIDDEN
    own: bool = False
    file: bool = False
    health: bool = False

    @property
    def has_record(self) -> bool:
        """Whether anything of the insured record may be shown."""
        return self.record is not Record.HIDDEN

    @property
    def is_whole(self) -> bool:
        """Whether the insured record is shown unmasked."""
        return self.record is Record.WHOLE

    @property
    def history(self) -> bool:
        """Whether earlier calls, services used and care sought may be shown."""
        return self.file and self.health

    def may_concern(self, kind: str) -> bool:
        """Whether requests of `kind` may be opened, heard of and moved."""
        return (self.own or self.file) and (self.health or kind in _WITHOUT_HEALTH)


NOTHING: Final = Sight()
_IN_A_CALL: Final[Mapping[Certainty, Sight]] = {
    Certainty.ANONYMOUS: NOTHING,
    Certainty.NUMBER: Sight(phone=True, own=True, health=True),
    Certainty.ONE_FACTOR: Sight(phone=True, own=True, health=True, record=Record.MASKED),
    Certainty.IDENTIFIED: Sight(phone=True, own=True, health=True, record=Record.MASKED, file=True),
    Certainty.VERIFIED: Sight(phone=True, own=True, health=True, record=Record.WHOLE, file=True),
}
AGENT_WITHOUT_CALL: Final = Sight(record=Record.MASKED)
_IN_THE_JOURNAL: Final[Mapping[Certainty, Sight]] = {
    Certainty.ANONYMOUS: NOTHING,
    Certainty.NUMBER: Sight(phone=True, is_phone_whole=True, own=True, health=True),
    **dict.fromkeys(
        (Certainty.ONE_FACTOR, Certainty.IDENTIFIED, Certainty.VERIFIED),
        Sight(phone=True, is_phone_whole=True, own=True, health=True, record=Record.WHOLE),
    ),
}
SUPERVISOR_WITHOUT_CALL: Final = Sight(record=Record.MASKED, file=True, health=True)


def sight_of_token(scopes: Collection[Scope]) -> Sight:
    """What another system may see: nothing of whom a call or a request is about without `health:read`, save what tells
    nothing of anybody's health; and of the insured record never more than masked.
    """
    is_told_health = Scope.HEALTH in scopes
    return Sight(
        phone=is_told_health,
        record=Record.MASKED if Scope.INSURED in scopes else Record.HIDDEN,
        file=Scope.REQUESTS in scopes,
        health=is_told_health,
    )


def kinds_in_sight(insurer: Insurer, sight: Sight) -> list[str]:
    """The kinds of the insurer's requests that may be heard of."""
    return [kind for kind in insurer.requests if sight.may_concern(kind)]


def sight_of(tx: Transaction, insurer: Insurer, call: Call, *, is_emergency: bool = False) -> Sight:
    """What the call lets its agent see now."""
    return seen_at(certainty_of(tx, insurer, call), role=call.caller_role, is_emergency=is_emergency)


def seen_at(certainty: Certainty, *, role: str | None, is_emergency: bool = False) -> Sight:
    """The table: by the certainty, the caller's role, and whether somebody may be dying."""
    sight = _IN_A_CALL[certainty]
    return replace(
        sight,
        health=sight.health and role != EMPLOYER,
        # Who may be dying is rung back, and found, by this number.
        is_phone_whole=sight.phone and is_emergency,
    )


def sight_in_journal(tx: Transaction, insurer: Insurer, call: Call) -> Sight:
    """What the journal of contacts has of a call, which the fund reads: whoever was named is named in it, and who only
    has a known number is not.
    """
    return _IN_THE_JOURNAL[certainty_of(tx, insurer, call)]


def certainty_of(tx: Transaction, insurer: Insurer, call: Call) -> Certainty:
    """How sure it is whose call this is."""
    return Certainty.ANONYMOUS if is_anonymous(tx, insurer, call) else certainty_by_level(call, insurer)


def certainty_by_level(call: Call, insurer: Insurer) -> Certainty:
    """How sure it is by what the caller told, of one who is not anonymous."""
    match IdentificationLevel(call.level):
        case IdentificationLevel.UNKNOWN | IdentificationLevel.HINTED:
            return Certainty.NUMBER
        case _ if call.insured_id is None:
            return Certainty.NUMBER
        case IdentificationLevel.VERIFIED:
            return Certainty.VERIFIED
        case IdentificationLevel.IDENTIFIED:
            return Certainty.IDENTIFIED if may_hear_personal(call, insurer) else Certainty.ONE_FACTOR


def is_anonymous(tx: Transaction, insurer: Insurer, call: Call) -> bool:
    """Whether nothing of the person may be known or kept: the call forgot who it is, or waits where nobody is named."""
    last = select(Wait.queue).where(Wait.call_id == call.id).order_by(Wait.joined_at.desc(), Wait.id.desc()).limit(1)
    queue = insurer.queues.get(tx.scalar(last) or "")
    return call.is_anonymous or (queue is not None and queue.is_anonymous)


def may_concern(tx: Transaction, insurer: Insurer, call: Call, kind: str) -> bool:
    """Whether this call may open, hear of and move requests of `kind`."""
    return sight_of(tx, insurer, call).may_concern(kind)


def requests_in_sight(tx: Transaction, insurer: Insurer, call: Call) -> list[Request]:
    """What is open for the insured, as far as this call lets its agent look, and what it brought itself; most pressing
    first, closed ones last.
    """
    sight = sight_of(tx, insurer, call)
    if not sight.own:
        return []
    whose = Request.call_id == call.id
    if sight.file:
        whose = or_(whose, (Request.insured_id == call.insured_id) & Request.closed_at.is_(None))
    found = tx.scalars(
        select(Request)
        .where(Request.insurer_id == insurer.id, whose)
        .order_by(Request.closed_at.is_not(None), Request.due_at.is_(None), Request.due_at, Request.id)
    )
    return [one for one in found if sight.may_concern(one.kind)]


def open_on_file(tx: Transaction, insurer: Insurer, insured_id: str, sight: Sight) -> list[Request]:
    """What stands open for an insured person, as far as `sight` goes; most pressing first."""
    if not sight.file:
        return []
    found = tx.scalars(
        select(Request)
        .where(Request.insurer_id == insurer.id, Request.insured_id == insured_id, Request.closed_at.is_(None))
        .order_by(Request.due_at.is_(None), Request.due_at, Request.id)
    )
    return [one for one in found if sight.may_concern(one.kind)]


def newest_in_sight(tx: Transaction, insurer: Insurer, call: Call, kind: str) -> Request | None:
    """The newest request of `kind`, open or not, that this call may know of."""
    newest = newest_of(tx, call=call, kind=kind)
    if newest is None or newest.call_id == call.id or sight_of(tx, insurer, call).file:
        return newest
    return None
