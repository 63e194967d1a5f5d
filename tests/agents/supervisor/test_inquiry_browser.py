"""The pages of the journal and of a breach in a real browser: for everybody, in each language and scheme."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from agents.accounts import looking_after
from agents.accounts.models import Role
from config.audit_chain import seal_new
from tests.agents.staff.browsing import launched
from tests.agents.staff.conftest import Live
from tests.agents.supervisor.conftest import Logged, sow
from tests.agents.supervisor.test_browser import is_fine, opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.mark.parametrize(("language", "scheme"), [("ru", "light"), ("en", "dark")])
def test_an_inquiry_is_for_everybody(browser: Browser, live: Live, language: str, scheme: str) -> None:
    live.house.clock.move_to(live.house.floor.centre.clock.now())
    with live.house.centre.database.transaction("test_insured") as tx:
        logged = Logged(live, sow(tx))
    for number in range(5):
        logged.call(minutes_ago=10 + number, insured_id=logged.insured_id, level="verified", outcome="info_given")
    give = looking_after.give_role
    give(live.house.centre, insurer_id="oms", name="watcher", role=Role.SUPERVISOR, by="t", agent_code=None)
    seal_new(live.house.centre)
    page = opened(browser, live, "/calls", language=language, scheme=scheme)
    page.goto(f"{live.url}/audit/breach")
    is_fine(page, f"breach-asked-{language}-{scheme}")
    page.goto(f"{live.url}/audit/breach?from=2020-01-01&accounts=watcher&chain=1")
    expect(page.locator("#h-people")).to_be_visible()
    assert logged.insured_id[-12:] in page.locator("section", has=page.locator("#h-people")).inner_text()
    is_fine(page, f"breach-{language}-{scheme}")
    page.set_viewport_size({"width": 390, "height": 720})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    is_fine(page, f"breach-narrow-{language}-{scheme}")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.locator("summary", has_text="watcher").click()
    page.locator("form[action='/insurer'] button[value=oms]").click()
    page.wait_for_load_state()
    page.goto(f"{live.url}/calls/exports")
    expect(page.locator("#journal")).to_be_visible()
    is_fine(page, f"exports-{language}-{scheme}")
    page.context.close()
