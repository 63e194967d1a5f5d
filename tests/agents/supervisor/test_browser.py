"""The supervisor's pages in a real browser: nothing overflows, everybody can use them, whatever language and scheme."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from agents.at_work import commands
from agents.models import Presence
from agents.models.searches import CallExport
from agents.supervisor.exports import exporting
from agents.supervisor.exports.file import read_csv
from agents.web import hear_leg
from tests.accessibility import faults
from tests.agents.desk.conftest import sow
from tests.agents.staff.browsing import launched
from tests.agents.staff.conftest import PASSWORD, Live
from tests.agents.supervisor.conftest import Logged

# A folder to put pictures of the pages in, for people to look at.
PICTURES = os.environ.get("PULT_TEST_PICTURES")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture
def logged(live: Live) -> Logged:
    with live.house.centre.database.transaction("test_insured") as tx:
        insured_id = sow(tx)
    return Logged(live, insured_id)


def opened(browser: Browser, live: Live, path: str, *, language: str, scheme: str) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=scheme)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{live.url}/sign-in?next={path}")
    if language == "en":
        page.get_by_role("button", name="English").click()
    page.locator("[name=name]").fill("watcher")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(live.url + path)
    return page


def is_fine(page: Page, name: str) -> None:
    """Nothing wider than the window, nothing that axe finds."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")
    assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_log_and_a_call_are_for_everybody(browser: Browser, logged: Logged, language: str, scheme: str) -> None:
    live = logged.site
    live.house.clock.move_to(live.house.floor.centre.clock.now())
    whole = logged.whole()
    logged.call(minutes_ago=3, lasted=None, is_emergency=True, waited=15, queue="emergency")
    logged.call(minutes_ago=50, waited=200, queue="curator", agent="desk-2", outcome="callback_scheduled", lasted=700)
    logged.call(minutes_ago=70, is_anonymous=True, ani=None, line="curator")
    page = opened(browser, live, "/calls", language=language, scheme=scheme)
    expect(page.locator("tbody tr")).to_have_count(4)
    is_fine(page, f"log-{language}-{scheme}")
    page.locator(f"#call-{whole} a").click()
    page.wait_for_url(f"**/calls/{whole}")
    is_fine(page, f"call-{language}-{scheme}")
    page.locator(".piece-talk").first.locator("xpath=..").press("Enter")
    expect(page.locator(".steps li:target")).to_be_in_viewport()
    page.context.close()


def test_days_and_their_name_follow_one_another_in_the_form(browser: Browser, logged: Logged) -> None:
    page = opened(browser, logged.site, "/calls", language="ru", scheme="light")
    page.locator("[name=period]").select_option("week")
    page.locator("[name=from]").fill("2026-11-20")
    expect(page.locator("[name=period]")).to_have_value("own")
    page.locator("[name=period]").select_option("yesterday")
    expect(page.locator("[name=from]")).to_have_value("")
    page.context.close()


def test_whose_calls_are_shown_stands_beside_the_buttons_and_goes(browser: Browser, logged: Logged) -> None:
    page = opened(browser, logged.site, f"/calls?insured={logged.insured_id}", language="ru", scheme="light")
    chip, clear = page.locator(".chip").bounding_box(), page.locator(".log-acts a").bounding_box()
    assert chip["x"] >= clear["x"] + clear["width"]
    is_fine(page, "log-of-one-person")
    page.locator(".chip button").click()
    page.wait_for_url(f"{logged.site.url}/calls")
    page.context.close()


def crowd(live: Live) -> None:
    """A floor with something of everything: an emergency, waiting callers, agents in every presence."""
    house = live.house
    for number, presence in enumerate(Presence, start=1):
        house.agent(f"curator-{number}", presence_now=presence, skills={"curator": 1, "desk": 1})
    for code in ("desk-1", "desk-2", "curator-1"):
        commands.go_away(house.floor, insurer_id="vsk", code=code, reason="meal")
    house.join(house.call("CA-urgent", is_emergency=True), "emergency", is_emergency=True)
    for number in range(3):
        # Of the queues that are open day and night: the clock is the wall's.
        house.join(house.call(f"CA-{number}"), "urgent" if number else "medical_desk")
    house.clock.move_by(95)


