"""A whole centre in programs of its own, with telephones and desks in real browsers, and what they hear, measured."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select, update

from agents.accounts.demo import add_demo_accounts
from agents.at_work import commands
from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.demo import load_demo
from agents.house.composing import compose, prepare
from agents.models import Agent, Offer, Presence
from config.ports import answers
from config.settings import demo_settings, read_settings
from ivr.calls.models import Call, CallState
from tests.ports import free_port

HERE: Final = Path(__file__).resolve().parents[3]
EAR: Final = (Path(__file__).parent / "ear.js").read_text()
LINE: Final = "+78002001441"
PATIENCE_SECONDS: Final = 60.0
CALLER_TONE, AGENT_TONE, COLLEAGUE_TONE, SUPERVISOR_TONE = 440.0, 620.0, 880.0, 1150.0


class WholeCentre:
    """Every program of a centre on ports of its own; its agents are away until their desks are open."""

    def __init__(self, folder: Path, redis_url: str, **more: str) -> None:
        self.folder = folder
        places = ("PULT_PUBLIC_URL", "PULT_FALLBACK_URL", "PULT_CARRIER_URL", "PULT_DESK_URL")
        self.environ = {
            **demo_settings(),
            **{name: f"http://127.0.0.1:{free_port()}" for name in places},
            "PULT_VOICE_PORT": str(free_port()),
            "PULT_DATA_DIR": str(folder / "data"),
            "PULT_REDIS_URL": redis_url,
            "TWILIO_ACCOUNT_SID": "AC" + "7" * 32,
            "TWILIO_AUTH_TOKEN": "of-this-test",
            "TWILIO_API_KEY": "SK" + "7" * 32,
            "TWILIO_API_SECRET": "a secret that both sides know, long enough",
            "TWILIO_APPLICATION_SID": "AP" + "7" * 32,
            **more,
        }
        self.settings = read_settings(self.environ, folder=folder)
        prepare(self.settings)
        self.house = compose(self.settings)
        load_demo(self.house.centre)
        self.password = add_demo_accounts(self.house.centre)
        self.records = self.house.centre.database
        with self.records.transaction("nobody_automatic") as tx:
            tx.execute(update(Agent).values(is_automatic=False))
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *programs: str) -> None:
        """`pult serve PROGRAM`, each; its agents have a minute to answer."""
        for program in programs:
            command = [sys.executable, "-m", "tests.agents.desk.patient_pult", "serve", program]
            with (self.folder / f"{program}.log").open("ab") as log:
                self._running[program] = subprocess.Popen(
                    command, cwd=HERE, env=os.environ | self.environ, stdout=log, stderr=log, start_new_session=True
                )

    def stop(self, program: str) -> None:
        """End a program as a service manager does."""
        process = self._running.pop(program)
        process.terminate()
        process.wait(30)

    @contextmanager
    def up(self) -> Iterator["WholeCentre"]:
        """All programs, for the length of the block."""
        with ExitStack() as ending:
            ending.callback(self.close)
            self.start("exchange", "web", "desk", "workers", "sweep")
            until(self._is_up, "the programs", seconds=120)
            yield self

    def close(self) -> None:
        """End what still runs."""
        for program in list(self._running):
            self.stop(program)
        self.house.close()

    def _is_up(self) -> bool:
        urls = (
            f"{self.settings.carrier_url}/exchange/health",
            f"{self.settings.public_url}/static/hold.wav",
            f"{self.settings.desk_url}/health",
        )
        return all(map(answers, urls))

    def agent(self, code: str) -> Agent:
        """The agent as they are now."""
        with self.records.reading("test_agent") as tx:
            return tx.scalars(select(Agent).where(Agent.code == code)).one()

    def newest_call(self) -> Call:
        """The call that began last."""
        with self.records.reading("test_call") as tx:
            return tx.scalars(select(Call).order_by(Call.id.desc()).limit(1)).one()

    def rows(self, model: type[Any], **where: Any) -> list[Any]:
        """Rows of a kind."""
        with self.records.reading("test_rows") as tx:
            return list(tx.scalars(select(model).filter_by(**where)))

    def everybody_goes(self) -> None:
        """Whoever writes a call down does so, and all are away: for the end of a test."""
        until(lambda: not self.rows(Offer, state="accepted"), "the end of every conversation")
        until(lambda: all(call.state == CallState.ENDED for call in self.rows(Call)), "the end of every call")
        for agent in self.rows(Agent):
            who = {"insurer_id": agent.insurer_id, "code": agent.code}
            if agent.presence == Presence.WRAP_UP:
                record_call_outcome(self.house.floor, **who, outcome=WrittenOutcome("info_given"))
            if agent.presence != Presence.AWAY:
                commands.go_away(self.house.floor, **who)


@dataclass
class Person:
    """Somebody with a browser of their own, whose microphone sounds one tone."""

    context: BrowserContext
    page: Page

    def listen(self, *frequencies: float) -> tuple[float, list[float]]:
        found = self.page.evaluate("(frequencies) => listen(frequencies)", list(frequencies))
        return found["level"], found["shares"]

    def hears(self, frequency: float, *others: float) -> None:
        """Wait until these tones, and hardly anything else, are heard."""

        def found() -> bool:
            level, shares = self.listen(frequency, *others)
            return level > 0.02 and sum(shares) > 0.75 and all(share > 0.15 for share in shares)

        until(found, lambda: f"{(frequency, *others)} Hz; heard {self.listen(frequency, *others)}")

    def hears_music(self) -> None:
        """Wait until something is heard that is none of the tones of the people here."""

        def found() -> bool:
            level, shares = self.listen(CALLER_TONE, AGENT_TONE, COLLEAGUE_TONE)
            return level > 0.005 and sum(shares) < 0.3

        until(found, lambda: f"music; heard {self.listen(CALLER_TONE, AGENT_TONE, COLLEAGUE_TONE)}")

    def hears_no(self, frequency: float) -> None:
        """Wait until this tone is gone."""

        def found() -> bool:
            level, (share,) = self.listen(frequency)
            return level * share < 0.002

        until(found, lambda: f"no {frequency} Hz; heard {self.listen(frequency)}")


def somebody(browser: Browser, tone: float, **more: Any) -> Person:
    """A browser of their own."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="ru-RU", **more)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    context.add_init_script(f"window.tone = {tone};\n{EAR}")
    return Person(context, context.new_page())


