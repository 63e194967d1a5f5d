"""A supervisor hears a recording in a real browser: it plays, seeks by key, and asks anew when it is played again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from config.audit import AuditEntry
from ivr.calls.models import Call
from tests.accessibility import faults
from tests.agents.desk.conftest import sow
from tests.agents.staff.browsing import launched
from tests.agents.staff.conftest import PASSWORD, Live, eventually, live  # noqa: F401 - fixtures
from tests.agents.supervisor.conftest import Logged
from tests.agents.supervisor.test_browser import PICTURES
from tests.agents.supervisor.test_recording_pages import keep

pytestmark = [pytest.mark.xdist_group("browsers")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture
def page(browser: Browser, live: Live) -> Iterator[Page]:  # noqa: F811
    """The page of a recording of twenty seconds, opened by a supervisor."""
    found = signed_in(browser, live, f"/recordings/{keep(live)}")
    yield found
    found.context.close()


def signed_in(browser: Browser, live: Live, path: str) -> Page:  # noqa: F811
    """A page that a supervisor has opened."""
    found = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    found.goto(f"{live.url}{path}")
    found.get_by_label("Имя для входа").fill("watcher")
    found.get_by_label("Пароль").fill(PASSWORD)
    found.keyboard.press("Enter")
    found.wait_for_url(f"{live.url}{path}")
    return found


def sowed(live: Live) -> str:  # noqa: F811
    with live.house.centre.database.transaction("test_insured") as tx:
        return sow(tx)


def test_a_click_on_the_time_line_plays_from_there_and_shows_the_step(browser: Browser, live: Live) -> None:  # noqa: F811
    logged = Logged(live, sowed(live))
    call_id = logged.whole()
    began_at = live.house.row(Call, call_id).started_at
    keep(live, call_id=call_id, began_at=began_at + timedelta(seconds=70))
    page = signed_in(browser, live, f"/calls/{call_id}")
    lane = page.locator("svg[data-lane]").first
    width = lane.bounding_box()["width"]

    def click_at(second: float, lane: Locator = lane) -> None:
        lane.click(position={"x": width * second / 300, "y": 14})

    # Slowly, so that it is not at its end before all this is looked at; a rate set now would go with the loading.
    page.locator("[data-sound]").evaluate("sound => { sound.defaultPlaybackRate = 0.1; }")
    click_at(85)
    eventually(lambda: at_seconds(page) > 15)
    expect(page.locator(".steps li:target")).to_be_in_viewport()
    click_at(74)
    eventually(lambda: 3.5 < at_seconds(page) < 14)
    assert plays(live) == 1
    # Where nothing was recorded the step is shown, and what plays goes on.
    click_at(8.5)
    expect(page.locator(".steps li:target")).to_contain_text("Нажато: 5")
    assert plays(live) == 1
    # The recording has a lane of its own at the same scale, which says where there is nothing to be heard.
    own = page.locator("svg[data-lane=recording]")
    piece, whole = own.locator(".piece-recording").bounding_box(), own.bounding_box()
    assert (piece["x"] - whole["x"]) / whole["width"] == pytest.approx(70 / 300, abs=0.01)
    assert piece["width"] / whole["width"] == pytest.approx(20 / 300, abs=0.01)
    click_at(150, own)
    expect(page.locator(".time-line")).to_contain_text("В этом месте записи нет")
    click_at(86, own)
    expect(page.locator(".time-line")).not_to_contain_text("В этом месте записи нет")
    eventually(lambda: at_seconds(page) > 15.5)
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / "call-with-recording.png", full_page=True)
    page.context.close()


def at_seconds(page: Page) -> float:
    return float(page.evaluate("document.querySelector('[data-sound]').currentTime"))


def plays(live: Live) -> int:  # noqa: F811
    with live.house.centre.database.reading("test_audit") as tx:
        return len(tx.scalars(select(AuditEntry.id).where(AuditEntry.action == "played_recording")).all())


def test_it_plays_and_each_play_is_on_record(page: Page, live: Live) -> None:  # noqa: F811
    assert plays(live) == 0
    button = page.get_by_role("button", name="Слушать")
    button.click()
    eventually(lambda: at_seconds(page) > 0.3)
    assert plays(live) == 1
    page.get_by_role("button", name="Пауза").click()
    before = at_seconds(page)
    page.get_by_role("button", name="Слушать").click()
    eventually(lambda: at_seconds(page) > before)
    assert plays(live) == 2


def test_the_place_is_chosen_by_keys_before_and_while_it_plays(page: Page, live: Live) -> None:  # noqa: F811
    slider = page.get_by_role("slider")
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "00:12")
    page.get_by_role("button", name="Слушать").click()
    eventually(lambda: at_seconds(page) > 12)
    slider.focus()
    page.keyboard.press("Home")
    eventually(lambda: at_seconds(page) < 6)


def test_it_can_be_used_by_everybody(page: Page) -> None:
    assert faults(page) == []
