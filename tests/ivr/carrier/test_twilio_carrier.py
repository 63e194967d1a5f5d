"""The adapter against the exchange, over real HTTP."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from config import failpoints
from config.clock import WallClock
from config.database import Database
from config.errors import IoInsideTransaction
from ivr.carrier.errors import CallGone, CarrierBusy, CarrierRefused, CarrierUnavailable, LostRace
from ivr.carrier.port import CarrierStatus
from ivr.carrier.signature import is_signed
from ivr.carrier.twilio_adapter import TwilioCarrier
from ivr.exchange import Ambush, AutoAnswer, RestFault, RunningExchange, Settings

ACCOUNT = Settings()


@pytest.fixture
def exchange() -> Iterator[RunningExchange]:
    with RunningExchange(ACCOUNT) as running:
        yield running


@pytest.fixture
def carrier(exchange: RunningExchange) -> TwilioCarrier:
    return TwilioCarrier(base_url=exchange.url, account_sid=ACCOUNT.account_sid, auth_token=ACCOUNT.auth_token)


def _ring(carrier: TwilioCarrier, conference: str) -> str:
    return carrier.ring_agent(
        conference=conference,
        address="client:curator",
        caller_id="+70000000001",
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
        carrier.fetch_recording("RE" + "0" * 32)
    with pytest.raises(CallGone):
        carrier.hold(conference="nowhere", call_sid=nobody, on=True, hold_url="http://127.0.0.1:9/")
    with pytest.raises(LostRace):
        carrier.take_from_queue(queue_sid="QU" + "0" * 32, call_sid=nobody, document_url="http://127.0.0.1:9/")


def test_a_text_message_can_be_looked_for_before_it_is_repeated(carrier: TwilioCarrier) -> None:
    since = WallClock().now() - timedelta(minutes=1)
    sid = carrier.send_sms(
        to="+70000000002", sender="+70000000001", body="Ждите звонка", status_url="http://127.0.0.1:9/"
    )
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
        carrier.place_call(to="", caller_id="", answer_url="", status_url="", timeout_seconds=20)


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
