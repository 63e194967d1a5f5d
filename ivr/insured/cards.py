"""An insured record as a terminal may show it: masked, and every look at it audited."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from config.audit import audit
from config.database import Transaction
from config.line_descriptions import Insurer
from config.phone_numbers import mask_phone
from ivr.insured.eligibility import InsuredRecord
from ivr.insured.entitlements import Allowance, allowance
from ivr.insured.finding import PEOPLE, has_number, rows
from ivr.insured.models import InsuredPerson, InsuredPhone
from ivr.policy_numbers import mask_policy


@dataclass(frozen=True)
class Card:
    """What is shown of a record: initials, the year of birth, last digits; `last_day` is the last day covered."""

    insured_id: str
    initials: str
    born_in: int
    policy: str
    programme: str
    first_day: date
    last_day: date
    services: tuple[str, ...]
    exclusions: tuple[str, ...]
    limits: tuple[tuple[str, Allowance], ...]
    deductible: str
    curator: str | None
    phones: tuple[str, ...]


def show_cards(
    tx: Transaction,
    *,
    insurer: Insurer,
    by: str,
    at: datetime,
    policy: str | None = None,
    insured_id: str | None = None,
) -> list[Card]:
    """The records under a policy number, written or keyed, or of one insured id; each look is audited."""
    wanted = has_number(policy or "") if insured_id is None else InsuredPerson.id == insured_id
    own = PEOPLE.where(InsuredPerson.insurer_id == insurer.id, wanted).order_by(InsuredPerson.id)
    records = [InsuredRecord(*row) for row in rows(tx, own)]
    for record in records:
        _audit_look(tx, record, by, at)
    return [_card(tx, insurer, record) for record in records]


def initials(full_name: str) -> str:
    """The first letter of each word of a name."""
    return " ".join(f"{word[0]}." for word in full_name.split())


def _audit_look(tx: Transaction, record: InsuredRecord, by: str, at: datetime) -> None:
    audit(
        tx,
        insurer_id=record.person.insurer_id,
        at=at,
        actor=by,
        action="insured_shown",
        subject_kind="insured",
        subject_id=record.person.id,
    )


def _card(tx: Transaction, insurer: Insurer, record: InsuredRecord) -> Card:
    person, policy, programme = record.person, record.policy, record.programme
    numbers = tx.scalars(select(InsuredPhone.e164).where(InsuredPhone.insured_id == person.id))
    allowances = {
        name: allowance(tx, person=person, policy=policy, service=service) for name, service in insurer.services.items()
    }
    return Card(
        insured_id=person.id,
        initials=initials(person.full_name),
        born_in=person.birth_date.year,
        policy=mask_policy(policy.number),
        programme=programme.title,
        first_day=policy.valid_from,
        last_day=policy.valid_until - timedelta(days=1),
        services=tuple(programme.services),
        exclusions=tuple(programme.exclusions),
        limits=tuple((name, left) for name, left in allowances.items() if left.limit is not None or left.used),
        deductible=policy.deductible,
        curator=person.curator_extension,
        phones=tuple(mask_phone(number) for number in numbers),
    )
