"""A caller and an agent in two browsers: they hear each other, and what is recorded is what was said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ivr.exchange import RunningExchange
from tests.ivr.exchange.conftest import CALLER, LINE, RecordingApp
from tests.ivr.exchange.voice.conftest import Telephone, read_wav, recording_of, share_of, token_for, until

pytestmark = [pytest.mark.xdist_group("browsers")]
MakeTelephone = Callable[..., Telephone]
DIAL_ANNA = (
    '<Dial record="record-from-answer-dual" action="/after">'
    '<Client>anna<Parameter name="why" value="pain"/></Client></Dial>'
)


def connected(telephone: MakeTelephone, app: RecordingApp) -> tuple[Telephone, Telephone]:
    """A caller (440 Hz) connected to Anna (620 Hz)."""
    app.says("/voice", DIAL_ANNA)
    anna = telephone(tone=620.0)
    anna.register(token_for("anna"))
    caller = telephone(tone=440.0)
    caller.call(To=LINE, From=CALLER)
    anna.wait_for("incoming")
    anna.accept()
    caller.wait_for("bridged")
    anna.wait_for("bridged")
    return caller, anna


def test_ringing_is_heard_until_the_agent_answers(telephone: MakeTelephone, app: RecordingApp) -> None:
    app.says("/voice", '<Dial timeout="30"><Client>anna</Client></Dial>')
    anna = telephone()
    anna.register(token_for("anna"))
    caller = telephone()
    caller.call(To=LINE, From=CALLER)

    incoming = anna.wait_for("incoming")

    assert incoming["parameters"]["From"] == CALLER
    caller.wait_to_hear(425.0)


def test_both_hear_each_other_and_the_recording_has_each_on_a_channel(
    telephone: MakeTelephone, app: RecordingApp, carrier: RunningExchange
) -> None:
    caller, anna = connected(telephone, app)

    assert anna.wait_for("incoming")["parameters"]["why"] == "pain"
    caller.wait_to_hear(620.0)
    anna.wait_to_hear(440.0)
    caller.page.wait_for_timeout(1500)
    caller.do("hangUp()")
    anna.wait_for("ended")

    until(lambda: app.at("/after"), "the Dial's action")
    sid = app.last("/after")["RecordingUrl"].rsplit("/", 1)[-1]
    channels, samples = read_wav(recording_of(carrier, sid, "?RequestedChannels=2"))
    assert channels == 2
    assert share_of(samples[0::2], 440.0) > 0.8
    assert share_of(samples[1::2], 620.0) > 0.8
    _mono, both = read_wav(recording_of(carrier, sid, "?RequestedChannels=1"))
    assert share_of(both, 440.0) > 0.25
    assert share_of(both, 620.0) > 0.25


def test_a_muted_caller_is_not_heard(telephone: MakeTelephone, app: RecordingApp) -> None:
    caller, anna = connected(telephone, app)
    anna.wait_to_hear(440.0)

    caller.do("mute(true)")
    anna.wait_for_silence()

    caller.do("mute(false)")
    anna.wait_to_hear(440.0)


def test_keys_pressed_while_talking_are_heard_by_the_other_side(telephone: MakeTelephone, app: RecordingApp) -> None:
    caller, anna = connected(telephone, app)
    anna.wait_to_hear(440.0)

    caller.do("sendKeys('5'.repeat(40))")

    until(lambda: min(anna.listen(770.0, 1336.0).shares) > 0.03, lambda: f"{anna.listen(440.0, 770.0, 1336.0)}")


def test_a_call_has_a_quality_worth_telling(telephone: MakeTelephone, app: RecordingApp) -> None:
    caller, _anna = connected(telephone, app)

    # By and by: the first report may be of a moment at which this machine had no time for sound.
    def is_good() -> bool:
        told = [it for it in caller.happenings() if it["type"] == "quality"]
        return any(it["mos"] > 3.5 and it["warning"] == "" for it in told)

    until(is_good, lambda: f"good quality among {[it for it in caller.happenings() if it['type'] == 'quality']}")


def test_declined_is_busy_to_the_caller(telephone: MakeTelephone, app: RecordingApp) -> None:
    app.says("/voice", '<Dial action="/after"><Client>anna</Client></Dial>')
    anna, caller = telephone(), telephone()
    anna.register(token_for("anna"))
    caller.call(To=LINE, From=CALLER)
    anna.wait_for("incoming")

    anna.do("decline()")
    caller.wait_for("ended")
    until(lambda: app.at("/after"), "the Dial's action")

    assert app.last("/after")["DialCallStatus"] == "busy"


def test_a_page_that_is_closed_hangs_up(telephone: MakeTelephone, app: RecordingApp) -> None:
    caller, anna = connected(telephone, app)

    anna.page.close()

    caller.wait_for("unbridged")
    caller.wait_for("ended")


def test_an_agents_call_asks_the_application_with_the_pages_words(telephone: MakeTelephone, app: RecordingApp) -> None:
    app.says("/outgoing", '<Say language="en-US">One moment.</Say><Hangup/>')
    anna = telephone()
    anna.register(token_for("anna"))

    anna.call(To="+74951112233", request="17", CallSid="CA-of-somebody-else")
    anna.wait_for("ended")

    asked = app.last("/outgoing")
    assert (asked["From"], asked["To"], asked["request"]) == ("client:anna", "+74951112233", "17")
    assert asked["CallSid"] == anna.sid()


@pytest.mark.parametrize("token", [token_for("anna", secret="x" * 40), token_for("anna", ttl=-10), "nonsense"])
def test_a_wrong_token_registers_nothing(telephone: MakeTelephone, carrier: RunningExchange, token: str) -> None:
    anna = telephone()

    with pytest.raises(Exception, match="Access Token"):
        anna.register(token)

    with carrier.switch.turn() as core:
        assert "client:anna" not in core.registered
