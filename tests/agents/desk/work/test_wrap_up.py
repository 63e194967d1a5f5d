"""Wrap-up as a part of the desk: drafts that outlive the page, one recording a form, nobody else's call."""

import pytest

from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.models import Presence, WrapUp
from ivr.calls.models import Outcome
from tests.agents.desk.work.conftest import AtWork, change_call, give_call
from tests.agents.staff.conftest import Browser

FORM = {"primary": "info_given", "version": "0", "recordings": "0"}
ACTION = {"next_action": "ring_back", "due_at": "2026-11-25T18:00", "owner": "desk-1"}


def wrap_up(at_work: AtWork) -> str:
    return f"/desk/calls/{at_work.call.id}/wrap-up"


def send(browser: Browser, at_work: AtWork, data: dict[str, object], to: str = "wrap-up"):
    headers = {"Sec-Fetch-Dest": "empty"}
    return browser.post(f"/desk/calls/{at_work.call.id}/{to}", data, page="/account", headers=headers)


def test_the_outcome_ends_the_wrap_up_and_is_the_agents(at_work: AtWork) -> None:
    give_call(at_work.house, at_work.call, presence=Presence.WRAP_UP)
    browser = at_work.site.signed_in("anna")
    data = {**FORM, **ACTION, "also": ["gl_requested", "info_given"], "note": " две\r\nстроки "}
    assert send(browser, at_work, data).status_code == 303
    assert at_work.house.agent_now("desk-1").presence == Presence.AVAILABLE
    primary, secondary = sorted(at_work.rows(Outcome), key=lambda one: not one.is_primary)
    assert (primary.code, primary.note, primary.recorded_by) == ("info_given", "две\nстроки", "desk-1")
    assert (primary.next_action, primary.owner) == ("ring_back", "desk-1")
    assert primary.due_at.isoformat() == "2026-11-25T15:00:00+00:00"
    assert (secondary.code, secondary.is_primary) == ("gl_requested", False)
    assert at_work.site.audited(actor="desk-1")[-1] == "recorded_outcome"


def test_the_next_call_is_not_taken_without_it(at_work: AtWork) -> None:
    give_call(at_work.house, at_work.call, presence=Presence.WRAP_UP)
    browser = at_work.site.signed_in("anna")
    for wanted in ("available", "meal"):
        assert browser.post("/desk/presence", {"presence": wanted}, page="/account").status_code == 409
    assert at_work.house.agent_now("desk-1").presence == Presence.WRAP_UP
    assert send(browser, at_work, FORM).status_code == 303
    assert at_work.house.agent_now("desk-1").presence == Presence.AVAILABLE


def test_a_draft_outlives_the_page_and_is_gone_once_recorded(at_work: AtWork) -> None:
    browser = at_work.site.signed_in("anna")
    data = {**FORM, "primary": "", "other": "nuisance", "also": ["gl_requested"], "note": "перезвонить маме"}
    answer = send(browser, at_work, data, "draft")
    assert answer.json["version"] == 1
    text = at_work.site.signed_in("anna").get(wrap_up(at_work)).text
    assert ">перезвонить маме</textarea>" in text
    assert '<option value="nuisance" selected>' in text
    assert '<input type="checkbox" name="also" value="gl_requested" checked>' in text
    assert 'name="version" value="1"' in text
    assert at_work.rows(Outcome) == []
    assert send(browser, at_work, {**data, "version": "1"}).status_code == 303
    (row,) = at_work.rows(WrapUp)
    assert (row.note, row.code, row.recordings) == (None, None, 1)


def test_recorded_while_talking_it_may_be_corrected(at_work: AtWork) -> None:
    browser = at_work.site.signed_in("anna")
    send(browser, at_work, {**FORM, "also": ["gl_requested"]})
    text = browser.get(wrap_up(at_work)).text
    assert "Записано. Когда разговор закончится" in text
    assert 'value="info_given" checked' in text
    assert send(browser, at_work, {**FORM, "primary": "gl_issued", "recordings": "1"}).status_code == 303
    assert [(row.code, row.is_primary) for row in at_work.rows(Outcome)] == [("gl_issued", True)]
    assert at_work.house.agent_now("desk-1").presence == Presence.ON_CALL