def desk_of(
    browser: Browser,
    centre: WholeCentre,
    code: str,
    tone: float,
    *,
    watch: Callable[[Page], None] | None = None,
    **more: Any,
) -> Person:
    """An agent who has signed in, whose telephone is ready, and who takes calls; `watch` is given the page first."""
    person = somebody(browser, tone, **more)
    page = person.page
    if watch is not None:
        watch(page)
    _sign_in(page, centre, code, "/desk")
    page.keyboard.press("KeyP")
    page.get_by_role("button", name="Принимать звонки").click()
    page.locator(".presence .word", has_text="Доступен").wait_for()
    return person


def supervisor_of(browser: Browser, centre: WholeCentre, code: str) -> Person:
    """A supervisor on the floor's page, whose telephone is ready; away, so that no call is offered to them."""
    person = somebody(browser, SUPERVISOR_TONE)
    _sign_in(person.page, centre, code, "/floor")
    return person


def _sign_in(page: Page, centre: WholeCentre, code: str, path: str) -> None:
    page.goto(f"{centre.settings.desk_url}{path}")
    page.locator("[name=name]").fill(code)
    page.locator("[name=password]").fill(centre.password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{path}")
    page.locator("#phone-state", has_text="Телефон готов").wait_for()
    page.locator("html[data-connection=up]").wait_for()


def caller_of(browser: Browser, centre: WholeCentre, *keys: str, number: str = "+70002000001") -> Person:
    """Somebody who calls the line from the phone page, and presses these keys."""
    person = somebody(browser, CALLER_TONE)
    page = person.page
    page.goto(f"{centre.settings.carrier_url}/exchange/phone/")
    page.locator("#call:enabled").wait_for()
    page.locator("#to").fill(LINE)
    page.locator("#from").fill(number)
    page.locator("#from").press("Enter")
    page.locator("body[data-state=up]").wait_for()
    for key in keys:
        page.locator("#story li").first.wait_for()
        page.locator(f"#pad [data-key='{key}']").click()
    return person


def until(condition: Callable[[], Any], what: str | Callable[[], str], seconds: float = PATIENCE_SECONDS) -> Any:
    """What the condition gives once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what if isinstance(what, str) else what()}")


def stage(person: Person, expected: str) -> None:
    """What the desk shows of its call: `ringing`, `talking`, `holding`, `wrap_up`."""
    expect(person.page.locator("#desk-now")).to_have_attribute("data-stage", expected)


def mute_and_hold(agent: Person, caller: Person) -> None:
    """In a conversation the agent mutes and holds by keys; what each hears is measured."""
    page = agent.page
    page.keyboard.press("KeyM")
    expect(page.locator("#phone-mute")).to_have_attribute("aria-pressed", "true")
    caller.hears_no(AGENT_TONE)
    page.keyboard.press("KeyM")
    caller.hears(AGENT_TONE)

    page.keyboard.press("KeyH")
    stage(agent, "holding")
    caller.hears_music()
    agent.hears_no(CALLER_TONE)
    page.keyboard.press("KeyH")
    stage(agent, "talking")
    agent.hears(CALLER_TONE)
    caller.hears(AGENT_TONE)
