"""Requests on the card of a call: what its caller may hear of is shown, what may follow is offered, nothing else."""

import re

import pytest
from sqlalchemy import update

from agents.accounts import looking_after
from agents.accounts.models import Role
from agents.at_work.caller_matters import identify_caller
from agents.models import Callback, Presence
from config.audit import AuditEntry
from config.due_work import DueWork
from ivr.calls.models import CallEvent, Message, Outcome, Request, RequestStep
from ivr.insured.models import EntitlementUse, InsuredPerson, InsuredPhone
from tests.agents.desk.work.conftest import AtWork, add_insured, change_call, give_call
from tests.agents.staff.conftest import PASSWORD, Browser
from tests.ivr.insured.records import Given

PLACE = {"at": "2026-12-01T10:30", "place": "поликлиника", "service": "outpatient", "booked": ""}


def shown(browser: Browser, at_work: AtWork) -> str:
    return browser.get(f"/desk/calls/{at_work.call.id}/requests").text


def send(browser: Browser, at_work: AtWork, to: str, data: dict[str, str]):
    headers = {"Sec-Fetch-Dest": "empty"}
    return browser.post(f"/desk/calls/{at_work.call.id}/requests/{to}", data, page="/account", headers=headers)


def identified(at_work: AtWork) -> Browser:
    identify_caller(at_work.house.floor, insurer_id="vsk", code="desk-1", insured_id=at_work.insured_id)
    return at_work.site.signed_in("anna")


def the_request(at_work: AtWork) -> Request:
    (request,) = at_work.rows(Request)
    return request


def move(at_work: AtWork, browser: Browser, stood_at: str, step: str, **more: str):
    data = {"request": the_request(at_work).id, "stood_at": stood_at, "step": step, **more}
    return send(browser, at_work, "move", data)


def test_a_guarantee_letter_goes_its_four_steps(at_work: AtWork) -> None:
    browser = identified(at_work)
    assert send(browser, at_work, "open", {"kind": "guarantee_letter:"}).status_code == 303
    request = the_request(at_work)
    assert (request.step, request.insured_id) == ("requested", at_work.insured_id)
    # One working day, told as its last day.
    assert ">25.11.2026<" in shown(browser, at_work)
    for stood_at, step in (("requested", "formed"), ("formed", "sent_to_clinic"), ("sent_to_clinic", "insured_told")):
        assert f'name="step" value="{step}"' in shown(browser, at_work)
        assert move(at_work, browser, stood_at, step).status_code == 303
    assert the_request(at_work).closed_at is not None
    assert {row.step for row in at_work.rows(RequestStep)} == {"requested", "formed", "sent_to_clinic", "insured_told"}
    assert 'name="step"' not in shown(browser, at_work)


@pytest.mark.parametrize(
    ("insurer", "kind", "chain", "due"),
    [
        ("soglasie", "ambulance", ["dispatched", "arrival_confirmed", "patient_state_checked"], "24.11.2026 12:20"),
        ("rgs", "complaint", ["answered"], "08.12.2026"),
        ("rgs", "ticket", ["answered"], "27.11.2026"),
        ("soglasie", "policy_duplicate", ["emailed"], "25.11.2026"),
    ],
)
def test_each_kind_has_its_chain_and_its_deadline(
    at_work: AtWork, insurer: str, kind: str, chain: list[str], due: str
) -> None:
    browser = agent_of(at_work, insurer)
    assert send(browser, at_work, "open", {"kind": f"{kind}:"}).status_code == 303
    assert f">{due}<" in shown(browser, at_work).replace("\N{NO-BREAK SPACE}", " ")
    stood_at = "requested"
    for step in chain:
        assert move(at_work, browser, stood_at, step).status_code == 303
        stood_at = step
    assert the_request(at_work).closed_at is not None


def agent_of(at_work: AtWork, insurer: str) -> Browser:
    """An agent of another insurer, who has the call of one of its callers."""
    house = at_work.house
    house.agent("other-1", insurer_id=insurer)
    looking_after.add_account(
        house.centre, insurer_id=insurer, name="other", role=Role.AGENT, password=PASSWORD, by="t", agent_code="other-1"
    )
    change_call(house, at_work.call, insurer_id=insurer)
    give_call(house, at_work.call, "other-1")
    return at_work.site.signed_in("other")