def test_a_form_sent_again_records_nothing_more(at_work: AtWork) -> None:
    browser = at_work.site.signed_in("anna")
    assert send(browser, at_work, FORM).status_code == 303
    before = (len(at_work.rows(Outcome)), len(at_work.site.audited()))
    again = send(browser, at_work, FORM)
    assert again.status_code == 409
    assert "уже записано" in again.text
    assert (len(at_work.rows(Outcome)), len(at_work.site.audited())) == before


def test_an_older_window_overwrites_no_draft(at_work: AtWork) -> None:
    browser = at_work.site.signed_in("anna")
    first = {**FORM, "note": "раз"}
    assert send(browser, at_work, first, "draft").json["version"] == 1
    assert send(browser, at_work, {**FORM, "note": "два"}, "draft").status_code == 409
    # The answer was lost: the same draft again is no conflict.
    assert send(browser, at_work, first, "draft").json["version"] == 1
    assert [row.note for row in at_work.rows(WrapUp)] == ["раз"]


@pytest.mark.parametrize("to", ["draft", "wrap-up"])
def test_another_agents_call_is_refused_and_nothing_is_left(at_work: AtWork, to: str) -> None:
    boss = at_work.site.signed_in("boss")
    assert boss.get(wrap_up(at_work)).status_code == 404
    assert send(boss, at_work, FORM, to).status_code == 404
    assert at_work.rows(Outcome) == at_work.rows(WrapUp) == []


def test_another_insurers_call_is_refused(at_work: AtWork) -> None:
    change_call(at_work.house, at_work.call, insurer_id="soglasie")
    assert at_work.site.signed_in("anna").get(wrap_up(at_work)).status_code == 404


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"primary": "abandoned_in_queue"}, "такого выбора нет"),
        ({"primary": "made_up"}, "такого выбора нет"),
        ({"also": ["made_up"]}, "такого выбора нет"),
        ({"next_action": "made_up"}, "такого выбора нет"),
        ({**ACTION, "owner": "sog-1"}, "такого выбора нет"),
        ({**ACTION, "due_at": "завтра"}, "такого выбора нет"),
        ({"recordings": "-1"}, "такого выбора нет"),
        ({"primary": ""}, "Выберите итог"),
        ({**ACTION, "due_at": ""}, "Укажите срок"),
        ({**ACTION, "owner": ""}, "кто это сделает"),
        ({**ACTION, "due_at": "2026-11-24T11:59"}, "уже прошёл"),
        ({"note": "а" * 2001}, "слишком длинная"),
    ],
)
def test_what_is_missing_or_was_never_offered_is_said_and_records_nothing(
    at_work: AtWork, change: dict[str, object], says: str
) -> None:
    answer = send(at_work.site.signed_in("anna"), at_work, {**FORM, **change})
    assert answer.status_code == 400
    assert says in answer.text
    assert at_work.rows(Outcome) == at_work.rows(WrapUp) == []


def test_script_in_a_note_stays_text(at_work: AtWork) -> None:
    browser = at_work.site.signed_in("anna")
    send(browser, at_work, {**FORM, "note": "</textarea><script>alert(1)</script>"}, "draft")
    text = browser.get(wrap_up(at_work)).text
    assert "<script>alert" not in text
    assert "&lt;/textarea&gt;&lt;script&gt;" in text


def test_an_anonymous_call_keeps_neither_note_nor_next_action(at_work: AtWork) -> None:
    change_call(at_work.house, at_work.call, is_anonymous=True, ani=None)
    browser = at_work.site.signed_in("anna")
    text = browser.get(wrap_up(at_work)).text
    assert 'name="note"' not in text
    assert 'name="next_action"' not in text
    for extra in ({"note": "имя"}, ACTION):
        assert send(browser, at_work, {**FORM, **extra}).status_code == 400
    assert at_work.rows(Outcome) == []
    assert send(browser, at_work, {**FORM, "primary": "psychologist_connected"}).status_code == 303
    assert [row.insured_id for row in at_work.rows(Outcome)] == [None]


