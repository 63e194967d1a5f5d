"""Prompts take their time; Gather follows Twilio's rules (twilio.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ivr.exchange.conftest import Bench, RecordingApp

MENU = '<Gather action="/menu" numDigits="1" timeout="5"><Say>Press one</Say></Gather><Say>Nothing</Say>'


def test_say_lasts_as_long_as_its_text_takes_to_speak(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Say>" + "a" * 140 + "</Say>")
    phone = bench.call()
    bench.run(9.9)
    assert not bench.ending(phone)
    bench.run(0.2)
    assert bench.ending(phone)["cause"] == "end of document"


def test_pause_first_delays_the_answer(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Pause length="3"/><Say>Hello</Say>')
    phone = bench.call()
    bench.run(2.9)
    assert "answered" not in bench.kinds(phone)
    bench.run(0.2)
    assert "answered" in bench.kinds(phone)


def test_gather_without_input_falls_through(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", MENU)
    phone = bench.call()
    bench.run(30)
    assert bench.said(phone) == ["Press one", "Nothing"]
    assert not app.at("/menu")


def test_gather_timer_starts_after_the_prompt(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Gather action="/menu" timeout="5"><Pause length="20"/></Gather>')
    phone = bench.call()
    bench.run(24)
    assert not bench.ending(phone)
    bench.run(1.1)
    assert bench.ending(phone)


def test_action_on_empty_result_asks_without_digits(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Gather action="/menu" actionOnEmptyResult="true" timeout="2"/>')
    bench.call()
    bench.run(5)
    assert "Digits" not in app.last("/menu")


def test_key_interrupts_the_prompt(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Gather action="/menu" numDigits="1"><Pause length="60"/></Gather>')
    phone = bench.call()
    bench.switch.press(phone, "3")
    bench.run()
    assert app.last("/menu")["Digits"] == "3"


def test_finish_key_is_removed_from_the_digits(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Gather action="/menu"/>')
    phone = bench.call()
    bench.switch.press(phone, "123#")
    bench.run()
    assert app.last("/menu")["Digits"] == "123"
    assert app.last("/menu")["FinishedOnKey"] == "#"


def test_empty_finish_key_lets_hash_through(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Gather action="/menu" finishOnKey="" numDigits="2"/>')
    phone = bench.call()
    bench.switch.press(phone, "9#")
    bench.run()
    assert app.last("/menu")["Digits"] == "9#"


def test_finish_key_alone_is_no_input(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Gather action="/menu"/><Say>Nothing</Say>')
    phone = bench.call()
    bench.switch.press(phone, "#")
    bench.run(5)
    assert bench.said(phone) == ["Nothing"]
    assert not app.at("/menu")


def test_each_key_restarts_the_timer(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Gather action="/menu" timeout="3"/>')
    phone = bench.call()
    for key in "12":
        bench.run(2)
        bench.switch.press(phone, key)
    bench.run(2.9)
    assert not app.at("/menu")
    bench.run(0.2)
    assert app.last("/menu")["Digits"] == "12"


def test_keys_pressed_early_answer_the_next_gathers(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Say>Good morning to you</Say>" + MENU)
    app.says("/menu", '<Gather action="/second" numDigits="2"><Say>And now two</Say></Gather>')
    phone = bench.call()
    bench.switch.press(phone, "145")
    bench.run(3)
    assert app.last("/menu")["Digits"] == "1"
    assert app.last("/second")["Digits"] == "45"
    assert "Press one" not in bench.said(phone)


def test_input_skips_the_verbs_after_gather(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", MENU)
    app.says("/menu", "<Hangup/>")
    phone = bench.call()
    bench.switch.press(phone, "1")
    bench.run(10)
    assert "Nothing" not in bench.said(phone)


def test_action_defaults_to_the_current_document(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Redirect>/there</Redirect>")
    app.says("/there", '<Gather numDigits="1"/>')
    phone = bench.call()
    bench.switch.press(phone, "1")
    bench.run()
    assert app.last("/there")["Digits"] == "1"


def test_gather_that_listens_for_a_second_asks_nothing_and_hears_keys(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Gather action="/menu" numDigits="1" timeout="1"><Say>On we go</Say></Gather><Say>There</Say>')
    phone = bench.call()
    bench.run(10)
    assert bench.said(phone) == ["On we go", "There"]
    assert [e for e in bench.switch.events_since(phone) if e.kind == "waits_for_input"] == []
    other = bench.call()
    bench.switch.press(other, "9")
    bench.run()
    assert app.last("/menu")["Digits"] == "9"


def test_gather_tells_what_it_waits_for(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Gather numDigits="4" finishOnKey="*" timeout="7"/>')
    phone = bench.call()
    waits = [e for e in bench.switch.events_since(phone) if e.kind == "waits_for_input"]
    assert waits[0].data == {
        "input": ["dtmf"],
        "num_digits": 4,
        "finish_on_key": "*",
        "timeout_seconds": 7.0,
    }


def test_hands_answer_prompts_by_themselves(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", MENU)
    app.says("/menu", MENU)
    phone = bench.call(presses=("1", "hangup"))
    bench.run(20)
    assert bench.ending(phone)["cause"] == "hung up"
    assert len(app.at("/menu")) == 1


def test_speech_is_sent_with_its_confidence(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Gather action="/said" input="dtmf speech" speechTimeout="1"/>')
    phone = bench.call()
    bench.switch.speak(phone, "дежурный врач")
    bench.run(5)
    assert app.last("/said")["SpeechResult"] == "дежурный врач"
    assert float(app.last("/said")["Confidence"]) <= 1


def test_nothing_is_asked_after_a_hang_up_in_gather(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", MENU)
    phone = bench.call()
    bench.switch.press(phone, "")
    bench.switch.hang_up(phone)
    bench.run(30)
    assert not app.at("/menu")
    assert app.last("/status")["CallStatus"] == "completed"


def test_a_key_that_does_not_exist_is_refused(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", MENU)
    phone = bench.call()
    with pytest.raises(ValueError, match="no such key"):
        bench.switch.press(phone, "A")


def test_a_document_that_redirects_to_itself_for_ever_is_given_up(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Redirect/>")
    phone = bench.call()
    bench.run(10)
    assert bench.ending(phone)["cause"] == "hung up by the document"
    assert bench.switch.alerts()[-1].code == 13710
