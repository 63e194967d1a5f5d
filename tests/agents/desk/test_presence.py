"""Presence at the desk: reasons, the centre's own among them, and those who have no telephone here."""

import pytest

from agents.at_work import commands
from agents.offering.ringing import miss
from tests.agents.desk.conftest import Ringing
from tests.agents.staff.conftest import Site


@pytest.mark.parametrize("reason", ["rona", "declined", "nap", ""])
def test_only_the_insurers_reasons_can_be_chosen(site: Site, reason: str) -> None:
    assert site.signed_in("anna").post("/desk/presence", {"presence": reason}, page="/account").status_code == 400
    assert site.house.agent_now("desk-1").presence == "available"


def test_a_reason_is_shown_in_the_readers_language(site: Site) -> None:
    commands.go_away(site.house.floor, insurer_id="vsk", code="desk-1", reason="training")
    assert '<span class="word">Обучение</span>' in site.signed_in("anna").get("/desk/bar").text


def test_a_missed_call_is_said_to_be_one(ringing_call: Ringing) -> None:
    miss(ringing_call.site.house.floor, ringing_call.offer.id)
    assert '<span class="word">Пропущен звонок</span>' in ringing_call.site.signed_in("anna").get("/desk/bar").text


@pytest.mark.parametrize(("who", "page"), [("watcher", "/floor")])
def test_who_has_no_telephone_lands_on_a_page_of_theirs_and_the_desk_says_why(site: Site, who: str, page: str) -> None:
    browser = site.signed_in(who)
    assert browser.get("/").headers["Location"] == page
    refused = browser.get("/desk")
    assert refused.status_code == 403
    assert "учётную запись звонки не идут" in refused.text
