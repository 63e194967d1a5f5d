"""The search of the call log: by each condition, by several, page by page, and never anybody else's calls."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from agents.at_work import commands
from agents.models import Agent
from agents.offering.moving_waits import move_to_queue
from agents.supervisor.call_log import searching
from agents.supervisor.call_log.searching import CallSearch, search_calls
from agents.supervisor.errors import SearchTooWide
from agents.web import hear_leg
from config.audit import AuditEntry
from config.ids import new_id
from ivr.calls.models import Call
from recordings.models import Recording
from tests.agents.conftest import House
from tests.agents.supervisor.conftest import OWN_PHONE, POLICY, Logged

ANY = CallSearch()


def ids(logged: Logged, wanted: CallSearch = ANY, before: str | None = None) -> list[str]:
    return [call.id for call in found(logged, wanted, before).calls]


def found(logged: Logged, wanted: CallSearch = ANY, before: str | None = None) -> searching.FoundCalls:
    house = logged.site.house
    with house.centre.database.transaction("test_search") as tx:
        insurer = house.centre.insurers["vsk"]
        return search_calls(tx, insurer=insurer, wanted=wanted, by="boss", at=house.clock.now(), before=before)


def test_the_whole_log_is_newest_first_and_only_the_insurers_own(logged: Logged) -> None:
    old, new = logged.call(minutes_ago=600), logged.call(minutes_ago=5)
    logged.call(minutes_ago=6, insurer_id="soglasie", line="medical_desk")
    assert ids(logged) == [new, old]


def test_each_condition_finds_its_calls(logged: Logged) -> None:
    house = logged.site.house
    plain = logged.call(minutes_ago=100, lasted=20)
    theirs = logged.call(minutes_ago=90, ani=OWN_PHONE, insured_id=logged.insured_id)
    served = logged.call(minutes_ago=80, waited=70, queue="curator", agent="desk-2", outcome="info_given", lasted=600)
    noted = logged.call(minutes_ago=70, outcome="nuisance", note="Кричал про БОЛЬНИЦУ", line="curator")
    urgent = logged.call(minutes_ago=60, is_emergency=True)
    going_on = logged.call(minutes_ago=1, lasted=None)
    now = house.clock.now()
    with house.centre.database.transaction("test_recording") as tx:
        tx.add(
            Recording(id=new_id(now), insurer_id="vsk", call_id=plain, carrier_sid="RE-1", kind="voicemail",
                      state="announced", announced_at=now)
        )
    insured = CallSearch(insured_id=logged.insured_id)
    assert ids(logged, insured) == [theirs]
    assert ids(logged, CallSearch(policy=POLICY)) == [theirs]
    assert ids(logged, CallSearch(policy=POLICY.replace("5000", "5000 "))) == [theirs]
    assert ids(logged, CallSearch(policy="9999999999")) == []
    assert ids(logged, replace(insured, policy="9999999999")) == []
    assert ids(logged, CallSearch(phone=OWN_PHONE)) == [theirs]
    assert ids(logged, CallSearch(queue="curator")) == [served]
    assert ids(logged, CallSearch(agent="desk-2")) == [served]
    assert ids(logged, CallSearch(agent="desk-1")) == []
    assert ids(logged, CallSearch(agent="no-such")) == []
    assert ids(logged, CallSearch(outcome="info_given")) == [served]
    assert ids(logged, CallSearch(line="curator")) == [noted]
    assert ids(logged, CallSearch(text="больниц")) == [noted]
    assert ids(logged, CallSearch(text="%")) == []
    assert ids(logged, CallSearch(is_emergency=True)) == [urgent]
    assert ids(logged, CallSearch(is_open=True)) == [going_on]
    assert ids(logged, CallSearch(has_recording=True)) == [plain]
    assert plain not in ids(logged, CallSearch(has_recording=False))
    assert ids(logged, CallSearch(lasted=(None, 30))) == [plain]
    assert ids(logged, CallSearch(lasted=(500, None))) == [served]
    assert ids(logged, CallSearch(waited=(60, 80))) == [served]
    assert ids(logged, CallSearch(waited=(71, None))) == []


def test_the_last_four_signs_of_a_policy_find_calls_within_days(logged: Logged) -> None:
    theirs = logged.call(minutes_ago=90, insured_id=logged.insured_id)
    logged.call(minutes_ago=80)
    logged.call(minutes_ago=70, insured_id=logged.insured_id, is_anonymous=True)
    since = logged.site.house.clock.now() - timedelta(days=1)
    assert ids(logged, CallSearch(policy=POLICY[-4:], since=since)) == [theirs]
    assert ids(logged, CallSearch(policy=POLICY[-4:], since=since, insured_id=logged.insured_id)) == [theirs]
    assert ids(logged, CallSearch(policy="9999", since=since)) == []
    for too_wide in (CallSearch(policy=POLICY[-4:]), CallSearch(policy=POLICY[-3:], since=since)):
        with pytest.raises(SearchTooWide):
            ids(logged, too_wide)


def test_conditions_are_joined(logged: Logged) -> None:
    one = logged.call(minutes_ago=80, waited=70, queue="curator", agent="desk-2", outcome="info_given")
    logged.call(minutes_ago=70, waited=70, queue="curator", agent="desk-1", outcome="info_given")
    logged.call(minutes_ago=60, waited=70, queue="medical_desk", agent="desk-2", outcome="info_given")
    assert ids(logged, CallSearch(queue="curator", agent="desk-2", outcome="info_given", waited=(60, None))) == [one]


def test_a_period_is_half_open(logged: Logged) -> None:
    house = logged.site.house
    early, late = logged.call(minutes_ago=120), logged.call(minutes_ago=60)
    began = {one: row.started_at for one in (early, late) if (row := house.row(searching.Call, one))}
    assert ids(logged, CallSearch(since=began[late])) == [late]
    assert ids(logged, CallSearch(until=began[late])) == [early]


def test_an_anonymous_call_answers_no_search_for_a_person_or_for_words(logged: Logged) -> None:
    logged.call(is_anonymous=True, insured_id=logged.insured_id, ani=OWN_PHONE, outcome="info_given", note="плачет")
    assert ids(logged, CallSearch(insured_id=logged.insured_id)) == []
    assert ids(logged, CallSearch(phone=OWN_PHONE)) == []
    assert ids(logged, CallSearch(policy=POLICY)) == []
    assert ids(logged, CallSearch(text="плачет")) == []
    assert len(ids(logged)) == 1


def test_a_call_is_found_in_every_queue_that_it_went_through_and_at_every_agent_who_had_it(logged: Logged) -> None:
    house = logged.site.house
    house.agent("curator-1", skills={"curator": 1})
    call = house.call("CA-wandering")
    house.join(call, "curator")
    (wait,) = house.waits(call_id=call.id)
    for queue in ("medical_desk", "curator", "urgent"):
        move_to_queue(house.floor, insurer_id="vsk", wait_id=wait.id, queue=queue, by="boss")
    house.work()
    talk(house, "CA-leg-1")
    house.connected(call)
    (first,) = [one.code for one in agents_on(house, call.id)]
    other = {"desk-1": "desk-2", "desk-2": "desk-1"}[first]
    commands.transfer(house.floor, insurer_id="vsk", code=first, to_code=other)
    house.join(house.row(Call, call.id), "medical_desk")
    house.work()
    talk(house, "CA-leg-2")
    for queue in ("curator", "medical_desk", "urgent"):
        assert ids(logged, CallSearch(queue=queue)) == [call.id], queue
        # The same where another index is walked.
        assert ids(logged, CallSearch(queue=queue, phone=call.ani)) == [call.id], queue
    assert ids(logged, CallSearch(queue="emergency")) == []
    for code in (first, other):
        assert ids(logged, CallSearch(agent=code)) == [call.id], code
    assert ids(logged, CallSearch(agent="curator-1")) == []


def talk(house: House, leg: str) -> None:
    """Whoever is rung answers."""
    offer = house.offers(state="made")[-1]
    for status in ("ringing", "in-progress"):
        hear_leg(house.floor, offer.id, leg, status)
    house.work()


def agents_on(house: House, call_id: str) -> list[Agent]:
    with house.centre.database.reading("test_agents") as tx:
        return list(tx.scalars(select(Agent).where(Agent.call_id == call_id)))


def test_pages_follow_one_another_without_a_gap_or_a_repeat(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "PAGE", 3)
    made = [logged.call(minutes_ago=100 - number, outcome="info_given") for number in range(7)]
    seen, before = [], None
    while True:
        page = found(logged, CallSearch(outcome="info_given"), before)
        seen += [call.id for call in page.calls]
        before = page.go_on_at
        if before is None:
            break
    assert seen == made[::-1]


def test_a_search_that_finds_little_says_how_far_it_looked_and_goes_on(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "LOOK", 4)
    wanted = CallSearch(text="редкое слово")
    old = logged.call(minutes_ago=500, outcome="info_given", note="редкое слово")
    for number in range(4):
        logged.call(minutes_ago=100 - number)
    first = found(logged, wanted)
    assert first.calls == ()
    assert first.looked_back_to is not None
    assert ids(logged, wanted, first.go_on_at) == [old]


def test_too_few_signs_of_a_policy_are_refused(logged: Logged) -> None:
    with pytest.raises(SearchTooWide):
        found(logged, CallSearch(policy="50007"))


def test_who_searched_for_what_is_on_record_without_what_identifies(logged: Logged) -> None:
    logged.call(ani=OWN_PHONE, insured_id=logged.insured_id)
    found(logged, CallSearch(policy=POLICY, phone=OWN_PHONE, text="Образцова больница", line="medical_desk"))
    with logged.site.house.centre.database.reading("test_audit") as tx:
        entry = tx.scalars(select(AuditEntry).where(AuditEntry.action == "calls_searched")).one()
    assert entry.actor == "boss"
    assert entry.detail == {
        "found": 0, "line": "medical_desk", "policy": "···· 4417", "phone": "+7 916 ···-··-67", "text": "О… б…",
    }


def test_an_index_answers_each_kind_of_search(logged: Logged) -> None:
    """What the pages are made of: SQLite must not read the whole of a table for any of them."""
    house = logged.site.house
    with house.centre.database.reading("test_plans") as tx:
        insurer = house.centre.insurers["vsk"]
        for wanted in (
            CallSearch(), CallSearch(line="x"), CallSearch(queue="x"), CallSearch(agent="desk-1"),
            CallSearch(outcome="x"), CallSearch(left="x/y"), CallSearch(phone="+79990001122"),
            CallSearch(insured_id="x"),
        ):
            (walk,) = searching._walks(tx, insurer, wanted)
            statement = walk.statement("f" * 32).limit(51)
            text = str(statement.compile(tx.get_bind(), compile_kwargs={"literal_binds": True}))
            plan = " / ".join(str(row[3]) for row in tx.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
            assert re.search("SEARCH .* INDEX", plan), (wanted, plan)
            if wanted.insured_id is None:
                assert "TEMP B-TREE" not in plan, (wanted, plan)
            assert not walk.rest or wanted.concerns_somebody