def test_a_second_opinion_runs_fourteen_working_days_from_dispatch(at_work: AtWork) -> None:
    browser = agent_of(at_work, "rgs")
    send(browser, at_work, "open", {"kind": "second_opinion:"})
    assert the_request(at_work).due_at is None
    move(at_work, browser, "requested", "dispatched")
    assert ">14.12.2026<" in shown(browser, at_work)


def test_a_second_opinion_uses_the_years_one_and_withdrawn_gives_it_back(at_work: AtWork) -> None:
    browser = identified(at_work)
    assert send(browser, at_work, "open", {"kind": "second_opinion:"}).status_code == 303
    assert len(at_work.rows(EntitlementUse)) == 1
    first = the_request(at_work)
    move(at_work, browser, "requested", "concluded")
    move(at_work, browser, "concluded", "insured_told")
    refused = send(browser, at_work, "open", {"kind": f"second_opinion:{first.id}"})
    assert refused.status_code == 409
    assert "лимит исчерпан" in refused.text
    assert len(at_work.rows(Request)) == 1


def test_without_a_first_opinion_there_is_no_second(at_work: AtWork) -> None:
    at_work.insured_id = add_insured(at_work.house, Given(number="5000000009", first_opinion=None))
    assert send(identified(at_work), at_work, "open", {"kind": "second_opinion:"}).status_code == 409
    assert at_work.rows(Request) == at_work.rows(EntitlementUse) == []


def test_only_steps_that_may_follow_are_offered_and_taken(at_work: AtWork) -> None:
    browser = identified(at_work)
    send(browser, at_work, "open", {"kind": "hospitalisation:"})
    move(at_work, browser, "requested", "letter_sent_to_clinic")
    offered = set(re.findall(r'name="step" value="(\w+)"', shown(browser, at_work)))
    # Its own step goes with the approval's number.
    assert offered == {"insured_told", "declined", "withdrawn", "letter_sent_to_clinic"}
    for step in ("agreed", "requested", "made_up", ""):
        assert move(at_work, browser, "letter_sent_to_clinic", step).status_code == 409
    assert the_request(at_work).step == "letter_sent_to_clinic"


def test_forms_sent_again_change_nothing(at_work: AtWork) -> None:
    browser = identified(at_work)
    for to, data in (
        ("open", {"kind": "guarantee_letter:"}),
        ("move", {"stood_at": "requested", "step": "formed", "approval": "77-1"}),
        ("move", {"stood_at": "formed", "step": "formed", "approval": "77-2"}),
        ("book", PLACE),
    ):
        if to == "move":
            data["request"] = at_work.rows(Request, kind="guarantee_letter")[0].id
        assert send(browser, at_work, to, data).status_code == 303
        before = counted(at_work)
        assert send(browser, at_work, to, data).status_code == 409
        assert counted(at_work) == before


def counted(at_work: AtWork) -> tuple[int, ...]:
    models = (Request, RequestStep, CallEvent, Message, AuditEntry)
    with at_work.house.centre.database.reading("test_count") as tx:
        return tuple(tx.query(model).count() for model in models)


def test_an_appointment_is_booked_and_told_without_the_place(at_work: AtWork) -> None:
    browser = identified(at_work)
    assert send(browser, at_work, "book", {**PLACE, "told": "on", "approval": "77-15"}).status_code == 303
    request = the_request(at_work)
    assert request.step == "insured_told"
    assert request.details["appointment_at"] == "2026-12-01T10:30:00+03:00"
    (message,) = at_work.rows(Message)
    assert (message.template, message.to_e164) == ("sms.appointment", "+79161234567")
    assert "поликлиника" not in str(message.variables)
    text = shown(browser, at_work)
    assert "01.12.2026" in text
    assert "77-15" in text


@pytest.mark.parametrize(
    ("change", "code"),
    [({"at": "2026-11-01T10:00"}, 409), ({"service": "made_up"}, 409), ({"at": "завтра"}, 400), ({"place": " "}, 400)],
)
def test_what_cannot_be_booked_is_not(at_work: AtWork, change: dict[str, str], code: int) -> None:
    assert send(identified(at_work), at_work, "book", {**PLACE, **change}).status_code == code
    assert at_work.rows(Request) == at_work.rows(Message) == []


# What the insured must be told.


