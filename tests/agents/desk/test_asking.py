"""What an agent asks from the card: the caller's role, policy and birth date, questions that verify, the address."""

import pytest

from ivr.calls.models import IdentificationLevel
from tests.agents.desk.conftest import NAME, OTHER_PHONE, POLICY, Ringing, ring
from tests.agents.staff.conftest import Browser, Site, form_token


@pytest.fixture
def talking(site: Site) -> Ringing:
    """A call that anna has, from a number that is nobody's."""
    called = ring(site, ani=OTHER_PHONE)
    called.answer()
    return called


def asks(called: Ringing, what: str, who: str = "anna", **fields: str):
    browser: Browser = called.site.signed_in(who)
    return browser.post(f"/desk/calls/{called.call.id}/{what}", fields, page="/no-such-page")


def test_policy_and_birth_date_identify(talking: Ringing) -> None:
    assert asks(talking, "identify", policy=f" {POLICY[:4]} {POLICY[4:]} ", born="15.03.1985").status_code == 204
    assert (talking.row().level, talking.row().insured_id) == ("identified", talking.insured_id)
    assert talking.site.audited(action="asked_for_policy") == ["asked_for_policy"]


def test_guesses_are_counted_and_the_answer_never_says_which_was_wrong(talking: Ringing) -> None:
    wrong = asks(talking, "identify", policy=POLICY, born="16.03.1985")
    unknown = asks(talking, "identify", policy="9999999999", born="15.03.1985")
    assert (wrong.status_code, wrong.text) == (409, unknown.text)
    assert "не сходятся" in wrong.text
    assert "Слишком много попыток" in asks(talking, "identify", policy=POLICY, born="17.03.1985").text
    assert "Слишком много попыток" in asks(talking, "identify", policy=POLICY, born="15.03.1985").text
    assert talking.row().level == "unknown"


@pytest.mark.parametrize(
    ("answers", "is_right"),
    [
        ({"name": NAME.upper(), "phone": "4567"}, True),
        ({"name": f"  {NAME} ", "city": "САМАРА"}, True),
        ({"name": NAME, "employer": "ооо пример"}, True),
        ({"name": NAME}, False),
        ({"name": "", "phone": "4567"}, False),
        ({"name": NAME, "phone": "4568"}, False),
        ({"name": NAME, "phone": "4567", "city": "Пермь"}, False),
        ({"name": "Другая Пробная Тестовна", "phone": "4567"}, False),
    ],
    ids=["phone", "city", "employer", "name alone", "no name", "wrong phone", "one of two wrong", "wrong name"],
)
def test_right_answers_verify(talking: Ringing, answers: dict[str, str], is_right: bool) -> None:
    talking.know(IdentificationLevel.IDENTIFIED)
    response = asks(talking, "verify", **answers)
    assert response.status_code == (204 if is_right else 409)
    assert talking.row().level == ("verified" if is_right else "identified")
    assert talking.site.audited(actor="desk-1", action="verified_caller") == ["verified_caller"] * is_right
    assert NAME not in response.text


def test_answers_are_tried_three_times(talking: Ringing) -> None:
    talking.know(IdentificationLevel.IDENTIFIED)
    for _ in range(3):
        asks(talking, "verify", name="Не Тот Человек", city="Самара")
    refused = asks(talking, "verify", name=NAME, city="Самара")
    assert "Слишком много ответов" in refused.text
    assert talking.row().level == "identified"


def test_nobody_is_verified_before_anybody_is_identified(talking: Ringing) -> None:
    talking.know(IdentificationLevel.HINTED)
    assert asks(talking, "verify", name=NAME, city="Самара").status_code == 409
    assert talking.row().level == "hinted"


def test_the_caller_is_somebody_else_than_the_insured(talking: Ringing) -> None:
    assert asks(talking, "caller", role="employer").status_code == 204
    assert talking.row().caller_role == "employer"
    assert asks(talking, "caller", role="nobody-knows").status_code == 409
    assert talking.row().caller_role == "employer"
    assert asks(talking, "caller", role="").status_code == 204
    assert talking.row().caller_role is None


def test_the_address_stays_with_the_call_for_whoever_has_it_next(site: Site) -> None:
    called = ring(site, queue="emergency", is_emergency=True)
    called.answer()
    assert asks(called, "address", address="  Самара,  Главная 1 ").status_code == 204
    assert called.row().address == "Самара, Главная 1"
    assert "Самара, Главная 1" in site.signed_in("anna").get("/desk/now").text


MOVES = {
    "caller": {"role": "insured"},
    "identify": {"policy": POLICY, "born": "15.03.1985"},
    "verify": {"name": NAME, "city": "Самара"},
    "address": {"address": "Самара"},
}


@pytest.mark.parametrize("what", MOVES)
def test_another_agents_call_is_refused_and_nothing_is_left(talking: Ringing, what: str) -> None:
    before = _state(talking)
    assert asks(talking, what, "boss", **MOVES[what]).status_code == 409
    assert _state(talking) == before


@pytest.mark.parametrize("what", MOVES)
def test_another_roles_request_is_refused_and_nothing_is_left(talking: Ringing, what: str) -> None:
    before = _state(talking)
    for who in ("watcher", "admin", "former"):
        assert asks(talking, what, who, **MOVES[what]).status_code == 403
    assert _state(talking) == before


@pytest.mark.parametrize("what", MOVES)
def test_a_forged_request_changes_nothing(talking: Ringing, what: str) -> None:
    before = _state(talking)
    browser = talking.site.signed_in("anna")
    url, token = f"/desk/calls/{talking.call.id}/{what}", form_token(browser.get("/desk"))
    before = _state(talking)
    for headers, given in (({"Origin": "https://evil.example"}, token), ({}, "another")):
        assert browser.post(url, MOVES[what], token=given, headers=headers).status_code == 403
    assert _state(talking) == before


@pytest.mark.parametrize("what", MOVES)
def test_before_answering_nothing_is_asked_in_the_callers_name(site: Site, what: str) -> None:
    called = ring(site, ani=OTHER_PHONE)
    before = _state(called)
    assert asks(called, what, **MOVES[what]).status_code == 409
    assert _state(called) == before


@pytest.mark.parametrize("what", MOVES)
def test_an_anonymous_call_stays_anonymous(talking: Ringing, what: str) -> None:
    talking.know(IdentificationLevel.UNKNOWN, is_anonymous=True, ani=None)
    assert asks(talking, what, **MOVES[what]).status_code == 409
    row = talking.row()
    assert (row.level, row.insured_id, row.caller_role, row.address) == ("unknown", None, None, None)


def _state(called: Ringing) -> tuple:
    row = called.row()
    return row.level, row.insured_id, row.caller_role, row.address, row.event_count