def text_height(page: Page) -> float:
    return page.locator(".agents a").first.evaluate("it => parseFloat(getComputedStyle(it).fontSize)")


def test_a_calm_floor_with_three_who_wait_is_seen_whole_and_the_tab_tells_of_an_emergency(
    browser: Browser, live: Live
) -> None:
    house = live.house
    house.clock.move_to(house.floor.centre.clock.now())
    for number in range(12):
        skills = {"desk": 1, "urgent": 1, "curator": 1, "psychologist": 1, "support": 1}
        house.agent(f"sitting-{number:02}", presence_now=Presence.WRAP_UP, skills=skills)
    for code in ("desk-1", "desk-2"):
        commands.go_away(house.floor, insurer_id="vsk", code=code, reason="meal")
    for number in range(3):
        house.join(house.call(f"CA-{number}"))
    page = opened(browser, live, "/floor", language="ru", scheme="light")
    expect(page.locator("html")).to_have_attribute("data-connection", "up")
    expect(page.locator("#floor-waiting tbody tr")).to_have_count(3)
    is_fine(page, "floor-calm")
    waiting = page.locator("#floor-waiting").bounding_box()
    assert waiting["y"] + waiting["height"] <= 720
    assert page.title() == "Зал · Pult"
    # What comes on top moves no row from under the pointer, and takes its room when that leaves.
    row = page.locator("#floor-waiting tbody tr").first
    row.hover()
    before = row.bounding_box()
    for number in range(2):
        house.join(house.call(f"CA-e{number}", is_emergency=True), "emergency", is_emergency=True)
    expect(page.locator("[aria-live=assertive] .emergency")).to_have_count(2)
    assert page.title() == "(2) Зал · Pult"
    assert row.bounding_box() == before
    page.mouse.move(2, 2)
    expect(page.locator(".emergency").last).to_be_in_viewport()
    page.locator(".brand").hover()
    second = page.locator(".emergency").last.bounding_box()
    assert second["y"] + second["height"] <= page.locator(".floor").bounding_box()["y"]
    is_fine(page, "floor-two-emergencies")
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_floor_is_for_everybody(browser: Browser, live: Live, language: str, scheme: str) -> None:
    live.house.clock.move_to(live.house.floor.centre.clock.now() - timedelta(seconds=95))
    crowd(live)
    page = opened(browser, live, "/floor", language=language, scheme=scheme)
    expect(page.locator(".emergency")).to_have_count(1)
    is_fine(page, f"floor-{language}-{scheme}")
    page.locator("[data-key=KeyA]").click()
    is_fine(page, f"floor-announce-{language}-{scheme}")
    page.keyboard.press("Escape")
    page.goto(live.url + "/floor/wall")
    is_fine(page, f"wall-{language}-{scheme}")
    expect(page.locator("header.top")).to_be_hidden()
    assert page.locator("main :is(button, form, select)").count() == 0
    small = text_height(page)
    page.set_viewport_size({"width": 1920, "height": 1080})
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"wall-wide-{language}-{scheme}.png")
    assert page.locator(".pinned").bounding_box()["width"] > 1850
    assert text_height(page) > 1.4 * small
    expect(page.locator("#floor-wall_waiting tbody tr")).to_have_count(4)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(live.url + "/audit")
    is_fine(page, f"audit-{language}-{scheme}")
    page.context.close()


