"""Real processes: the web server is killed in mid-call, the fallback serves the callers, and their rows come later."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import config
from agents.house.composing import prepare
from config.clock import WallClock
from config.database import Database
from config.lines import load_insurers
from config.ports import answers
from config.settings import Settings, demo_settings, read_settings
from ivr.calls.models import Call, Outcome
from ivr.exchange import Phone, RunningExchange
from ivr.exchange import Settings as ExchangeSettings
from tests.ports import free_port
from wsgi import connect_lines

HERE = Path(config.__file__).parents[1]
VSK, ANI = "+78002001441", "+70002000001"
# Speech takes no time, so that the test does not.
ACCOUNT = ExchangeSettings(auth_token="token-of-a-test", characters_per_second=5000)
KEYED = ("5000000001#", "15031985")
NOBODY = "redis://127.0.0.1:9/0"
PATIENCE_SECONDS = 120.0


@dataclass
class Centre:
    """Programs of a centre, each a process group of its own, so that a kill takes its workers too."""

    settings: Settings
    environ: dict[str, str]
    carrier: RunningExchange
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, health: str = "") -> None:
        log = (self.settings.data_dir / f"{name}.log").open("ab")
        with log:
            command = [sys.executable, "-m", "wsgi", "serve", name]
            environ = {**os.environ, **self.environ}
            self.running[name] = subprocess.Popen(
                command, cwd=HERE, env=environ, stdout=log, stderr=log, start_new_session=True
            )
        if health:
            _wait_until(lambda: answers(health), name)

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        process = self.running.pop(name)
        os.killpg(process.pid, how)
        process.wait(60)

    def call(self, sid: str) -> Call | None:
        database = Database(self.settings.database_url)
        try:
            with database.reading("call") as tx:
                return tx.scalars(select(Call).where(Call.carrier_sid == sid)).one_or_none()
        finally:
            database.close()

    def outcome(self, call: Call) -> str | None:
        database = Database(self.settings.database_url)
        try:
            with database.reading("outcome") as tx:
                return tx.scalar(select(Outcome.code).where(Outcome.call_id == call.id, Outcome.is_primary))
        finally:
            database.close()

    def alerts(self) -> set[int]:
        return {alert.code for alert in self.carrier.switch.alerts()}


def _wait_until(holds: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until, what
        time.sleep(0.1)


@pytest.fixture
def carrier() -> Iterator[RunningExchange]:
    with RunningExchange(ACCOUNT) as running:
        yield running


@pytest.fixture
def centre(tmp_path: Path, carrier: RunningExchange) -> Iterator[Centre]:
    environ = {
        **demo_settings(),
        "PULT_DATA_DIR": str(tmp_path),
        "PULT_REDIS_URL": NOBODY,
        "PULT_PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
        "PULT_FALLBACK_URL": f"http://127.0.0.1:{free_port()}",
        "PULT_CARRIER_URL": carrier.url,
        "PULT_WEB_WORKERS": "1",
        "TWILIO_ACCOUNT_SID": ACCOUNT.account_sid,
        "TWILIO_AUTH_TOKEN": ACCOUNT.auth_token,
    }
    settings = read_settings(environ, folder=tmp_path)
    prepare(settings)
    connect_lines(carrier.switch, settings, load_insurers(settings))
    found = Centre(settings, environ, carrier)
    try:
        found.start("fallback", settings.fallback_url)
        found.start("web", f"{settings.public_url}/static/hold.wav")
        yield found
    finally:
        for name in list(found.running):
            found.kill(name)


def _heard(phone: Phone) -> tuple[list[str], list[str]]:
    """What the caller hears to the end of the call, and the kinds of what happens."""
    texts, kinds = [], []
    for event in phone.follow(5):
        kinds.append(event["kind"])
        if event["kind"] == "hears":
            texts.append(str(event.get("text", "")))
        if event["kind"] == "bridged":
            phone.hang_up()
    return texts, kinds


def test_a_web_server_killed_in_mid_call_leads_to_the_duty_number_and_rows_are_written_later(centre: Centre) -> None:
    first = Phone.dial(centre.carrier.url, VSK, ANI)
    for event in first.follow(5):
        if event["kind"] == "waits_for_input":
            break
    _wait_until(lambda: centre.call(first.call_sid), "the call's row")

    centre.kill("web")
    first.press("1")
    texts, kinds = _heard(first)
    assert any("неполадки" in text and "112" in text for text in texts)
    assert "bridged" in kinds

    second = Phone.dial(centre.carrier.url, VSK, "anonymous")
    texts, kinds = _heard(second)
    assert any("We are sorry" in text for text in texts)
    assert "bridged" in kinds
    assert centre.alerts() == {11205}
    assert centre.call(second.call_sid) is None

    # The sweep needs neither the web server nor Redis to find out.
    centre.start("sweep")
    _wait_until(lambda: (it := centre.call(second.call_sid)) and it.ended_at, "the missing row")
    _wait_until(lambda: (it := centre.call(first.call_sid)) and it.ended_at, "the end of the first call")
    missed = centre.call(second.call_sid)
    assert missed is not None
    assert missed.ended_at is not None
    assert timedelta(0) < missed.ended_at - missed.started_at < timedelta(minutes=2)
    assert WallClock().now() - missed.started_at < timedelta(minutes=5)
    assert centre.outcome(missed)

    # And once it is there again, callers have the whole centre; nothing that they key is in any program's log.
    centre.start("web", f"{centre.settings.public_url}/static/hold.wav")
    _press_through(Phone.dial(centre.carrier.url, VSK, ANI), ["1", "1", *KEYED])
    logs = {path.name: path.read_text() for path in centre.settings.data_dir.glob("*.log")}
    assert set(logs) == {"fallback.log", "web.log", "sweep.log"}
    secrets = [ANI, ANI[2:], *(keys.rstrip("#") for keys in KEYED)]
    assert [(name, secret) for name, text in logs.items() for secret in secrets if secret in text] == []
    assert "fallback for vsk medical_desk" in logs["fallback.log"]


def _press_through(phone: Phone, presses: list[str]) -> None:
    """Answer prompt after prompt, and hang up at the one after."""
    for event in phone.follow(5):
        if event["kind"] == "waits_for_input":
            if not presses:
                phone.hang_up()
            else:
                phone.press(presses.pop(0))
    assert not presses


def test_a_web_server_that_hangs_leads_to_the_duty_number_too(centre: Centre) -> None:
    os.killpg(centre.running["web"].pid, signal.SIGSTOP)
    began = time.monotonic()
    texts, kinds = _heard(Phone.dial(centre.carrier.url, VSK, ANI))
    os.killpg(centre.running["web"].pid, signal.SIGCONT)
    assert any("неполадки" in text for text in texts)
    assert "bridged" in kinds
    assert 14 < time.monotonic() - began < 60
