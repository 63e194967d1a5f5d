"""Looks an insured person up for another system, which names policy number and birth date; every look-up is audited.

The same pair as a caller's (`ivr/insured/identification.py`), so that a system which has only one of the two cannot
find the other: misses are limited for each system, and a miss does not tell which of the two was wrong.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.insured import search_limits
from ivr.insured.cards import initials
from ivr.insured.finding import COVERED_LONGEST_FIRST, PEOPLE, audit_search, has_number, rows
from ivr.insured.models import InsuredPerson, Policy, Programme
from ivr.policy_numbers import mask_policy

_BY: Final = "policy_and_birth_date"


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

    Raises SearchesUsedUp once the insurer's `searches_per_hour` look-ups of `actor` found nobody within an hour.
    """
    search_limits.check(tx, insurer=insurer, actor=actor, at=at)
    narrowed = PEOPLE.where(Policy.insurer_id == insurer.id, has_number(policy), InsuredPerson.birth_date == born_on)
    found = rows(tx, narrowed.order_by(*COVERED_LONGEST_FIRST))
    if not found:
        search_limits.note_search(tx, insurer=insurer, actor=actor, at=at)
    audit_search(tx, insurer, found, by=_BY, masked=mask_policy(policy), actor=actor, at=at)
    today = at.astimezone(insurer.time_zone).date()
    return [_insured(*row, today) for row in found]


def _insured(person: InsuredPerson, policy: Policy, programme: Programme, today: date) -> Insured:
    return Insured(
        insured_id=person.id,
        initials=initials(person.full_name),
        programme=programme.title,
        first_day=policy.valid_from,
        last_day=policy.valid_until - timedelta(days=1),
        is_covered=policy.valid_from <= today < policy.valid_until,
    )
