"""A supervisor moves somebody who waits: to the head, or to another queue; and leaves alone whom nobody may move."""

import pytest
from sqlalchemy import select

from agents.at_work import commands
from agents.errors import NothingToDo
from agents.models import Presence, WaitState
from agents.offering import moving_waits
from config.audit import AuditEntry
from ivr.calls.models import CallEvent
from ivr.carrier.errors import CallGone
from tests.agents.conftest import House

BY = {"insurer_id": "vsk", "by": "boss"}


def waiting(house: House, sid: str, queue: str = "medical_desk", **more: object) -> str:
    house.join(house.call(sid), queue, **more)
    wait = house.waits()[-1]
    house.clock.move_by(10)
    return wait.id


def test_who_is_moved_up_is_the_next_to_be_offered(house: House) -> None:
    agent = house.agent("desk-1", presence_now=Presence.AWAY)
    waiting(house, "CA-1")
    second = waiting(house, "CA-2")
    moving_waits.move_up(house.floor, wait_id=second, **BY)
    commands.become_available(house.floor, insurer_id="vsk", code=agent.code)
    house.work()
    assert [offer.wait_id for offer in house.offers()] == [second]


def test_another_queue_serves_who_is_moved_there_and_it_is_on_record(house: House) -> None:
    wait_id = waiting(house, "CA-1")
    moving_waits.move_to_queue(house.floor, wait_id=wait_id, queue="urgent", **BY)
    wait = house.waits(id=wait_id)[0]
    assert wait.queue == "urgent"
    with house.centre.database.reading("test_record") as tx:
        kinds = tx.scalars(select(CallEvent.kind).where(CallEvent.call_id == wait.call_id)).all()
        entry = tx.scalars(select(AuditEntry).where(AuditEntry.action == "wait_moved")).one()
    assert kinds[-1] == "wait_moved"
    assert (entry.actor, entry.subject_id, entry.detail["queue"]) == ("boss", wait.call_id, "urgent")


@pytest.mark.parametrize("queue", ["medical_desk", "emergency", "psychologist", "no_such"])
def test_where_nobody_may_be_moved(house: House, queue: str) -> None:
    wait_id = waiting(house, "CA-1")
    with pytest.raises(NothingToDo):
        moving_waits.move_to_queue(house.floor, wait_id=wait_id, queue=queue, **BY)
    assert house.waits(id=wait_id)[0].queue == "medical_desk"


def test_emergencies_the_anonymous_and_who_is_gone_are_left_alone(house: House) -> None:
    urgent = waiting(house, "CA-1", "emergency", is_emergency=True)
    nobody = waiting(house, "CA-2", "psychologist")
    for wait_id in (urgent, nobody, "no-such"):
        with pytest.raises(NothingToDo):
            moving_waits.move_to_queue(house.floor, wait_id=wait_id, queue="medical_desk", **BY)
    gone = house.call("CA-3")
    house.join(gone)
    wait_id = house.waits()[-1].id
    house.end_call(gone)
    with pytest.raises(NothingToDo):
        moving_waits.move_up(house.floor, wait_id=wait_id, **BY)


def test_another_insurers_caller_is_not_there(house: House) -> None:
    wait_id = waiting(house, "CA-1")
    with pytest.raises(NothingToDo):
        moving_waits.move_up(house.floor, insurer_id="soglasie", wait_id=wait_id, by="boss")


def test_who_is_released_goes_on_along_the_flow_and_it_is_on_record(house: House) -> None:
    house.agent("desk-1")
    wait_id = waiting(house, "CA-1")
    house.work()
    assert house.agent_now("desk-1").presence == Presence.OFFERED
    moving_waits.release(house.floor, wait_id=wait_id, **BY)
    house.work()
    wait = house.waits(id=wait_id)[0]
    assert (wait.state, wait.end_reason) == (WaitState.LEFT, "released")
    assert house.agent_now("desk-1").presence == Presence.AVAILABLE
    assert [one["call_sid"] for one in house.carrier.of("redirect")] == ["CA-1"]
    with house.centre.database.reading("test_record") as tx:
        kinds = tx.scalars(select(CallEvent.kind).where(CallEvent.call_id == wait.call_id)).all()
        entry = tx.scalars(select(AuditEntry).where(AuditEntry.action == "wait_released")).one()
    assert "wait_released" in kinds
    assert (entry.actor, entry.subject_id) == ("boss", wait.call_id)
    with pytest.raises(NothingToDo):
        moving_waits.release(house.floor, wait_id=wait_id, **BY)


def test_who_is_lost_at_the_carrier_waits_no_more_and_an_emergency_is_not_released(house: House) -> None:
    wait_id = waiting(house, "CA-1")
    house.carrier.refuse["redirect"] = CallGone("redirect")
    moving_waits.release(house.floor, wait_id=wait_id, **BY)
    house.work()
    assert house.waits(id=wait_id)[0].state == WaitState.LEFT
    urgent = waiting(house, "CA-2", "emergency", is_emergency=True)
    with pytest.raises(NothingToDo):
        moving_waits.release(house.floor, wait_id=urgent, **BY)
