"""The staff site for the desk's own tests, and calls that ring at its agents."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from agents.at_work import commands
from agents.models import Offer
from agents.web import hear_leg
from config.database import Transaction
from config.ids import new_id
from ivr.calls.log import record
from ivr.calls.models import Call, IdentificationLevel, Outcome, Request
from tests.agents.staff.conftest import Site, live, site  # noqa: F401 - fixtures
from tests.ivr.insured.records import Given, add

NAME = "Образцова Пробная Тестовна"
POLICY = "5000774417"
OWN_PHONE = "+79161234567"
OTHER_PHONE = "+79269998811"


@dataclass
class Ringing:
    """A call that rings at anna's desk (`desk-1`), about an insured person with requests and calls before."""

    site: Site
    call: Call
    insured_id: str

    @property
    def offer(self) -> Offer:
        return self.site.house.offers(call_id=self.call.id)[-1]

    def know(self, level: IdentificationLevel, **fields: object) -> None:
        with self.site.house.centre.database.transaction("test_level") as tx:
            row = tx.get_one(Call, self.call.id)
            row.level = level
            row.insured_id = None if level == IdentificationLevel.UNKNOWN else self.insured_id
            for name, value in fields.items():
                setattr(row, name, value)

    def answer(self) -> None:
        house = self.site.house
        sid = house.carrier.participants[self.offer.id]
        for news in ("ringing", "in-progress"):
            hear_leg(house.floor, self.offer.id, sid, news)
        house.work()
        house.connected(self.call)

    def row(self) -> Call:
        return self.site.house.row(Call, self.call.id)


def sow(tx: Transaction) -> str:
    """The insured person; the id."""
    person = add(
        tx,
        Given(
            name=NAME,
            number=POLICY,
            phones=(OWN_PHONE,),
            person_fields={"city": "Самара", "curator_extension": "5093"},
            policy_fields={"employer": "ООО «Пример»", "deductible": "active", "deductible_left_rubles": 12500},
        ),
    ).person
    return person.id


def ring(there: Site, *, queue: str = "medical_desk", is_emergency: bool = False, **fields: object) -> Ringing:
    """Ring anna with a call of somebody unknown yet."""
    house = there.house
    now = house.clock.now()
    with house.centre.database.transaction("test_sow") as tx:
        insured_id = sow(tx)
        before = Call(
            id=new_id(now - timedelta(days=2)), insurer_id="vsk", carrier_sid="CA-before", line="medical_desk",
            dnis="+78002001441", state="ended", started_at=now - timedelta(days=2), ended_at=now - timedelta(days=2),
            language="ru", flow="vsk", flow_digest="", insured_id=insured_id, level="verified",
        )
        tx.add(before)
        tx.flush()
        tx.add(
            Request(
                id=new_id(now), insurer_id="vsk", kind="guarantee_letter", call_id=before.id, insured_id=insured_id,
                step="formed", opened_at=now - timedelta(days=2), due_at=now - timedelta(hours=1), details={},
            )
        )
        tx.add(
            Outcome(
                id=new_id(now), insurer_id="vsk", call_id=before.id, insured_id=insured_id, code="gl_requested",
                is_primary=True, recorded_by="desk-2", recorded_at=now,
            )
        )
        reason = {"ru": "прежний повод звонка", "en": "the reason before"}
        record(tx, before, "queued", at=now, queue="medical_desk", reason=reason, emergency=False)
    commands.go_away(house.floor, insurer_id="vsk", code="desk-2")
    call = house.call("CA-now", ani=fields.pop("ani", OWN_PHONE), **fields)
    with house.centre.database.transaction("test_queued") as tx:
        row = tx.get_one(Call, call.id)
        reason = {"ru": "больница: плановая госпитализация", "en": "hospital: planned admission"}
        record(tx, row, "queued", at=now, queue=queue, reason=reason, emergency=is_emergency)
        record(tx, row, "action_answered", at=now, action="check_cover", result="needs_human")
    house.join(call, queue, is_emergency=is_emergency)
    house.work()
    return Ringing(there, call, insured_id)


@pytest.fixture
def ringing_call(site: Site) -> Ringing:  # noqa: F811
    return ring(site)
