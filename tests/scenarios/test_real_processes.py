"""The programs of a centre as an administrator starts them, stopped and killed for real, in real time."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from agents.demo import load_demo
from agents.house.composing import compose, prepare
from agents.models import Agent, Offer, Presence, Wait, WaitState
from config.clock import WallClock
from config.database import Database
from config.job_queues import connect
from config.ports import answers
from config.settings import demo_settings, read_settings
from ivr import exchange
from ivr.calls.models import Call, Outcome
from tests.ports import free_port
from tests.scenarios.aftermath import doubled, unfinished
from tests.scenarios.lines import LINES, OPERATOR
from wsgi import connect_lines

HERE: Final = Path(__file__).resolve().parents[2]
# Two to be killed in the web server, two in the workers; each once.
KILLED_AT: Final = ("commit:answer_call", "commit:claim_wait", "carrier:ring_agent", "carrier:take_from_queue")


class Programs:
    """A centre on SQLite whose programs are started one by one; the exchange runs in this process, in real time."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.folder, self.redis_url = folder, redis_url
        self.environ = {
            **demo_settings(),
            "PULT_DATA_DIR": str(folder / "data"),
            "PULT_REDIS_URL": redis_url,
            "PULT_PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
            "PULT_FALLBACK_URL": f"http://127.0.0.1:{free_port()}",
            "PULT_CARRIER_URL": f"http://127.0.0.1:{free_port()}",
            "TWILIO_ACCOUNT_SID": "AC" + "7" * 32,
            "TWILIO_AUTH_TOKEN": "of-this-test",
        }
        self.settings = read_settings(self.environ, folder=folder)
        account = exchange.Settings(
            account_sid=self.settings.account_sid, auth_token=self.settings.auth_token, characters_per_second=500.0
        )
        self.carrier = exchange.RunningExchange(account, port=int(self.settings.carrier_url.rsplit(":", 1)[1]))
        prepare(self.settings)
        house = compose(self.settings)
        load_demo(house.centre)
        connect_lines(self.carrier.switch, self.settings, house.centre.insurers)
        house.close()
        self.records = Database(self.settings.database_url)

    @contextmanager
    def started(self, program: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        """`pult serve PROGRAM` for the length of the block."""
        command = [sys.executable, "-m", "wsgi", "serve", program]
        environ = {**os.environ, **self.environ, **more}
        with (self.folder / f"{program}.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=HERE, env=environ, stdout=log, stderr=log, start_new_session=True)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)

    def web_answers(self) -> bool:
        """Whether the web server is up."""
        return answers(f"{self.settings.public_url}/static/hold.wav")

    def count(self, model: type[Any], *where: Any) -> int:
        """How many such rows there are."""
        with self.records.reading("count") as tx:
            return tx.scalar(select(func.count()).select_from(model).where(*where)) or 0

    def dial(self) -> str:
        """A caller asks for the desk; the telephone's id."""
        return self.carrier.switch.dial(LINES["vsk"], presses=OPERATOR["vsk"], patience=120)

    def close(self) -> None:
        """Let go of the database."""
        self.records.close()


@pytest.fixture
def programs(tmp_path: Path, redis_url: str) -> Iterator[Programs]:
    programs = Programs(tmp_path, redis_url)
    with programs.carrier:
        yield programs
    programs.close()


def until(is_so: Callable[[], object], seconds: float = 90) -> float:
    """Wait for it; how long that took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, "it never came true"
        time.sleep(0.02)
    return time.monotonic() - began


def agents_are_there(programs: Programs) -> bool:
    return programs.count(Agent, Agent.insurer_id == "vsk", Agent.presence == Presence.AVAILABLE) > 0


def importing_seconds() -> float:
    """What Python needs here and now to load the program, before any of it runs."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import wsgi"], cwd=HERE, check=True)
    return time.monotonic() - began


@pytest.mark.timeout(800)
def test_with_the_workers_stopped_nobody_is_offered_a_call_and_started_again_it_rings_within_two_seconds(
    programs: Programs,
) -> None:
    waits, allowed, rounds = [], [], 0
    with ExitStack() as running:
        running.enter_context(programs.started("web"))
        running.enter_context(programs.started("sweep"))
        with programs.started("workers"):
            until(lambda: programs.web_answers() and agents_are_there(programs))
        # More than once, as the machine that runs the tests has other things to do too.
        while len(waits) < 3 and rounds < 6:
            rounds += 1
            before = programs.count(Offer)
            phone = programs.dial()
            until(lambda: programs.count(Wait, Wait.state == WaitState.WAITING) == 1)
            time.sleep(2)
            # Where Redis stood still for a moment, the sweep has done the workers' part: that round shows nothing.
            is_idle = programs.count(Offer) == before
            limit = max(2.0, 1.0 + importing_seconds())
            with programs.started("workers"):
                wait = until(lambda before=before: programs.count(Offer, Offer.ringing_at.is_not(None)) > before)  # type: ignore[misc]
                if is_idle:
                    waits.append(wait)
                    allowed.append(limit)
                programs.carrier.switch.hang_up(phone)
                until(lambda: programs.count(Wait, Wait.ended_at.is_(None)) == 0 and agents_are_there(programs))
    assert waits, "each time the sweep was first"
    assert min(wait - limit for wait, limit in zip(waits, allowed, strict=True)) < 0, (waits, allowed)


@pytest.mark.timeout(400)
def test_programs_killed_and_redis_flushed_in_mid_call_cost_seconds_and_not_the_caller(programs: Programs) -> None:
    marks = {place: programs.folder / place.replace(":", "-") for place in KILLED_AT}
    deadly = {"PULT_FAILPOINT": ",".join(f"{place}=kill@{mark}" for place, mark in marks.items())}
    with ExitStack() as running:
        running.enter_context(programs.started("web", **deadly))
        running.enter_context(programs.started("sweep"))
        running.enter_context(programs.started("workers", **deadly))
        until(lambda: programs.web_answers() and agents_are_there(programs))
        phone = programs.dial()
        until(lambda: programs.count(Wait) == 1)
        with connect(programs.redis_url) as redis:
            redis.flushall()
        switch = programs.carrier.switch
        until(lambda: "bridged" in [event.kind for event in switch.events_since(phone)], seconds=110)
        switch.hang_up(phone)
        until(lambda: programs.count(Call, Call.ended_at.is_not(None)) == 1 and programs.count(Outcome) > 0)
        until(lambda: open_things(programs) == {})
        with programs.records.reading("doubled") as tx:
            assert doubled(tx, switch) == {}
    assert [place for place, mark in marks.items() if not mark.exists()] == []


def open_things(programs: Programs) -> dict[str, list[Any]]:
    with programs.records.reading("unfinished") as tx:
        return unfinished(tx, programs.carrier.switch, WallClock().now())
