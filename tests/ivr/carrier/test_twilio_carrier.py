"""The adapter against the exchange, over real HTTP."""

import logging
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from config import failpoints
from config.clock import WallClock
from config.database import Database
from config.due_work import LEASE
from config.errors import IoInsideTransaction
from ivr.carrier.errors import CallGone, CarrierBusy, CarrierError, CarrierRefused, CarrierUnavailable, LostRace
from ivr.carrier.exchanges import error_for
from ivr.carrier.port import CarrierStatus
from ivr.carrier.signature import is_signed
from ivr.carrier.twilio_adapter import ANSWER_WITHIN_SECONDS, TwilioCarrier
from ivr.exchange import Ambush, AutoAnswer, RestFault, RunningExchange, ServedApp, Settings

ACCOUNT = Settings()
LINE = "+70000000001"


@pytest.fixture
def exchange() -> Iterator[RunningExchange]:
    with RunningExchange(ACCOUNT) as running:
        running.switch.add_number(LINE, "http://127.0.0.1:9/voice")
        yield running


@pytest.fixture
def carrier(exchange: RunningExchange) -> TwilioCarrier:
    return _carrier_at(exchange.url)


def _carrier_at(url: str, **more: Any) -> TwilioCarrier:
    return TwilioCarrier(base_url=url, account_sid=ACCOUNT.account_sid, auth_token=ACCOUNT.auth_token, **more)


def _eventually(look: Callable[[], list[str]]) -> list[str]:
    until = time.monotonic() + 60
    while len(found := look()) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    return found


def _ring(carrier: TwilioCarrier, conference: str) -> str:
    return carrier.ring_agent(
        conference=conference,
        address="client:curator",
        caller_id=LINE,
        label="agent",
        timeout_seconds=20,
        status_url="http://127.0.0.1:9/status",
        conference_url="http://127.0.0.1:9/conference",
    )


def test_an_agent_is_rung_and_found_by_label(exchange: RunningExchange, carrier: TwilioCarrier) -> None:
    exchange.switch.behave("client:*", AutoAnswer(after=0.0, talk_for=None, patience=None))
    sid = _ring(carrier, "offer-1")
    assert carrier.participant_sid(conference="offer-1", label="agent") == sid
    found = carrier.call_status(sid)
    assert found is not None
    assert not found.status.is_over
    carrier.end_call(call_sid=sid)
    carrier.end_call(call_sid=sid)
    over = carrier.call_status(sid)
    assert over is not None
    assert over.status.is_over
    carrier.end_conference("offer-1")


def test_what_the_carrier_does_not_know_is_gone(carrier: TwilioCarrier) -> None:
    nobody = "CA" + "0" * 32
    assert carrier.call_status(nobody) is None
    assert carrier.queue_sid("vsk-medical_desk") is None
    carrier.end_call(call_sid=nobody)
    carrier.delete_recording("RE" + "0" * 32)
    with pytest.raises(CallGone):
        carrier.redirect(call_sid=nobody, document_url="http://127.0.0.1:9/")
    with pytest.raises(CallGone):
        carrier.fetch_recording("RE" + "0" * 32, most_bytes=1 << 20)
    with pytest.raises(CallGone):
        carrier.hold(conference="nowhere", call_sid=nobody, on=True, hold_url="http://127.0.0.1:9/")
    with pytest.raises(LostRace):
        carrier.take_from_queue(queue_sid="QU" + "0" * 32, call_sid=nobody, document_url="http://127.0.0.1:9/")


