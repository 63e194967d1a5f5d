"""What a caller in a browser hears of a line: prompts, music, beeps; what they press, what they leave."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Response

from ivr.exchange import RunningExchange
from ivr.exchange.voice import pcm, tones
from tests.ivr.exchange.conftest import CALLER, LINE, RecordingApp
from tests.ivr.exchange.voice.conftest import Telephone, read_wav, recording_of, share_of, until

pytestmark = [pytest.mark.xdist_group("browsers")]
MakeTelephone = Callable[..., Telephone]


def sound(content: bytes) -> Callable[[object], Response]:
    return lambda _heard: Response(content, mimetype="audio/wav")


def test_a_file_is_played_for_as_long_as_it_is(telephone: MakeTelephone, app: RecordingApp) -> None:
    app.says("/voice", '<Play>/tone.wav</Play><Redirect>/then</Redirect>')
    app.says("/tone.wav", sound(pcm.wav(tones.tone((950.0,), 8.0))))
    app.says("/then", '<Pause length="5"/>')
    caller = telephone()

    caller.call(To=LINE, From=CALLER)
    caller.wait_to_hear(950.0)
    until(lambda: app.at("/then"), "the next document")

    heard = caller.wait_for("hears")
    assert heard["round_seconds"] == 8.0
    took = app.at("/then")[0].at - app.at("/tone.wav")[0].at
    # Rather than the three seconds of a file that nobody has looked into.
    assert took.total_seconds() > 7.9
    assert "X-Twilio-Signature" in app.at("/tone.wav")[0].headers


def test_a_file_that_is_not_there_costs_the_caller_nothing(
    telephone: MakeTelephone, app: RecordingApp, carrier: RunningExchange
) -> None:
    app.says("/voice", "<Play>/gone.wav</Play><Redirect>/then</Redirect>")
    app.says("/gone.wav", ("", 404))
    app.says("/then", '<Pause length="5"/>')
    caller = telephone()

    caller.call(To=LINE, From=CALLER)
    until(lambda: app.at("/then"), "the next document")

    assert 13410 in [alert.code for alert in carrier.switch.alerts()]


def test_keys_arrive_and_interrupt_the_prompt(telephone: MakeTelephone, app: RecordingApp) -> None:
    app.says("/voice", '<Gather numDigits="3" action="/keys"><Play>/tone.wav</Play></Gather>')
    app.says("/tone.wav", sound(pcm.wav(tones.tone((950.0,), 20.0))))
    app.says("/keys", '<Pause length="20"/>')
    caller = telephone()
    caller.call(To=LINE, From=CALLER)
    caller.wait_to_hear(950.0)

    caller.do("sendKeys('4*7')")

    until(lambda: app.at("/keys"), "the keys")
    assert app.last("/keys")["Digits"] == "4*7"
    caller.wait_for_silence()


def test_music_is_heard_in_a_queue(telephone: MakeTelephone, app: RecordingApp) -> None:
    app.says("/voice", "<Enqueue>desk</Enqueue>")
    caller = telephone()

    caller.call(To=LINE, From=CALLER)
    caller.wait_for("hold_music")

    # The first note of the music is a C: 261.6 Hz.
    until(lambda: caller.listen(261.6).level > 0.02, "music")


def test_a_message_has_what_the_caller_said_and_ends_with_silence(
    telephone: MakeTelephone, app: RecordingApp, carrier: RunningExchange
) -> None:
    app.says("/voice", '<Record timeout="8" action="/recorded"/>')
    caller = telephone(tone=440.0)
    caller.call(To=LINE, From=CALLER)
    caller.wait_for("beep")
    caller.page.wait_for_timeout(3500)

    caller.page.evaluate("() => { microphoneGain.gain.value = 0; }")
    until(lambda: app.at("/recorded"), "the message", seconds=40)

    told = app.last("/recorded")
    assert int(told["RecordingDuration"]) >= 10, "speech kept it open beyond its timeout, and then silence closed it"
    _channels, samples = read_wav(recording_of(carrier, told["RecordingSid"]))
    assert share_of(samples, 440.0) > 0.8
    assert abs(len(samples) / 8000 - int(told["RecordingDuration"])) < 1.2


def test_a_caller_who_says_nothing_leaves_no_message(telephone: MakeTelephone, app: RecordingApp) -> None:
    app.says("/voice", '<Record timeout="2" action="/recorded"/><Redirect>/nothing</Redirect>')
    caller = telephone()
    caller.page.evaluate("() => { const real = navigator.mediaDevices.getUserMedia;"
                         " navigator.mediaDevices.getUserMedia = async () => {"
                         " const sound = await real(); microphoneGain.gain.value = 0; return sound; }; }")
    caller.call(To=LINE, From=CALLER)

    until(lambda: app.at("/nothing"), "the next document")

    assert not app.at("/recorded")
