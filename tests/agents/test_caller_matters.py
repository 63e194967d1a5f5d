"""What an agent does from the terminal for the caller on the line: say who it is, book, move requests on."""

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from agents.models import Agent, Presence
from agents.terminal.agent_commands import commands_of
from config.database import Transaction
from ivr.calls.models import Call, CallEvent, Request
from ivr.insured.models import Entitlement, EntitlementUse, InsuredPerson
from tests.ivr.insured.records import Given, add

PHONE = "+79161234567"


@pytest.fixture
def on_call(house):
    call = house.call()
    house.agent("a1", presence_now=Presence.ON_CALL)
    with house.centre.database.transaction("take_call") as tx:
        insured = add(tx, Given(phones=(PHONE,), person_fields={"time_zone": "Europe/Moscow"})).person.id
        tx.scalars(select(Agent).where(Agent.code == "a1")).one().call_id = call.id
    return house, call, insured


def pult(house, *words: str) -> Result:
    (agent,) = (group for group in commands_of(lambda: house.floor) if group.name == "agent")
    command, *rest = words
    return CliRunner().invoke(agent, [command, "--insurer", "vsk", "a1", *rest])


def rows(house, model: type) -> list:
    def read(tx: Transaction) -> list:
        return list(tx.scalars(select(model)))

    with house.centre.database.reading("rows") as tx:
        return read(tx)


BOOK = ("book", "--at", "2026-12-01 10:30", "--place", "поликлиника", "--approval", "77-15", "--told")


def test_an_agent_identifies_and_books(on_call):
    house, call, insured = on_call
    refused = pult(house, *BOOK)
    assert refused.exit_code == 1
    assert "nobody is identified on this call" in refused.output
    assert pult(house, "identify", insured).exit_code == 0
    booked = pult(house, *BOOK)
    assert booked.exit_code == 0, booked.output
    assert "a text message goes out" in booked.output
    (request,) = rows(house, Request)
    assert (request.step, request.insured_id) == ("insured_told", insured)
    assert request.details["appointment_at"] == "2026-12-01T10:30:00+03:00"
    assert house.row(Call, call.id).level == "verified"


def test_an_agent_moves_the_callers_request_and_the_approval_is_on_the_call(on_call):
    house, _, insured = on_call
    pult(house, "identify", insured)
    moved = pult(house, "request", "guarantee_letter", "formed", "--approval", "77-16")
    assert moved.exit_code == 0, moved.output
    (request,) = rows(house, Request)
    assert (request.step, request.details) == ("formed", {"approval": "77-16"})
    (event,) = [row.data for row in rows(house, CallEvent) if row.kind == "request_moved"]
    assert event["approval"] == "77-16"
    assert "past requested" in pult(house, "request", "guarantee_letter", "requested").output


def test_withdrawing_gives_the_entitlement_back(on_call):
    house, call, insured = on_call
    pult(house, "identify", insured)
    pult(house, "request", "second_opinion", "requested")
    (request,) = rows(house, Request)
    with house.centre.database.transaction("use") as tx:
        tx.add(
            EntitlementUse(
                id="e" * 32,
                insurer_id="vsk",
                entitlement_id=_entitlement(tx, insured),
                insured_id=insured,
                call_id=call.id,
                request_id=request.id,
                used_on=house.clock.now().date(),
            )
        )
    assert pult(house, "request", "second_opinion", "withdrawn").output.endswith("withdrawn, closed\n")
    assert rows(house, EntitlementUse) == []


def _entitlement(tx: Transaction, insured: str) -> str:
    policy_id = tx.get_one(InsuredPerson, insured).policy_id
    held = Entitlement(id="f" * 32, insurer_id="vsk", policy_id=policy_id, service="second_opinion")
    tx.add(held)
    tx.flush()
    return held.id


def test_without_a_call_there_is_nothing_to_do(house):
    house.agent("a1")
    for words in (BOOK, ("identify", "0" * 32), ("request", "appointment", "booked")):
        result = pult(house, *words)
        assert result.exit_code == 1
        assert "a1 has no call" in result.output


def test_an_insured_person_of_nobody_is_not_taken(on_call):
    house, call, _ = on_call
    assert pult(house, "identify", "0" * 32).exit_code == 1
    assert house.row(Call, call.id).insured_id is None
