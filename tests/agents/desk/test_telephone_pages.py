"""What the desk's telephone asks of the server: its token, and moves on a call that only its own agent may make."""

from dataclasses import replace

import jwt
import pytest

from agents.desk.telephones import page_telephone, signal_origins
from config.settings import Settings
from ivr.calls.models import Call
from tests.agents.desk.conftest import Ringing, ring
from tests.agents.staff.conftest import Site, form_token

SECRET = "a secret that both sides know, long enough"


@pytest.fixture
def settings(site: Site) -> Settings:
    named = {**site.house.centre.settings.named, "PULT_VOICE_PORT": "9101"}
    return replace(
        site.house.centre.settings,
        named=named,
        carrier_url="http://127.0.0.1:9100",
        account_sid="AC1",
        api_key_sid="SK1",
        api_key_secret=SECRET,
        application_sid="AP1",
    )


def test_the_server_decides_which_telephone_the_page_has(site: Site, settings: Settings) -> None:
    now = site.house.clock.now()
    at_exchange = page_telephone(settings, "client:anna", at=now)
    assert (at_exchange.script, at_exchange.given) == (
        "exchange_telephone.js",
        ("ws://127.0.0.1:9101/exchange/voice/signal",),
    )
    assert signal_origins(settings) == ("ws://127.0.0.1:9101",)
    at_twilio = replace(settings, carrier_url="https://api.twilio.com")
    assert page_telephone(at_twilio, "client:anna", at=now).name == "TwilioTelephone"
    assert signal_origins(at_twilio) == ("wss://voice-js.roaming.twilio.com",)


def test_a_token_is_for_one_identity_and_an_hour(site: Site, settings: Settings) -> None:
    now = site.house.clock.now()
    token = page_telephone(settings, "client:anna", at=now).token
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False})
    assert claims["grants"] == {
        "identity": "anna",
        "voice": {"incoming": {"allow": True}, "outgoing": {"application_sid": "AP1"}},
    }
    assert (claims["iss"], claims["sub"], claims["exp"] - int(now.timestamp())) == ("SK1", "AC1", 3600)


@pytest.mark.parametrize("address", ["+74950000001", ""])
def test_who_is_rung_elsewhere_has_no_telephone_on_the_page(site: Site, settings: Settings, address: str) -> None:
    assert page_telephone(settings, address, at=site.house.clock.now()) is None


def test_without_a_key_or_a_port_there_is_none_either(site: Site, settings: Settings) -> None:
    now = site.house.clock.now()
    assert page_telephone(replace(settings, api_key_secret=""), "client:anna", at=now) is None
    assert page_telephone(replace(settings, named={}), "client:anna", at=now) is None
    refused = site.signed_in("anna").post("/desk/telephone", page="/no-such-page")
    assert refused.status_code == 409
    assert "ваш телефон" in refused.text


@pytest.fixture
def talking(site: Site) -> Ringing:
    called = ring(site)
    called.answer()
    return called


MOVES = {
    "hold": {"on": "yes"},
    "hang-up": {},
    "transfer": {"agent": "desk-1"},
    "consult": {"agent": "desk-1"},
    "hand-over": {},
    "end-consult": {},
    "decline": {},
}


@pytest.mark.parametrize("what", MOVES)
def test_another_agents_call_is_left_alone(talking: Ringing, what: str) -> None:
    before = _state(talking)
    response = talking.site.signed_in("boss").post(
        f"/desk/calls/{talking.call.id}/{what}", MOVES[what], page="/no-such-page"
    )
    assert response.status_code == 409
    assert _state(talking) == before


@pytest.mark.parametrize("what", MOVES)
def test_another_role_and_a_forged_request_are_refused(talking: Ringing, what: str) -> None:
    before = _state(talking)
    url = f"/desk/calls/{talking.call.id}/{what}"
    for who in ("watcher", "admin", "former"):
        assert talking.site.signed_in(who).post(url, MOVES[what], page="/no-such-page").status_code == 403
    anna = talking.site.signed_in("anna")
    token = form_token(anna.get("/no-such-page"))
    assert anna.post(url, MOVES[what], token=token, headers={"Origin": "https://evil.example"}).status_code == 403
    assert anna.post(url, MOVES[what], token="guessed").status_code == 403
    assert _state(talking) == before


def test_a_request_replayed_after_the_call_changes_nothing(talking: Ringing) -> None:
    anna = talking.site.signed_in("anna")
    url = f"/desk/calls/{talking.call.id}/hang-up"
    assert anna.post(url, page="/no-such-page").status_code == 204
    before = _state(talking)
    assert anna.post(url, page="/no-such-page").status_code == 409
    assert _state(talking) == before


def test_a_call_is_passed_on_to_a_queue_at_its_head(talking: Ringing) -> None:
    anna = talking.site.signed_in("anna")
    url = f"/desk/calls/{talking.call.id}/transfer"
    for queue in ("nowhere", "psychologist", "emergency"):
        assert anna.post(url, {"queue": queue}, page="/no-such-page").status_code == 409
    assert talking.site.house.carrier.of("end_call") == []
    assert anna.post(url, {"queue": "urgent"}, page="/no-such-page").status_code == 204
    (wait,) = talking.site.house.waits(call_id=talking.call.id)
    assert (wait.queue, wait.purpose, wait.preferred_agent_id) == ("urgent", "transfer", None)


def test_the_list_of_colleagues_is_the_insurers_own(site: Site) -> None:
    text = site.signed_in("anna").get("/desk/targets").text
    assert 'data-agent="desk-2"' in text
    assert 'data-agent="desk-1"' not in text
    assert "sog-1" not in text
    assert 'data-queue="urgent"' in text
    assert 'data-queue="psychologist"' not in text
    assert 'data-queue="emergency"' not in text


def _state(called: Ringing) -> tuple:
    house = called.site.house
    row = house.row(Call, called.call.id)
    return row.event_count, row.state, house.agent_now("desk-1").presence, len(house.carrier.asked)
