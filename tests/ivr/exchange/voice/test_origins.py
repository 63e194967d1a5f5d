"""Whose pages may hold telephones here: the exchange's own and the desk's, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from ivr.exchange import PortTaken, RunningExchange, Settings

DESK = "https://desk.example"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


@pytest.fixture(scope="module")
def carrier() -> Iterator[RunningExchange]:
    with RunningExchange(Settings(desk_origins=(DESK,)), voice_port=0) as running:
        yield running


def asked(carrier: RunningExchange, origin: str) -> requests.Response:
    return requests.get(f"{carrier.url}/exchange/voice", headers={"Origin": origin}, timeout=60)


def opened(carrier: RunningExchange, origin: str) -> int:
    signal = asked(carrier, DESK).json()["signal"].replace("ws://", "http://")
    with requests.get(signal, headers={**UPGRADE, "Origin": origin}, timeout=60, stream=True) as answer:
        return answer.status_code


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", f"{DESK}.evil.example"])
def test_a_page_of_another_origin_holds_no_telephone(carrier: RunningExchange, origin: str) -> None:
    assert opened(carrier, origin) == 403
    assert "Access-Control-Allow-Origin" not in asked(carrier, origin).headers


def test_the_desk_and_the_exchanges_own_page_may(carrier: RunningExchange) -> None:
    assert opened(carrier, DESK) == 101
    assert opened(carrier, carrier.url) == 101
    assert asked(carrier, DESK).headers["Access-Control-Allow-Origin"] == DESK


def test_the_phone_page_has_a_strict_policy(carrier: RunningExchange) -> None:
    answer = requests.get(f"{carrier.url}/exchange/phone/", timeout=60)

    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert f"ws://127.0.0.1:{carrier.voice.port}" in policy
    assert "<script>" not in answer.text
    assert "style=" not in answer.text


def test_a_port_that_is_taken_is_said_in_one_sentence(carrier: RunningExchange) -> None:
    with pytest.raises(PortTaken, match="cannot listen on"):
        RunningExchange(voice_port=carrier.voice.port).start()


def test_an_exchange_without_voice_says_so() -> None:
    with RunningExchange() as running:
        assert asked(running, DESK).json() == {"signal": ""}