def test_a_text_message_can_be_looked_for_before_it_is_repeated(carrier: TwilioCarrier) -> None:
    since = WallClock().now() - timedelta(minutes=1)
    sid = carrier.send_sms(to="+70000000002", sender=LINE, body="Ждите звонка", status_url="http://127.0.0.1:9/")
    assert [(one.sid, one.body) for one in carrier.messages_to("+70000000002", since=since)] == [(sid, "Ждите звонка")]
    assert carrier.messages_to("+70000000003", since=since) == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (RestFault.ANSWER_500, CarrierUnavailable),
        (RestFault.REFUSED_500, CarrierUnavailable),
        (RestFault.ANSWER_CLOSED, CarrierUnavailable),
        (RestFault.THROTTLED, CarrierBusy),
    ],
)
def test_faults_of_the_carrier_have_names(
    exchange: RunningExchange, carrier: TwilioCarrier, fault: RestFault, error: type[Exception]
) -> None:
    exchange.switch.ambush(Ambush(fault, method="POST", path="*Participants*"))
    with pytest.raises(error) as caught:
        _ring(carrier, "offer-2")
    assert "0000" not in str(caught.value)


def test_a_wrong_request_is_refused_for_good(carrier: TwilioCarrier) -> None:
    with pytest.raises(CarrierRefused):
        carrier.place_call(to="", caller_id="", answer_url="", fallback_url="", status_url="", timeout_seconds=20)


def test_nobody_talks_to_the_carrier_inside_a_transaction(carrier: TwilioCarrier) -> None:
    with (
        Database("sqlite://").transaction("hold_on") as _,
        pytest.raises(IoInsideTransaction, match="end_call"),
    ):
        carrier.end_call(call_sid="CA" + "0" * 32)


def test_each_exchange_passes_its_failpoints(carrier: TwilioCarrier) -> None:
    passed: list[str] = []
    failpoints.listen(passed.append)
    try:
        carrier.queue_sid("vsk-medical_desk")
    finally:
        failpoints.disarm()
    assert passed == ["asking:queue_sid", "carrier:queue_sid"]


def test_statuses_are_ours(carrier: TwilioCarrier, exchange: RunningExchange) -> None:
    exchange.switch.behave("client:*", AutoAnswer(after=0.0))
    sid = _ring(carrier, "offer-3")
    listed = carrier.calls_since(WallClock().now() - timedelta(minutes=1))
    assert [call.sid for call in listed] == [sid]
    assert listed[0].status in CarrierStatus
    assert not listed[0].is_inbound


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (429, 20429, CarrierBusy),
        (429, None, CarrierBusy),
        (400, 10004, CarrierBusy),
        (None, None, CarrierUnavailable),
        (500, 20500, CarrierUnavailable),
        (503, None, CarrierUnavailable),
        (404, 20404, CallGone),
        (404, None, CallGone),
        (400, 21220, CallGone),
        (400, 20404, CallGone),
        (400, 21211, CarrierRefused),
        (400, 21210, CarrierRefused),
        (401, 20003, CarrierRefused),
        (403, None, CarrierRefused),
    ],
)
def test_every_answer_has_a_name(status: int | None, code: int | None, error: type[CarrierError]) -> None:
    named = error_for("ring_agent", status=status, code=code)
    assert type(named) is error
    assert (named.verb, named.status, named.code) == ("ring_agent", status, code)


def test_too_many_calls_for_the_account_is_busy() -> None:
    with RunningExchange(Settings(most_concurrent_calls=0, concurrency_code=10004)) as running:
        running.switch.add_number(LINE, "http://127.0.0.1:9/voice")
        with pytest.raises(CarrierBusy) as caught:
            _ring(_carrier_at(running.url), "offer-4")
    assert caught.value.code == 10004


def test_an_agent_who_is_rung_already_is_not_rung_twice(exchange: RunningExchange, carrier: TwilioCarrier) -> None:
    exchange.switch.behave("client:*", AutoAnswer(after=30))
    first = _ring(carrier, "offer-5")
    assert _ring(carrier, "offer-5") == first
    assert len(carrier.calls_since(WallClock().now() - timedelta(minutes=1))) == 1


def test_a_lost_answer_is_looked_for_before_a_repeat(exchange: RunningExchange, carrier: TwilioCarrier) -> None:
    exchange.switch.behave("client:*", AutoAnswer(after=30))
    exchange.switch.ambush(Ambush(RestFault.ANSWER_CLOSED, method="POST", path="*Participants*"))
    with pytest.raises(CarrierUnavailable):
        _ring(carrier, "offer-6")
    assert carrier.participant_sid(conference="offer-6", label="agent")


