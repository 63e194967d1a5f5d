"""No page of a supervisor is wider than the window, be it a desk's or a telephone's: tables scroll by themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from agents.quality import disputes
from tests.agents.desk.conftest import sow
from tests.agents.quality.conftest import NO, Quality, add_chief
from tests.agents.staff.browsing import launched
from tests.agents.staff.conftest import Live
from tests.agents.supervisor.conftest import Logged
from tests.agents.supervisor.reports.test_funnel import install, nodes_by_type, went
from tests.agents.supervisor.test_browser import PICTURES, crowd, opened

NARROW, WIDE = 390, 1280
BEYOND = """width => [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > width && !one.closest(".wide, .agents-list"))
  .map((one) => `${one.tagName}.${one.getAttribute("class")} ${Math.round(one.getBoundingClientRect().right)}`)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture
def quality(live: Live) -> Quality:
    """Everything that the pages may show: a crowd on the floor, calls, a recording, evaluations of each state."""
    house = live.house
    house.clock.move_to(house.floor.centre.clock.now())
    with house.centre.database.transaction("test_insured") as tx:
        insured_id = sow(tx)
    add_chief(live)
    install(house)
    flow, menu, served = nodes_by_type(house)
    went(house, menu, flow=flow)
    went(house, menu, served, flow=flow)
    crowd(live)
    return Quality(live, Logged(live, insured_id))


def beyond(page: Page, name: str, width: int) -> list[str]:
    """What sticks out; nothing of a page that fits."""
    page.set_viewport_size({"width": width, "height": 800})
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{width}-{name}.png", full_page=True)
    scrolled = page.evaluate("document.documentElement.scrollWidth")
    return [f"{name}, {width}: {scrolled}", *page.evaluate(BEYOND, width)] if scrolled > width else []


def test_no_page_is_wider_than_its_window(browser: Browser, quality: Quality) -> None:
    whole = quality.logged.whole()
    disputed, draft = (quality.begun(quality.call()[0]) for _ in range(2))
    quality.submitted(disputed, greeting=NO)
    disputes.dispute(
        quality.centre, insurer_id="vsk", evaluation_id=disputed, agent_id=quality.agent_id("desk-1"), code="desk-1",
        reason="Полис был назван на пятой секунде",
    )  # fmt: skip
    page = opened(browser, quality.site, "/floor", language="ru", scheme="light")
    page.goto(quality.site.url + "/calls?queue=medical_desk")
    page.get_by_role("button", name="CSV").click()
    page.wait_for_url("**/calls/exports")
    pages = {
        "floor": "/floor",
        "log": "/calls",
        "call": f"/calls/{whole}",
        "exports": "/calls/exports",
        "reports": "/reports",
        "funnel": "/reports/funnel",
        "staffing": "/reports/staffing?queue=medical_desk",
        "quality": "/quality",
        "evaluations": "/quality/list",
        "questions": "/quality/questions",
        "draft": f"/quality/evaluations/{draft}",
        "dispute": f"/quality/evaluations/{disputed}",
        "audit": "/audit",
        "breach": "/audit/breach?from=2020-01-01&accounts=watcher",
    }
    wrong = []
    for name, path in pages.items():
        page.goto(quality.site.url + path)
        wrong += [one for width in (NARROW, WIDE) for one in beyond(page, name, width)]
    assert wrong == []
    page.context.close()
