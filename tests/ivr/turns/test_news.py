"""News that we fail to take in, and calls of ours that fail to begin: logged, and nobody hears of it."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from lxml import etree

from agents import web as agents_web
from ivr.phone_side import PhoneSide
from ivr.turns.promised import OutgoingCalls
from ivr.web import voice
from tests.ivr.turns.conftest import Hand, spoken
from tests.ivr.twiml_schema import findings

NEWS = {
    "/voice/status": "call_over",
    "/voice/messages/x/status": "message_news",
    "/voice/recordings/status": "recording_ready",
}


@pytest.mark.parametrize(("path", "service"), NEWS.items())
def test_news_that_fails_is_logged_and_told_without_a_trace(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, path: str, service: str
) -> None:
    def broken(*_given: Any, **_named: Any) -> None:
        raise RuntimeError("the reason")

    monkeypatch.setattr(voice, service, broken)
    with caplog.at_level(logging.ERROR):
        reply = hand.raw(path, CallStatus="completed", RecordingStatus="completed", MessageStatus="sent")
    assert reply.status_code == 503
    assert "the reason" in caplog.text
    assert "reason" not in reply.text


def test_an_address_of_nothing_is_no_failure(hand: Hand, caplog: pytest.LogCaptureFixture) -> None:
    assert hand.raw("/voice/nothing").status_code == 404
    assert hand.client.get("/voice/incoming").status_code == 405
    assert caplog.text == ""


def test_a_call_of_ours_that_cannot_begin_hears_an_apology_and_reaches_the_duty_number(
    hand: Hand, phone: PhoneSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.ring()
    promised_in = hand.call()

    def broken(*_given: Any) -> str:
        raise RuntimeError("the reason")

    monkeypatch.setattr(agents_web, "answer_callback", broken)
    monkeypatch.setattr(agents_web, "sorry_for_callback", lambda _f, outgoing, _id: outgoing.sorry(promised_in))
    app = Flask("callbacks")
    floor: Any = SimpleNamespace(centre=phone.centre)
    outgoing: Any = OutgoingCalls(phone)
    app.register_blueprint(agents_web.blueprint(floor, outgoing, lambda: None))
    reply = app.test_client().post("/voice/callbacks/x/answer", data={"CallSid": "CA2"})
    assert reply.status_code == 200
    assert findings(reply.data) == []
    document = etree.fromstring(reply.data)
    assert "неполадка" in spoken(document)
    assert document.find("Dial/Number") is not None
