"""The search of insured people and their pages: of the own insurer, masked, audited, nothing of it in an address."""

from datetime import date

import pytest

from agents.at_work.caller_matters import identify_caller
from config.audit import AuditEntry
from ivr.calls.models import Request
from ivr.insured.models import InsuredSearch
from tests.agents.desk.work.conftest import PHONE, AtWork, add_insured, change_call
from tests.agents.staff.conftest import Browser
from tests.ids import without_ids
from tests.ivr.insured.records import Given

NAME = "Образцов Пример Тестович"


def search(browser: Browser, by: str, text: str, **more: str):
    return browser.post("/desk/insured", {"by": by, "text": text, **more}, page="/account")


@pytest.mark.parametrize(
    ("by", "text", "born_on", "masked"),
    [
        ("policy", "5000000001", "", "···· 0001"),
        ("policy", " 50-0000-0001 ", "", "···· 0001"),
        ("name", "образцов", "1985-03-15", "о. 1985"),
        ("name", "тест обр", "1985-03-15", "т. о. 1985"),
        ("phone", "8 916 123-45-67", "", "+7 916 ···-··-67"),
    ],
)
def test_somebody_is_found_and_it_is_written_down_masked(
    at_work: AtWork, by: str, text: str, born_on: str, masked: str
) -> None:
    answer = search(at_work.site.signed_in("anna"), by, text, born_on=born_on)
    assert answer.status_code == 200
    assert "О. П. Т." in answer.text
    assert f'data-call-person="{at_work.insured_id}"' in answer.text
    for secret in (NAME, "15.03.1985", "+79161234567"):
        assert secret not in answer.text
    searched, found = at_work.rows(AuditEntry, actor="desk-1", subject_kind="insured")
    assert (searched.action, searched.detail) == ("insured_searched", {"by": by, "masked": masked, "found": 1})
    assert (found.action, found.subject_id) == ("insured_found", at_work.insured_id)


@pytest.mark.parametrize(
    ("by", "text", "born_on"),
    [
        ("policy", "5000000002", ""),
        ("policy", "000001", ""),
        ("policy", "%%%%%%%%", ""),
        ("name", "образцов", "1985-03-16"),
        ("name", "бразцов", "1985-03-15"),
        ("name", "образцов образцов", "1985-03-15"),
        ("phone", "8 916 123-45-68", ""),
    ],
)
def test_nobody_is_found_and_the_search_is_written_down(at_work: AtWork, by: str, text: str, born_on: str) -> None:
    answer = search(at_work.site.signed_in("anna"), by, text, born_on=born_on)
    assert "таких нет" in answer.text
    assert at_work.site.audited(actor="desk-1") == ["insured_searched"]


@pytest.mark.parametrize(
    ("by", "text", "born_on", "says"),
    [
        ("policy", "50000", "", "не меньше шести"),
        ("name", "образцов", "", "дату рождения"),
        ("name", "о", "1985-03-15", "дату рождения"),
        ("phone", "нет", "", "не номер телефона"),
    ],
)
def test_too_little_to_search_by_is_said(at_work: AtWork, by: str, text: str, born_on: str, says: str) -> None:
    answer = search(at_work.site.signed_in("anna"), by, text, born_on=born_on)
    assert answer.status_code == 400
    assert says in answer.text
    assert at_work.site.audited(actor="desk-1") == []


