"""Listening in from the pages: who is offered it, what is refused in which words, and what the agent's page shows."""

from dataclasses import replace

import pytest

from agents.models import OfferState, Purpose
from agents.web import hear_leg
from config.line_descriptions import ListeningIn
from ivr.calls.models import Call
from tests.agents.desk.conftest import Ringing, ringing_call  # noqa: F401 - a fixture
from tests.agents.staff.conftest import Browser


@pytest.fixture
def talk(ringing_call: Ringing) -> Ringing:  # noqa: F811
    """Anna speaks with a caller; boss is away."""
    ringing_call.answer()
    return ringing_call


def post(browser: Browser, path: str, **fields: str):
    return browser.post(f"/listening/{path}", fields, page="/floor")


def listening(talk: Ringing) -> Browser:
    """Boss listens."""
    boss = talk.site.signed_in("boss")
    assert post(boss, talk.call.id).status_code == 204
    house = talk.site.house
    house.work()
    offer = house.offers(purpose=Purpose.MONITOR)[-1]
    hear_leg(house.floor, offer.id, house.carrier.participants[offer.id], "in-progress")
    return boss


def describe(talk: Ringing, listening_in: ListeningIn) -> None:
    lines = talk.site.house.centre.insurers["vsk"].lines
    lines["medical_desk"] = replace(lines["medical_desk"], listening_in=listening_in)


def test_the_floor_and_the_calls_page_offer_it_and_the_wall_does_not(talk: Ringing) -> None:
    boss = talk.site.signed_in("boss")
    button = 'data-listens="desk-1"'
    assert button in boss.get("/floor").text
    assert button in boss.get(f"/calls/{talk.call.id}").text
    assert button not in boss.get("/floor/wall").text
    assert "listening.js" not in boss.get("/floor/wall").text


@pytest.mark.parametrize("why", ["anonymous", "never"])
def test_what_must_not_be_heard_is_not_offered_and_refused_in_words(talk: Ringing, why: str) -> None:
    if why == "never":
        describe(talk, ListeningIn.NEVER)
    else:
        with talk.site.house.centre.database.transaction("test_anonymous") as tx:
            tx.get_one(Call, talk.call.id).is_anonymous = True
    boss = talk.site.signed_in("boss")
    assert "data-listens" not in boss.get("/floor").text
    assert "data-listens" not in boss.get(f"/calls/{talk.call.id}").text
    refused = post(boss, talk.call.id)
    assert refused.status_code == 409
    assert {"anonymous": "анонимен", "never": "не слушают"}[why] in refused.text
    assert talk.site.house.offers(purpose=Purpose.MONITOR) == []


def test_the_bar_follows_and_each_way_is_asked_for_by_a_form(talk: Ringing) -> None:
    boss, path = listening(talk), talk.call.id
    assert "Вы слушаете молча" in boss.get("/listening").text
    assert post(boss, f"{path}/ear", ear="whisper").status_code == 204
    assert "Вас слышит только сотрудник" in boss.get("/listening").text
    assert post(boss, f"{path}/ear", ear="shout").status_code == 400
    assert post(boss, "another-call/ear", ear="barge").status_code == 409
    assert talk.site.house.offers(purpose=Purpose.MONITOR)[0].ear == "whisper"
    # A page that shows an older conversation ends nothing.
    assert post(boss, "another-call/leave").status_code == 204
    assert talk.site.house.offers(purpose=Purpose.MONITOR)[0].state == OfferState.ACCEPTED
    assert post(boss, f"{path}/leave").status_code == 204
    assert "выберите сотрудника" in boss.get("/listening").text


def test_an_account_without_a_telephone_is_told_so(talk: Ringing) -> None:
    watcher = talk.site.signed_in("watcher")
    assert "нет телефона" in watcher.get("/floor").text
    assert "listening.js" not in watcher.get("/floor").text
    refused = post(watcher, talk.call.id)
    assert (refused.status_code, "нет телефона" in refused.text) == (409, True)


@pytest.mark.parametrize("listening_in", [ListeningIn.SHOWN, ListeningIn.HIDDEN])
def test_the_agents_page_shows_it_where_the_description_says_so(talk: Ringing, listening_in: ListeningIn) -> None:
    describe(talk, listening_in)
    anna = talk.site.signed_in("anna")
    assert "слушает разговор" not in anna.get("/desk/now").text
    boss = listening(talk)
    is_shown = listening_in is ListeningIn.SHOWN
    assert ("слушает разговор" in anna.get("/desk/now").text) is is_shown
    post(boss, f"{talk.call.id}/ear", ear="barge")
    assert ("говорит с вами обоими" in anna.get("/desk/now").text) is is_shown
    # Who listens is not told of themselves.
    assert "говорит с вами" not in boss.get("/desk/now").text
