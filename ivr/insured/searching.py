"""Finds insured people for an agent by policy digits, by name and birth date, or by telephone; every search is audited.

What was searched for never reaches a log: the audit has it masked, and whom it found by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from sqlalchemy import Select, select

from config.audit import audit
from config.database import Transaction
from config.line_descriptions import Insurer
from config.phone_numbers import PhoneNumberError, mask_phone, parse_phone
from ivr.errors import PhoneError
from ivr.insured import search_limits
from ivr.insured.cards import initials
from ivr.insured.models import InsuredPerson, InsuredPhone, Policy, Programme
from ivr.policy_numbers import keyed_form, mask_policy

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


class SearchesUsedUp(PhoneError):
    """Whoever searches has searched too often within an hour; `again_at` says when they may again."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__(f"no more searches before {again_at:%H:%M} UTC")
        self.again_at = again_at


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


_PEOPLE: Final = (
    select(InsuredPerson, Policy, Programme)
    .join(Policy, Policy.id == InsuredPerson.policy_id)
    .join(Programme, Programme.id == Policy.programme_id)
    .order_by(Policy.valid_until.desc(), InsuredPerson.id)
)


def search_insured(
    tx: Transaction, *, insurer: Insurer, by: By, text: str, actor: str, at: datetime, born_on: date | None = None
) -> list[ListedInsured]:
    """At most `MOST` people of the insurer, those covered longest first; audited, so `tx` must write.

    A policy is searched by its whole number, written or keyed; a name by the beginnings of its words, with the birth
    date. Raises SearchTooWide, which counts for nothing, and SearchesUsedUp.
    """
    again_at = search_limits.may_search_again_at(tx, insurer=insurer, actor=actor, at=at)
    if again_at is not None:
        raise SearchesUsedUp(again_at)
    match by:
        case By.POLICY:
            rows, hint = _by_policy(tx, insurer, text)
        case By.NAME:
            rows, hint = _by_name(tx, insurer, text, born_on)
        case By.PHONE:
            rows, hint = _by_phone(tx, insurer, text)
        case _ as never:
            assert_never(never)
    search_limits.note_search(tx, insurer=insurer, actor=actor, at=at)
    _audit(tx, insurer, rows, by, hint, actor, at)
    return [_listed(tx, *row) for row in rows]


_Row = tuple[InsuredPerson, Policy, Programme]


def _by_policy(tx: Transaction, insurer: Insurer, text: str) -> tuple[list[_Row], str]:
    number = text.strip().upper()
    keyed = keyed_form(number) or number
    if len(keyed) < _LEAST_SIGNS:
        raise SearchTooWide("policy")
    found = _PEOPLE.where(Policy.insurer_id == insurer.id, (Policy.number == number) | (Policy.keyed_form == keyed))
    return _rows(tx, found.limit(MOST)), mask_policy(number)


def _by_name(tx: Transaction, insurer: Insurer, text: str, born_on: date | None) -> tuple[list[_Row], str]:
    words = _plain(text).split()
    if born_on is None or sum(map(len, words)) < _LEAST_LETTERS:
        raise SearchTooWide("name")
    rows = _rows(tx, _PEOPLE.where(InsuredPerson.insurer_id == insurer.id, InsuredPerson.birth_date == born_on))
    fitting = [row for row in rows if _fits(words, _plain(row[0].full_name).split())]
    return fitting[:MOST], f"{initials(text)} {born_on.year}"


def _by_phone(tx: Transaction, insurer: Insurer, text: str) -> tuple[list[_Row], str]:
    try:
        e164 = parse_phone(text).e164
    except PhoneNumberError:
        raise SearchTooWide("phone") from None
    owners = select(InsuredPhone.insured_id).where(InsuredPhone.insurer_id == insurer.id, InsuredPhone.e164 == e164)
    return _rows(tx, _PEOPLE.where(InsuredPerson.id.in_(owners)).limit(MOST)), mask_phone(e164)


def _rows(tx: Transaction, statement: Select[InsuredPerson, Policy, Programme]) -> list[_Row]:
    return [(person, policy, programme) for person, policy, programme in tx.execute(statement)]


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


def _audit(
    tx: Transaction, insurer: Insurer, rows: Sequence[_Row], by: By, hint: str, actor: str, at: datetime
) -> None:
    """The search by what it was made, masked; and each person it brought up, so that it is found from them too."""

    def note(action: str, subject_id: str, **detail: str | int) -> None:
        audit(
            tx,
            insurer_id=insurer.id,
            at=at,
            actor=actor,
            action=action,
            subject_kind="insured",
            subject_id=subject_id,
            by=str(by),
            **detail,
        )

    note("insured_searched", "", masked=hint, found=len(rows))
    for person, _, _ in rows:
        note("insured_found", person.id)
