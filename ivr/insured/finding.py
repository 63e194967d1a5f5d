"""Insured people with their policies and programmes, to be narrowed by whoever looks for some; every search audited."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, Select, or_, select

from config.audit import audit
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.insured.models import InsuredPerson, Policy, Programme
from ivr.policy_numbers import keyed_form

Found: TypeAlias = tuple[InsuredPerson, Policy, Programme]

PEOPLE: Final = (
    select(InsuredPerson, Policy, Programme)
    .join(Policy, Policy.id == InsuredPerson.policy_id)
    .join(Programme, Programme.id == Policy.programme_id)
)
"""Everybody of every insurer: whoever uses it narrows it to one."""
COVERED_LONGEST_FIRST: Final = (Policy.valid_until.desc(), InsuredPerson.id)


def has_number(text: str) -> ColumnElement[bool]:
    """Whether the policy has this number, as it is written or as it is keyed."""
    return or_(Policy.number == as_written(text), Policy.keyed_form == as_keyed(text))


def as_written(text: str) -> str:
    """A policy's number as it is stored."""
    return text.strip().upper()


def as_keyed(text: str) -> str:
    """The number as a caller keys it; as it is written, where it cannot be keyed."""
    return keyed_form(as_written(text)) or as_written(text)


def rows(tx: Transaction, statement: Select[InsuredPerson, Policy, Programme]) -> list[Found]:
    """What it finds."""
    return [(person, policy, programme) for person, policy, programme in tx.execute(statement)]


def audit_search(
    tx: Transaction, insurer: Insurer, found: Sequence[Found], *, by: str, masked: str, actor: str, at: datetime
) -> None:
    """Write down by what was searched, masked; and each person it brought up, so that it is found from them too."""

    def note(action: str, subject_id: str, **detail: str | int) -> None:
        audit(
            tx,
            insurer_id=insurer.id,
            at=at,
            actor=actor,
            action=action,
            subject_kind="insured",
            subject_id=subject_id,
            by=by,
            **detail,
        )

    note("insured_searched", "", masked=masked, found=len(found))
    for person, _, _ in found:
        note("insured_found", person.id)