def test_a_call_that_rings_cannot_be_written_down_yet(at_work: AtWork) -> None:
    give_call(at_work.house, at_work.call, presence=Presence.OFFERED)
    browser = at_work.site.signed_in("anna")
    assert "<form" not in browser.get(wrap_up(at_work)).text
    assert send(browser, at_work, FORM).status_code == 409
    assert at_work.rows(Outcome) == []


def test_opened_by_a_person_it_is_a_whole_page(at_work: AtWork) -> None:
    browser = at_work.site.signed_in("anna")
    assert browser.get(wrap_up(at_work)).text.startswith("<div role=\"group\"")
    assert browser.get(wrap_up(at_work), **{"Sec-Fetch-Dest": "document"}).text.startswith("<!doctype html>")


def test_a_supervisor_releases_who_is_stuck_and_the_outcome_stays_owed(at_work: AtWork) -> None:
    give_call(at_work.house, at_work.call, presence=Presence.WRAP_UP)
    anna, watcher = at_work.site.signed_in("anna"), at_work.site.signed_in("watcher")
    send(anna, at_work, {**FORM, "note": "половина"}, "draft")
    assert "desk-1" in watcher.get("/desk/wrap-ups").text
    assert watcher.post("/desk/wrap-ups/release", {"agent": "desk-1"}, page="/account").status_code == 303
    assert at_work.house.agent_now("desk-1").presence == Presence.AVAILABLE
    assert at_work.site.audited(actor="watcher")[-1] == "released_from_wrap_up"
    assert watcher.post("/desk/wrap-ups/release", {"agent": "desk-1"}, page="/account").status_code == 409
    text = anna.get(wrap_up(at_work)).text
    assert "Вас отпустили" in text
    assert ">половина</textarea>" in text
    give_call(at_work.house, at_work.house.call("CA-2"))
    assert send(anna, at_work, {**FORM, "version": "1"}).status_code == 303
    assert [row.call_id for row in at_work.rows(Outcome)] == [at_work.call.id]
    assert at_work.house.agent_now("desk-1").presence == Presence.ON_CALL
    assert "Записано: Дали информацию" in anna.get(wrap_up(at_work)).text
    assert send(anna, at_work, {**FORM, "recordings": "1"}).status_code == 409


def test_an_agent_releases_nobody(at_work: AtWork) -> None:
    give_call(at_work.house, at_work.call, presence=Presence.WRAP_UP)
    anna = at_work.site.signed_in("anna")
    assert anna.get("/desk/wrap-ups").status_code == 403
    assert anna.post("/desk/wrap-ups/release", {"agent": "desk-1"}, page="/account").status_code == 403
    assert at_work.house.agent_now("desk-1").presence == Presence.WRAP_UP


def test_another_insurers_agent_is_not_released(at_work: AtWork) -> None:
    call = at_work.house.call("CA-3", insurer_id="soglasie")
    give_call(at_work.house, call, "sog-1", Presence.WRAP_UP)
    watcher = at_work.site.signed_in("watcher")
    assert "sog-1" not in watcher.get("/desk/wrap-ups").text
    assert watcher.post("/desk/wrap-ups/release", {"agent": "sog-1"}, page="/account").status_code == 409
    assert at_work.house.agent_now("sog-1").presence == Presence.WRAP_UP


def test_what_the_terminal_recorded_is_shown(at_work: AtWork) -> None:
    outcome = WrittenOutcome("claim_registered", next_action="своё дело")
    record_call_outcome(at_work.house.floor, insurer_id="vsk", code="desk-1", outcome=outcome)
    text = at_work.site.signed_in("anna").get(wrap_up(at_work)).text
    assert '<option value="claim_registered" selected>' in text
    assert '<option value="своё дело" selected>' in text
