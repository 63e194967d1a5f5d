"""The desk with Twilio's own telephone: the real Voice SDK in the page, the exchange playing Twilio's signalling."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from agents.desk.telephones import page_telephone, signal_origins
from agents.models import Dial, Offer
from config.embedded_redis import running
from config.settings import Settings
from ivr.calls.models import Call
from tests.agents.desk.whole import (
    AGENT_TONE,
    CALLER_TONE,
    LINE,
    Person,
    WholeCentre,
    caller_of,
    desk_of,
    mute_and_hold,
    stage,
    until,
)
from tests.agents.staff.browsing import launched
from tests.agents.staff.conftest import Site
from tests.ports import free_port

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("browsers")]
ANNA = "vsk-desk-1"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as started:
        yield started


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[WholeCentre]:
    folder = tmp_path_factory.mktemp("twilio")
    with (
        running(free_port(), folder / "redis") as redis,
        WholeCentre(folder, redis.url, PULT_VOICE_SDK_PORT=str(free_port())).up() as centre,
    ):
        yield centre


@pytest.fixture
def people(programs: WholeCentre) -> Iterator[list[Person]]:
    there: list[Person] = []
    yield there
    for person in there:
        person.context.close()
    programs.everybody_goes()


@pytest.fixture
def loaded() -> list[str]:
    """The scripts that the desk's page was given."""
    return []


@pytest.fixture
def anna(browser: Browser, programs: WholeCentre, people: list[Person], loaded: list[str]) -> Person:
    """Signed in. Nobody has signed the exchange's certificate, so the browser is told to trust it."""
    wrong: list[str] = []

    def watch(page: Page) -> None:
        page.on("request", lambda request: loaded.append(PurePosixPath(urlsplit(request.url).path).name))
        page.on("pageerror", lambda error: wrong.append(str(error)))

    person = desk_of(browser, programs, ANNA, AGENT_TONE, watch=watch, ignore_https_errors=True)
    people.append(person)
    assert wrong == []
    return person


@pytest.fixture
def caller(browser: Browser, programs: WholeCentre, people: list[Person], anna: Person) -> Person:
    people.append(caller_of(browser, programs, "0"))
    return people[-1]


def test_a_whole_call(programs: WholeCentre, anna: Person, caller: Person, loaded: list[str]) -> None:
    assert {"twilio_telephone.js", "twilio.min.js"} <= set(loaded)
    assert "exchange_telephone.js" not in loaded
    page = anna.page
    expect(page.locator("#phone-accept")).to_be_focused()
    expect(page).to_have_title("☎ Звонок")
    page.keyboard.press("Enter")
    stage(anna, "talking")
    anna.hears(CALLER_TONE)
    caller.hears(AGENT_TONE)

    mute_and_hold(anna, caller)
    expect(page.locator("#phone-state")).to_contain_text("Связь: хорошая")

    page.keyboard.press("KeyE")
    stage(anna, "wrap_up")
    expect(page.locator("#phone-state")).to_have_text("Телефон готов")
    (offer,) = programs.rows(Offer, call_id=programs.newest_call().id)
    assert (offer.state, offer.is_ended_by_desk) == ("done", True)


def test_a_caller_who_hangs_up_ends_the_call_at_the_desk(anna: Person, caller: Person) -> None:
    expect(anna.page.locator("#phone-accept")).to_be_enabled()
    anna.page.keyboard.press("KeyA")
    stage(anna, "talking")
    anna.hears(CALLER_TONE)
    caller.context.close()
    stage(anna, "wrap_up")
    expect(anna.page.locator("#phone-state")).to_have_text("Телефон готов")


def test_a_declined_call_keeps_its_place(programs: WholeCentre, anna: Person, caller: Person) -> None:
    expect(anna.page.locator("#phone-accept")).to_be_enabled()
    anna.page.keyboard.press("KeyD")
    expect(anna.page.locator(".presence .word")).to_have_text("Отклонён звонок")
    until(lambda: programs.rows(Offer, call_id=programs.newest_call().id)[0].state == "declined", "the refusal")


def test_a_call_that_the_agent_makes(programs: WholeCentre, anna: Person) -> None:
    page = anna.page
    page.keyboard.press("KeyN")
    page.locator("#dial-number").fill("8 (495) 111-22-33")
    page.keyboard.press("Enter")
    expect(page.locator("#dialled")).to_be_visible()
    anna.hears(425.0)
    call = until(lambda: programs.rows(Call, direction="outbound"), "the call in the log")[-1]
    assert (call.ani, call.dnis, call.state) == ("+74951112233", LINE, "connected")
    page.keyboard.press("KeyE")
    stage(anna, "wrap_up")
    (dial,) = until(lambda: programs.rows(Dial, call_id=call.id, state="over"), "the end of the call")
    assert dial.agent_id == programs.agent(ANNA).id


@pytest.fixture
def settings(site: Site) -> Settings:
    given = site.house.centre.settings
    named = {**given.named, "PULT_VOICE_PORT": "9101", "PULT_VOICE_SDK_PORT": "9102"}
    return replace(given, named=named, carrier_url="http://127.0.0.1:9100", api_key_secret="x" * 32)


def test_the_setting_alone_decides(site: Site, settings: Settings) -> None:
    now = site.house.clock.now()
    telephone = page_telephone(settings, "client:anna", at=now)
    assert telephone is not None
    assert (telephone.name, telephone.given) == ("TwilioTelephone", ({"chunderw": "127.0.0.1:9102"},))
    assert signal_origins(settings) == ("wss://127.0.0.1:9102",)
