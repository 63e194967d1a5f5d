"""Insured people to identify and to judge the cover of."""

from dataclasses import dataclass, field
from datetime import date

from config.database import Transaction
from config.ids import new_id
from ivr.insured.eligibility import InsuredRecord
from ivr.insured.models import (
    Entitlement,
    EntitlementUse,
    FirstOpinion,
    InsuredPerson,
    InsuredPhone,
    Policy,
    Programme,
)
from tests.ivr.log_rows import NOW


@dataclass
class Given:
    """One insured person; every field may be told otherwise."""

    insurer: str = "vsk"
    number: str = "5000000001"
    name: str = "Образцов Пример Тестович"
    born: date = date(1985, 3, 15)
    begins: date = date(2026, 1, 1)
    ends: date = date(2027, 1, 1)
    services: list[str] = field(default_factory=lambda: ["outpatient", "second_opinion", "psychologist", "home_visit"])
    exclusions: list[str] = field(default_factory=list)
    phones: tuple[str, ...] = ()
    first_opinion: date | None = date(2026, 2, 10)
    used: dict[str, date] = field(default_factory=dict)
    policy_fields: dict[str, object] = field(default_factory=dict)
    person_fields: dict[str, object] = field(default_factory=dict)


def add(tx: Transaction, given: Given | None = None) -> InsuredRecord:
    """The record as rows; a policy of the same number is shared."""
    one = given or Given()
    programme = Programme(
        id=new_id(NOW),
        insurer_id=one.insurer,
        code=new_id(NOW),
        title="Проверочная",
        services=one.services,
        exclusions=one.exclusions,
    )
    tx.add(programme)
    tx.flush()
    policy = tx.query(Policy).filter_by(insurer_id=one.insurer, number=one.number).one_or_none() or Policy(
        id=new_id(NOW),
        insurer_id=one.insurer,
        programme_id=programme.id,
        number=one.number,
        keyed_form="".join(filter(str.isdecimal, one.number)),
        valid_from=one.begins,
        valid_until=one.ends,
        **one.policy_fields,
    )
    tx.add(policy)
    tx.flush()
    person = InsuredPerson(
        id=new_id(NOW),
        insurer_id=one.insurer,
        policy_id=policy.id,
        full_name=one.name,
        birth_date=one.born,
        updated_at=NOW,
        **one.person_fields,
    )
    tx.add(person)
    tx.flush()
    for e164 in one.phones:
        tx.add(InsuredPhone(id=new_id(NOW), insurer_id=one.insurer, insured_id=person.id, e164=e164))
    if one.first_opinion:
        tx.add(FirstOpinion(id=new_id(NOW), insurer_id=one.insurer, insured_id=person.id, given_on=one.first_opinion))
    for service, on in one.used.items():
        held = Entitlement(id=new_id(NOW), insurer_id=one.insurer, policy_id=policy.id, service=service)
        tx.add(held)
        tx.flush()
        tx.add(
            EntitlementUse(
                id=new_id(NOW), insurer_id=one.insurer, entitlement_id=held.id, insured_id=person.id, used_on=on
            )
        )
    tx.flush()
    return InsuredRecord(person, policy, programme)
