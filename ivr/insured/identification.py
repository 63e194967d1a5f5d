"""Finds out whose policy a call is about: caller ID hints, policy digits and birth date identify.

Levels (DESIGN, "The life of a call", 5): a matching caller ID hints; the pair identifies; the pair and the registered
telephone verify. An ЕНП holds its own birth date, so that for ОМС the pair alone is one factor (standards.md §1.1):
what is personal is said there to a verified caller only.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import bindparam, select

from config.audit import audit
from config.database import Transaction
from config.line_descriptions import Insurer, InsurerKind
from ivr.calls.log import record
from ivr.calls.models import Call, IdentificationLevel
from ivr.insured.guessing import guess_of, is_locked, note_try
from ivr.insured.models import InsuredPerson, InsuredPhone, Policy
from ivr.policy_numbers import keyed_form

OLDEST_YEARS: Final = 120


class Recognition(StrEnum):
    """How many insured people the calling number belongs to."""

    NONE = "none"
    ONE = "one"
    SEVERAL = "several"


class Finding(StrEnum):
    """What a try came to. A wrong policy and a wrong birth date are one answer: it must not tell which was right."""

    IDENTIFIED = "identified"
    SEVERAL = "several"
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True)
class Identification:
    """A try's finding, and the policy where it found one."""

    finding: Finding
    policy: Policy | None = None


@dataclass(frozen=True)
class _Candidate:
    person: InsuredPerson
    policy: Policy
    is_callers: bool


def recognise(tx: Transaction, *, call: Call, at: datetime, today: date) -> Recognition:
    """Take the calling number as a hint: level `hinted`, and the insured if it belongs to one person alone."""
    if call.ani is None or call.is_anonymous or call.level != IdentificationLevel.UNKNOWN:
        return Recognition.NONE
    found = _newest_of_each(_of_phone(tx, call, call.ani), today)
    if not found:
        return Recognition.NONE
    call.level = IdentificationLevel.HINTED
    recognition = Recognition.ONE if len(found) == 1 else Recognition.SEVERAL
    if recognition is Recognition.ONE:
        call.insured_id = found[0].person.id
    record(tx, call, "caller_recognised", at=at, people=len(found))
    return recognition


def identify(
    tx: Transaction,
    *,
    call: Call,
    insurer: Insurer,
    pepper: bytes,
    policy_digits: str,
    born_on: date | None,
    at: datetime,
    today: date,
) -> Identification:
    """Try the pair, and on a match set the call's insured and level. `call` must be locked.

    `born_on` None (no such day) is a miss as any other. When the last try that is allowed misses, the answer is
    LOCKED, and so is every answer after it until the hour is over. A call that forgot its caller stays so: LOCKED.
    """
    if call.is_anonymous:
        return Identification(Finding.LOCKED)
    limits = insurer.identification
    guess = guess_of(pepper, call=call, policy_digits=policy_digits)
    if is_locked(tx, call=call, guess=guess, limits=limits, at=at):
        record(tx, call, "identification_locked", at=at)
        return Identification(Finding.LOCKED)
    candidates = _candidates(tx, call, policy_digits, born_on)
    note_try(tx, call=call, guess=guess, is_match=bool(candidates), at=at)
    if not candidates:
        is_last = is_locked(tx, call=call, guess=guess, limits=limits, at=at)
        record(tx, call, "identification_failed", at=at, is_last=is_last)
        return Identification(Finding.LOCKED if is_last else Finding.WRONG)
    chosen = _choose(candidates, today)
    if chosen is None:
        record(tx, call, "identification_ambiguous", at=at)
        return Identification(Finding.SEVERAL)
    _settle(tx, call, chosen, at=at)
    return Identification(Finding.IDENTIFIED, chosen.policy)


def identify_by_questions(
    tx: Transaction, *, call: Call, insured_id: str, by: str, at: datetime
) -> bool:
    """An agent's questions told whose policy the call is about: `verified`. `call` must be locked. Audited.

    False, and nothing changes, for an anonymous call and for an insured person of nobody or of another insurer.
    """
    person = tx.get(InsuredPerson, insured_id)
    if call.is_anonymous or person is None or person.insurer_id != call.insurer_id:
        return False
    call.insured_id, call.level = person.id, IdentificationLevel.VERIFIED
    record(tx, call, "caller_verified", at=at, by=by)
    audit(
        tx,
        insurer_id=call.insurer_id,
        at=at,
        actor=by,
        action="caller_identified",
        subject_kind="call",
        subject_id=call.id,
        insured_id=person.id,
    )
    return True


