"""The reports in a real browser: nothing overflows and everybody can use them, in each language and scheme."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.agents.staff.browsing import launched
from tests.agents.staff.conftest import Live
from tests.agents.supervisor.conftest import Logged
from tests.agents.supervisor.reports.test_funnel import install, nodes_by_type, went
from tests.agents.supervisor.test_browser import is_fine, opened

SMALLEST = """Math.min(...[...document.querySelectorAll(".flow-picture text")].map((one) =>
  parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


def a_days_calls(live: Live) -> None:
    live.house.clock.move_to(live.house.floor.centre.clock.now())
    logged = Logged(live, "")
    for number in range(40):
        has_agent = number % 5 != 4
        logged.call(
            minutes_ago=number * 9 + 3,
            waited=(number * 37) % 190,
            lasted=240 + number,
            queue="curator" if number % 3 else "medical_desk",
            agent=f"desk-{number % 2 + 1}" if has_agent else None,
            outcome="gl_requested" if number % 4 else "callback_scheduled",
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_reports_are_for_everybody(browser: Browser, live: Live, language: str, scheme: str) -> None:
    a_days_calls(live)
    install(live.house)
    flow, menu, served = nodes_by_type(live.house)
    went(live.house, menu, flow=flow)
    went(live.house, menu, served, flow=flow)
    page = opened(browser, live, "/reports", language=language, scheme=scheme)
    is_fine(page, f"reports-{language}-{scheme}")
    for by in ("day", "agent"):
        page.goto(f"{live.url}/reports?period=week&by={by}&figure=aht")
        expect(page.locator("svg.chart")).to_have_count(2)
        is_fine(page, f"reports-{by}-{language}-{scheme}")
    page.locator("svg.chart").first.scroll_into_view_if_needed()
    is_fine(page, f"reports-charts-{language}-{scheme}")
    page.goto(f"{live.url}/reports/staffing?queue=medical_desk")
    is_fine(page, f"staffing-{language}-{scheme}")
    page.goto(f"{live.url}/reports/funnel")
    is_fine(page, f"funnel-{language}-{scheme}")
    expect(page.locator(".flow-picture .start")).to_be_attached()
    # It opens at the step where calls begin, which can be read.
    frame, start = page.locator(".flow-frame").bounding_box(), page.locator(".flow-picture .start").bounding_box()
    assert frame["x"] <= start["x"]
    assert start["x"] + start["width"] <= frame["x"] + frame["width"]
    assert page.evaluate(SMALLEST) >= 12.9
    page.locator(".flow-frame").scroll_into_view_if_needed()
    is_fine(page, f"funnel-picture-{language}-{scheme}")
    page.goto(f"{live.url}/reports")
    page.emulate_media(media="print")
    expect(page.locator(".report-form")).to_be_hidden()
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_report_wider_than_the_window_moves_in_its_frame_and_its_head_names_and_totals_stay(
    browser: Browser, live: Live, width: int
) -> None:
    a_days_calls(live)
    page = opened(browser, live, "/reports", language="ru", scheme="light")
    page.set_viewport_size({"width": width, "height": 720})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    frame = page.locator(".report-frame")
    frame.evaluate("(it) => it.scrollIntoView({ block: 'start' })")
    kept = {
        "head": ("y", frame.locator("thead th").nth(1)), "corner": ("x", frame.locator("thead th").first),
        "name": ("x", frame.locator("tbody th").first), "total": ("y", frame.locator("tfoot td").first),
    }
    before = {name: one.bounding_box()[axis] for name, (axis, one) in kept.items()}
    assert frame.evaluate("(it) => { it.scrollTo(120, 60); return it.scrollLeft; }") == 120
    assert {name: one.bounding_box()[axis] for name, (axis, one) in kept.items()} == pytest.approx(before, abs=1)
    expect(frame.locator("tfoot th")).to_be_in_viewport()
    is_fine(page, f"reports-moved-{width}")
    page.context.close()
