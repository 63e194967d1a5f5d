"""Signing in, sessions and their ends, and the guard against guessing."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import select

from agents.accounts import guessing, looking_after, sessions
from agents.accounts.models import Account, Role, StaffSession
from tests.agents.staff.conftest import PASSWORD, Site


def test_a_name_is_the_same_however_it_is_written(site: Site) -> None:
    assert site.browser().sign_in(" Anna ").status_code == 302


def test_a_wrong_password_an_unknown_name_and_a_locked_account_look_the_same(site: Site) -> None:
    looking_after.set_locked(site.house.centre, name="boss", is_locked=True, by="t")
    answers = [
        site.browser(f"10.0.1.{number}").sign_in(name, password)
        for number, (name, password) in enumerate((("anna", "wrong"), ("nemo", PASSWORD), ("boss", PASSWORD)))
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert all("не подходят" in answer.text for answer in answers)


def test_what_was_typed_is_audited_nowhere(site: Site) -> None:
    site.browser().sign_in("my-secret-password", "anna")
    with site.house.centre.database.reading("test") as tx:
        everything = str(list(tx.connection().exec_driver_sql("select * from audit_entries")))
    assert "sign_in_refused" in everything
    assert "my-secret-password" not in everything


def test_guesses_at_a_name_are_paused_ever_longer_but_never_for_good(site: Site) -> None:
    pauses = []
    for number in range(8):
        while (answer := site.browser(f"10.1.{number}.1").sign_in("anna", "wrong")).status_code == 401:
            pass
        assert answer.status_code == 429
        waited = 0
        while site.browser(f"10.2.{number}.1").sign_in("anna", "wrong").status_code == 429:
            site.house.clock.move_by(30)
            waited += 30
        pauses.append(waited)
    assert pauses[0] == 30
    assert pauses == sorted(pauses)
    assert pauses[-1] == guessing.LONGEST_PAUSE.total_seconds()
    assert "sign_in_paused" in site.audited(insurer_id="vsk")


def test_a_pause_holds_even_for_the_right_password_and_says_until_when(site: Site) -> None:
    for _ in range(5):
        site.browser().sign_in("anna", "wrong")
    answer = site.browser("10.9.9.9").sign_in("anna")
    assert answer.status_code == 429
    assert "12:00" in answer.text
    site.house.clock.move_by(31)
    assert site.browser("10.9.9.9").sign_in("anna").status_code == 302


def test_a_stranger_cannot_lock_out_somebody_whose_browser_is_known(site: Site) -> None:
    known = site.signed_in("anna")
    known.post("/sign-out", page="/desk")
    for number in range(40):
        site.browser(f"10.3.0.{number}").sign_in("anna", "wrong")
    assert site.browser("10.4.0.1").sign_in("anna").status_code == 429
    assert known.sign_in("anna").status_code == 302


def test_a_known_browser_is_known_for_its_own_names_only(site: Site) -> None:
    known = site.signed_in("anna")
    known.post("/sign-out", page="/desk")
    for _ in range(5):
        known.sign_in("boss", "wrong")
    assert known.sign_in("boss").status_code == 429


def test_an_address_that_tries_many_names_is_paused(site: Site) -> None:
    codes = [site.browser("10.5.0.1").sign_in(f"name-{number}", "wrong").status_code for number in range(25)]
    assert codes[:20] == [401] * 20
    assert codes[20] == 429
    assert site.browser("10.5.0.2").sign_in("anna").status_code == 302


def test_signing_in_right_forgives_the_name(site: Site) -> None:
    for _ in range(4):
        site.browser().sign_in("anna", "wrong")
    site.signed_in("anna")
    for _ in range(4):
        assert site.browser().sign_in("anna", "wrong").status_code == 401


def test_a_session_ends_when_nothing_is_done_for_an_hour(site: Site) -> None:
    browser = site.signed_in("anna")
    for _ in range(3):
        site.house.clock.move_by(sessions.IDLE.total_seconds() - 60)
        assert browser.get("/desk").status_code == 200
    site.house.clock.move_by(sessions.IDLE.total_seconds() + 1)
    assert browser.get("/desk").status_code == 302


def test_a_session_ends_after_fourteen_hours_however_busy(site: Site) -> None:
    browser = site.signed_in("anna")
    for _ in range(27):
        site.house.clock.move_by(1800)
        assert browser.get("/desk").status_code == 200
    site.house.clock.move_by(1801)
    assert browser.get("/desk").status_code == 302


def test_signing_out_ends_the_session_whoever_kept_its_cookie(site: Site) -> None:
    browser = site.signed_in("anna")
    cookie = browser.client.get_cookie("pult_session").value
    browser.post("/sign-out", page="/desk")
    thief = site.browser()
    thief.client.set_cookie("pult_session", cookie)
    assert thief.get("/desk").status_code == 302
    assert site.audited(actor="anna")[-2:] == ["signed_in", "signed_out"]


def test_changing_the_password_ends_every_other_session(site: Site) -> None:
    here, elsewhere = site.signed_in("anna"), site.signed_in("anna")
    data = {"old": PASSWORD, "new": "quite-another-9", "again": "quite-another-9"}
    assert "Пароль изменён" in here.post("/account/password", data, page="/account").text
    assert here.get("/desk").status_code == 200
    assert elsewhere.get("/desk").status_code == 302
    assert site.browser().sign_in("anna").status_code == 401
    assert site.browser().sign_in("anna", "quite-another-9").status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "again", "words"),
    [
        ("wrong", "quite-another-9", "quite-another-9", "Старый пароль не подходит"),
        (PASSWORD, "short", "short", "не короче 12"),
        (PASSWORD, "quite-another-9", "quite-another-8", "различаются"),
    ],
)
def test_a_password_that_cannot_be_changed_says_why(site: Site, old: str, new: str, again: str, words: str) -> None:
    answer = site.signed_in("anna").post("/account/password", {"old": old, "new": new, "again": again}, page="/account")
    assert answer.status_code == 400
    assert words in answer.text
    assert site.browser().sign_in("anna").status_code == 302


def test_locking_an_account_signs_it_out_at_once(site: Site) -> None:
    browser = site.signed_in("anna")
    looking_after.set_locked(site.house.centre, name="anna", is_locked=True, by="t")
    assert browser.get("/desk").status_code == 302
    looking_after.set_locked(site.house.centre, name="anna", is_locked=False, by="t")
    assert site.browser().sign_in("anna").status_code == 302


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(site: Site) -> None:
    browser = site.signed_in("boss")
    looking_after.take_role(site.house.centre, insurer_id="vsk", name="boss", role=Role.SUPERVISOR, by="t")
    assert browser.get("/desk").status_code == 403


def test_one_person_works_for_two_insurers_one_at_a_time(site: Site) -> None:
    browser = site.signed_in("anna")
    assert "ВСК" in browser.get("/desk").text
    assert browser.post("/insurer", {"insurer": "soglasie"}, page="/desk").status_code == 302
    assert "Согласие" in browser.get("/account").text
    browser.post("/desk/presence", {"presence": "meal"}, page="/desk")
    assert site.house.agent_now("sog-1").presence_reason == "meal"
    assert site.house.agent_now("desk-1").presence == "available"


def test_nobody_acts_for_an_insurer_where_they_are_nothing(site: Site) -> None:
    assert site.signed_in("anna").post("/insurer", {"insurer": "oms"}, page="/desk").status_code == 403


def test_the_database_keeps_neither_passwords_nor_tokens(site: Site) -> None:
    browser = site.signed_in("anna")
    cookie = browser.client.get_cookie("pult_session").value
    with site.house.centre.database.reading("test") as tx:
        hashes = tx.scalars(select(Account.password_hash)).all()
        tokens = tx.scalars(select(StaffSession.token_hash)).all()
    assert all(one.startswith("$argon2id$") for one in hashes)
    assert cookie not in tokens


def test_to_guess_a_password_costs_what_rfc_9106_asks_for(own_hasher: PasswordHasher) -> None:
    assert extract_parameters(own_hasher.hash("of nobody")) == RFC_9106_LOW_MEMORY


def test_the_language_is_remembered_with_the_account(site: Site) -> None:
    browser = site.signed_in("anna")
    browser.post("/language", {"language": "en"}, page="/desk")
    assert "Available" in browser.get("/desk").text
    assert "Available" in site.signed_in("anna").get("/desk").text


def test_the_language_is_remembered_in_the_browser_before_anybody_signs_in(site: Site) -> None:
    browser = site.browser()
    assert "Пароль" in browser.get("/sign-in").text
    browser.post("/language", {"language": "en"})
    assert "Password" in browser.get("/sign-in").text
