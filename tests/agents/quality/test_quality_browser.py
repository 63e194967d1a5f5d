"""Quality in a real browser: score while listening, the agent disputes, the supervisor answers; calibrate."""

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.accessibility import faults
from tests.agents.desk.conftest import sow
from tests.agents.quality.conftest import NO, Quality, add_chief
from tests.agents.staff.browsing import launched
from tests.agents.staff.conftest import PASSWORD, Live, eventually, first_draft_held, live  # noqa: F401 - a fixture
from tests.agents.supervisor.conftest import Logged

pytestmark = [pytest.mark.xdist_group("browsers")]
# A folder to put pictures of the pages in, for people to look at.
PICTURES = os.environ.get("PULT_TEST_PICTURES")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture
def quality(live: Live) -> Quality:  # noqa: F811
    with live.house.centre.database.transaction("test_insured") as tx:
        insured_id = sow(tx)
    live.house.clock.move_to(live.house.floor.centre.clock.now())
    add_chief(live)
    return Quality(live, Logged(live, insured_id))


def opened(
    browser: Browser, quality: Quality, name: str, path: str, *, language: str = "ru", scheme: str = "light"
) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=scheme)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{quality.site.url}/sign-in?next={path}")
    if language == "en":
        page.get_by_role("button", name="English").click()
    page.locator("[name=name]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(quality.site.url + path)
    return page


def is_fine(page: Page, name: str) -> None:
    """Nothing wider than the window, nothing that axe finds."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"quality-{name}.png", full_page=name.startswith("whole"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert faults(page) == []


def answer_all(page: Page, *, but: dict[str, str]) -> None:
    """The best answer to every question, but to those named."""
    for question in page.locator("[data-question]").all():
        value = but.get(question.get_attribute("data-question") or "")
        choose(question, value) if value else question.locator(".choice").first.click()


def choose(question: Locator, value: str) -> None:
    question.locator(f".choice:has([value='{value}'])").click()


def at_seconds(page: Page) -> float:
    return float(page.evaluate("document.querySelector('[data-sound]').currentTime"))


def seek(page: Page, second: int) -> None:
    move = "(one, second) => { one.value = String(second); one.dispatchEvent(new Event('input')); }"
    page.locator("[data-seek]").evaluate(move, second)


def test_from_the_call_to_the_answered_dispute(browser: Browser, quality: Quality) -> None:
    call_id, _ = quality.call()
    boss = opened(browser, quality, "watcher", f"/calls/{call_id}")
    boss.get_by_role("button", name="Оценить").click()
    boss.wait_for_url(re.compile("/quality/evaluations/"))
    # While it plays, a moment is marked at a question; a click leads back there.
    # Slowly, so that it is not at its end before all this is done; a rate set later would go with the loading.
    boss.locator("[data-sound]").evaluate("sound => { sound.defaultPlaybackRate = 0.1; }")
    boss.get_by_role("button", name="Слушать", exact=True).click()
    eventually(lambda: at_seconds(boss) > 0)
    seek(boss, 2)
    eventually(lambda: at_seconds(boss) > 2)
    greeting = boss.locator("[data-question=greeting]")
    choose(greeting, "no")
    boss.keyboard.press("m")
    expect(greeting.locator("[data-moment]")).to_have_text(re.compile(r"▶ 00:0\d"))
    marked = int(greeting.locator("[data-moment]").get_attribute("data-second") or "0")
    boss.keyboard.press("p")
    expect(boss.get_by_role("button", name="Слушать", exact=True)).to_be_visible()
    seek(boss, 15)
    greeting.locator("[data-moment]").click()
    eventually(lambda: marked < at_seconds(boss) < 12)
    greeting.get_by_label("Заметка").fill("Не назвал страховщика")
    expect(boss.locator("[data-saved]")).to_contain_text("Черновик сохранён")
    # What is kept comes back in another window.
    eventually(lambda: quality_row(boss, quality).answers.get("greeting", {}).get("note") == "Не назвал страховщика")
    boss.reload()
    expect(greeting.locator("[value=no]")).to_be_checked()
    expect(greeting.locator("[data-moment]")).to_be_visible()
    boss.get_by_role("button", name="Сдать").click()
    expect(boss.get_by_role("alert").first).to_contain_text("13 вопросов без ответа")
    # An answer takes its own mark away at once, and the error counts what is left; once the page's scripts are there.
    boss.wait_for_load_state("load")
    choose(boss.locator("[data-question=identified_first]"), "no")
    expect(boss.locator("[data-question=identified_first]")).not_to_contain_text("нет ответа")
    expect(boss.get_by_role("alert").first).to_have_text("Без ответа: 12")
    answer_all(boss, but={"greeting": "no", "identified_first": "no"})
    expect(boss.locator("fieldset.lacks, [data-no-answer], .error")).to_have_count(0)
    expect(boss.locator("[data-so-far]")).to_have_text(re.compile(r"0\s% · не сдано по критическому вопросу"))
    anna = opened(browser, quality, "anna", "/desk")
    expect(anna.locator("html")).to_have_attribute("data-connection", "up")
    expect(anna.locator("#my-work-summary")).not_to_contain_text("оценок")
    boss.get_by_role("button", name="Сдать").click()
    expect(boss.locator(".result .score")).to_contain_text("не сдано")
    # The agent is told on the page that is open, looks, listens, disputes.
    anna.locator("#my-work-summary").get_by_role("link", name="новых оценок 1").click()
    anna.locator("#own-evaluations tbody a").click()
    expect(anna.locator("#question-greeting")).to_contain_text("Не назвал страховщика")
    # Not before the page's scripts are there.
    anna.wait_for_load_state("load")
    anna.locator("#question-greeting [data-moment]").click()
    eventually(lambda: marked < at_seconds(anna))
    is_fine(anna, "own")
    anna.get_by_label("Какой вопрос и почему").fill("Полис назван на пятой секунде")
    anna.get_by_role("button", name="Оспорить").click()
    expect(anna.locator(".said")).to_contain_text("Полис назван")
    # The supervisor is told wherever they are, and answers.
    boss.locator("#quality-waiting").get_by_role("link", name="1 спор").click()
    boss.locator("[id^=dispute-] a").click()
    choose(boss.locator("[data-question=identified_first]"), "yes")
    boss.get_by_label("Почему (прочтёт сотрудник)").fill("Верно, назван")
    is_fine(boss, "answer")
    boss.get_by_role("button", name="Изменить оценку").click()
    expect(boss.locator(".result")).to_contain_text(re.compile(r"До спора: 0\s%, не сдано"))
    expect(boss.locator("#quality-waiting")).not_to_contain_text("спор")
    anna.goto(quality.site.url + "/desk/evaluations")
    expect(anna.locator("#own-evaluations")).to_contain_text("новая")
    anna.locator("#own-evaluations tbody a").click()
    expect(anna.locator(".result")).to_contain_text("Верно, назван")
    expect(anna.locator(".result")).to_contain_text(re.compile(r"96,2\s%"))
    anna.context.close()
    boss.context.close()


def quality_row(page: Page, quality: Quality):
    return quality.row(page.url.rpartition("/")[2])


@pytest.mark.parametrize("late", ["draft", "answer"])
def test_the_last_words_are_kept_while_an_older_draft_is_on_its_way(
    browser: Browser, quality: Quality, late: str
) -> None:
    id_ = quality.begun(quality.call()[0])
    page = opened(browser, quality, "watcher", f"/quality/evaluations/{id_}")
    # What is kept when the page comes.
    expect(page.locator("[data-saved]")).to_contain_text("Черновик сохранён")
    with first_draft_held(quality.site, late) as has_come:
        page.locator("[name=comment]").fill("Говорит")
        assert has_come.wait(60)
        page.locator("[name=comment]").press_sequentially(" спокойно")
        page.close()
        eventually(lambda: quality.row(id_).comment == "Говорит спокойно")
    assert quality.row(id_).comment == "Говорит спокойно"
    page.context.close()


@pytest.mark.parametrize("failure", ["an error", "no answer"])
def test_what_could_not_be_kept_is_said_and_tried_again(browser: Browser, quality: Quality, failure: str) -> None:
    id_ = quality.begun(quality.call()[0])
    page = opened(browser, quality, "watcher", f"/quality/evaluations/{id_}")
    expect(page.locator("[data-saved]")).to_contain_text("Черновик сохранён")
    goes = threading.Event()

    def fail(route: Route) -> None:
        if goes.is_set():
            route.continue_()
        else:
            route.fulfill(status=503) if failure == "an error" else route.abort()

    page.route("**/draft", fail)
    page.locator("[name=comment]").fill("Говорит спокойно")
    expect(page.locator("[data-saved]")).to_have_text("Не сохранено: нет связи")
    assert quality.row(id_).comment == ""
    goes.set()
    expect(page.locator("[data-saved]")).to_contain_text("Черновик сохранён")
    assert quality.row(id_).comment == "Говорит спокойно"
    expect(page.locator(".failed")).to_be_hidden()
    page.context.close()


def calibrated(browser: Browser, quality: Quality, name: str, call_id: str, but: dict[str, str]) -> Page:
    page = opened(browser, quality, name, f"/calls/{call_id}")
    page.get_by_role("button", name="Калибровать").click()
    page.wait_for_url(re.compile("/quality/evaluations/"))
    answer_all(page, but=but)
    page.get_by_role("button", name="Сдать").click()
    expect(page.locator(".result")).to_be_visible()
    return page


def test_two_calibrate_and_compare(browser: Browser, quality: Quality) -> None:
    call_id, _ = quality.call()
    first = calibrated(browser, quality, "watcher", call_id, {"greeting": "no"})
    first.get_by_role("link", name="Сверить").click()
    expect(first.locator("main")).to_contain_text("Обе оценки видны, когда обе сданы")
    second = calibrated(browser, quality, "chief", call_id, {"manner": "2"})
    second.get_by_role("link", name="Сверить").click()
    expect(second.locator("tr.differs")).to_have_count(2)
    expect(second.locator("tr.differs").first).to_contain_text(re.compile(r"≠ 100\s%"))
    is_fine(second, "comparison")
    first.context.close()
    second.context.close()


@pytest.mark.parametrize(("language", "scheme"), [("ru", "dark"), ("en", "light"), ("en", "dark"), ("ru", "light")])
def test_every_page_is_for_everybody(browser: Browser, quality: Quality, language: str, scheme: str) -> None:
    calls = [quality.call(agent=agent)[0] for agent in ("desk-1", "desk-1", "desk-2", "desk-1", "desk-1")]
    quality.evaluated(calls[0], identified_first=NO, second_opinion="na")
    quality.evaluated(calls[2], agent="desk-2", greeting=NO)
    draft = quality.begun(calls[1])
    page = opened(browser, quality, "watcher", "/quality", language=language, scheme=scheme)
    for name, path in (
        ("to-do", "/quality"),
        ("list", "/quality/list"),
        ("whole-questions", "/quality/questions"),
        ("draft", f"/quality/evaluations/{draft}"),
        ("whole-draft", f"/quality/evaluations/{draft}"),
        ("call", f"/calls/{calls[1]}"),
    ):
        page.goto(quality.site.url + path)
        is_fine(page, f"{name}-{language}-{scheme}")
    page.context.close()
