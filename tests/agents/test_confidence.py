"""Conversations with a psychologist are for nobody else: not recorded, not heard, not judged, not asked about."""

import pytest

from agents import listening_in
from agents.at_work import commands, joining
from agents.confidence import codes_in_confidence, was_confidential
from agents.errors import NothingToDo
from agents.listening_in import NotListenedTo, Why
from agents.models import Presence
from ivr.calls.models import Call
from tests.agents.conftest import House
from tests.agents.test_joining import talk
from tests.ivr.insurers import shipped_insurers

RGS = {"insurer_id": "rgs"}


@pytest.mark.parametrize("insurer", ["vsk", "rgs"])
def test_the_psychologists_queue_is_confidential_at_every_insurer_that_has_one(insurer: str) -> None:
    confidential = {one.name for one in shipped_insurers()[insurer].queues.values() if one.is_confidential}
    assert confidential == {"psychologist"}


def with_psychologist(house: House) -> Call:
    """A caller of Росгосстрах, who is known by name, speaks with a psychologist."""
    house.agent("p1", skills={"psychologist": 1}, **RGS)
    call, _ = talk(house, "psychologist", **RGS)
    return call


def test_nobody_listens_to_it(house: House) -> None:
    call = with_psychologist(house)
    house.agent("boss", skills={}, is_supervisor=True, presence_now=Presence.AWAY, **RGS)
    with pytest.raises(NotListenedTo) as refused:
        listening_in.listen_to_call(house.floor, **RGS, code="boss", call_id=call.id)
    assert refused.value.why is Why.CONFIDENTIAL


@pytest.mark.parametrize("queue", ["psychologist", "medical_desk"])
def test_nobody_is_asked_for_a_mark_after_it_nor_is_it_judged(house: House, queue: str) -> None:
    house.agent("p1", skills={"psychologist": 1, "desk": 1}, **RGS)
    call, _ = talk(house, queue, **RGS)
    with house.centre.database.reading("test_confidence") as tx:
        row = tx.get_one(Call, call.id)
        assert was_confidential(tx, house.centre.insurers["rgs"], row) is (queue == "psychologist")
        assert house.queues.may_ask_for_mark(tx, row) is (queue == "medical_desk")


def test_it_stays_so_when_the_caller_goes_on_to_another_queue(house: House) -> None:
    call = with_psychologist(house)
    commands.transfer_to_queue(house.floor, **RGS, code="p1", queue="medical_desk")
    house.join(call, at_head=True)
    with house.centre.database.reading("test_confidence") as tx:
        assert was_confidential(tx, house.centre.insurers["rgs"], tx.get_one(Call, call.id))


@pytest.mark.parametrize("is_emergency", [True, False])
def test_nobody_is_asked_for_a_mark_in_an_emergency(house: House, is_emergency: bool) -> None:
    call = house.call(is_emergency=is_emergency)
    with house.centre.database.reading("test_mark") as tx:
        assert house.queues.may_ask_for_mark(tx, tx.get_one(Call, call.id)) is not is_emergency


def test_a_psychologist_is_reached_by_their_queue_and_not_by_name(house: House) -> None:
    house.agent("a1")
    talk(house)
    house.agent("p1", skills={"psychologist": 1, "speaks_en": 1})
    house.agent("p2", skills={"psychologist": 1, "desk": 1})
    with house.centre.database.reading("test_confidence") as tx:
        assert codes_in_confidence(tx, house.centre.insurers["vsk"]) == {"p1"}
        assert codes_in_confidence(tx, house.centre.insurers["oms"]) == frozenset()
    for pass_on in (commands.transfer, joining.consult):
        with pytest.raises(NothingToDo, match="p1 is reached by their queue only"):
            pass_on(house.floor, insurer_id="vsk", code="a1", to_code="p1")
    # The caller was not put on hold for it.
    assert house.carrier.of("hold") == []
    commands.transfer(house.floor, insurer_id="vsk", code="a1", to_code="p2")


def test_nobody_is_passed_on_to_the_queue_of_emergencies(house: House) -> None:
    house.agent("a1")
    talk(house)
    with pytest.raises(NothingToDo):
        commands.transfer_to_queue(house.floor, insurer_id="vsk", code="a1", queue="emergency")
    assert house.waits()[0].queue == "medical_desk"
