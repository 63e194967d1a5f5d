"""Two insurers with the same codes, extensions, queues and callers: nothing of one is seen or routed by the other."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from agents import listening_in
from agents.at_work import commands
from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.calling_back.callbacks import OwedCalls
from agents.curators import ShiftCurators
from agents.errors import NothingToDo
from agents.models import Agent, AgentSkill, Callback, Offer, OfferState, Presence, Shift
from agents.shifts.importing import import_shifts
from agents.web import hear_leg
from ivr.calls.models import Call
from ivr.diversions import VOICEMAIL, Diversion, divert
from ivr.line_notices import Place
from ivr.ports import ShiftState

HEAD = "code,title,extension,skills,kind,weekdays,from,to,starts,ends,substitute,supervisor\n"
PEOPLE = "one,Оператор,101,desk:2 curator:3,,daily,00:00,24:00,,,,\nboss,Старший,100,desk:1,,daily,00:00,24:00,,,,yes\n"
BOTH = ("vsk", "soglasie")


@pytest.fixture
def twins(house, tmp_path):
    """The same people of the same codes and extensions, at both insurers."""
    path = tmp_path / "roster.csv"
    path.write_text(HEAD + PEOPLE, encoding="utf-8")
    for insurer in BOTH:
        report = import_shifts(house.centre, insurer_id=insurer, path=path, actor="test")
        assert report.errors == ()
    return house


def now(house, insurer, code="one"):
    with house.centre.database.reading("agent") as tx:
        return tx.scalars(select(Agent).where(Agent.insurer_id == insurer, Agent.code == code)).one()


def available(house, insurer, code="one"):
    commands.become_available(house.floor, insurer_id=insurer, code=code)
    house.work()


def call_of(house, insurer, sid):
    call = house.call(sid, insurer_id=insurer)
    house.join(call)
    house.work()
    return call


def answered(house, sid="CA-leg-1"):
    (offer,) = house.offers(state=OfferState.MADE)
    hear_leg(house.floor, offer.id, sid, "in-progress")
    house.work()
    return offer


def test_browsers_of_the_same_code_are_two_browsers(twins):
    assert {now(twins, insurer).address for insurer in BOTH} == {"client:vsk-one", "client:soglasie-one"}


def test_a_roster_cannot_claim_the_browser_of_another_insurers_agent(twins, tmp_path):
    path = tmp_path / "thief.csv"
    path.write_text("code,title,address,skills\nthief,Оператор,client:vsk-one,desk\n", encoding="utf-8")
    report = import_shifts(twins.centre, insurer_id="soglasie", path=path, actor="test")
    assert [str(error) for error in report.errors] == ["row 2, address: client:vsk-one rings somebody else already"]


def test_a_caller_waits_on_although_the_other_insurers_agent_of_that_code_is_free(twins):
    available(twins, "soglasie")
    call_of(twins, "vsk", "CA-v")
    assert now(twins, "soglasie").presence == Presence.AVAILABLE
    assert twins.offers() == []
    available(twins, "vsk")
    assert [one.insurer_id for one in twins.offers()] == ["vsk"]
    assert twins.carrier.of("ring_agent")[0]["address"] == "client:vsk-one"


def test_an_emergency_escalates_to_its_own_insurers_people_only(twins):
    for code in ("one", "boss"):
        available(twins, "soglasie", code)
    call = twins.call("CA-e", insurer_id="vsk", is_emergency=True)
    twins.join(call, "emergency", is_emergency=True)
    twins.work()
    twins.later(31)
    assert {one.insurer_id for one in twins.offers()} <= {"vsk"}
    assert now(twins, "soglasie", "boss").presence == Presence.AVAILABLE


def test_an_extension_reaches_the_callers_own_insurer(twins):
    with twins.centre.database.reading("curators") as tx:
        curators = ShiftCurators(twins.clock)
        assert curators.by_extension(tx, "vsk", "1-01").state == ShiftState.ON_SHIFT
        assert curators.by_extension(tx, "rgs", "101").state == ShiftState.NONE
    available(twins, "soglasie")
    call = twins.call("CA-x", insurer_id="vsk", extension="101")
    twins.join(call, "curator", prefer_curator=True)
    twins.work()
    assert twins.offers() == []


def test_commands_of_the_wrong_insurer_find_no_call(twins):
    for insurer in BOTH:
        available(twins, insurer)
    call_of(twins, "vsk", "CA-v")
    answered(twins)
    for refused in (
        lambda: commands.hang_up(twins.floor, insurer_id="soglasie", code="one"),
        lambda: commands.set_hold(twins.floor, insurer_id="soglasie", code="one", on=True),
        lambda: commands.transfer(twins.floor, insurer_id="soglasie", code="one", to_code="boss"),
        lambda: listening_in.listen(twins.floor, insurer_id="soglasie", code="boss", to_code="one"),
        lambda: record_call_outcome(
            twins.floor, insurer_id="soglasie", code="one", outcome=WrittenOutcome("info_given")
        ),
    ):
        with pytest.raises(NothingToDo):
            refused()
    assert now(twins, "vsk").presence == Presence.ON_CALL


def test_the_same_person_is_promised_a_call_by_each_insurer(twins):
    owed = OwedCalls(twins.centre)
    for insurer in BOTH:
        call = twins.call(f"CA-{insurer}", insurer_id=insurer)
        with twins.centre.database.transaction("promise") as tx:
            assert owed.plan(tx, tx.get_one(Call, call.id), reason="call", keep_place=False).is_new
        twins.end_call(call)
    available(twins, "soglasie")
    with twins.centre.database.reading("dialled") as tx:
        dialled = tx.scalars(select(Callback.insurer_id).where(Callback.attempts > 0)).all()
    assert dialled == ["soglasie"]


def test_a_diversion_and_a_full_queue_are_one_insurers(twins):
    with twins.centre.database.transaction("divert") as tx:
        insurer = twins.centre.insurers["vsk"]
        for queue, to in (("medical_desk", Diversion(queue="urgent")), ("curator", VOICEMAIL)):
            place = Place("vsk", queue=queue)
            divert(tx, insurer=insurer, place=place, to=to, by="duty", at=twins.clock.now())
    call_of(twins, "soglasie", "CA-s")
    assert twins.waits(insurer_id="soglasie")[0].queue == "medical_desk"
    with twins.centre.database.reading("place") as tx:
        standing = twins.queues.standing(tx, tx.scalars(select(Call)).one(), round_number=1)
    assert standing.ahead == 0


@pytest.mark.parametrize("make", ["skill", "shift", "substitute", "offer"])
def test_no_row_can_join_two_insurers(twins, make):
    ours, theirs = now(twins, "vsk"), now(twins, "soglasie")
    call_of(twins, "vsk", "CA-v")
    wait, at = twins.waits()[0], twins.clock.now()
    span = {"starts_at": at, "ends_at": at.replace(hour=23), "insurer_id": "vsk"}
    rows = {
        "skill": lambda: AgentSkill(agent_id=theirs.id, skill="curator_2", insurer_id="vsk", level=1),
        "shift": lambda: Shift(id="s", agent_id=theirs.id, kind="work", **span),
        "substitute": lambda: Shift(id="s", agent_id=ours.id, kind="leave", substitute_id=theirs.id, **span),
        "offer": lambda: Offer(
            id="o", insurer_id="vsk", wait_id=wait.id, call_id=wait.call_id, agent_id=theirs.id, queue="-",
            purpose="queue", presence_before="available", state="made", conference="o", made_at=at,
        ),
    }  # fmt: skip
    with twins.centre.database.transaction("join_two") as tx:
        tx.add(rows[make]())
        with pytest.raises(IntegrityError):
            tx.flush()
        tx.rollback()
