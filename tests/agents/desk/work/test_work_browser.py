"""The desk's parts in a real browser: an outcome written down by keyboard alone, drafts, accessibility."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import select

from agents.at_work.caller_matters import identify_caller
from agents.at_work.caller_requests import OnCall, open_from_card
from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome, release
from agents.models import Presence, WrapUp
from ivr.calls.models import Call, Outcome
from tests.accessibility import faults
from tests.agents.desk.work.conftest import add_insured, give_call
from tests.agents.staff.conftest import Live, eventually, first_draft_held, live  # noqa: F401 - the fixture
from tests.agents.staff.test_browser import browser, connected, context, signed_in  # noqa: F401 - fixtures
from tests.ivr.insured.records import Given


@pytest.fixture
def call(live: Live) -> Call:  # noqa: F811 - the fixture
    """Anna talks with this caller."""
    made = live.house.call()
    give_call(live.house, made)
    return made


def opened(context: BrowserContext, live: Live, call: Call) -> Page:  # noqa: F811
    page = signed_in(context, live, path=f"/desk/calls/{call.id}/wrap-up")
    connected(page)
    return page


def rows(live: Live, model: type) -> list:  # noqa: F811
    with live.house.centre.database.reading("test_rows") as tx:
        return list(tx.scalars(select(model)))


def hang_up(live: Live, call: Call) -> None:  # noqa: F811
    """The conversation is over: the page hears of it as of any change of the agent's."""
    give_call(live.house, call, presence=Presence.WRAP_UP)


