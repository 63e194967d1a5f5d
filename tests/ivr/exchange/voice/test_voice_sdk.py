"""The real Voice SDK in a real browser, behind our interface, against the exchange playing its signalling."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from flask import Response
from playwright.sync_api import Browser, BrowserContext

from ivr.exchange import RunningExchange, Settings
from ivr.softphone import STATIC
from tests.ivr.exchange.conftest import CALLER, LINE, RecordingApp
from tests.ivr.exchange.voice.conftest import (
    API_KEY,
    API_SECRET,
    APPLICATION,
    HARNESS,
    Telephone,
    token_for,
    until,
)

pytestmark = [pytest.mark.xdist_group("browsers")]
MakeTelephone = Callable[..., Telephone]
KINDS = {".js": "text/javascript", ".wav": "audio/wav"}


@pytest.fixture
def carrier(app: RecordingApp) -> Iterator[RunningExchange]:
    """An exchange at which the SDK can signal too."""
    settings = Settings(
        api_keys=((API_KEY, API_SECRET),),
        applications=((APPLICATION, app.url("/outgoing")),),
        ringing_delay_seconds=0.05,
    )
    with RunningExchange(settings, voice_port=0, sdk_port=0) as running:
        running.switch.add_number(LINE, app.url("/voice"))
        yield running


@pytest.fixture
def sdk(chromium: Browser, app: RecordingApp, carrier: RunningExchange) -> Iterator[MakeTelephone]:
    """Makes telephones of the Twilio kind in a page of the desk's origin, whose policy lets nothing in from outside."""
    gateway = f"127.0.0.1:{carrier.voice.sdk_port}"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; media-src 'self' blob:; "
        f"connect-src 'self' wss://{gateway}"
    )
    app.replies["/desk"] = lambda _heard: Response(
        "<!doctype html><title>desk</title>", headers={"Content-Security-Policy": policy}
    )
    for file in STATIC.iterdir():
        app.replies[f"/softphone/{file.name}"] = _served(file.read_bytes(), KINDS.get(file.suffix, "text/plain"))
    contexts: list[BrowserContext] = []
    asked_outside: list[str] = []

    def make(tone: float = 620.0) -> Telephone:
        context = chromium.new_context(ignore_https_errors=True)
        contexts.append(context)
        context.add_init_script(HARNESS)
        page = context.new_page()
        # The SDK asks for its statistics' gateway, which the page's policy forbids: nothing may come back.
        page.on("response", lambda response: asked_outside.append(response.url))
        page.goto(app.url("/desk"))
        page.evaluate("(tone) => { window.tone = tone; }", tone)
        options = json.dumps({"chunderw": gateway})
        page.evaluate(f"openTelephone('/softphone/twilio_telephone.js', 'TwilioTelephone', {options})")
        return Telephone(page)

    yield make
    for context in contexts:
        context.close()
    assert not [url for url in asked_outside if "//127.0.0.1:" not in url and not url.startswith("blob:")]


def _served(content: bytes, kind: str) -> Callable[[object], Response]:
    return lambda _heard: Response(content, mimetype=kind)


def test_a_call_to_the_agent_is_heard_both_ways(
    sdk: MakeTelephone, telephone: MakeTelephone, app: RecordingApp
) -> None:
    app.says("/voice", '<Dial><Client>anna<Parameter name="why" value="pain &amp; fever"/></Client></Dial>')
    anna, caller = sdk(tone=620.0), telephone(tone=440.0)
    anna.register(token_for("anna"))
    anna.wait_for("registered")
    caller.call(To=LINE, From=CALLER)

    incoming = anna.wait_for("incoming")
    anna.accept()
    anna.wait_for("accepted")

    assert (incoming["parameters"]["From"], incoming["parameters"]["why"]) == (CALLER, "pain & fever")
    anna.wait_to_hear(440.0)
    caller.wait_to_hear(620.0)
    anna.do("mute(true)")
    caller.wait_for_silence()
    caller.do("hangUp()")
    anna.wait_for("ended")


def test_an_agents_own_call_keys_and_hang_up(sdk: MakeTelephone, app: RecordingApp) -> None:
    app.says("/outgoing", '<Gather numDigits="2" action="/keys" timeout="20"/>')
    app.says("/keys", '<Pause length="20"/>')
    app.says("/voice", "")
    anna = sdk()
    anna.register(token_for("anna"))

    anna.call(To="+74951112233", request="17")
    anna.wait_for("accepted")
    anna.do("sendKeys('5#')")
    until(lambda: app.at("/outgoing"), "the application")
    anna.do("sendKeys('71')")
    until(lambda: app.at("/keys"), "the keys")

    asked = app.last("/outgoing")
    assert (asked["From"], asked["To"], asked["request"]) == ("client:anna", "+74951112233", "17")
    assert app.last("/keys")["CallSid"] == anna.sid() == asked["CallSid"]
    anna.do("hangUp()")
    anna.wait_for("ended")


def test_a_caller_who_gives_up_cancels_and_a_declined_call_is_busy(
    sdk: MakeTelephone, telephone: MakeTelephone, app: RecordingApp
) -> None:
    app.says("/voice", '<Dial action="/after"><Client>anna</Client></Dial>')
    anna, caller = sdk(), telephone()
    anna.register(token_for("anna"))
    caller.call(To=LINE, From=CALLER)
    anna.wait_for("incoming")
    caller.do("hangUp()")
    assert anna.wait_for("ended")["reason"] == "canceled"

    caller.call(To=LINE, From=CALLER)
    until(lambda: [it for it in anna.happenings() if it["type"] == "incoming"][1:], "the second call")
    anna.do("decline()", index=1)

    until(lambda: [it for it in app.at("/after") if it.params["DialCallStatus"] == "busy"], "busy")


def test_a_token_that_has_expired_is_refused(sdk: MakeTelephone, carrier: RunningExchange) -> None:
    anna = sdk()

    with pytest.raises(Exception, match=r"20104|Token"):
        anna.register(token_for("anna", ttl=-10))

    with carrier.switch.turn() as core:
        assert "client:anna" not in core.registered
