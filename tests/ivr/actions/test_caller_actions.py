"""Actions on the caller, the cover, requests and regions, each through the registry as a flow asks for them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from flows.actions import ACTIONS
from ivr.actions.registry import HANDLERS, carry_out
from ivr.calls.models import CallEvent, Request
from ivr.calls.requests import advance_request
from ivr.calls.zones import told_there
from ivr.insured.models import EntitlementUse
from tests.ids import without_ids
from tests.ivr.insured.records import Given, add
from tests.ivr.log_rows import NOW

PAIR = {"policy": "5000000001", "birth_date": "15031985"}
ENP = "7756410834000012"


def answer(context, action, **arguments):
    found = carry_out(context, action, arguments)
    assert found.result in ACTIONS[action].answers
    assert set(found.variables) <= set(ACTIONS[action].sets)
    return found.result, dict(found.variables)


def identified(context_of, given=None, **call):
    one = given or Given()
    context = context_of(one.insurer, **call)
    add(context.tx, one)
    assert carry_out(context, "identify", {**PAIR, "policy": one.number}).result == "identified"
    return context


def test_every_action_of_the_vocabulary_is_carried_out():
    assert set(HANDLERS) == set(ACTIONS)


@pytest.mark.parametrize(
    ("insurer", "digits", "expected"),
    [
        ("vsk", "5000000001", "ok"),
        ("vsk", "12345", "too_short"),
        ("vsk", "12345678901234567", "typo"),
        ("vsk", "12345678901", "ok"),
        ("oms", ENP, "ok"),
        ("oms", "7756410834000013", "typo"),
        ("oms", "12345678901", "paper_form"),
        ("oms", "123456789", "ok"),
        ("oms", "", "too_short"),
    ],
)
def test_the_form_of_a_policy_number(context_of, insurer, digits, expected):
    assert answer(context_of(insurer), "check_policy_form", policy=digits)[0] == expected


@pytest.mark.parametrize(("digits", "expected"), [("15031985", "ok"), ("31021985", "impossible"), ("", "impossible")])
def test_the_form_of_a_birth_date(context_of, digits, expected):
    assert answer(context_of(), "check_birth_date", birth_date=digits)[0] == expected


def test_identifying_tells_the_last_four_digits_and_the_half_open_end(context_of):
    context = context_of()
    add(context.tx)
    assert answer(context, "identify", **PAIR) == (
        "identified",
        {"last_four": "0001", "policy_until": "2027-01-01"},
    )


def test_a_miss_tells_nothing(context_of):
    context = context_of()
    add(context.tx)
    assert answer(context, "identify", **{**PAIR, "birth_date": "16031985"}) == ("wrong", {})


def test_no_event_holds_keyed_digits_or_a_name(context_of):
    context = identified(context_of)
    answer(context, "check_cover", service="outpatient")
    answer(context, "identify", policy="5000000002", birth_date="15031985")
    context.tx.flush()
    kept = without_ids(str([event.data for event in context.tx.scalars(select(CallEvent))]))
    for secret in ("5000000001", "5000000002", "15031985", "1985", "Образцов"):
        assert secret not in kept


def test_the_callers_role_is_kept_apart_from_the_insured(context_of):
    context = context_of()
    assert answer(context, "caller_role", role="parent") == ("done", {})
    assert context.call.caller_role == "parent"


@pytest.mark.parametrize(
    ("given", "service", "result"),
    [
        (Given(), "outpatient", "covered"),
        (Given(), "inpatient", "not_covered"),
        (Given(ends=date(2026, 11, 24)), "outpatient", "expired"),
        (Given(ends=date(2026, 11, 25)), "outpatient", "covered"),
    ],
)
def test_cover_on_the_day_of_the_call(context_of, given, service, result):
    context = identified(context_of, given)
    assert answer(context, "check_cover", service=service)[0] == result


def test_the_rule_that_decided_stands_in_the_events(context_of):
    context = identified(context_of)
    answer(context, "check_cover", service="inpatient")
    context.tx.flush()
    data = context.tx.scalars(select(CallEvent.data).where(CallEvent.kind == "cover_checked")).one()
    assert (data["result"], data["rule"]) == ("not_covered", "programme.not_listed")


@pytest.mark.parametrize("action", ["check_cover", "use_entitlement", "request_status", "deductible_state"])
def test_nothing_personal_is_told_before_identification(context_of, action):
    arguments = {"service": "outpatient", "kind": "guarantee_letter"}
    assert answer(context_of(), action, **arguments) == ("failed", {})


def test_for_oms_number_and_birth_date_alone_open_nothing_personal(context_of):
    given = Given(insurer="oms", number=ENP, services=[], phones=("+79160001234",))
    alone = identified(context_of, given, ani="+79160005555")
    assert answer(alone, "request_status", kind="complaint")[0] == "failed"
    registered = context_of("oms", ani="+79160001234")
    answer(registered, "identify", policy=ENP, birth_date="15031985")
    assert answer(registered, "request_status", kind="complaint")[0] == "none"


@pytest.mark.parametrize(("kilometres", "expected"), [("030", "within"), ("31", "beyond"), ("", "failed")])
def test_the_thirty_kilometres(context_of, kilometres, expected):
    assert answer(context_of("soglasie"), "check_distance", kilometres=kilometres)[0] == expected


def test_a_psychologist_is_debited_and_then_forgotten(context_of):
    context = identified(context_of)
    assert answer(context, "use_entitlement", service="psychologist") == ("used", {})
    assert answer(context, "forget_caller") == ("done", {})
    use = context.tx.scalars(select(EntitlementUse)).one()
    assert (use.insured_id, use.call_id) == (None, None)
    assert (context.call.ani, context.call.insured_id) == (None, None)


def test_a_second_opinion_uses_the_years_only_one(context_of):
    context = identified(context_of)
    assert answer(context, "check_cover", service="second_opinion")[0] == "covered"
    assert answer(context, "open_request", kind="second_opinion")[0] == "opened"
    assert answer(context, "open_request", kind="second_opinion")[0] == "already_open"
    assert answer(context, "check_cover", service="second_opinion")[0] == "covered"
    (request,) = context.tx.scalars(select(Request))
    advance_request(context.tx, insurer=context.insurer, request_id=request.id, step="insured_told", by="0001", at=NOW)
    assert answer(context, "check_cover", service="second_opinion")[0] == "limit_reached"
    assert answer(context, "open_request", kind="second_opinion")[0] == "failed"
    assert len(context.tx.scalars(select(EntitlementUse)).all()) == 1


@pytest.mark.parametrize("step", ["withdrawn", "declined"])
def test_a_second_opinion_that_came_to_nothing_gives_the_years_only_one_back(context_of, step):
    context = identified(context_of)
    answer(context, "open_request", kind="second_opinion")
    (request,) = context.tx.scalars(select(Request))
    advance_request(context.tx, insurer=context.insurer, request_id=request.id, step=step, by="0001", at=NOW)
    assert context.tx.scalars(select(EntitlementUse)).all() == []
    assert answer(context, "check_cover", service="second_opinion")[0] == "covered"
    assert answer(context, "open_request", kind="second_opinion")[0] == "opened"


def test_giving_back_leaves_the_uses_of_other_requests(context_of):
    context = identified(context_of, Given(used={"second_opinion": date(2025, 3, 15)}))
    answer(context, "open_request", kind="second_opinion")
    (request,) = context.tx.scalars(select(Request))
    advance_request(context.tx, insurer=context.insurer, request_id=request.id, step="withdrawn", by="0001", at=NOW)
    assert [use.used_on for use in context.tx.scalars(select(EntitlementUse))] == [date(2025, 3, 15)]


def test_after_a_visit_whose_time_is_past_a_new_one_is_opened(context_of):
    context = identified(context_of)
    answer(context, "open_request", kind="appointment")
    (first,) = context.tx.scalars(select(Request))
    first.details = {"appointment_at": "2026-11-24T11:59:00+03:00", "place": "клиника"}
    context.tx.flush()
    assert answer(context, "open_request", kind="appointment")[0] == "opened"
    assert first.closed_at == NOW


def test_the_clock_of_a_second_opinion_starts_at_dispatch(context_of):
    context = identified(context_of, Given(insurer="rgs"))
    assert answer(context, "open_request", kind="second_opinion") == ("opened", {})
    assert answer(context, "request_status", kind="second_opinion") == ("requested", {})
    (request,) = context.tx.scalars(select(Request))
    advance_request(context.tx, insurer=context.insurer, request_id=request.id, step="dispatched", by="0001", at=NOW)
    # 24.11.2026 is a Tuesday; 14 working days later is a Monday.
    assert answer(context, "request_status", kind="second_opinion") == ("dispatched", {"due": "2026-12-14"})


@pytest.mark.parametrize(
    ("step", "word"),
    [("formed", "formed"), ("sent_to_clinic", "sent_to_clinic"), ("declined", "declined"), ("withdrawn", "none")],
)
def test_a_letters_steps_in_the_words_of_flows(context_of, step, word):
    context = identified(context_of, Given(insurer="rgs"))
    answer(context, "open_request", kind="guarantee_letter")
    (request,) = context.tx.scalars(select(Request))
    advance_request(context.tx, insurer=context.insurer, request_id=request.id, step=step, by="0001", at=NOW)
    assert answer(context, "request_status", kind="guarantee_letter")[0] == word


def test_a_step_without_a_word_of_its_own_says_the_last_that_has_one(context_of):
    context = identified(context_of, Given(insurer="rgs"))
    answer(context, "open_request", kind="guarantee_letter")
    (request,) = context.tx.scalars(select(Request))
    for number, step in enumerate(("sent_to_clinic", "insured_told"), start=1):
        advance_request(
            context.tx,
            insurer=context.insurer,
            request_id=request.id,
            step=step,
            by="0001",
            at=NOW + timedelta(minutes=number),
        )
    assert answer(context, "request_status", kind="guarantee_letter")[0] == "sent_to_clinic"


def test_a_request_of_a_kind_that_the_insurer_does_not_take_fails(context_of):
    assert answer(context_of("oms"), "open_request", kind="ambulance")[0] == "failed"


def test_a_complaint_needs_no_identification_and_is_due_in_ten_working_days(context_of):
    context = context_of("oms")
    assert answer(context, "open_request", kind="complaint") == ("opened", {"due": "2026-12-08"})
    assert answer(context, "open_request", kind="complaint")[0] == "already_open"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("none", {})),
        ({"deductible": "inactive"}, ("inactive", {})),
        ({"deductible": "active", "deductible_left_rubles": 15000}, ("active", {"deductible_left": 15000})),
        ({"deductible": "active"}, ("failed", {})),
    ],
)
def test_the_deductible(context_of, fields, expected):
    context = identified(context_of, Given(insurer="rgs", policy_fields=fields))
    assert answer(context, "deductible_state") == expected


@pytest.mark.parametrize(
    ("zone", "details", "expected"),
    [
        ("Asia/Tomsk", {}, ("none", {})),
        (
            "Asia/Tomsk",
            {"appointment_at": "2026-11-30T12:00:00+03:00", "place": "клиника"},
            ("booked", {"appointment_at": "2026-11-30T16:00 Asia/Tomsk", "appointment_place": "клиника"}),
        ),
        (None, {"appointment_at": "2026-11-30T12:00:00+03:00", "place": "клиника"}, ("zone_unknown", {})),
        # A zone that has no name in Russian cannot be told either.
        ("Asia/Tokyo", {"appointment_at": "2026-11-30T12:00:00+03:00", "place": "клиника"}, ("zone_unknown", {})),
        ("Asia/Tomsk", {"appointment_at": "2026-11-24T11:59:00+03:00", "place": "клиника"}, ("none", {})),
    ],
)
def test_an_appointments_time_is_told_in_the_insureds_own_zone(context_of, zone, details, expected):
    context = identified(context_of, Given(insurer="rgs", person_fields={"time_zone": zone}))
    answer(context, "open_request", kind="appointment")
    (request,) = context.tx.scalars(select(Request))
    request.details = details
    context.tx.flush()
    assert answer(context, "appointment_time") == expected


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2011", ("within", {"due": "2026-11-24"})),
        ("1911", ("beyond", {"due": "2026-11-23"})),
        ("2511", ("beyond", {"due": "2025-11-27"})),
        ("3102", ("impossible", {})),
        ("24", ("impossible", {})),
    ],
)
def test_a_promise_of_two_working_days_since_the_day_keyed(context_of, since, expected):
    assert answer(context_of("maks"), "check_deadline", since=since, working_days=2) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("70", ("known", {"region": "70", "region_name": "Томская область"})),
        ("95", ("known", {"region": "20", "region_name": "Чеченская Республика"})),
        ("99", ("unknown", {})),
    ],
)
def test_the_region_that_issued_the_policy(context_of, code, expected):
    context = context_of("oms")
    assert answer(context, "choose_region", code=code) == expected
    assert context.call.region == expected[1].get("region")


@pytest.mark.parametrize(
    ("region", "terms"), [("77", "quarters"), ("50", "months"), ("78", "unknown"), (None, "unknown")]
)
def test_the_terms_that_a_region_sells(context_of, region, terms):
    assert answer(context_of("maks", region=region), "policy_terms")[0] == terms


@pytest.mark.parametrize(
    ("language", "zone", "told"),
    [
        ("ru", "Asia/Tomsk", "2026-12-01T14:30 Asia/Tomsk"),
        ("en", "Europe/Moscow", "2026-12-01T10:30 Europe/Moscow"),
        ("uz", "Europe/Kaliningrad", "2026-12-01T09:30"),
    ],
)
def test_a_time_is_told_with_its_zone_where_the_language_has_a_name_for_it(language, zone, told):
    at = datetime(2026, 12, 1, 7, 30, 20, tzinfo=UTC)
    assert told_there(at, ZoneInfo(zone), language) == told


def test_when_a_closed_queue_opens_is_told_on_the_callers_clock(context_of):
    context = context_of("oms", region="70")
    opens_at = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
    queues = SimpleNamespace(is_open=lambda *_: (False, opens_at))
    context = replace(context, ports=replace(context.ports, queues=queues))
    assert answer(context, "queue_hours", queue="representatives_1") == (
        "closed",
        {"opens_at": "2026-12-02T09:00 Asia/Tomsk"},
    )


@pytest.mark.parametrize(
    ("insurer", "keyed", "result", "number"),
    [
        ("vsk", "89161234567", "accepted", "+79161234567"),
        ("vsk", "80005550101", "accepted", "+70005550101"),
        ("vsk", "87011234567", "abroad", None),
        ("vsk", "810447900123456", "abroad", None),
        ("vsk", "998901234567", "abroad", None),
        ("vsk", "88091234567", "not_a_number", None),
        ("maks", "998901234567", "accepted", "+998901234567"),
        ("maks", "810992901234567", "accepted", "+992901234567"),
        ("maks", "996700123456", "accepted", "+996700123456"),
        ("maks", "89161234567", "accepted", "+79161234567"),
        ("maks", "810447900123456", "abroad", None),
    ],
)
def test_a_number_is_rung_back_only_where_the_insurers_file_allows(context_of, insurer, keyed, result, number):
    context = context_of(insurer, ani=None)
    assert answer(context, "give_phone", phone=keyed)[0] == result
    assert context.call.ani == number
