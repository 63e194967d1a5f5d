"""What the services guard, the database guards too; and the migration knows every one of these constraints."""

from datetime import timedelta

import pytest
from sqlalchemy import inspect, update
from sqlalchemy.exc import IntegrityError

from agents.calling_back.callbacks import OwedCalls
from agents.models import Agent, AgentSkill, Callback, Offer, PresenceInterval, Shift, Wait
from config import migrate
from ivr.calls.models import Call, Hold
from tests.databases import all_metadata


def refused(house, change):
    """The statement, or the rows, cannot be written."""

    def write(tx):
        if isinstance(change, list):
            tx.add_all(change)
            tx.flush()
        else:
            tx.execute(change)

    with house.centre.database.transaction("refused") as tx:
        with pytest.raises(IntegrityError):
            write(tx)
        tx.rollback()


def offered(house):
    """A caller who is offered to a1."""
    agent = house.agent("a1")
    call = house.call()
    house.join(call)
    house.work()
    return agent, call, house.waits()[0], house.offers()[0]


AGENTS = [
    {"presence": "somewhere"},
    {"presence": "on_call", "call_id": None},
    {"presence": "available", "call_id": "c"},
    {"presence": "away"},
]


@pytest.mark.parametrize("values", AGENTS)
def test_an_agent_is_busy_with_a_call_or_with_none(house, values):
    offered(house)
    refused(house, update(Agent).values(values))


WAITS = [
    {"state": "lost"},
    {"state": "served"},
    {"state": "waiting", "ended_at": True},
    {"purpose": "chat"},
    {"is_emergency": True},
]


@pytest.mark.parametrize("values", WAITS)
def test_a_wait_ends_once_and_an_emergency_comes_first(house, values):
    offered(house)
    if "ended_at" in values:
        values = values | {"ended_at": house.clock.now()}
    refused(house, update(Wait).values(values))


OFFERS = [{"state": "lost"}, {"state": "missed"}, {"state": "accepted"}, {"purpose": "chat"}]


@pytest.mark.parametrize("values", OFFERS)
def test_an_offer_ends_with_its_time_and_was_accepted_at_one(house, values):
    offered(house)
    refused(house, update(Offer).values(values))


def twin(offer, **more):
    fields = {
        "id": "twin", "insurer_id": "vsk", "wait_id": offer.wait_id, "call_id": offer.call_id,
        "agent_id": offer.agent_id, "queue": "-", "purpose": "queue", "presence_before": "available", "state": "made",
        "conference": "twin", "made_at": offer.made_at,
    }  # fmt: skip
    return Offer(**(fields | more))


def test_one_open_offer_an_agent_and_one_that_serves_a_wait(house):
    _, _, _, offer = offered(house)
    other = house.agent("a2")
    refused(house, [twin(offer)])
    refused(house, [twin(offer, purpose="consult")])
    refused(house, [twin(offer, agent_id=other.id)])
    third = house.agent("a3")
    beside = [twin(offer, id=f"t{n}", purpose="consult", agent_id=one.id) for n, one in enumerate((other, third))]
    refused(house, beside)


def test_one_open_wait_a_call_one_open_presence_an_agent_and_one_open_hold_a_call(house):
    agent, call, wait, _ = offered(house)
    now = house.clock.now()
    second = {
        column.key: getattr(wait, column.key) for column in inspect(Wait).columns if column.key not in ("id", "state")
    }
    refused(house, [Wait(id="twin", state="waiting", **second)])
    refused(house, [PresenceInterval(id="p", insurer_id="vsk", agent_id=agent.id, presence="away", since=now)])
    held = {"insurer_id": "vsk", "call_id": call.id, "started_at": now}
    refused(house, [Hold(id="one", **held), Hold(id="two", **held)])


def test_levels_and_shifts_are_what_they_say(house):
    agent, *_ = offered(house)
    now = house.clock.now()
    refused(house, [AgentSkill(agent_id=agent.id, skill="curator", insurer_id="vsk", level=4)])
    span = {"insurer_id": "vsk", "agent_id": agent.id, "starts_at": now, "ends_at": now + timedelta(hours=1)}
    refused(house, [Shift(id="s", kind="holiday", **span)])
    refused(house, [Shift(id="s", kind="leave", substitute_id=agent.id, **span)])
    refused(house, [Shift(id="s", kind="leave", **(span | {"ends_at": now}))])


def test_attempts_are_limited_and_a_person_is_promised_one_call_for_a_reason(house):
    call = house.call()
    with house.centre.database.transaction("promise") as tx:
        OwedCalls(house.centre).plan(tx, tx.get_one(Call, call.id), reason="call", keep_place=False)
    refused(house, update(Callback).values(attempts=4))
    refused(house, update(Callback).values(state="done"))
    with house.centre.database.transaction("insured") as tx:
        tx.execute(update(Callback).values(insured_id="i"))
    with house.centre.database.reading("first") as tx:
        first = tx.query(Callback).one()
    fields = {column.key: getattr(first, column.key) for column in inspect(Callback).columns}
    refused(house, [Callback(**(fields | {"id": "twin", "phone": "+70000000009"}))])


def constraints(database):
    found = inspect(database.engine)
    return {
        (table, one["name"], "".join(one["sqltext"].split()))
        for table in found.get_table_names()
        for one in found.get_check_constraints(table)
    }


def test_the_migration_makes_the_same_constraints(empty_database, database):
    migrate.upgrade(empty_database, all_metadata())
    assert constraints(database)
    assert constraints(empty_database) == constraints(database)
