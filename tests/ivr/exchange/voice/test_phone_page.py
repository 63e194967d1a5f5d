"""The phone page as its holder has it: lines, keys, the running text, both languages, what is missing said aloud."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ivr.exchange import RunningExchange
from tests.accessibility import faults
from tests.ivr.exchange.conftest import LINE, RecordingApp
from tests.ivr.exchange.voice.conftest import until

pytestmark = [pytest.mark.xdist_group("browsers")]
MENU = "Здравствуйте! Чтобы записаться к врачу, нажмите один. Если нужна больница, нажмите два. Оператор: нажмите ноль."


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="ru-RU", viewport={"width": 1280, "height": 720})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, carrier: RunningExchange) -> Iterator[Page]:
    """The page, ready to call; nothing may go wrong in it, and nothing may be fetched from elsewhere."""
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if "//127.0.0.1:" not in request.url else None)
    page.goto(f"{carrier.url}/exchange/phone/")
    expect(page.locator("#call")).to_be_enabled()
    yield page
    assert not wrong


def call(page: Page) -> None:
    page.locator("#from").fill("8 916 123-45-67")
    page.locator("#from").press("Enter")
    expect(page.locator("body")).to_have_attribute("data-state", "up")


def note_whether_it_lights_up(page: Page, key: str) -> None:
    """A key is lit for a moment only, which a test may miss: the page itself notes it."""
    page.locator(f"[data-key='{key}']").evaluate(
        """button => new MutationObserver(() => {
          if (button.classList.contains("lit")) button.dataset.wasLit = "";
        }).observe(button, { attributeFilter: ["class"] })"""
    )


def test_a_whole_call_by_keyboard(page: Page, app: RecordingApp) -> None:
    app.says(
        "/voice", f'<Gather numDigits="1" action="/pressed" timeout="20"><Say language="ru-RU">{MENU}</Say></Gather>'
    )
    app.says("/pressed", "<Enqueue>desk</Enqueue>")
    expect(page.get_by_role("button", name="Линия, 8 (495) 000-00-01")).to_have_attribute("aria-current", "true")
    call(page)

    # The word that is being spoken is marked, and moves on.
    word = page.locator("#story mark").inner_text()
    assert word in MENU
    expect(page.locator("#story mark")).not_to_have_text(word)
    expect(page.locator("#timer")).to_have_text(re.compile(r"00:(?!00)\d\d"))
    note_whether_it_lights_up(page, "0")
    page.keyboard.press("0")

    expect(page.locator("[data-key='0']")).to_have_attribute("data-was-lit", "")
    expect(page.locator("#story")).to_contain_text("Музыка ожидания")
    expect(page.locator("#story mark")).to_have_count(0)
    assert app.last("/pressed")["Digits"] == "0"
    assert app.last("/voice")["From"] == "+79161234567"
    page.keyboard.press("Escape")
    expect(page.locator("#state")).to_have_text("Звонок окончен")
    expect(page.locator("#call")).to_be_enabled()


def test_it_is_the_same_page_in_english(page: Page) -> None:
    page.get_by_role("button", name="English").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Telephone")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    left_over = page.locator("main").inner_text()
    assert not re.search("[А-Яа-я]", left_over.replace("Линия", ""))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, app: RecordingApp, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    app.says("/voice", f'<Say language="ru-RU">{MENU}</Say><Pause length="30"/>')
    assert faults(page) == []
    call(page)
    expect(page.locator("#story mark")).to_have_count(1)

    assert faults(page) == []


def test_a_number_that_is_not_there_is_said_in_a_sentence(page: Page, carrier: RunningExchange) -> None:
    with carrier.switch.turn() as core:
        del core.numbers[LINE]
    page.locator("#from").press("Enter")

    expect(page.locator("#state")).to_contain_text("is not a number of this exchange")
    expect(page.locator("#call")).to_be_enabled()


def test_script_in_a_line_s_words_is_text(page: Page, app: RecordingApp) -> None:
    nasty = "&lt;img src=x onerror=document.title='owned'&gt;"
    app.says("/voice", f'<Say language="ru-RU">{nasty}</Say><Pause length="20"/>')
    call(page)

    expect(page.locator("#story")).to_contain_text("<img")
    assert page.locator("#story img").count() == 0
    assert page.title() == "Телефон"


def test_an_exchange_that_goes_is_said_and_comes_back(context: BrowserContext, app: RecordingApp) -> None:
    with RunningExchange(voice_port=0) as first:
        port, voice_port = first.port, int(first.voice.port)
        first.switch.add_number(LINE, app.url("/voice"))
        page = context.new_page()
        page.goto(f"{first.url}/exchange/phone/")
        expect(page.locator("#call")).to_be_enabled()
    expect(page.locator("#strip")).to_be_visible()
    expect(page.locator("#call")).to_be_disabled()

    again = until(lambda: _listening(port, voice_port), "the ports")
    with again:
        expect(page.locator("#strip")).to_be_hidden()
        expect(page.locator("#call")).to_be_enabled()


def _listening(port: int, voice_port: int) -> RunningExchange | None:
    try:
        return RunningExchange(port=port, voice_port=voice_port)
    except OSError:
        time.sleep(0.2)
        return None
