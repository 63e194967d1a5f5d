"""Writing down, owing, working and searching, on both databases: what the desk's pages ask of the services."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from agents.at_work.caller_matters import identify_caller
from agents.at_work.caller_requests import OnCall, move_from_card, open_from_card
from agents.at_work.my_work import finish_task, my_work
from agents.at_work.wrap_up import WrittenOutcome, keep_draft, record_call_outcome, release
from agents.draft_editions import Edition
from agents.errors import ChangedMeanwhile, NothingToDo
from agents.models import Agent, Presence
from agents.wrap_up_drafts import Draft
from ivr.calls.models import Outcome
from ivr.insured.searching import By, SearchTooWide, search_insured
from tests.ivr.insured.records import Given, add

VSK = {"insurer_id": "vsk", "code": "a1"}


@pytest.fixture
def talking(house):
    """An agent with a call about an insured person, who is confirmed; the call's and the person's ids."""
    call = house.call()
    house.agent("a1")
    with house.centre.database.transaction("take_call") as tx:
        insured_id = add(tx, Given(phones=("+79161234567",))).person.id
    become(house, Presence.ON_CALL, call.id)
    identify_caller(house.floor, **VSK, insured_id=insured_id)
    return house, call.id, insured_id


def become(house, presence, call_id):
    with house.centre.database.transaction("become") as tx:
        agent = tx.scalars(select(Agent).where(Agent.code == "a1")).one()
        agent.presence, agent.call_id = presence, call_id


def work_of(house):
    insurer, agent = house.centre.insurers["vsk"], house.agent_now("a1")
    with house.centre.database.reading("work") as tx:
        return my_work(tx, insurer=insurer, agent_id=agent.id, at=house.clock.now())


def test_a_draft_is_kept_owed_after_a_release_and_then_recorded(talking):
    house, call_id, _ = talking
    draft = Draft("info_given", ("gl_requested",), "заметка", "ring_back", house.clock.now() + timedelta(hours=1), "a1")
    assert keep_draft(house.floor, **VSK, call_id=call_id, draft=draft, edition=Edition(0)) == 1
    with pytest.raises(ChangedMeanwhile):
        keep_draft(house.floor, **VSK, call_id=call_id, draft=Draft("nuisance"), edition=Edition(0))
    become(house, Presence.WRAP_UP, call_id)
    release(house.floor, **VSK, by="boss")
    assert [row.call_id for row in work_of(house).owed] == [call_id]
    outcome = WrittenOutcome("info_given", next_action="ring_back", due_at=draft.due_at, owner="a1")
    record_call_outcome(house.floor, **VSK, outcome=outcome, call_id=call_id, recordings=0)
    work = work_of(house)
    assert work.owed == []
    (task,) = work.tasks
    finish_task(house.floor, **VSK, outcome_id=task.outcome.id)
    assert list(work_of(house).tasks) == []
    with pytest.raises(NothingToDo):
        record_call_outcome(house.floor, **VSK, outcome=outcome, call_id=call_id)


def test_what_is_not_ticked_any_more_is_taken_back(talking):
    house, call_id, _ = talking
    for secondary in (("gl_requested", "insured_notified"), ("insured_notified",)):
        record_call_outcome(house.floor, **VSK, outcome=WrittenOutcome("info_given", secondary), call_id=call_id)
    with house.centre.database.reading("outcomes") as tx:
        assert set(tx.scalars(select(Outcome.code))) == {"info_given", "insured_notified"}


def test_requests_opened_from_the_card_are_in_the_work(talking):
    house, call_id, _ = talking
    mine = OnCall("vsk", "a1", call_id)
    opened = open_from_card(house.floor, mine, kind="guarantee_letter", newest="")
    assert [(one.request.id, one.next_step) for one in work_of(house).requests] == [(opened.id, "formed")]
    with pytest.raises(ChangedMeanwhile):
        open_from_card(house.floor, mine, kind="guarantee_letter", newest="")
    move_from_card(house.floor, mine, request_id=opened.id, stood_at="requested", step="insured_told")
    assert work_of(house).requests == []


@pytest.mark.parametrize(
    ("by", "text", "born_on"),
    [(By.POLICY, "5000000001", None), (By.NAME, "пример", date(1985, 3, 15)), (By.PHONE, "89161234567", None)],
)
def test_the_insured_are_found(talking, by, text, born_on):
    house, _, insured_id = talking
    insurer, now = house.centre.insurers["vsk"], house.clock.now()
    with house.centre.database.transaction("search") as tx:
        found = search_insured(tx, insurer=insurer, by=by, text=text, born_on=born_on, actor="a1", at=now)
        assert [one.insured_id for one in found] == [insured_id]
        with pytest.raises(SearchTooWide):
            search_insured(tx, insurer=insurer, by=by, text="", born_on=born_on, actor="a1", at=now)
