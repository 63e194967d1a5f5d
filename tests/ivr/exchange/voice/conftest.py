"""A live exchange with voice, real browsers at it, and what they hear, measured."""

from __future__ import annotations

import math
import os
import shutil
import struct
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from ivr.exchange import RunningExchange, Settings
from tests.ivr.exchange.conftest import LINE, RecordingApp

FLAGS = [
    *("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-first-run", "--disable-quic", "--autoplay-policy=no-user-gesture-required"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
]
CHROMIUM = os.environ.get("PULT_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
HARNESS = (Path(__file__).parent / "harness.js").read_text()
API_KEY, API_SECRET, APPLICATION = "SK" + "1" * 32, "a secret that both sides know, long enough", "AP" + "2" * 32
PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser with a made-up microphone; skipped where there is none, which fails on CI.

    No longer than a module: other tests start Playwright themselves, and one thread may run it only once at a time.
    """
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install Debian's chromium, or name one in PULT_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def carrier(app: RecordingApp) -> Iterator[RunningExchange]:
    """A live exchange whose one line asks the recording application."""
    app.now = lambda: datetime.now(UTC)
    settings = Settings(
        api_keys=((API_KEY, API_SECRET),),
        applications=((APPLICATION, app.url("/outgoing")),),
        ringing_delay_seconds=0.05,
        recording_processing_seconds=0.1,
    )
    with RunningExchange(settings, voice_port=0) as running:
        running.switch.add_number(LINE, app.url("/voice"), friendly_name="Линия")
        yield running


def token_for(identity: str, **options: Any) -> str:
    """An access token as Twilio's own library makes it."""
    given = {"identity": identity, "ttl": 600, **options}
    token = AccessToken(Settings().account_sid, given.pop("key", API_KEY), given.pop("secret", API_SECRET), **given)
    token.add_grant(VoiceGrant(incoming_allow=True, outgoing_application_sid=APPLICATION))
    return str(token.to_jwt())


@dataclass
class Heard:
    """What a browser hears: its level, 0 to 1, and how much of the power is at each frequency asked for."""

    level: float
    shares: tuple[float, ...]


@dataclass
class Telephone:
    """A telephone in a page of its own; its microphone sounds one tone."""

    page: Page

    def call(self, **parameters: str) -> int:
        """Place a call; returns its index among the page's calls."""
        return int(self.page.evaluate("async (p) => keepCall(await telephone.call(p))", parameters))

    def register(self, token: str) -> None:
        self.page.evaluate("(token) => telephone.register(token)", token)

    def accept(self, index: int = 0) -> None:
        self.page.evaluate("(index) => calls[index].accept()", index)

    def do(self, what: str, index: int = 0) -> None:
        """``hangUp()``, ``decline()``, ``mute(true)``, ``sendKeys('1')``."""
        self.page.evaluate(f"(index) => {{ calls[index].{what}; }}", index)

    def happenings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate("happenings")
        return found

    def wait_for(self, kind: str, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The first happening of this type, or event of this kind at the telephone."""

        def found() -> dict[str, Any] | None:
            return next((it for it in self.happenings() if kind in (it["type"], it.get("kind"))), None)

        return until(found, f"{kind} among {[it.get('kind') or it['type'] for it in self.happenings()]}", seconds)

    def sid(self, index: int = 0) -> str:
        return str(self.page.evaluate("(index) => calls[index].parameters.CallSid ?? calls[index].id", index))

    def listen(self, *frequencies: float, index: int = 0) -> Heard:
        found = self.page.evaluate("([index, frequencies]) => listen(index, frequencies)", [index, list(frequencies)])
        return Heard(found["level"], tuple(found["shares"]))

    def wait_to_hear(self, frequency: float, index: int = 0) -> Heard:
        """Wait until this tone is nearly all that is heard."""

        def found() -> Heard | None:
            heard = self.listen(frequency, index=index)
            return heard if heard.level > 0.02 and heard.shares[0] > 0.8 else None

        return until(found, lambda: f"{frequency} Hz; heard {self.listen(frequency, index=index)}")

    def wait_for_silence(self, index: int = 0) -> None:
        until(lambda: self.listen(index=index).level < 0.003, lambda: f"silence; heard {self.listen(index=index)}")


@pytest.fixture
def telephone(chromium: Browser, carrier: RunningExchange) -> Iterator[Callable[..., Telephone]]:
    """Makes telephones of the exchange's own kind, each in a page of its own, sounding a tone."""
    contexts: list[BrowserContext] = []

    def make(tone: float = 440.0) -> Telephone:
        context = chromium.new_context(locale="ru-RU", viewport={"width": 1280, "height": 720})
        contexts.append(context)
        context.add_init_script(HARNESS)
        page = context.new_page()
        page.goto(f"{carrier.url}/exchange/phone/")
        page.evaluate("(tone) => { window.tone = tone; }", tone)
        signal = requests.get(f"{carrier.url}/exchange/voice", timeout=60).json()["signal"]
        module = "/exchange/phone/softphone/exchange_telephone.js"
        page.evaluate(f"(signal) => openTelephone('{module}', 'ExchangeTelephone', signal)", signal)
        return Telephone(page)

    yield make
    for context in contexts:
        context.close()


def until(condition: Callable[[], Any], what: str | Callable[[], str], seconds: float = PATIENCE_SECONDS) -> Any:
    """What the condition gives once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what if isinstance(what, str) else what()}")


def read_wav(content: bytes) -> tuple[int, list[int]]:
    """Channels and samples of a WAV file of 8 kHz."""
    with wave.open(BytesIO(content)) as file:
        assert (file.getframerate(), file.getsampwidth()) == (8000, 2)
        raw = file.readframes(file.getnframes())
        return file.getnchannels(), list(struct.unpack(f"<{len(raw) // 2}h", raw))


def share_of(samples: list[int], frequency: float) -> float:
    """How much of the power of samples at 8 kHz is within 4 Hz of a frequency, in the loudest whole second."""
    best: list[int] = max(
        (samples[at : at + 8000] for at in range(0, max(1, len(samples) - 7999), 4000)),
        key=lambda part: sum(value * value for value in part),
    )
    power = sum(value * value for value in best) / len(best)
    if power < 1:
        return 0.0
    return sum(_power_at(best, frequency + offset) for offset in range(-4, 5)) / power


def _power_at(samples: list[int], frequency: float) -> float:
    turn = 2 * math.pi * frequency / 8000
    real = sum(value * math.cos(turn * n) for n, value in enumerate(samples))
    imaginary = sum(value * math.sin(turn * n) for n, value in enumerate(samples))
    return 2 * (real * real + imaginary * imaginary) / len(samples) ** 2


def recording_of(carrier: RunningExchange, sid: str, query: str = "") -> bytes:
    """The sound of a recording by REST, once it is ready."""
    account, token = carrier.switch.settings.account_sid, carrier.switch.settings.auth_token
    url = f"{carrier.url}/2010-04-01/Accounts/{account}/Recordings/{sid}.wav{query}"

    def fetched() -> bytes | None:
        response = requests.get(url, auth=(account, token), timeout=60)
        return response.content if response.status_code == 200 else None

    content: bytes = until(fetched, "the recording")
    return content
