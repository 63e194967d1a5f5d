"""Recordings with real sound, and text messages (twilio.md §1, §3, §4)."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from ivr.exchange import Fail

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ivr.exchange.conftest import Bench, RecordingApp

LINE = "+74950000001"
RECORD = (
    '<Record action="/recorded" timeout="3" maxLength="60" recordingStatusCallback="/sound"/><Say>None</Say>'
)


def test_message_is_recorded_told_and_fetched(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", RECORD)
    phone = bench.call(dictation_seconds=10.0)
    bench.run(20)
    action = app.last("/recorded")
    assert (action["RecordingDuration"], action["Digits"]) == ("13", "")
    told = app.last("/sound")
    assert (told["RecordingStatus"], told["RecordingSource"]) == ("completed", "RecordVerb")
    assert told["RecordingUrl"] == action["RecordingUrl"]
    assert {"beep", "recorded"} <= set(bench.kinds(phone))
    settings = bench.switch.settings
    with (
        requests.get(
            told["RecordingUrl"] + ".wav", auth=(settings.account_sid, settings.auth_token), timeout=60
        ) as response,
        wave.open(io.BytesIO(response.content)) as sound,
    ):
        assert sound.getframerate() == 8000
        assert sound.getnframes() / 8000 == 13


def test_finish_key_ends_the_message(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", RECORD)
    phone = bench.call(dictation_seconds=30.0)
    bench.run(6)
    bench.switch.press(phone, "#")
    bench.run(3)
    assert app.last("/recorded")["Digits"] == "#"
    assert app.last("/recorded")["RecordingDuration"] == "6"


def test_hang_up_while_recording_asks_the_action(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", RECORD)
    phone = bench.call(dictation_seconds=30.0)
    bench.run(6)
    bench.switch.hang_up(phone)
    bench.run(3)
    assert app.last("/recorded")["Digits"] == "hangup"
    assert app.last("/recorded")["CallStatus"] == "completed"


def test_silent_caller_reaches_the_verbs_after_record(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", RECORD)
    phone = bench.call(dictation_seconds=0.0)
    bench.run(10)
    assert bench.said(phone) == ["None"]
    assert app.at("/recorded") == []


def test_message_ends_at_its_longest(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", RECORD.replace('maxLength="60"', 'maxLength="5"'))
    bench.call(dictation_seconds=30.0)
    bench.run(10)
    assert app.last("/recorded")["RecordingDuration"] == "5"


def test_media_needs_the_login_and_is_gone_after_delete(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", RECORD)
    bench.call()
    bench.run(20)
    recording = bench.client.recordings.list()[0]
    settings = bench.switch.settings
    login = (settings.account_sid, settings.auth_token)
    with requests.Session() as session:
        assert session.get(recording.media_url, timeout=60).status_code == 401
        assert (
            session.get(f"{recording.media_url}?RequestedChannels=2", auth=login, timeout=60).status_code
            == 400
        )
        assert bench.client.recordings(recording.sid).delete()
        assert session.get(recording.media_url, auth=login, timeout=60).status_code == 404
    assert bench.client.recordings.list() == []
    assert bench.client.recordings.list(include_soft_deleted=True)[0].status == "deleted"


def test_media_may_be_public(app: RecordingApp, make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(is_media_protected=False)
    app.says("/voice", RECORD)
    bench.call()
    bench.run(20)
    with requests.Session() as session:
        assert session.get(bench.client.recordings.list()[0].media_url, timeout=60).status_code == 200


def test_call_is_recorded_paused_and_stopped_by_rest(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Pause length="100"/>')
    sid = bench.sid(bench.call())
    bench.run(1)
    app.says("/voice", "<Say>" + "x" * 1400 + "</Say>")
    sid = bench.sid(bench.call())
    recordings = bench.client.calls(sid).recordings
    recordings.create(recording_status_callback=app.url("/sound"), recording_channels="dual")
    bench.run(10)
    recordings("Twilio.CURRENT").update(status="paused", pause_behavior="skip")
    bench.run(5)
    recordings("Twilio.CURRENT").update(status="in-progress")
    bench.run(10)
    recordings("Twilio.CURRENT").update(status="stopped")
    bench.run(2)
    told = app.last("/sound")
    assert (told["RecordingDuration"], told["RecordingChannels"], told["CallSid"]) == ("20", "2", sid)


def test_started_recording_survives_documents_and_ends_with_the_call(app: RecordingApp, bench: Bench) -> None:
    app.says(
        "/voice",
        '<Start><Recording recordingStatusCallback="/sound"'
        ' recordingStatusCallbackEvent="in-progress completed"/></Start><Redirect>/next</Redirect>',
    )
    app.says("/next", '<Pause length="10"/>')
    bench.call()
    bench.run(20)
    assert [one.params["RecordingStatus"] for one in app.at("/sound")] == ["in-progress", "completed"]
    assert app.last("/sound")["RecordingDuration"] == "10"


def test_dial_and_conference_are_recorded(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Dial record="record-from-answer-dual" action="/after">+79990000001</Dial>')
    bench.call()
    bench.run(90)
    assert app.last("/after")["RecordingUrl"]
    app.says("/voice", '<Dial><Conference record="record-from-start">room</Conference></Dial>')
    phones = [bench.call(), bench.call()]
    bench.run(5)
    for phone in phones:
        bench.switch.hang_up(phone)
    bench.run(2)
    sources = {one.source: one for one in bench.client.recordings.list()}
    assert sources["DialVerb"].channels == 2
    assert sources["Conference"].conference_sid
    assert sources["Conference"].duration == "5"


def test_text_reaches_the_telephone_and_its_callbacks(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Say>" + "x" * 140 + "</Say>")
    phone = bench.call()
    message = bench.client.messages.create(
        to="+79001112233", from_=LINE, body="Ждём вас", status_callback=app.url("/sms")
    )
    assert message.status == "queued"
    bench.run(3)
    assert [one.params["MessageStatus"] for one in app.at("/sms")] == ["sent", "delivered"]
    text = next(e for e in bench.switch.events_since(phone) if e.kind == "sms")
    assert text.data == {"sender": LINE, "text": "Ждём вас"}
    assert bench.client.messages(message.sid).fetch().status == "delivered"


def test_text_to_an_unreachable_number_is_undelivered(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave("+7900*", Fail())
    bench.client.messages.create(to="+79001112233", from_=LINE, body="x", status_callback=app.url("/sms"))
    bench.run(3)
    assert app.last("/sms")["MessageStatus"] == "undelivered"
    assert app.last("/sms")["ErrorCode"] == "30003"


def test_text_without_a_body_is_refused(bench: Bench) -> None:
    with pytest.raises(TwilioRestException) as refused:
        bench.client.messages.create(to="+79001112233", from_=LINE)
    assert refused.value.code == 21602
