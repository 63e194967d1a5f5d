"""The pages in a real browser: signing in, live presence, lost connections, tabs, keys, languages, accessibility."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from agents.accounts import looking_after
from agents.accounts.models import Account
from agents.at_work import commands
from tests.accessibility import faults
from tests.agents.staff.browsing import launched
from tests.agents.staff.conftest import PASSWORD, Live, eventually

# A machine that runs the whole suite at once is slow.


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 720}, timezone_id="Asia/Yekaterinburg")
    made.set_default_timeout(60_000)
    yield made
    made.close()


def signed_in(context: BrowserContext, live: Live, name: str = "anna", path: str = "/desk") -> Page:
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    page.complaints = complaints
    page.goto(live.url + path)
    page.get_by_label("Имя для входа").fill(name)
    page.get_by_label("Пароль").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(live.url + path)
    return page


def connected(page: Page, *, is_up: bool = True) -> None:
    expect(page.locator("html")).to_have_attribute("data-connection", "up" if is_up else "lost")


def test_the_presence_is_changed_by_keys_and_follows_what_happens_elsewhere(
    context: BrowserContext, live: Live
) -> None:
    page = signed_in(context, live)
    connected(page)
    expect(page.locator(".presence .word")).to_have_text("Доступен")
    page.keyboard.press("KeyP")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".presence .word")).to_have_text("Обед")
    assert live.house.agent_now("desk-1").presence_reason == "meal"
    expect(page.locator("details[open]")).to_have_count(0)
    commands.become_available(live.house.floor, insurer_id="vsk", code="desk-1")
    expect(page.locator(".presence .word")).to_have_text("Доступен")
    assert page.url == live.url + "/desk"
    assert page.complaints == []


def test_the_queue_is_counted_live(context: BrowserContext, live: Live) -> None:
    for code in ("desk-1", "desk-2"):
        commands.go_away(live.house.floor, insurer_id="vsk", code=code)
    page = signed_in(context, live)
    connected(page)
    expect(page.locator(".waiting")).to_have_text("0 ждут")
    live.house.join(live.house.call())
    expect(page.locator(".waiting")).to_have_text("1 ждёт")


def test_a_duration_counts_on(context: BrowserContext, live: Live) -> None:
    page = signed_in(context, live)
    shown = page.locator(".presence time")
    before = shown.text_content()
    expect(shown).not_to_have_text(before)


def test_tabs_share_one_stream_and_the_next_takes_over(context: BrowserContext, live: Live) -> None:
    first = signed_in(context, live)
    connected(first)
    second = context.new_page()
    second.goto(live.url + "/desk")
    connected(second)
    eventually(lambda: len(live.streams._all()) == 1)
    first.close()
    commands.go_away(live.house.floor, insurer_id="vsk", code="desk-1", reason="training")
    expect(second.locator(".presence .word")).to_have_text("Обучение")
    commands.become_available(live.house.floor, insurer_id="vsk", code="desk-1")
    expect(second.locator(".presence .word")).to_have_text("Доступен")


def test_a_server_that_is_gone_is_said_and_the_page_recovers_by_itself(context: BrowserContext, live: Live) -> None:
    page = signed_in(context, live)
    connected(page)
    page.keyboard.press("KeyP")
    live.stop()
    connected(page, is_up=False)
    expect(page.get_by_text("Нет связи")).to_be_visible()
    expect(page.get_by_role("button", name="Обед")).to_be_disabled()
    commands.go_away(live.house.floor, insurer_id="vsk", code="desk-1", reason="meeting")
    live.start()
    connected(page)
    expect(page.get_by_text("Нет связи")).to_be_hidden()
    expect(page.locator(".presence .word")).to_have_text("Совещание")
    expect(page.get_by_role("button", name="Обед")).to_be_enabled()


def test_a_session_ended_elsewhere_leads_to_signing_in_and_back(context: BrowserContext, live: Live) -> None:
    page = signed_in(context, live)
    connected(page)
    looking_after.set_locked(live.house.floor.centre, name="anna", is_locked=True, by="t")
    page.wait_for_url("**/sign-in?next=%2Fdesk")


def test_the_keys_are_shown_on_a_russian_keyboard_too(context: BrowserContext, live: Live) -> None:
    page = signed_in(context, live)
    page.keyboard.press("Shift+Slash")
    help_dialog = page.get_by_role("dialog", name="Клавиши")
    expect(help_dialog).to_be_visible()
    expect(help_dialog).to_contain_text("Сменить состояние")
    page.keyboard.press("Escape")
    expect(help_dialog).to_be_hidden()
    # The same key gives з where the keyboard is Russian.
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {code:'KeyP', key:'з', bubbles:true}))")
    expect(page.locator("#presence")).to_have_attribute("open", "")


def test_the_reader_sees_times_of_their_own_zone(context: BrowserContext, live: Live) -> None:
    page = signed_in(context, live)
    assert {one["name"]: one["value"] for one in context.cookies()}["pult_zone"] == "Asia%2FYekaterinburg"
    assert page.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_nothing_stands_in_the_way_of_anybody(browser: Browser, live: Live, scheme: str, language: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=scheme)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(live.url + "/sign-in")
    if language == "en":
        page.get_by_role("button", name="English").click()
    found = {"/sign-in": faults(page)}
    page.locator("[name=name]").fill("anna")
    page.locator("[name=password]").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    found["/sign-in refused"] = faults(page)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(live.url + "/desk")
    with live.house.centre.database.transaction("test_language") as tx:
        tx.query(Account).filter_by(name="anna").update({"language": language})
    for path in ("/desk", "/account", "/no-such-page"):
        page.goto(live.url + path)
        found[path] = faults(page)
    page.goto(live.url + "/desk")
    connected(page)
    page.keyboard.press("KeyP")
    found["presence"] = faults(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    found["help"] = faults(page)
    assert not any(found.values()), found
    assert page.evaluate("document.documentElement.scrollHeight <= 720 && document.documentElement.scrollWidth <= 1280")
    context.close()