def test_a_text_message_tells_that_there_is_news_and_nothing_of_health(at_work: AtWork) -> None:
    with at_work.house.centre.database.transaction("test_language") as tx:
        tx.execute(update(InsuredPerson).values(language="en"))
    browser = identified(at_work)
    send(browser, at_work, "open", {"kind": "guarantee_letter:"})
    move(at_work, browser, "requested", "sent_to_clinic")
    data = {"request": the_request(at_work).id, "stood_at": "sent_to_clinic", "means": "message"}
    assert send(browser, at_work, "tell", data).status_code == 303
    (message,) = at_work.rows(Message)
    assert (message.template, message.variables, message.to_e164) == ("sms.request_news", {}, "+79161234567")
    assert message.language == "en"
    assert the_request(at_work).step == "insured_told"
    assert send(browser, at_work, "tell", data).status_code == 409
    assert len(at_work.rows(Message)) == 1


def test_a_callback_is_promised_once_the_conversation_is_over(at_work: AtWork) -> None:
    browser = identified(at_work)
    send(browser, at_work, "open", {"kind": "guarantee_letter:"})
    data = {"request": the_request(at_work).id, "stood_at": "requested", "means": "callback"}
    assert send(browser, at_work, "tell", data).status_code == 303
    at_work.house.work()
    assert at_work.rows(Callback) == []
    at_work.house.end_call(at_work.call)
    at_work.house.later(31)
    (callback,) = at_work.rows(Callback)
    assert (callback.reason, callback.phone) == ("guarantee_letter", "+79161234567")
    assert callback.insured_id == at_work.insured_id
    assert the_request(at_work).step == "requested"
    assert at_work.rows(DueWork, kind="tell_by_callback") == []


def test_a_callback_that_cannot_be_promised_is_left_to_the_desk(at_work: AtWork) -> None:
    browser = identified(at_work)
    send(browser, at_work, "open", {"kind": "guarantee_letter:"})
    data = {"request": the_request(at_work).id, "stood_at": "requested", "means": "callback"}
    send(browser, at_work, "tell", data)
    with at_work.house.centre.database.transaction("test_no_phone") as tx:
        tx.query(InsuredPhone).delete()
    change_call(at_work.house, at_work.call, ani=None)
    at_work.house.end_call(at_work.call)
    at_work.house.later(31)
    assert at_work.rows(Callback) == []
    assert [row.next_action for row in at_work.rows(Outcome, code="callback_failed")] == ["reach_another_way"]


def test_without_a_telephone_nobody_is_told(at_work: AtWork) -> None:
    at_work.insured_id = add_insured(at_work.house, Given(number="5000000009"))
    browser = identified(at_work)
    send(browser, at_work, "open", {"kind": "guarantee_letter:"})
    assert 'name="means"' not in shown(browser, at_work)
    data = {"request": the_request(at_work).id, "stood_at": "requested", "means": "message"}
    assert send(browser, at_work, "tell", data).status_code == 409
    assert send(browser, at_work, "tell", {**data, "means": "pigeon"}).status_code == 400
    assert at_work.rows(Message) == []


# Least data, and abuse.


def other_request(at_work: AtWork, **more: object) -> str:
    """A request of the insured's, opened in another call."""
    values = {"insurer_id": "vsk", "insured_id": at_work.insured_id, "kind": "second_opinion", **more}
    with at_work.house.centre.database.transaction("test_request") as tx:
        request = Request(
            id="9" * 32, step="requested", opened_at=at_work.house.clock.now(), details={}, **values,
        )  # fmt: skip
        tx.add(request)
    return "9" * 32


def test_before_identification_only_what_the_call_brought_is_sent(at_work: AtWork) -> None:
    request_id = other_request(at_work)
    change_call(at_work.house, at_work.call, insured_id=at_work.insured_id, level="hinted")
    browser = at_work.site.signed_in("anna")
    assert request_id not in shown(browser, at_work)
    assert "не подтверждён" in shown(browser, at_work)
    data = {"request": request_id, "stood_at": "requested", "step": "dispatched"}
    assert send(browser, at_work, "move", data).status_code == 409
    assert send(browser, at_work, "book", PLACE).status_code == 409
    change_call(at_work.house, at_work.call, level="identified")
    assert request_id in shown(browser, at_work)


def test_for_compulsory_insurance_the_pair_alone_shows_nothing_of_the_record(at_work: AtWork) -> None:
    browser = agent_of(at_work, "oms")
    at_work.insured_id = add_insured(at_work.house, Given(insurer="oms", number="5000000009"))
    request_id = other_request(at_work, insurer_id="oms", kind="complaint")
    change_call(at_work.house, at_work.call, insured_id=at_work.insured_id, level="identified")
    text = shown(browser, at_work)
    assert request_id not in text
    assert 'value="complaint:"' in text
    assert send(browser, at_work, "open", {"kind": "complaint:"}).status_code == 409
    change_call(at_work.house, at_work.call, level="verified")
    assert request_id in shown(browser, at_work)


