"""Looks an insured person up for another system, which names policy number and birth date; every look-up is audited.

The same pair as a caller's (`ivr/insured/identification.py`), so that a system which has only one of the two cannot
find the other: misses are limited for each system, and a miss does not tell which of the two was wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import or_, select

from config.audit import audit
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.errors import PhoneError
from ivr.insured import search_limits
from ivr.insured.cards import initials
from ivr.insured.models import InsuredPerson, Policy, Programme
from ivr.policy_numbers import keyed_form, mask_policy

_BY: Final = "policy_and_birth_date"


class MissesUsedUp(PhoneError):
    """Whoever asks has missed too often within an hour; `again_at` says when they may again."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__(f"no more look-ups before {again_at:%H:%M} UTC")
        self.again_at = again_at


@dataclass(frozen=True)
class Insured:
    """A person on a policy, masked; `last_day` is the policy's last, `is_covered` whether it holds today."""

    insured_id: str
    initials: str
    programme: str
    first_day: date
    last_day: date
    is_covered: bool


def look_up(
    tx: Transaction, *, insurer: Insurer, policy: str, born_on: date, actor: str, at: datetime
) -> list[Insured]:
    """The insurer's people born that day on the policy, written or keyed; audited, so `tx` must write.

    Raises MissesUsedUp once the insurer's `searches_per_hour` look-ups of `actor` found nobody within an hour.
    """
    again_at = search_limits.may_search_again_at(tx, insurer=insurer, actor=actor, at=at)
    if again_at is not None:
        raise MissesUsedUp(again_at)
    found = _found(tx, insurer, policy, born_on)
    if not found:
        search_limits.note_search(tx, insurer=insurer, actor=actor, at=at)
    _audit(tx, insurer, found, policy, actor, at)
    today = at.astimezone(insurer.time_zone).date()
    return [_insured(*row, today) for row in found]


_Row = tuple[InsuredPerson, Policy, Programme]


def _found(tx: Transaction, insurer: Insurer, policy: str, born_on: date) -> Sequence[_Row]:
    number = policy.strip().upper()
    keyed = keyed_form(number) or number
    statement = (
        select(InsuredPerson, Policy, Programme)
        .join(Policy, Policy.id == InsuredPerson.policy_id)
        .join(Programme, Programme.id == Policy.programme_id)
        .where(
            Policy.insurer_id == insurer.id,
            or_(Policy.number == number, Policy.keyed_form == keyed),
            InsuredPerson.birth_date == born_on,
        )
        .order_by(Policy.valid_until.desc(), InsuredPerson.id)
    )
    return [(person, on, programme) for person, on, programme in tx.execute(statement)]


def _insured(person: InsuredPerson, policy: Policy, programme: Programme, today: date) -> Insured:
    return Insured(
        insured_id=person.id,
        initials=initials(person.full_name),
        programme=programme.title,
        first_day=policy.valid_from,
        last_day=policy.valid_until - timedelta(days=1),
        is_covered=policy.valid_from <= today < policy.valid_until,
    )


def _audit(
    tx: Transaction, insurer: Insurer, found: Sequence[_Row], policy: str, actor: str, at: datetime
) -> None:
    """As of a search at a desk: by what, masked, and each person it brought up."""

    def note(action: str, subject_id: str, **detail: str | int) -> None:
        audit(
            tx,
            insurer_id=insurer.id,
            at=at,
            actor=actor,
            action=action,
            subject_kind="insured",
            subject_id=subject_id,
            by=_BY,
            **detail,
        )

    note("insured_searched", "", masked=mask_policy(policy), found=len(found))
    for person, _, _ in found:
        note("insured_found", person.id)
