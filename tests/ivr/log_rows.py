"""Rows to write about: a call of VSK's medical desk, an insured person with a policy."""

from datetime import UTC, date, datetime

from config.database import Transaction
from config.ids import new_id
from ivr.calls.models import Call, CallState
from ivr.insured.models import InsuredPerson, Policy, Programme

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def add_call(tx: Transaction, **given: object) -> Call:
    """A live call of VSK's medical desk."""
    fields: dict[str, object] = {
        "id": new_id(NOW),
        "insurer_id": "vsk",
        "carrier_sid": f"CA{new_id(NOW)}",
        "line": "medical_desk",
        "dnis": "+78002001441",
        "ani": "+79160001234",
        "state": CallState.IN_MENU,
        "started_at": NOW,
        "language": "ru",
        "flow": "vsk",
        "flow_digest": "0" * 64,
        "is_anonymous": False,
        "level": "unknown",
        "event_count": 0,
        "turn": 0,
    }
    call = Call(**{**fields, **given})
    tx.add(call)
    tx.flush()
    return call


def add_person(tx: Transaction, insurer_id: str = "vsk") -> InsuredPerson:
    """An insured person with a policy."""
    programme = Programme(
        id=new_id(NOW), insurer_id=insurer_id, code=new_id(NOW), title="Базовая", services=[], exclusions=[]
    )
    tx.add(programme)
    tx.flush()
    policy = Policy(
        id=new_id(NOW),
        insurer_id=insurer_id,
        programme_id=programme.id,
        number=new_id(NOW),
        keyed_form="123456",
        valid_from=date(2026, 1, 1),
        valid_until=date(2027, 1, 1),
    )
    tx.add(policy)
    tx.flush()
    person = InsuredPerson(
        id=new_id(NOW),
        insurer_id=insurer_id,
        policy_id=policy.id,
        full_name="Проверочный Пример",
        birth_date=date(1980, 2, 1),
        updated_at=NOW,
    )
    tx.add(person)
    tx.flush()
    return person