def test_an_employer_never_gets_health_facts(at_work: AtWork) -> None:
    request_id = other_request(at_work)
    browser = identified(at_work)
    change_call(at_work.house, at_work.call, caller_role="employer")
    text = shown(browser, at_work)
    assert request_id not in text
    assert 'value="guarantee_letter:"' not in text
    assert 'value="curator_task:"' in text
    for to, data in (
        ("open", {"kind": "guarantee_letter:"}),
        ("move", {"request": request_id, "stood_at": "requested", "step": "dispatched"}),
        ("tell", {"request": request_id, "stood_at": "requested", "means": "message"}),
        ("book", PLACE),
    ):
        assert send(browser, at_work, to, data).status_code == 409
    assert the_request(at_work).step == "requested"
    assert at_work.rows(Message) == []


def test_an_anonymous_call_has_no_requests(at_work: AtWork) -> None:
    change_call(at_work.house, at_work.call, is_anonymous=True, ani=None)
    browser = at_work.site.signed_in("anna")
    text = shown(browser, at_work)
    assert "Звонок анонимный" in text
    assert "<form" not in text
    assert send(browser, at_work, "open", {"kind": "curator_task:"}).status_code == 409
    assert at_work.rows(Request) == []


def test_a_call_that_waited_for_the_psychologist_has_none_either(at_work: AtWork) -> None:
    request_id = other_request(at_work)
    browser = identified(at_work)
    assert request_id in shown(browser, at_work)
    at_work.house.join(at_work.call, queue="psychologist")
    assert request_id not in shown(browser, at_work)
    assert "<form" not in shown(browser, at_work)
    assert send(browser, at_work, "open", {"kind": "curator_task:"}).status_code == 409
    assert 'name="note"' not in browser.get(f"/desk/calls/{at_work.call.id}/wrap-up").text


def test_another_agents_call_shows_and_takes_nothing(at_work: AtWork) -> None:
    identified(at_work)
    boss = at_work.site.signed_in("boss")
    assert boss.get(f"/desk/calls/{at_work.call.id}/requests").status_code == 404
    assert send(boss, at_work, "open", {"kind": "guarantee_letter:"}).status_code == 409
    assert at_work.rows(Request) == []


def test_another_insurers_or_persons_request_is_not_moved(at_work: AtWork) -> None:
    somebody = add_insured(at_work.house, Given(number="5000000009"))
    request_id = other_request(at_work, insured_id=somebody)
    browser = identified(at_work)
    data = {"request": request_id, "stood_at": "requested", "step": "dispatched"}
    assert send(browser, at_work, "move", data).status_code == 409
    change_request(at_work, insured_id=at_work.insured_id, insurer_id="soglasie")
    assert send(browser, at_work, "move", data).status_code == 409
    assert the_request(at_work).step == "requested"


def change_request(at_work: AtWork, **values: str) -> None:
    with at_work.house.centre.database.transaction("test_change_request") as tx:
        tx.execute(update(Request).values(**values))


def test_while_it_rings_requests_are_shown_and_nothing_is_offered(at_work: AtWork) -> None:
    request_id = other_request(at_work)
    change_call(at_work.house, at_work.call, insured_id=at_work.insured_id, level="verified")
    give_call(at_work.house, at_work.call, presence=Presence.OFFERED)
    browser = at_work.site.signed_in("anna")
    text = shown(browser, at_work)
    assert request_id in text
    assert "<form" not in text
    assert send(browser, at_work, "open", {"kind": "guarantee_letter:"}).status_code == 409


def test_script_in_a_place_stays_text(at_work: AtWork) -> None:
    browser = identified(at_work)
    send(browser, at_work, "book", {**PLACE, "place": "<script>alert(1)</script>"})
    assert "<script>alert" not in shown(browser, at_work)
    assert "&lt;script&gt;" in shown(browser, at_work)


def test_every_open_and_step_is_audited(at_work: AtWork) -> None:
    browser = identified(at_work)
    send(browser, at_work, "open", {"kind": "curator_task:"})
    move(at_work, browser, "requested", "done")
    audited = at_work.site.audited(actor="desk-1", subject_kind="request")
    assert audited == ["request_opened", "request_advanced"]
