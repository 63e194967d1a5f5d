"""Whose policy a call is about, and how little a wrong guess learns."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from config.audit import AuditEntry
from config.database import Database
from ivr.calls.models import Call, CallEvent, CallTurn, IdentificationLevel, Outcome, Request
from ivr.calls.requests import open_request
from ivr.insured.anonymity import forget_caller
from ivr.insured.entitlements import use
from ivr.insured.identification import (
    Finding,
    Recognition,
    identify,
    identify_by_questions,
    may_hear_personal,
    read_birth_date,
    recognise,
)
from ivr.insured.models import EntitlementUse, IdentificationTry
from tests.ivr.insured.records import Given, add
from tests.ivr.insurers import shipped_insurers
from tests.ivr.log_rows import NOW, add_call

INSURERS = shipped_insurers()
TODAY = NOW.date()
BORN = date(1985, 3, 15)
PHONE = "+79160001234"
ENP = "7756410834000012"


@pytest.fixture
def database(sqlite_url):
    opened = Database(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def tx(database):
    with database.transaction("test") as tx:
        yield tx


def tried(tx, call: Call, policy: str = "5000000001", born: date | None = BORN, at=NOW):
    return identify(
        tx,
        call=call,
        insurer=INSURERS[call.insurer_id],
        pepper=b"p" * 32,
        policy_digits=policy,
        born_on=born,
        at=at,
        today=at.date(),
    ).finding


def test_policy_and_birth_date_identify(tx):
    person, call = add(tx).person, add_call(tx)
    assert tried(tx, call) is Finding.IDENTIFIED
    assert (call.level, call.insured_id) == (IdentificationLevel.IDENTIFIED, person.id)


def test_the_registered_telephone_besides_verifies(tx):
    add(tx, Given(phones=(PHONE,)))
    call = add_call(tx, ani=PHONE)
    tried(tx, call)
    assert call.level == IdentificationLevel.VERIFIED


@pytest.mark.parametrize("wrong", [{"policy": "5000000009"}, {"born": date(1985, 3, 16)}, {"born": None}])
def test_a_wrong_policy_and_a_wrong_birth_date_get_one_answer(tx, wrong):
    add(tx)
    call = add_call(tx)
    assert tried(tx, call, **wrong) is Finding.WRONG
    assert (call.level, call.insured_id) == (IdentificationLevel.UNKNOWN, None)


def test_another_insurers_policy_is_nobodys(tx):
    add(tx, Given(insurer="soglasie"))
    assert tried(tx, add_call(tx)) is Finding.WRONG


def test_the_third_miss_in_a_call_locks_it_even_for_the_right_pair(tx):
    add(tx)
    call = add_call(tx)
    found = [tried(tx, call, born=date(1990, 1, day)) for day in (1, 2, 3)]
    assert found == [Finding.WRONG, Finding.WRONG, Finding.LOCKED]
    assert tried(tx, call) is Finding.LOCKED


def test_a_caller_is_locked_over_calls_and_freed_after_an_hour(tx):
    add(tx)
    for number in range(6):
        tried(tx, add_call(tx), policy=f"60000000{number:02d}")
    assert tried(tx, add_call(tx)) is Finding.LOCKED
    assert tried(tx, add_call(tx, ani="+79160009999")) is Finding.IDENTIFIED
    assert tried(tx, add_call(tx), at=NOW + timedelta(hours=1, seconds=1)) is Finding.IDENTIFIED


def test_a_policy_is_locked_whoever_guesses(tx):
    add(tx)
    for number in range(6):
        tried(tx, add_call(tx, ani=f"+7916000100{number}"), born=date(1990, 1, 1 + number))
    assert tried(tx, add_call(tx, ani=None)) is Finding.LOCKED


def test_matches_do_not_count_against_guessing(tx):
    add(tx)
    assert {tried(tx, add_call(tx)) for _ in range(8)} == {Finding.IDENTIFIED}


def test_tries_keep_no_digits(tx):
    add(tx)
    tried(tx, add_call(tx))
    row = tx.scalars(select(IdentificationTry)).one()
    assert "5000000001" not in row.policy_hash
    assert PHONE[1:] not in (row.caller_hash or "")
    assert len(row.policy_hash) == 64


def test_a_withheld_number_has_no_hash(tx):
    tried(tx, add_call(tx, ani=None))
    assert tx.scalars(select(IdentificationTry)).one().caller_hash is None


def test_twins_are_several(tx):
    add(tx, Given(name="Близнецов Первый"))
    add(tx, Given(name="Близнецова Вторая"))
    call = add_call(tx)
    assert tried(tx, call) is Finding.SEVERAL
    assert call.insured_id is None


def test_the_birth_date_tells_people_of_one_policy_apart(tx):
    add(tx)
    child = add(tx, Given(name="Образцов Малыш", born=date(2016, 9, 1)))
    call = add_call(tx)
    assert tried(tx, call, born=date(2016, 9, 1)) is Finding.IDENTIFIED
    assert call.insured_id == child.person.id


def test_the_telephone_tells_two_series_with_the_same_digits_apart(tx):
    mine = add(tx, Given(number="50-00000001", name="Первый Пример", phones=(PHONE,)))
    add(tx, Given(number="5000000-001", name="Второй Пример"))
    call = add_call(tx)
    assert tried(tx, call) is Finding.IDENTIFIED
    assert call.insured_id == mine.person.id


def test_a_renewed_policy_goes_before_the_old_one(tx):
    add(tx, Given(number="50-00000001", begins=date(2025, 1, 1), ends=date(2026, 1, 1)))
    new = add(tx, Given(number="5000000001"))
    call = add_call(tx)
    assert tried(tx, call) is Finding.IDENTIFIED
    assert call.insured_id == new.person.id


def test_a_number_with_letters_needs_the_registered_telephone(tx):
    add(tx, Given(number="АБ-5000008", phones=(PHONE,)))
    assert tried(tx, add_call(tx, ani="+79160005555"), policy="5000008") is Finding.WRONG
    assert tried(tx, add_call(tx, ani=PHONE), policy="5000008") is Finding.IDENTIFIED


def test_an_enp_with_its_birth_date_is_one_factor(tx):
    add(tx, Given(insurer="oms", number=ENP, services=[], phones=(PHONE,)))
    alone = add_call(tx, insurer_id="oms", line="hotline", ani="+79160005555")
    assert tried(tx, alone, policy=ENP) is Finding.IDENTIFIED
    assert not may_hear_personal(alone, INSURERS["oms"])
    registered = add_call(tx, insurer_id="oms", line="hotline", ani=PHONE)
    tried(tx, registered, policy=ENP)
    assert may_hear_personal(registered, INSURERS["oms"])


def test_an_agents_questions_verify_whoever_the_caller_is_about(tx):
    person, call = add(tx).person, add_call(tx)
    assert identify_by_questions(tx, call=call, insured_id=person.id, by="0001", at=NOW)
    assert (call.insured_id, call.level) == (person.id, IdentificationLevel.VERIFIED)
    assert tx.scalars(select(AuditEntry.action)).all() == ["caller_identified"]


def test_an_agents_questions_identify_nobody_on_an_anonymous_call_or_of_another_insurer(tx):
    person, other = add(tx).person, add(tx, Given(insurer="rgs")).person
    call, anonymous = add_call(tx), add_call(tx, is_anonymous=True)
    for one, insured_id in ((call, other.id), (call, "f" * 32), (anonymous, person.id)):
        assert not identify_by_questions(tx, call=one, insured_id=insured_id, by="0001", at=NOW)
        assert one.insured_id is None


def test_caller_id_hints_and_gives_nothing_away(tx):
    person = add(tx, Given(phones=(PHONE,))).person
    call = add_call(tx)
    assert recognise(tx, call=call, at=NOW, today=TODAY) is Recognition.ONE
    assert (call.level, call.insured_id) == (IdentificationLevel.HINTED, person.id)
    assert not may_hear_personal(call, INSURERS["vsk"])


def test_a_telephone_of_parent_and_child_hints_at_several(tx):
    add(tx, Given(phones=(PHONE,)))
    add(tx, Given(number="5000000002", name="Образцов Малыш", born=date(2016, 9, 1), phones=(PHONE,)))
    call = add_call(tx)
    assert recognise(tx, call=call, at=NOW, today=TODAY) is Recognition.SEVERAL
    assert call.insured_id is None


@pytest.mark.parametrize("ani", [None, "+79160005555"])
def test_an_unknown_or_withheld_number_hints_at_nobody(tx, ani):
    add(tx, Given(phones=(PHONE,)))
    call = add_call(tx, ani=ani)
    assert recognise(tx, call=call, at=NOW, today=TODAY) is Recognition.NONE
    assert call.level == IdentificationLevel.UNKNOWN


def test_one_telephone_at_two_insurers_hints_within_its_own_only(tx):
    add(tx, Given(insurer="soglasie", phones=(PHONE,)))
    assert recognise(tx, call=add_call(tx), at=NOW, today=TODAY) is Recognition.NONE


@pytest.mark.parametrize(
    ("digits", "born"),
    [
        ("15031985", date(1985, 3, 15)),
        ("29022024", date(2024, 2, 29)),
        ("29022023", None),
        ("00011990", None),
        ("25112026", None),
        ("24111905", None),
        ("1503198", None),
        ("", None),
        ("٠١٠١١٩٩٠", None),
    ],
)
def test_keyed_birth_dates(digits, born):
    assert read_birth_date(digits, today=TODAY) == born


def test_a_forgotten_caller_leaves_no_way_back(tx):
    person = add(tx, Given(phones=(PHONE,))).person
    call = add_call(tx)
    tried(tx, call)
    call.caller_role = "parent"
    tx.add(
        Request(
            id="r" * 32,
            insurer_id="vsk",
            kind="appointment",
            call_id=call.id,
            insured_id=person.id,
            step="requested",
            opened_at=NOW,
            details={},
        )
    )
    tx.add(
        Outcome(
            id="o" * 32,
            insurer_id="vsk",
            call_id=call.id,
            insured_id=person.id,
            code="info_given",
            is_primary=True,
            recorded_by="line",
            recorded_at=NOW,
        )
    )
    tx.flush()
    forget_caller(tx, call=call, at=NOW)
    tx.flush()
    tx.expire_all()
    assert (call.ani, call.insured_id, call.caller_role, call.level) == (None, None, None, "unknown")
    assert call.is_anonymous
    assert tx.get_one(Request, "r" * 32).call_id is None
    assert tx.get_one(Outcome, "o" * 32).insured_id is None
    assert tx.scalars(select(IdentificationTry)).all() == []
    assert not any(person.id in str(event.data) for event in tx.scalars(select(CallEvent)))


def test_an_anonymous_call_is_never_identified_again(tx):
    add(tx)
    call = add_call(tx)
    forget_caller(tx, call=call, at=NOW)
    assert tried(tx, call) is Finding.LOCKED
    assert call.insured_id is None


def test_misses_count_on_after_forgetting(tx):
    add(tx)
    for _ in range(2):
        call = add_call(tx)
        for day in (1, 2, 3):
            tried(tx, call, born=date(1990, 1, day))
        forget_caller(tx, call=call, at=NOW)
    assert tried(tx, add_call(tx)) is Finding.LOCKED


def test_nothing_of_a_forgotten_call_leads_to_the_insured(tx):
    record = add(tx)
    call = add_call(tx, continues_call_id="c" * 32)
    tried(tx, call)
    opened = open_request(tx, insurer=INSURERS["vsk"], call=call, kind="second_opinion", by="line", at=NOW).request
    service = INSURERS["vsk"].services["second_opinion"]
    assert use(
        tx, person=record.person, policy=record.policy, service=service, call_id=call.id, on=NOW.date(), at=NOW
    )
    tx.add(CallTurn(call_id=call.id, number="4", reply="<Say>ноль ноль ноль один</Say>", at=NOW))
    tx.flush()
    forget_caller(tx, call=call, at=NOW)
    tx.flush()
    tx.expire_all()
    assert tx.scalars(select(EntitlementUse)).one().call_id is None
    assert tx.scalars(select(CallTurn)).all() == []
    assert call.continues_call_id is None
    assert opened.id not in str([event.data for event in tx.scalars(select(CallEvent))])
    assert tx.scalars(select(CallEvent.data).where(CallEvent.kind == "request_opened")).one() == {
        "request_kind": "second_opinion",
        "by": "line",
    }
