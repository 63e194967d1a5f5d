"""Webhooks: signatures, parameters, retries, fallback, limits (twilio.md §1, §2, §10)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from flask import Response
from twilio.request_validator import RequestValidator

from ivr.exchange.signature import sign
from ivr.exchange.webrequest import patience_of

if TYPE_CHECKING:
    from tests.ivr.exchange.conftest import Bench, Heard, RecordingApp

VECTOR = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675310",
    "Digits": "1234",
    "From": "+14158675310",
    "To": "+18005551212",
}


def test_signature_agrees_with_the_published_vector() -> None:
    url = "https://example.com/myapp.php?foo=1&bar=2"
    assert sign("12345", url, VECTOR.items()) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com:8443/a?x=1",
        "https://user:secret@example.com:443/a",
        "http://example.com:8080/a",
        "http://user:secret@example.com:8080/a#rc=2",
    ],
)
def test_ports_credentials_and_fragments_are_signed_as_twilio_does(url: str) -> None:
    bare = url.partition("#")[0].replace("user:secret@", "")
    assert RequestValidator("t").validate(bare, VECTOR, sign("t", url, VECTOR.items()))


def test_repeated_keys_are_signed_as_the_library_checks_them() -> None:
    from werkzeug.datastructures import MultiDict

    pairs = [("A", "2"), ("A", "1"), ("A", "2"), ("B", "")]
    signature = sign("t", "https://example.com/", pairs)
    assert RequestValidator("t").validate("https://example.com/", MultiDict(pairs), signature)


def test_posts_and_gets_carry_a_signature_that_the_library_accepts(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Redirect method="GET">/next?тема=1&amp;b=%20c</Redirect>')
    bench.call()
    validator = RequestValidator(bench.switch.settings.auth_token)
    post, get = app.at("/voice")[0], app.at("/next")[0]
    assert validator.validate(app.url("/voice"), dict(post.pairs), post.headers["X-Twilio-Signature"])
    assert get.method == "GET"
    assert validator.validate(get.raw_url, {}, get.headers["X-Twilio-Signature"])


def test_standard_and_unannounced_parameters_are_sent(app: RecordingApp, bench: Bench) -> None:
    phone = bench.call(forwarded_from="+78005553535")
    params = app.last("/voice")
    assert params["CallSid"] == bench.sid(phone)
    assert (params["From"], params["To"]) == ("+79001112233", "+74950000001")
    assert (params["CallStatus"], params["Direction"]) == ("ringing", "inbound")
    assert params["ApiVersion"] == "2010-04-01"
    assert params["ForwardedFrom"] == "+78005553535"
    assert params["Novelty"]
    assert params["FromCity"] == ""
    assert app.at("/voice")[0].headers["User-Agent"] == "TwilioProxy/1.1"


def test_withheld_caller_is_anonymous(app: RecordingApp, bench: Bench) -> None:
    bench.switch.dial("+74950000001")
    bench.run()
    assert app.last("/voice")["From"] == "anonymous"


def test_basic_credentials_are_sent_only_when_challenged(app: RecordingApp, bench: Bench) -> None:
    def guarded(heard: Heard) -> object:
        if "Authorization" in heard.headers:
            return "<Response/>"
        return Response(status=401, headers={"WWW-Authenticate": "Basic"})

    app.says("/guarded", guarded)
    url = app.url("/guarded").replace("http://", "http://anna:se%40cret@")
    bench.switch.add_number("+74950000002", url)
    bench.switch.dial("+74950000002")
    bench.run()
    first, second = app.at("/guarded")
    assert "Authorization" not in first.headers
    assert base64.b64decode(second.headers["Authorization"].split()[1]) == b"anna:se@cret"


def test_a_failing_document_goes_to_the_fallback_with_code_and_url(app: RecordingApp, bench: Bench) -> None:
    bench.switch.add_number("+74950000001", app.url("/voice"), fallback_url=app.url("/fallback"))
    app.says("/voice", ("broken", 500))
    app.says("/fallback", "<Say>Duty</Say>")
    phone = bench.call()
    assert len(app.at("/voice")) == 1
    assert app.last("/fallback")["ErrorCode"] == "11200"
    assert app.last("/fallback")["ErrorUrl"] == app.url("/voice")
    assert bench.said(phone) == ["Duty"]


def test_without_a_fallback_there_is_a_spoken_error_and_a_hang_up(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", ("broken", 503))
    phone = bench.call()
    bench.run(20)
    assert "application error" in bench.said(phone)[0]
    assert bench.ending(phone)["status"] == "completed"


def test_nobody_listening_is_tried_twice_and_is_11205(app: RecordingApp, bench: Bench) -> None:
    bench.switch.add_number("+74950000001", "http://127.0.0.1:9/voice", fallback_url=app.url("/fallback"))
    bench.call()
    assert app.last("/fallback")["ErrorCode"] == "11205"


def test_fragment_asks_for_more_retries_with_the_same_token(app: RecordingApp, bench: Bench) -> None:
    answers = iter([("bad", 500), ("bad", 500), ("<Response/>", 200)])
    app.says("/voice", lambda _heard: next(answers))
    bench.switch.add_number("+74950000001", app.url("/voice#rc=2&rp=5xx,ct"))
    bench.call()
    tokens = {one.headers["I-Twilio-Idempotency-Token"] for one in app.at("/voice")}
    assert len(app.at("/voice")) == 3
    assert len(tokens) == 1


def test_patience_is_fifteen_seconds_and_never_more() -> None:
    assert patience_of("http://h/v").total == 15
    assert patience_of("http://h/v#tt=99000&rt=4000").total == 15
    assert patience_of("http://h/v#tt=99000&rt=4000").read == 4


def test_a_slow_application_is_given_up_at_its_time_limit(app: RecordingApp, bench: Bench) -> None:
    import time

    def slow(_heard: Heard) -> str:
        time.sleep(0.5)
        return "<Response/>"

    app.says("/voice", slow)
    number = app.url("/voice#rt=200&tt=200")
    bench.switch.add_number("+74950000001", number, fallback_url=app.url("/fallback"))
    bench.call()
    assert app.last("/fallback")["ErrorCode"] == "11205"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<Response><Say>", 12100),
        ("\n<?xml version='1.0'?><Response/>", 12100),
        ("<response/>", 12102),
        ("", 11770),
        ("<Response><!--" + "x" * 65536 + "--></Response>", 11750),
    ],
)
def test_documents_that_cannot_be_read_have_their_codes(
    app: RecordingApp, bench: Bench, body: str, code: int
) -> None:
    bench.switch.add_number("+74950000001", app.url("/voice"), fallback_url=app.url("/fallback"))
    app.says("/voice", (body, 200))
    bench.call()
    assert app.last("/fallback")["ErrorCode"] == str(code)


def test_unknown_verb_is_a_warning_and_is_skipped(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Dance/><say>lower</say><Say>Hello</Say>")
    phone = bench.call()
    assert bench.said(phone) == ["Hello"]
    assert [alert.code for alert in bench.switch.alerts()] == [12200, 12200]


def test_plain_text_is_spoken_and_audio_is_played(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", lambda _heard: Response("Hello there", mimetype="text/plain"))
    assert bench.said(bench.call()) == ["Hello there"]
    app.says("/voice", lambda _heard: Response(b"RIFF", mimetype="audio/wav"))
    assert bench.said(bench.call()) == [app.url("/voice")]


def test_status_callback_of_a_number_fires_once_at_the_end(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Pause length="61"/>')
    bench.call()
    bench.run(62)
    (one,) = app.at("/status")
    assert one.params["CallStatus"] == "completed"
    assert one.params["CallbackSource"] == "call-progress-events"
    assert one.params["SequenceNumber"] == "0"
    assert one.params["Timestamp"].endswith("+0000")


def test_reject_never_answers(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Reject reason="busy"/>')
    phone = bench.call()
    assert "answered" not in bench.kinds(phone)
    assert app.last("/status")["CallStatus"] == "busy"


def test_hangup_first_answers(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Hangup/>")
    phone = bench.call()
    assert "answered" in bench.kinds(phone)
    assert bench.ending(phone)["status"] == "completed"