def test_an_outcome_is_written_down_by_keyboard_alone(context, live, call) -> None:  # noqa: F811
    page = opened(context, live, call)
    page.keyboard.press("KeyO")
    page.keyboard.press("Digit2")
    page.keyboard.press("Shift+Digit1")
    expect(page.locator("[data-also]")).to_have_text("Франшиза не активирована")
    hang_up(live, call)
    expect(page.locator("form[data-stage=wrap_up]")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Записано: Дали информацию")).to_be_visible()
    codes = [(one.code, one.is_primary) for one in sorted(rows(live, Outcome), key=lambda one: not one.is_primary)]
    assert codes == [("info_given", True), ("deductible_not_active", False)]
    assert live.house.agent_now("desk-1").presence == Presence.AVAILABLE
    assert page.complaints == []


def test_after_the_call_the_outcome_has_the_focus(context, live, call) -> None:  # noqa: F811
    page = opened(context, live, call)
    hang_up(live, call)
    expect(page.locator("[name=primary]").first).to_be_focused()
    page.keyboard.press("Digit3")
    expect(page.locator("[name=primary]").nth(2)).to_be_checked()
    page.keyboard.press("Digit0")
    expect(page.locator("[name=other]")).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator("[name=primary]:checked")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Записано: Проверочный звонок")).to_be_visible()


def test_what_is_typed_survives_the_pages_end_and_live_news(context, live, call) -> None:  # noqa: F811
    page = opened(context, live, call)
    page.keyboard.press("KeyO")
    page.keyboard.press("Digit1")
    page.locator("[name=note]").fill("позвонить в клинику")
    hang_up(live, call)
    expect(page.locator("form[data-stage=wrap_up]")).to_be_visible()
    expect(page.locator("[name=note]")).to_have_value("позвонить в клинику")
    expect(page.locator("[name=note]")).to_be_focused()
    page.locator("[name=note]").press_sequentially("!")
    page.close()
    eventually(lambda: [row.note for row in rows(live, WrapUp)] == ["позвонить в клинику!"])
    again = context.new_page()
    again.goto(f"{live.url}/desk/calls/{call.id}/wrap-up")
    expect(again.locator("[name=note]")).to_have_value("позвонить в клинику!")
    expect(again.locator("[name=primary]").first).to_be_checked()


@pytest.mark.parametrize("late", ["draft", "answer"])
def test_the_last_words_are_kept_while_an_older_draft_is_on_its_way(context, live, call, late) -> None:  # noqa: F811
    page = opened(context, live, call)
    with first_draft_held(live, late) as has_come:
        page.locator("[name=note]").fill("позвонить")
        assert has_come.wait(60)
        page.locator("[name=note]").press_sequentially(" завтра")
        page.close()
        eventually(lambda: [row.note for row in rows(live, WrapUp)] == ["позвонить завтра"])
    # The older one came at last.
    assert [row.note for row in rows(live, WrapUp)] == ["позвонить завтра"]


def test_what_the_desk_does_not_show_any_more_is_not_asked_for(context, live, call) -> None:  # noqa: F811
    hang_up(live, call)
    page = signed_in(context, live)
    connected(page)
    expect(page.locator(f"#requests-{call.id}")).to_be_visible()
    # The telephone has had its answer too: here it rings elsewhere, which is a refusal.
    expect(page.locator("#phone-state")).to_contain_text("Звонки идут на ваш телефон")
    refused = []
    page.on("response", lambda one: refused.append((one.status, one.url)) if one.status >= 400 else None)
    release(live.house.floor, insurer_id="vsk", code="desk-1", by="boss")
    expect(page.locator("#desk-now.stage-none")).to_be_visible()
    page.wait_for_timeout(500)
    assert refused == []


@pytest.mark.parametrize("failure", ["an error", "no answer"])
def test_the_outcomes_form_comes_also_where_the_server_failed_once(context, live, failure) -> None:  # noqa: F811
    page = signed_in(context, live)
    connected(page)
    asked = []

    def fail(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503) if failure == "an error" else route.abort()

    page.route("**/wrap-up", fail, times=1)
    give_call(live.house, live.house.call())
    expect(page.locator(".desk-outcome form[data-draft]")).to_be_visible()
    assert len(asked) == 1
    assert page.complaints == []


def test_a_draft_waits_for_the_connection(context, live, call) -> None:  # noqa: F811
    page = opened(context, live, call)
    live.stop()
    connected(page, is_up=False)
    page.locator("[name=note]").fill("без связи")
    expect(page.get_by_text("Не сохранено: нет связи")).to_be_visible()
    live.start()
    connected(page)
    eventually(lambda: [row.note for row in rows(live, WrapUp)] == ["без связи"])


def test_my_work_is_live_and_the_desk_leads_to_it(context, live, call) -> None:  # noqa: F811
    page = signed_in(context, live)
    expect(page.locator("#my-work-summary")).to_contain_text("сделать 0")
    page.keyboard.press("KeyW")
    page.wait_for_url(live.url + "/desk/my-work")
    connected(page)
    expect(page.get_by_text("Дел не осталось.")).to_be_visible()
    due_at = live.house.floor.centre.clock.now() + timedelta(hours=2)
    outcome = WrittenOutcome("info_given", (), None, "send_documents", due_at, "desk")
    record_call_outcome(live.house.floor, insurer_id="vsk", code="desk-1", outcome=outcome)
    expect(page.get_by_text("Отправить документы")).to_be_visible()
    page.get_by_role("button", name="Сделано").click()
    page.locator(".brand").hover()
    expect(page.get_by_text("Дел не осталось.")).to_be_visible()
    assert page.complaints == []


def test_however_much_is_known_the_outcome_can_be_saved_without_scrolling(context, live, call) -> None:  # noqa: F811
    house = live.house
    insured_id = add_insured(house, Given())
    identify_caller(house.floor, insurer_id="vsk", code="desk-1", insured_id=insured_id)
    mine = OnCall("vsk", "desk-1", call.id)
    for kind in ("guarantee_letter", "second_opinion", "appointment", "hospitalisation"):
        open_from_card(house.floor, mine, kind=kind, newest="")
    for number in range(5):
        house.call(f"CA-before-{number}", insured_id=insured_id, level="verified")
    give_call(house, call, presence=Presence.WRAP_UP)
    page = signed_in(context, live)
    page.set_viewport_size({"width": 1280, "height": 720})
    connected(page)
    outcome = page.locator(".desk-outcome")
    for shown in (outcome.get_by_role("button", name="Записать и закончить"), page.locator("#presence")):
        expect(shown).to_be_in_viewport(ratio=1)
    expect(page.locator(".desk-requests [data-part] tbody tr")).to_have_count(4)
    expect(page.locator(".desk-calls tbody tr")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollHeight > innerHeight")
    # What has the focus is not hidden behind it.
    last = page.locator(".desk-requests [data-part] tbody tr").last.locator("summary")
    last.focus()
    page.wait_for_function("scrollY > 0")
    assert last.bounding_box()["y"] + last.bounding_box()["height"] <= outcome.bounding_box()["y"]
    expect(outcome.get_by_role("button", name="Записать и закончить")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_nothing_stands_in_the_way(browser: Browser, live, call, scheme: str, language: str) -> None:  # noqa: F811
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=scheme)  # noqa: F811
    context.set_default_timeout(60_000)
    context.add_cookies([{"name": "pult_language", "value": language, "url": live.url}])
    page = context.new_page()
    page.goto(live.url + "/sign-in")
    page.locator("[name=name]").fill("boss")
    page.locator("[name=password]").fill("correct-horse-7")
    page.keyboard.press("Enter")
    page.wait_for_url(live.url + "/desk")
    insured_id = add_insured(live.house, Given(phones=("+79161234567",)))
    give_call(live.house, call, "desk-2", Presence.WRAP_UP)
    identify_caller(live.house.floor, insurer_id="vsk", code="desk-2", insured_id=insured_id)
    mine = OnCall("vsk", "desk-2", call.id)
    for kind in ("guarantee_letter", "second_opinion"):
        open_from_card(live.house.floor, mine, kind=kind, newest="")
    found = {}
    for path in (
        f"/desk/calls/{call.id}/wrap-up",
        f"/desk/calls/{call.id}/requests",
        "/desk/wrap-ups",
        "/desk/my-work",
        "/desk/insured",
        f"/desk/insured/{insured_id}",
    ):
        page.goto(live.url + path)
        connected(page)
        found[path] = faults(page)
        assert page.evaluate("document.documentElement.scrollWidth <= 1280")
    context.close()
    assert not any(found.values()), found
