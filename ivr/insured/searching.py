"""Finds insured people for an agent by policy digits, by name and birth date, or by telephone; every search is audited.

What was searched for never reaches a log: the audit has it masked, and whom it found by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from sqlalchemy import select

from config.database import Transaction
from config.line_descriptions import Insurer
from config.phone_numbers import PhoneNumberError, mask_phone, parse_phone
from ivr.errors import PhoneError
from ivr.insured import search_limits
from ivr.insured.cards import initials
from ivr.insured.finding import (
    COVERED_LONGEST_FIRST,
    PEOPLE,
    Found,
    as_keyed,
    as_written,
    audit_search,
    has_number,
    rows,
)
from ivr.insured.models import InsuredPerson, InsuredPhone, Policy, Programme
from ivr.policy_numbers import mask_policy

MOST: Final = 20
_LEAST_SIGNS: Final = 6
_LEAST_LETTERS: Final = 2


class By(StrEnum):
    """What is searched by."""

    POLICY = "policy"
    NAME = "name"
    PHONE = "phone"


class SearchTooWide(PhoneError):
    """Too little was given to search by, or nothing that can be read; nothing of it is quoted."""


@dataclass(frozen=True)
class ListedInsured:
    """A person in a list: initials, the year of birth, the policy's last digits; `last_day` is the last day covered."""

    insured_id: str
    initials: str
    born_in: int
    policy: str
    programme: str
    last_day: date
    has_phone: bool


_PEOPLE: Final = PEOPLE.order_by(*COVERED_LONGEST_FIRST)


def search_insured(
    tx: Transaction, *, insurer: Insurer, by: By, text: str, actor: str, at: datetime, born_on: date | None = None
) -> list[ListedInsured]:
    """At most `MOST` people of the insurer, those covered longest first; audited, so `tx` must write.

    A policy is searched by its whole number, written or keyed; a name by the beginnings of its words, with the birth
    date. Raises SearchTooWide, which counts for nothing, and SearchesUsedUp.
    """
    search_limits.check(tx, insurer=insurer, actor=actor, at=at)
    match by:
        case By.POLICY:
            found, hint = _by_policy(tx, insurer, text)
        case By.NAME:
            found, hint = _by_name(tx, insurer, text, born_on)
        case By.PHONE:
            found, hint = _by_phone(tx, insurer, text)
        case _ as never:
            assert_never(never)
    search_limits.note_search(tx, insurer=insurer, actor=actor, at=at)
    audit_search(tx, insurer, found, by=str(by), masked=hint, actor=actor, at=at)
    return [_listed(tx, *row) for row in found]


def _by_policy(tx: Transaction, insurer: Insurer, text: str) -> tuple[list[Found], str]:
    if len(as_keyed(text)) < _LEAST_SIGNS:
        raise SearchTooWide("policy")
    on_policy = _PEOPLE.where(Policy.insurer_id == insurer.id, has_number(text))
    return rows(tx, on_policy.limit(MOST)), mask_policy(as_written(text))


def _by_name(tx: Transaction, insurer: Insurer, text: str, born_on: date | None) -> tuple[list[Found], str]:
    words = _plain(text).split()
    if born_on is None or sum(map(len, words)) < _LEAST_LETTERS:
        raise SearchTooWide("name")
    born = rows(tx, _PEOPLE.where(InsuredPerson.insurer_id == insurer.id, InsuredPerson.birth_date == born_on))
    fitting = [row for row in born if _fits(words, _plain(row[0].full_name).split())]
    return fitting[:MOST], f"{initials(text)} {born_on.year}"


def _by_phone(tx: Transaction, insurer: Insurer, text: str) -> tuple[list[Found], str]:
    try:
        e164 = parse_phone(text).e164
    except PhoneNumberError:
        raise SearchTooWide("phone") from None
    owners = select(InsuredPhone.insured_id).where(InsuredPhone.insurer_id == insurer.id, InsuredPhone.e164 == e164)
    return rows(tx, _PEOPLE.where(InsuredPerson.id.in_(owners)).limit(MOST)), mask_phone(e164)


def _plain(text: str) -> str:
    return text.casefold().replace("ё", "е").replace("-", " ")


def _fits(words: Sequence[str], name: Sequence[str]) -> bool:
    """Each word typed is the beginning of a word of the name of its own."""
    left = list(name)
    for word in sorted(words, key=len, reverse=True):
        fitting = next((one for one in left if one.startswith(word)), None)
        if fitting is None:
            return False
        left.remove(fitting)
    return True


def _listed(tx: Transaction, person: InsuredPerson, policy: Policy, programme: Programme) -> ListedInsured:
    phone = tx.scalar(select(InsuredPhone.id).where(InsuredPhone.insured_id == person.id).limit(1))
    return ListedInsured(
        insured_id=person.id,
        initials=initials(person.full_name),
        born_in=person.birth_date.year,
        policy=mask_policy(policy.number),
        programme=programme.title,
        last_day=policy.valid_until - timedelta(days=1),
        has_phone=phone is not None,
    )
