"""What is covered on a service's date, rule by rule."""

import threading
from datetime import date

import pytest
from sqlalchemy import func, select

from config.database import Database
from ivr.calls.models import Request
from ivr.insured import entitlements
from ivr.insured.eligibility import InsuredRecord, check_cover, is_within_radius
from ivr.insured.models import DeductibleState, EntitlementUse, InsuredPerson, Policy
from tests.ivr.insured.records import Given, add
from tests.ivr.insurers import shipped_insurers
from tests.ivr.log_rows import NOW, add_call

INSURERS = shipped_insurers()
TODAY = NOW.date()


@pytest.fixture
def sqlite_tx(sqlite_url):
    database = Database(sqlite_url)
    with database.transaction("test") as tx:
        yield tx
    database.close()


def verdict(tx, given: Given, service: str, on: date = TODAY, call=None) -> tuple[str, str]:
    cover = check_cover(tx, insurer=INSURERS[given.insurer], record=add(tx, given), service=service, on=on, call=call)
    return cover.result.value, cover.rule


@pytest.mark.parametrize(
    ("given", "service", "expected"),
    [
        (Given(), "outpatient", ("covered", "programme.listed")),
        (Given(services=["inpatient"]), "outpatient", ("not_covered", "programme.not_listed")),
        (Given(exclusions=["outpatient"]), "outpatient", ("not_covered", "programme.excluded")),
        (Given(), "home_visit", ("needs_human", "service.needs_human")),
        (Given(), "massage", ("needs_human", "service.unknown")),
        (Given(), "second_opinion", ("covered", "programme.listed")),
        (Given(first_opinion=None), "second_opinion", ("first_opinion_missing", "opinion.first_missing")),
        (Given(used={"second_opinion": date(2026, 3, 1)}), "second_opinion", ("limit_reached", "limit.per_term")),
        (Given(used={"second_opinion": date(2025, 3, 1)}), "second_opinion", ("covered", "programme.listed")),
        (
            Given(insurer="rgs", policy_fields={"deductible": DeductibleState.INACTIVE}),
            "outpatient",
            ("deductible_not_active", "deductible.inactive"),
        ),
        (
            Given(insurer="rgs", policy_fields={"deductible": DeductibleState.ACTIVE}),
            "outpatient",
            ("covered", "programme.listed"),
        ),
        (
            Given(insurer="soglasie", services=["tuberculosis"]),
            "tuberculosis",
            ("needs_human", "service.unknown"),
        ),
        (
            Given(insurer="maks", services=["urgent_care"], policy_fields={"sum_left_rubles": 1}),
            "urgent_care",
            ("covered", "programme.listed"),
        ),
        (
            Given(insurer="maks", services=["urgent_care"], policy_fields={"sum_left_rubles": 0}),
            "urgent_care",
            ("limit_reached", "sum.used_up"),
        ),
        (Given(insurer="maks", services=["urgent_care"]), "urgent_care", ("needs_human", "sum.unknown")),
    ],
)
def test_each_rule_decides(sqlite_tx, given, service, expected):
    assert verdict(sqlite_tx, given, service) == expected


@pytest.mark.parametrize(
    ("on", "result"),
    [
        (date(2020, 11, 30), "needs_human"),
        (date(2020, 12, 1), "covered"),
        (date(2021, 11, 30), "covered"),
        (date(2021, 12, 1), "expired"),
    ],
)
def test_the_services_date_counts_and_the_end_is_half_open(sqlite_tx, on, result):
    given = Given(begins=date(2020, 12, 1), ends=date(2021, 12, 1))
    assert verdict(sqlite_tx, given, "outpatient", on)[0] == result


def test_asking_after_the_open_request_is_no_second_use(sqlite_tx):
    tx = sqlite_tx
    record = add(tx, Given(used={"second_opinion": date(2026, 3, 1)}))
    tx.add(
        Request(
            id="r" * 32,
            insurer_id="vsk",
            kind="second_opinion",
            insured_id=record.person.id,
            step="requested",
            opened_at=NOW,
            details={},
        )
    )
    tx.flush()
    cover = check_cover(tx, insurer=INSURERS["vsk"], record=record, service="second_opinion", on=TODAY)
    assert cover.result == "covered"


def test_a_migrants_policy_of_another_region_goes_to_a_human(sqlite_tx):
    given = Given(insurer="maks", services=["urgent_care"], policy_fields={"sum_left_rubles": 1, "region": "77"})
    call = add_call(sqlite_tx, insurer_id="maks", line="migrants", region="50")
    assert verdict(sqlite_tx, given, "urgent_care", call=call) == ("needs_human", "region.other")


@pytest.mark.parametrize(("kilometres", "expected"), [(0, True), (30, True), (31, False)])
def test_thirty_kilometres_are_within(kilometres, expected):
    assert is_within_radius(INSURERS["soglasie"], kilometres) is expected


def test_without_a_radius_distance_says_nothing():
    assert is_within_radius(INSURERS["vsk"], 5) is None


def used(tx, record: InsuredRecord, service: str, call_id: str | None = "c" * 32) -> bool:
    return entitlements.use(
        tx,
        person=record.person,
        policy=record.policy,
        service=INSURERS[record.policy.insurer_id].services[service],
        call_id=call_id,
        on=TODAY,
        at=NOW,
    )


def test_the_limit_holds(sqlite_tx):
    record = add(sqlite_tx)
    assert [used(sqlite_tx, record, "second_opinion") for _ in range(2)] == [True, False]


def test_an_anonymous_use_names_neither_insured_nor_call(sqlite_tx):
    record = add(sqlite_tx)
    assert used(sqlite_tx, record, "psychologist")
    use = sqlite_tx.scalars(select(EntitlementUse)).one()
    assert (use.insured_id, use.call_id) == (None, None)


def test_of_two_calls_at_once_one_uses_the_last(database):
    with database.transaction("arrange") as tx:
        record = add(tx)
    person_id, policy_id, results = record.person.id, record.policy.id, []
    barrier = threading.Barrier(2)

    def call() -> None:
        barrier.wait()
        with database.transaction("use") as tx:
            mine = InsuredRecord(tx.get_one(InsuredPerson, person_id), tx.get_one(Policy, policy_id), record.programme)
            results.append(used(tx, mine, "second_opinion"))

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, True]
    with database.reading("count") as tx:
        assert tx.scalar(select(func.count()).select_from(EntitlementUse)) == 1
