"""How documents are run: one test for each rule of twilio.md §3 that no other file here tests."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from flask import Response

from ivr.exchange import AutoAnswer, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.ivr.exchange.conftest import Bench, Heard, RecordingApp

LINE = "+74950000001"
DUTY = "+79990000001"
ANNA = "client:anna"


def _codes(bench: Bench) -> list[int]:
    return [alert.code for alert in bench.switch.alerts()]


@contextmanager
def _listening(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server for one connection, by its address."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)


# Documents.


def test_comments_are_ignored_and_names_are_case_sensitive(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<!-- <Say>No</Say> --><SAY>No</SAY><Gather numdigits="1" action="/menu"/><Say>Yes</Say>')
    phone = bench.call()
    bench.switch.press(phone, "12")
    bench.run(6)
    assert app.last("/menu")["Digits"] == "12"


def test_what_a_sound_says_is_told_by_the_comment_before_it(app: RecordingApp, bench: Bench) -> None:
    said = "Двадцать восемь знаков ровно"
    app.says("/voice", f"<!--{said}--><Play>/hello.wav</Play><!-- gone --><Pause/><Play>/music.wav</Play>")
    phone = bench.call()
    bench.run(10)

    spoken, music = [event.data for event in bench.switch.events_since(phone) if event.kind == "hears"]
    assert (spoken["text"], spoken["url"]) == (said, app.url("/hello.wav"))
    assert "text" not in music


def test_a_sound_that_nobody_hears_lasts_as_long_as_what_it_says(app: RecordingApp, bench: Bench) -> None:
    text = "а" * 140
    app.says("/voice", f"<Gather><!--{text}--><Play>/hello.wav</Play></Gather><Redirect>/then</Redirect>")
    app.says("/then", '<Pause length="60"/>')
    bench.call()

    bench.run(140 / bench.switch.settings.characters_per_second + 3)
    assert not app.at("/then")
    bench.run(3)
    assert app.at("/then")


def test_the_text_inside_ssml_is_spoken(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Say>Call <say-as interpret-as="telephone">112</say-as> <break/> now</Say>')
    assert bench.said(bench.call()) == ["Call 112 now"]


def test_a_relative_url_belongs_to_the_document_that_holds_it(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Redirect>menus/first?x=1</Redirect>")
    app.says("/menus/first", "<Redirect>second</Redirect>")
    app.says("/menus/second", "<Play>../sounds/hello.wav</Play>")
    assert bench.said(bench.call()) == [app.url("/sounds/hello.wav")]


def test_a_relative_url_in_an_inline_document_leads_nowhere(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=1, talk_for=None, patience=None))
    bench.client.calls.create(
        to=DUTY,
        from_=LINE,
        twiml="<Response><Redirect>/voice</Redirect></Response>",
        fallback_url=app.url("/fallback"),
    )
    bench.run(3)
    assert app.last("/fallback")["ErrorCode"] == "11100"


def test_an_empty_redirect_asks_for_the_same_document(app: RecordingApp, bench: Bench) -> None:
    answers = iter(["<Response><Redirect/></Response>", "<Response><Say>Again</Say></Response>"])
    app.says("/voice", lambda _heard: next(answers))
    assert bench.said(bench.call()) == ["Again"]


def test_what_follows_a_redirect_is_discarded(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Redirect>/next</Redirect><Say>Never</Say>")
    app.says("/next", "<Say>Next</Say>")
    phone = bench.call()
    bench.run(20)
    assert bench.said(phone) == ["Next"]


def test_a_pause_delays_the_answer_and_a_reject_behind_it_still_refuses(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Pause length="3"/><Reject/>')
    phone = bench.call()
    bench.run(4)
    assert "answered" not in bench.kinds(phone)
    assert app.last("/status")["CallStatus"] == "no-answer"


def test_the_end_of_a_document_hangs_up(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Say>Bye</Say>")
    phone = bench.call()
    bench.run(5)
    assert bench.ending(phone)["cause"] == "end of document"


def test_leave_outside_a_queue_does_nothing(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Leave/><Say>Still here</Say>")
    assert bench.said(bench.call()) == ["Still here"]


@pytest.mark.parametrize("kind", ["application/json", "image/png", ""])
def test_another_content_type_is_12300(app: RecordingApp, bench: Bench, kind: str) -> None:
    app.says("/voice", lambda _heard: Response("<Response/>", content_type=kind))
    bench.call()
    assert _codes(bench) == [12300]


@pytest.mark.parametrize("kind", ["text/xml", "application/xml", "text/html", "TEXT/XML; charset=utf-8"])
def test_three_content_types_are_documents(app: RecordingApp, bench: Bench, kind: str) -> None:
    app.says("/voice", lambda _heard: Response("<Response><Say>Hi</Say></Response>", content_type=kind))
    assert bench.said(bench.call()) == ["Hi"]


def test_a_failing_fallback_ends_in_the_carriers_own_apology(app: RecordingApp, bench: Bench) -> None:
    bench.switch.add_number(LINE, app.url("/voice"), fallback_url=app.url("/fallback"))
    app.says("/voice", ("", 500))
    app.says("/fallback", ("", 500))
    phone = bench.call()
    bench.run(20)
    assert len(app.at("/fallback")) == 1
    assert bench.said(phone)[0].startswith("We are sorry, an application error")


def test_more_than_ten_redirects_are_11215(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", lambda _heard: Response(status=307, headers={"Location": "/voice"}))
    bench.call()
    assert _codes(bench) == [11215]


def test_a_host_without_tls_is_11220(bench: Bench) -> None:
    def speak_plainly(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with _listening(speak_plainly) as address:
        bench.switch.add_number(LINE, f"https://{address}/voice#rc=0")
        bench.call()
    assert _codes(bench) == [11220]


@pytest.mark.parametrize(
    ("url", "code"),
    [("http://my_host/voice", 11100), ("ftp://host/voice", 11100), ("http://a_b:c@127.0.0.1:9/", 11205)],
)
def test_an_underscore_is_refused_in_a_host_alone(bench: Bench, url: str, code: int) -> None:
    bench.switch.add_number(LINE, url)
    bench.call()
    assert _codes(bench) == [code]


def test_an_answer_that_drips_is_given_up_at_the_time_limit(bench: Bench) -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 4000\r\n\r\n")
        with suppress(OSError):
            for _ in range(1200):
                time.sleep(0.05)
                connection.sendall(b" ")

    with _listening(drip) as address:
        bench.switch.add_number(LINE, f"http://{address}/voice#tt=300&rc=0")
        began = time.monotonic()
        bench.call()
        assert time.monotonic() - began < 30
    assert _codes(bench) == [11205]


# Say, Play, Gather.


def test_a_loop_of_nought_is_a_thousand_rounds(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Play loop="0">/music.wav</Play>')
    phone = bench.call()
    bench.run(2990)
    assert bench.ending(phone) == {}
    bench.run(20)
    assert bench.ending(phone)["status"] == "completed"


def test_a_text_that_is_too_long_is_13521(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", f"<Say>{'а' * 5000}</Say>")
    bench.call()
    assert _codes(bench) == [13521]


def test_play_keys_its_digits(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Play digits="ww12"/><Say>Done</Say>')
    phone = bench.call()
    bench.run(1.5)
    heard = [event.data for event in bench.switch.events_since(phone) if event.kind == "hears"]
    assert [one.get("keys") or one.get("text") for one in heard] == ["ww12", "Done"]


def test_only_say_play_and_pause_nest_in_gather_and_no_digits(app: RecordingApp, bench: Bench) -> None:
    inside = '<Say>Yes</Say><Play digits="1"/><Redirect>/next</Redirect>'
    app.says("/voice", f'<Gather action="/menu">{inside}</Gather>')
    assert bench.said(bench.call()) == ["Yes"]
    assert _codes(bench) == [13215, 13215]


def test_of_keys_and_speech_the_first_wins(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Gather input="dtmf speech" action="/menu" numDigits="2"/>')
    phone = bench.call()
    bench.switch.press(phone, "1")
    bench.switch.speak(phone, "operator")
    bench.switch.press(phone, "2")
    bench.run(1)
    assert app.last("/menu")["Digits"] == "12"
    assert "SpeechResult" not in app.last("/menu")


def test_without_barge_in_speech_waits_for_the_prompts(app: RecordingApp, bench: Bench) -> None:
    prompt = "<Say>Say what you need after the tone</Say>"
    app.says("/voice", f'<Gather input="speech" bargeIn="false" action="/menu" timeout="3">{prompt}</Gather>')
    phone = bench.call()
    bench.switch.speak(phone, "too early")
    bench.run(2.6)
    bench.switch.speak(phone, "operator")
    bench.run(6)
    assert app.last("/menu")["SpeechResult"] == "operator"


def test_speech_is_told_in_part_and_the_answer_is_not_run(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Gather input="speech" action="/menu" partialResultCallback="/partly"/>')
    app.says("/partly", "<Say>Never</Say>")
    phone = bench.call()
    bench.switch.speak(phone, "operator please")
    bench.run(10)
    assert app.last("/partly")["UnstableSpeechResult"] == "operator please"
    assert "Never" not in bench.said(phone)


# Record.


def test_record_without_an_action_asks_for_its_own_document_again(app: RecordingApp, bench: Bench) -> None:
    answers = iter(["<Response><Record/></Response>", "<Response><Say>Loop</Say></Response>"])
    app.says("/voice", lambda _heard: next(answers))
    phone = bench.call()
    bench.switch.press(phone, "5")
    bench.run(1)
    assert app.last("/voice")["Digits"] == "5"
    assert app.last("/voice")["RecordingUrl"]
    assert bench.said(phone) == ["Loop"]


# Dial.


def test_the_far_end_is_keyed_its_extension_before_the_bridge(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=1, talk_for=5))
    app.says("/voice", f'<Dial><Number sendDigits="ww12">{DUTY}</Number></Dial>')
    bench.call()
    bench.run(4)
    (leg,) = [call for call in bench.client.calls.list() if call.direction == "outbound-dial"]
    kinds = [event.kind for event in bench.switch.events_since(leg.sid)]
    assert kinds == ["ringing", "answered", "hears", "bridged"]
    assert bench.switch.events_since(leg.sid)[2].data == {"keys": "ww12"}


def test_a_placed_call_keys_its_digits_before_its_document_runs(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=1, talk_for=None, patience=None))
    call = bench.client.calls.create(to=DUTY, from_=LINE, url=app.url("/out"), send_digits="WW1")
    bench.run(2)
    assert app.at("/out") == []
    bench.run(2)
    assert app.at("/out")
    assert "hears" in [event.kind for event in bench.switch.events_since(str(call.sid))]


@pytest.mark.parametrize(
    ("caller_id", "is_shown"), [(LINE, True), ("+79001112233", True), ("", True), ("+74957777777", False)]
)
def test_a_foreign_caller_id_is_13214(app: RecordingApp, bench: Bench, caller_id: str, is_shown: bool) -> None:
    given = f' callerId="{caller_id}"' if caller_id else ""
    app.says("/voice", f'<Dial action="/left"{given}>{DUTY}</Dial>')
    bench.call()
    legs = [call for call in bench.client.calls.list() if call.direction == "outbound-dial"]
    assert bool(legs) is is_shown
    assert (13214 in _codes(bench)) is not is_shown
    if not is_shown:
        assert app.last("/left")["DialCallStatus"] == "failed"


def test_no_more_than_ten_are_dialled_at_once(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave("+7999*", NoAnswer())
    numbers = "".join(f"<Number>+799900000{number:02}</Number>" for number in range(12))
    app.says("/voice", f"<Dial>{numbers}</Dial>")
    bench.call()
    bench.run(1)
    assert len([call for call in bench.client.calls.list() if call.direction == "outbound-dial"]) == 10
    assert _codes(bench) == [13215]


def test_a_whisper_may_not_dial(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=1, talk_for=5))
    app.says("/voice", f'<Dial><Number url="/whisper">{DUTY}</Number></Dial>')
    app.says("/whisper", f"<Dial>{DUTY}</Dial><Say>For you</Say>")
    bench.call()
    bench.run(3)
    assert 13215 in _codes(bench)


def test_a_later_verb_is_unreachable_behind_a_dial_with_an_action(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=1, talk_for=2))
    app.says("/voice", f'<Dial action="/left">{DUTY}</Dial><Say>Never</Say>')
    app.says("/left", "<Say>Left</Say>")
    phone = bench.call()
    bench.run(10)
    assert bench.said(phone) == ["Left"]


def test_a_dial_ends_at_its_time_limit(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=1, talk_for=None, patience=None))
    app.says("/voice", f'<Dial action="/left" timeLimit="30">{DUTY}</Dial>')
    bench.call()
    bench.run(40)
    assert app.last("/left")["DialCallDuration"] == "30"


# Conference and queue.


def _room(attributes: str = "", name: str = "room") -> str:
    return f'<Dial><Conference beep="false" {attributes}>{name}</Conference></Dial>'


def test_a_conference_without_a_starter_does_not_start(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", _room('startConferenceOnEnter="false"'))
    bench.call(), bench.call()
    assert [room.status for room in bench.client.conferences.list()] == ["init"]


def test_an_empty_wait_url_is_silence_and_none_is_music(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", _room('waitUrl=""'))
    assert "hold_music" not in bench.kinds(bench.call())
    app.says("/voice", _room(name="another"))
    assert "hold_music" in bench.kinds(bench.call())


def test_a_full_conference_lets_nobody_in(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", _room('maxParticipants="1"') + "<Say>Full</Say>")
    bench.call()
    second = bench.call()
    assert bench.said(second) == ["Full"]
    assert 13235 in _codes(bench)


def test_coaching_nobody_is_13240(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", _room('coach="CA0"'))
    bench.call()
    assert 13240 in _codes(bench)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (f"<Dial><Conference>{'x' * 129}</Conference></Dial>", 13230),
        (f"<Enqueue>{'x' * 65}</Enqueue>", 14201),
        ("<Enqueue/>", 14201),
    ],
)
def test_names_have_their_lengths(app: RecordingApp, bench: Bench, document: str, code: int) -> None:
    app.says("/voice", document)
    bench.call()
    assert code in _codes(bench)


def test_hanging_up_while_a_bridge_is_made_says_so(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Enqueue action="/left">care</Enqueue>')
    app.says("/agent", '<Dial><Queue url="/connecting">care</Queue></Dial>')
    app.says("/connecting", "<Say>You are being put through</Say>")
    phone = bench.call()
    bench.switch.behave(ANNA, AutoAnswer(after=0.0, talk_for=None, patience=None))
    bench.client.calls.create(to=ANNA, from_=LINE, url=app.url("/agent"))
    bench.run(1)
    bench.switch.hang_up(phone)
    bench.run()
    assert app.last("/left")["QueueResult"] == "bridging-in-process"


def test_news_of_a_call_that_was_recorded_names_its_recording(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=1, talk_for=None, patience=5))
    app.says("/out", '<Pause length="60"/>')
    call = bench.client.calls.create(
        to=DUTY,
        from_=LINE,
        url=app.url("/out"),
        status_callback=app.url("/progress"),
        record=True,
        recording_channels="dual",
    )
    bench.run(20)
    told = app.last("/progress")
    (recording,) = bench.client.calls(str(call.sid)).recordings.list()
    assert (told["RecordingSid"], told["RecordingDuration"]) == (recording.sid, "5")
    assert told["RecordingUrl"].endswith(f"/Recordings/{recording.sid}")
    assert recording.channels == 2


def test_every_verb_of_a_slow_document_ends_with_the_call(app: RecordingApp, bench: Bench) -> None:
    def slow(_heard: Heard) -> str:
        bench.switch.hang_up(phones[0])
        return "<Response><Say>Too late</Say></Response>"

    phones: list[str] = []
    app.says("/voice", slow)
    phones.append(bench.switch.dial(LINE, "+79001112233"))
    bench.run(5)
    assert bench.said(phones[0]) == []
    assert bench.kinds(phones[0])[-1] == "ended"


def test_two_hundred_silences_leave_no_timer_behind(
    app: RecordingApp, make_bench: Callable[..., Bench]
) -> None:
    bench = make_bench()
    app.says("/voice", '<Gather action="/voice" timeout="1" actionOnEmptyResult="true"/>')
    phone = bench.call()
    bench.run(200)
    bench.switch.hang_up(phone)
    bench.run()
    assert bench.switch.next_event_at() is None
