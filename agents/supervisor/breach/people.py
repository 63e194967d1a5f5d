"""Who the people are whose data was touched: what a notice to them and to the authority needs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from config.database import Transaction
from config.ids import in_parts
from ivr.insured.cards import initials
from ivr.insured.models import InsuredPerson, InsuredPhone, Policy
from ivr.policy_numbers import mask_policy


@dataclass(frozen=True)
class Person:
    """One of them, whole; a page shows `masked` alone, a file for the notice everything."""

    full_name: str
    born_on: str
    policy: str
    phones: tuple[str, ...]
    masked: str


def read_people(tx: Transaction, insurer_id: str, ids: Sequence[str]) -> Mapping[str, Person]:
    """Those of the insurer who are on file still, by id."""
    found: dict[str, Person] = {}
    for some in in_parts(ids):
        phones = _phones(tx, some)
        statement = (
            select(InsuredPerson, Policy.number)
            .join(Policy, Policy.id == InsuredPerson.policy_id)
            .where(InsuredPerson.id.in_(some), InsuredPerson.insurer_id == insurer_id)
        )
        for person, number in tx.execute(statement):
            found[person.id] = Person(
                full_name=person.full_name,
                born_on=f"{person.birth_date:%d.%m.%Y}",
                policy=number,
                phones=tuple(phones[person.id]),
                masked=f"{initials(person.full_name)} {person.birth_date.year}, {mask_policy(number)}",
            )
    return found


def _phones(tx: Transaction, ids: Sequence[str]) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    statement = select(InsuredPhone.insured_id, InsuredPhone.e164).where(InsuredPhone.insured_id.in_(ids))
    for one in tx.execute(statement.order_by(InsuredPhone.id)):
        found[one.insured_id].append(one.e164)
    return found