def test_a_call_that_is_placed_has_a_fallback(exchange: RunningExchange, carrier: TwilioCarrier) -> None:
    exchange.switch.behave("+7*", AutoAnswer(after=0.0))
    nowhere = "http://127.0.0.1:9"
    sid = carrier.place_call(
        to="+70000000002",
        caller_id=LINE,
        answer_url=f"{nowhere}/answer",
        fallback_url=f"{nowhere}/fallback",
        status_url=f"{nowhere}/status",
        timeout_seconds=20,
    )
    assert _eventually(lambda: [alert.url for alert in exchange.switch.alerts()][:2]) == [
        f"{nowhere}/answer",
        f"{nowhere}/fallback",
    ]
    carrier.end_call(call_sid=sid)


def test_work_is_leased_for_longer_than_to_look_and_then_to_ring_may_take() -> None:
    to_connect_and_to_answer, to_look_and_to_ring = 2, 2
    longest = to_connect_and_to_answer * to_look_and_to_ring * ANSWER_WITHIN_SECONDS
    assert timedelta(seconds=longest + 2) < LEASE < timedelta(seconds=2 * longest)


def test_a_carrier_that_does_not_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        carrier = _carrier_at(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.2)
        began = time.monotonic()
        for ask in (
            lambda: carrier.call_status("CA" + "0" * 32),
            lambda: carrier.fetch_recording("RE" + "0" * 32, most_bytes=1 << 20),
            lambda: carrier.end_call(call_sid="CA" + "0" * 32),
        ):
            with pytest.raises(CarrierUnavailable):
                ask()
        assert time.monotonic() - began < 30


@pytest.mark.parametrize("body", [b"<html>sorry</html>", b"", b"{", b"[]", b"{}"])
def test_an_answer_that_makes_no_sense_may_have_happened(body: bytes) -> None:
    def nonsense(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("201 Created", [("Content-Type", "application/json")])
        return [body]

    with ServedApp(nonsense) as served, pytest.raises(CarrierUnavailable):
        _ring(_carrier_at(served.url), "offer-7")


def test_no_number_stands_in_a_query(exchange: RunningExchange, carrier: TwilioCarrier) -> None:
    asked: list[str] = []
    send = requests.Session.send

    def watched(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        asked.append(request.url or "")
        return send(session, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", watched)
        carrier.messages_to("+70000000002", since=WallClock().now())
        carrier.calls_since(WallClock().now())
    assert len(asked) == 2
    assert not any("7000000000" in url for url in asked)


def test_the_environment_does_not_lead_elsewhere(monkeypatch: pytest.MonkeyPatch, exchange: RunningExchange) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "frankfurt")
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert _carrier_at(exchange.url).call_status("CA" + "0" * 32) is None


def test_the_package_writes_nothing_about_requests(carrier: TwilioCarrier, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        carrier.messages_to("+70000000002", since=WallClock().now())
    assert caplog.text == ""


VECTOR = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675310"),
    ("Digits", "1234"),
    ("From", "+14158675310"),
    ("To", "+18005551212"),
]


def _check(**changed: Any) -> bool:
    given: dict[str, Any] = {
        "url": "https://example.com/myapp.php?foo=1&bar=2",
        "fields": VECTOR,
        "signature": "L/OH5YylLD5NRKLltdqwSvS0BnU=",
    } | changed
    return is_signed("12345", **given)


def test_the_published_signature_vector_is_genuine() -> None:
    assert _check()


@pytest.mark.parametrize(
    "change",
    [
        lambda: {"signature": None},
        lambda: {"signature": ""},
        lambda: {"signature": "L/OH5YylLD5NRKLltdqwSvS0BnX="},
        lambda: {"url": "https://example.com/myapp.php?foo=1&bar=3"},
        lambda: {"fields": [*VECTOR, ("Extra", "1")]},
        lambda: {"fields": VECTOR[1:]},
    ],
)
def test_a_forged_or_missing_signature_is_not_genuine(change: Callable[[], dict[str, Any]]) -> None:
    assert not _check(**change())