def test_who_is_in_a_call_keeps_their_row_and_what_can_be_done_there_is_in_view(browser: Browser, live: Live) -> None:
    house = live.house
    house.clock.move_to(house.floor.centre.clock.now())
    for number in range(12):
        house.agent(f"sitting-{number:02}", presence_now=Presence.AWAY, title="Страховой представитель 1-го уровня")
    commands.go_away(house.floor, insurer_id="vsk", code="desk-2", reason="meal")
    page = opened(browser, live, "/floor", language="ru", scheme="light")
    row = page.locator(f"#agent-now-{house.agent_now('desk-1').id}")
    before = row.bounding_box()
    call = house.call("CA-1")
    house.join(call)
    house.work()
    offer = house.offers()[0]
    for status in ("ringing", "in-progress"):
        hear_leg(house.floor, offer.id, "CA-leg-1", status)
    house.work()
    expect(row.get_by_role("button", name="Слушать")).to_be_visible()
    assert row.bounding_box() == before
    listed, act = page.locator(".agents-list").bounding_box(), row.get_by_role("button").bounding_box()
    assert act["x"] + act["width"] <= listed["x"] + listed["width"]
    is_fine(page, "floor-in-a-call")
    last = page.locator(".agents tbody tr").last
    rows, shown = page.locator(".agents").bounding_box(), last.bounding_box()
    last.locator("summary").click()
    menu = last.locator(".menu-list").bounding_box()
    is_fine(page, "floor-menu")
    assert page.locator(".agents").bounding_box()["height"] == rows["height"]
    assert last.bounding_box()["height"] == shown["height"]
    assert menu["y"] >= 0
    assert menu["y"] + menu["height"] <= 720
    page.context.close()


def test_the_items_of_an_open_menu_stay_what_and_where_they_are(browser: Browser, live: Live) -> None:
    house = live.house
    house.clock.move_to(house.floor.centre.clock.now())
    commands.go_away(house.floor, insurer_id="vsk", code="desk-1", reason="meal")
    page = opened(browser, live, "/floor", language="ru", scheme="light")
    expect(page.locator("html")).to_have_attribute("data-connection", "up")
    row = page.locator(f"#agent-now-{house.agent_now('desk-1').id}")
    row.locator("summary").click()
    items = row.locator(".menu-list button").element_handles()

    def meant() -> list[tuple[str, str, float]]:
        return [(it.get_attribute("value"), it.inner_text(), it.bounding_box()["y"]) for it in items]

    before = meant()
    assert ("available", "Доступен") in [(value, words) for value, words, _ in before]
    commands.become_available(house.floor, insurer_id="vsk", code="desk-1")
    expect(row.locator(".presence")).to_contain_text("Доступен")
    assert meant() == before
    expect(row.get_by_role("button", name="Доступен")).to_be_disabled()
    commands.go_away(house.floor, insurer_id="vsk", code="desk-1", reason="break")
    expect(row.locator(".presence")).to_contain_text("Перерыв")
    assert meant() == before
    page.context.close()


def test_what_is_refused_is_said_in_the_form_which_keeps_what_was_typed(browser: Browser, live: Live) -> None:
    live.house.clock.move_to(live.house.floor.centre.clock.now())
    page = opened(browser, live, "/floor", language="ru", scheme="light")
    page.keyboard.press("d")
    dialog = page.locator("#put-up-diversion")
    expect(dialog.locator("[name=to]")).to_be_hidden()
    dialog.locator("[name=place]").select_option("queue:curator")
    expect(dialog.locator("[name=to]")).to_have_value("")
    dialog.locator("[name=number]").fill("12")
    dialog.get_by_role("button", name="Переадресовать").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Это не номер телефона")
    expect(dialog.locator("[name=number]")).to_have_value("12")
    assert page.locator(".failed").is_hidden()
    is_fine(page, "floor-refused")
    dialog.locator("[name=number]").fill("")
    dialog.locator("[name=to]").select_option("voicemail")
    dialog.get_by_role("button", name="Переадресовать").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".notices")).to_contain_text("очередь: Врачи-кураторы → сообщения")
    page.context.close()


def test_a_refusal_without_a_form_goes_by_esc(browser: Browser, live: Live) -> None:
    live.house.clock.move_to(live.house.floor.centre.clock.now())
    page = opened(browser, live, "/floor", language="ru", scheme="light")
    row = page.locator(f"#agent-now-{live.house.agent_now('desk-1').id}")
    row.locator("summary").click()
    # In one step, for news would put the row's own agent back between the two.
    row.get_by_role("button", name="Обед").evaluate(
        "button => { button.form.elements.agent.value = 'nobody'; button.click(); }"
    )
    expect(page.locator(".failed")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".failed")).to_be_hidden()
    page.context.close()