def test_nothing_of_a_search_is_in_a_log_or_an_address(at_work: AtWork, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    anna = at_work.site.signed_in("anna")
    for by, text in (("policy", "5000000001"), ("phone", "+79161234567"), ("name", "образцов")):
        answer = search(anna, by, text, born_on="1985-03-15")
        assert answer.status_code == 200
        assert not answer.request.query_string
    for secret in ("5000000001", "9161234567", "бразцов", "1985"):
        assert secret not in without_ids(caplog.text)
        assert secret not in without_ids(str([one.detail for one in at_work.rows(AuditEntry, action="insured_found")]))


def test_more_searches_an_hour_than_allowed_are_refused_in_words_and_audited(at_work: AtWork) -> None:
    site, clock = at_work.site, at_work.house.clock
    most = at_work.house.centre.insurers["vsk"].identification.searches_per_hour
    with at_work.house.centre.database.transaction("test_searches") as tx:
        for number in range(most - 2):
            tx.add(InsuredSearch(id=f"{number:032}", insurer_id="vsk", actor="desk-1", searched_at=clock.now()))
    anna = site.signed_in("anna")
    # Too little to search by counts for nothing.
    for text in ("5000000001", "50", "5000000002"):
        clock.move_by(60)
        search(anna, "policy", text)
    for _ in range(2):
        refused = search(anna, "policy", "5000000001")
        assert refused.status_code == 429
        assert f"Не больше {most} поисков в час" in refused.text
        assert "О. П. Т." not in refused.text
    actions = site.audited(actor="desk-1")
    assert actions.count("insured_search_refused") == 2
    assert actions.count("insured_searched") == 2
    assert "5000000001" not in str([one.detail for one in at_work.rows(AuditEntry, action="insured_search_refused")])
    # Somebody else's searches count apart; after the hour those before it are forgotten.
    assert "О. П. Т." in search(site.signed_in("watcher"), "policy", "5000000001").text
    clock.move_by(3600 - 3 * 60 + 1)
    assert "О. П. Т." in search(anna, "policy", "5000000001").text
    assert len(at_work.rows(InsuredSearch, actor="desk-1")) == 3


def test_a_way_of_searching_that_there_is_not_is_refused(at_work: AtWork) -> None:
    assert search(at_work.site.signed_in("anna"), "passport", "1234567").status_code == 400


def test_another_insurers_people_are_not_there(at_work: AtWork) -> None:
    stranger = add_insured(at_work.house, Given(insurer="soglasie", number="7000000001", phones=(PHONE,)))
    anna = at_work.site.signed_in("anna")
    for by, text in (("policy", "7000000001"), ("phone", PHONE), ("name", "образцов")):
        assert stranger not in search(anna, by, text, born_on="1985-03-15").text
    assert anna.get(f"/desk/insured/{stranger}").status_code == 404
    assert not at_work.rows(AuditEntry, subject_id=stranger)


def test_script_in_what_was_typed_stays_text(at_work: AtWork) -> None:
    answer = search(at_work.site.signed_in("anna"), "policy", '"><script>alert(1)</script>')
    assert "<script>alert" not in answer.text


# One person's page.


def page(at_work: AtWork, name: str = "anna") -> str:
    return at_work.site.signed_in(name).get(f"/desk/insured/{at_work.insured_id}").text


def add_request(at_work: AtWork) -> None:
    with at_work.house.centre.database.transaction("test_request") as tx:
        tx.add(
            Request(
                id="9" * 32, insurer_id="vsk", kind="second_opinion", insured_id=at_work.insured_id, step="requested",
                opened_at=at_work.house.clock.now(), details={},
            )
        )  # fmt: skip


def identify(at_work: AtWork) -> None:
    identify_caller(at_work.house.floor, insurer_id="vsk", code="desk-1", insured_id=at_work.insured_id)


def test_without_a_call_the_page_is_masked_and_audited(at_work: AtWork) -> None:
    add_request(at_work)
    text = page(at_work)
    assert "О. П. Т." in text
    for secret in (NAME, "15.03.1985", "5000000001", "Второе мнение"):
        assert secret not in text
    assert at_work.site.audited(actor="desk-1") == ["insured_shown"]


def test_in_a_call_with_them_confirmed_it_is_whole(at_work: AtWork) -> None:
    add_request(at_work)
    identify(at_work)
    text = page(at_work)
    assert NAME in text
    assert "15.03.1985" in text
    assert "Второе мнение" in text
    assert "5000000001" not in text


def test_identified_and_not_yet_verified_it_tells_of_requests_and_stays_masked_as_the_card_does(
    at_work: AtWork,
) -> None:
    add_request(at_work)
    change_call(at_work.house, at_work.call, insured_id=at_work.insured_id, level="identified")
    text = page(at_work)
    assert "Второе мнение" in text
    for secret in (NAME, "15.03.1985"):
        assert secret not in text


def test_a_hint_by_the_number_shows_no_more(at_work: AtWork) -> None:
    add_request(at_work)
    change_call(at_work.house, at_work.call, insured_id=at_work.insured_id, level="hinted")
    assert NAME not in page(at_work)
    assert "Второе мнение" not in page(at_work)


def test_a_call_about_somebody_else_shows_no_more(at_work: AtWork) -> None:
    add_request(at_work)
    other = add_insured(at_work.house, Given(number="5000000009", born=date(1990, 1, 1)))
    identify_caller(at_work.house.floor, insurer_id="vsk", code="desk-1", insured_id=other)
    assert NAME not in page(at_work)
    assert "Второе мнение" not in page(at_work)


def test_with_the_employer_on_the_line_nothing_of_health_is_sent(at_work: AtWork) -> None:
    add_request(at_work)
    identify(at_work)
    change_call(at_work.house, at_work.call, caller_role="employer")
    text = page(at_work)
    assert NAME in text
    for health in ("Второе мнение", "использовано", "Последние звонки"):
        assert health not in text


def test_a_supervisor_sees_requests_and_still_no_name(at_work: AtWork) -> None:
    add_request(at_work)
    text = page(at_work, "watcher")
    assert "Второе мнение" in text
    assert NAME not in text
    assert at_work.site.audited(actor="watcher")[-1] == "insured_shown"