def verify(tx: Transaction, *, call: Call, by: str, at: datetime) -> bool:
    """An agent's questions confirmed an identified caller; False where nobody was identified. Audited by who asks."""
    if call.insured_id is None or call.level not in (IdentificationLevel.IDENTIFIED, IdentificationLevel.VERIFIED):
        return False
    call.level = IdentificationLevel.VERIFIED
    record(tx, call, "caller_verified", at=at, by=by)
    return True


def may_hear_personal(call: Call, insurer: Insurer) -> bool:
    """Whether what stands on the insured's record may be said to this caller."""
    if call.insured_id is None or call.is_anonymous:
        return False
    if insurer.kind is InsurerKind.OMS:
        return call.level == IdentificationLevel.VERIFIED
    return call.level in (IdentificationLevel.IDENTIFIED, IdentificationLevel.VERIFIED)


def read_birth_date(digits: str, *, today: date) -> date | None:
    """Keyed ДДММГГГГ as a date that somebody alive may have been born on; None for any other digits."""
    if len(digits) != 8 or not (digits.isascii() and digits.isdecimal()):
        return None
    try:
        born = date(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    except ValueError:
        return None
    return born if today.year - OLDEST_YEARS <= born.year and born <= today else None


# Built once: building a statement anew takes longer than the database needs for it.
_PEOPLE: Final = (
    select(InsuredPerson, Policy).join(Policy, Policy.id == InsuredPerson.policy_id).order_by(InsuredPerson.id)
)
_OF_PAIR: Final = _PEOPLE.where(
    Policy.insurer_id == bindparam("insurer_id"),
    Policy.keyed_form == bindparam("digits"),
    InsuredPerson.birth_date == bindparam("born_on"),
)
_OF_PHONE: Final = _PEOPLE.join(InsuredPhone, InsuredPhone.insured_id == InsuredPerson.id).where(
    InsuredPhone.insurer_id == bindparam("insurer_id"), InsuredPhone.e164 == bindparam("e164")
)


def _candidates(tx: Transaction, call: Call, digits: str, born_on: date | None) -> list[_Candidate]:
    """People born that day whose policy is keyed like this.

    The digits of a number with letters are only a part of it, so that there the caller's own number must match
    too (standards.md §1.3).
    """
    if born_on is None:
        return []
    pair = {"insurer_id": call.insurer_id, "digits": digits, "born_on": born_on}
    rows = tx.execute(_OF_PAIR, pair).all()
    known = _owners_of(tx, call, [person.id for person, _ in rows])
    found = [_Candidate(person, policy, is_callers=person.id in known) for person, policy in rows]
    return [one for one in found if one.is_callers or keyed_form(one.policy.number) is not None]


def _choose(candidates: Sequence[_Candidate], today: date) -> _Candidate | None:
    """The one person meant: by newest policy, then by the calling number; None for twins."""
    people = _newest_of_each(candidates, today)
    if len(people) > 1:
        people = [one for one in people if one.is_callers]
    return people[0] if len(people) == 1 else None


def _newest_of_each(candidates: Sequence[_Candidate], today: date) -> list[_Candidate]:
    """One candidate a person, the one of the policy that holds today, else of the newest."""
    best: dict[tuple[str, date], _Candidate] = {}
    for one in candidates:
        who = (one.person.full_name.casefold(), one.person.birth_date)
        if who not in best or _rank(one.policy, today) > _rank(best[who].policy, today):
            best[who] = one
    return list(best.values())


def _rank(policy: Policy, today: date) -> tuple[bool, date]:
    return policy.valid_from <= today < policy.valid_until, policy.valid_until


def _settle(tx: Transaction, call: Call, chosen: _Candidate, *, at: datetime) -> None:
    call.insured_id = chosen.person.id
    call.level = IdentificationLevel.VERIFIED if chosen.is_callers else IdentificationLevel.IDENTIFIED
    record(tx, call, "identified", at=at, level=call.level)


def _of_phone(tx: Transaction, call: Call, e164: str) -> list[_Candidate]:
    rows = tx.execute(_OF_PHONE, {"insurer_id": call.insurer_id, "e164": e164})
    return [_Candidate(person, policy, is_callers=True) for person, policy in rows]


def _owners_of(tx: Transaction, call: Call, people: Collection[str]) -> set[str]:
    """Which of these people the calling number belongs to. A number behind a switchboard is nobody's own."""
    if call.ani is None or not people:
        return set()
    found = tx.scalars(
        select(InsuredPhone.insured_id).where(
            InsuredPhone.insured_id.in_(people), InsuredPhone.e164 == call.ani, InsuredPhone.extension.is_(None)
        )
    )
    return set(found)
