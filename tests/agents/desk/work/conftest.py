"""The staff site (tests/agents/staff) with an agent who has a call."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from agents.models import Agent, Presence
from config.database import Base
from ivr.calls.models import Call
from tests.agents.conftest import House
from tests.agents.staff.conftest import Site, live, site  # noqa: F401 - fixtures
from tests.ivr.insured.records import Given, add

PHONE = "+79161234567"


@dataclass
class AtWork:
    """The site, `anna` (desk-1) with a call, and the insured person whose telephone is calling."""

    site: Site
    call: Call
    insured_id: str

    @property
    def house(self) -> House:
        return self.site.house

    def rows(self, model: type[Base], **where: object) -> list:
        with self.house.centre.database.reading("test_rows") as tx:
            return list(tx.scalars(select(model).filter_by(**where).order_by(model.id)))


def give_call(house: House, call: Call, code: str = "desk-1", presence: Presence = Presence.ON_CALL) -> None:
    """Let the agent have the call, or wrap it up."""
    with house.centre.database.transaction("test_give_call") as tx:
        agent = tx.scalars(select(Agent).where(Agent.code == code)).one()
        agent.presence, agent.call_id, agent.presence_since = presence, call.id, house.clock.now()


def change_call(house: House, call: Call, **values: object) -> None:
    """Let the call be otherwise."""
    with house.centre.database.transaction("test_change_call") as tx:
        row = tx.get_one(Call, call.id)
        for name, value in values.items():
            setattr(row, name, value)


def add_insured(house: House, given: Given) -> str:
    """An insured person; the id."""
    with house.centre.database.transaction("test_insured") as tx:
        return add(tx, given).person.id


@pytest.fixture
def at_work(site: Site) -> AtWork:  # noqa: F811 - the fixture
    """Anna talks with a caller whose telephone is an insured person's; nobody is identified yet."""
    call = site.house.call()
    give_call(site.house, call)
    insured_id = add_insured(site.house, Given(phones=(PHONE,), person_fields={"time_zone": "Europe/Moscow"}))
    return AtWork(site, call, insured_id)