def test_the_floor_follows_what_happens_and_nothing_moves(browser: Browser, live: Live) -> None:
    live.house.clock.move_to(live.house.floor.centre.clock.now())
    for code in ("desk-1", "desk-2"):
        commands.go_away(live.house.floor, insurer_id="vsk", code=code, reason="meal")
    page = opened(browser, live, "/floor", language="ru", scheme="light")
    expect(page.locator("html")).to_have_attribute("data-connection", "up")
    table = page.locator(".queues")
    before = table.bounding_box()
    live.house.join(live.house.call("CA-1", is_emergency=True), "emergency", is_emergency=True)
    expect(page.locator(".emergency")).to_be_visible()
    assert table.bounding_box() == before
    live.house.join(live.house.call("CA-2"))
    expect(page.locator("#floor-waiting tbody tr")).to_have_count(2)
    page.locator("#floor-waiting button", has_text="Сделать первым").click()
    expect(page.locator("#floor-waiting")).to_contain_text("следующий")
    page.locator("tr", has_text="desk-1").locator("summary").click()
    page.locator("tr", has_text="desk-1").get_by_role("button", name="Доступен").click()
    expect(page.locator("tr", has_text="desk-1").locator(".presence")).not_to_contain_text("Обед")
    page.context.close()


def test_an_export_is_asked_for_followed_and_taken(
    browser: Browser, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "SLICE", 2)
    live = logged.site
    house, wall = live.house, live.house.floor.centre.clock
    house.clock.move_to(wall.now())
    made = [logged.call(minutes_ago=30 - number, waited=5, queue="curator") for number in range(3)]
    logged.call(minutes_ago=20, waited=5)
    page = opened(browser, live, "/calls?queue=curator", language="ru", scheme="light")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("button", name="CSV").click()
    page.wait_for_url("**/calls/exports")
    expect(page.locator("html")).to_have_attribute("data-connection", "up")
    expect(page.locator("#exports progress")).to_be_visible()
    is_fine(page, "exports")
    with house.centre.database.reading("test_export") as tx:
        export_id = tx.scalars(select(CallExport.id)).one()

    # The first slice, and the page tells how far it is by itself; then the rest.
    house.clock.move_to(wall.now())
    house.centre.plan.perform(exporting.MAKE, export_id)
    row = page.locator(f"#export-{export_id}")
    expect(row.locator("td").nth(2)).to_have_text("2")
    expect(row.locator("progress")).to_be_visible()
    house.work()
    with page.expect_download() as download:
        row.get_by_role("link", name="CSV").click()
    lines = read_csv(download.value.path().read_bytes().decode("utf-8-sig").encode())
    assert [line[-1] for line in lines[1:]] == made[::-1]
    assert download.value.suggested_filename == f"calls-{export_id[:12]}.csv"
    is_fine(page, "exports-made")
    page.context.close()


def test_a_floor_beside_another_page_is_sent_what_happens_and_its_rows_keep_still(browser: Browser, live: Live) -> None:
    """The other page has the browser's one stream; the floor asks for nothing by itself."""
    live.house.clock.move_to(live.house.floor.centre.clock.now())
    for code in ("desk-1", "desk-2"):
        commands.go_away(live.house.floor, insurer_id="vsk", code=code, reason="meal")
    leading = opened(browser, live, "/calls", language="ru", scheme="light")
    expect(leading.locator("html")).to_have_attribute("data-connection", "up")
    page, asked = leading.context.new_page(), []
    page.on("request", lambda request: asked.append(request.url) if "/floor/parts/" in request.url else None)
    page.goto(live.url + "/floor")
    live.house.join(live.house.call("CA-1"))
    expect(page.locator("#floor-waiting tbody tr")).to_have_count(1)
    page.locator("#floor-waiting").hover()
    live.house.join(live.house.call("CA-2", is_emergency=True), "emergency", is_emergency=True)
    expect(page.locator(".emergency")).to_be_visible()
    expect(page.locator("#floor-waiting tbody tr")).to_have_count(1)
    page.locator("h2", has_text="Очереди").hover()
    expect(page.locator("#floor-waiting tbody tr")).to_have_count(2)
    assert asked == []
    # The page that has the stream goes, and the floor takes it over.
    leading.close()
    live.house.join(live.house.call("CA-3"))
    expect(page.locator("#floor-waiting tbody tr")).to_have_count(3)
    page.context.close()
