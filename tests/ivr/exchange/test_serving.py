"""A server that is stopped touches nothing that is closed, and leaves no thread and no descriptor behind."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from waitress import trigger

from ivr.exchange import AutoAnswer, RunningExchange, ServedApp, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.ivr.exchange.conftest import RecordingApp

LINE = "+74950000001"
ROUNDS = int(os.environ.get("PULT_STRESS_ROUNDS", "10"))


@pytest.fixture
def failed_pulls(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """What went wrong when somebody woke a server's loop, on whatever thread."""
    found: list[BaseException] = []
    pull = trigger.trigger._physical_pull

    def watched(self: Any) -> None:
        try:
            pull(self)
        except BaseException as error:
            found.append(error)
            raise

    monkeypatch.setattr(trigger.trigger, "_physical_pull", watched)
    return found


@pytest.fixture
def leaves_nothing() -> Iterator[None]:
    threads, descriptors = set(threading.enumerate()), len(os.listdir("/proc/self/fd"))
    yield
    until = time.monotonic() + 60
    while time.monotonic() < until and set(threading.enumerate()) - threads:
        time.sleep(0.01)
    assert not [one.name for one in set(threading.enumerate()) - threads]
    # The recording application may have opened a connection that it keeps, and notices by and by that others are over.
    until = time.monotonic() + 60
    while time.monotonic() < until and len(os.listdir("/proc/self/fd")) > descriptors + 2:
        time.sleep(0.05)
    assert len(os.listdir("/proc/self/fd")) <= descriptors + 2


def _hammer(url: str, is_over: threading.Event) -> None:
    with requests.Session() as session:
        while not is_over.is_set():
            try:
                session.get(url, timeout=60)
            except requests.RequestException:
                return


def _under_fire(url: str, act: Callable[[], None], clients: int = 4) -> None:
    """Call `act` while clients ask for `url` as fast as they can."""
    is_over = threading.Event()
    firing = [threading.Thread(target=_hammer, args=(url, is_over)) for _ in range(clients)]
    for one in firing:
        one.start()
    act()
    is_over.set()
    for one in firing:
        one.join(60)


@pytest.mark.usefixtures("leaves_nothing")
def test_an_exchange_is_stopped_in_the_middle_of_calls_and_requests(
    app: RecordingApp, failed_pulls: list[BaseException]
) -> None:
    app.says("/voice", "<Dial><Client>anna</Client></Dial>")
    for _ in range(ROUNDS):
        running = RunningExchange(Settings(characters_per_second=1000, ringing_delay_seconds=0.0)).start()
        running.switch.add_number(LINE, app.url("/voice"), status_callback=app.url("/status"))
        running.switch.behave("client:*", AutoAnswer(after=0.0, talk_for=0.01))

        def act(running: RunningExchange = running) -> None:
            for _ in range(5):
                running.switch.dial(LINE, "+79001112233")
            time.sleep(0.02)
            running.stop()

        _under_fire(f"{running.url}/exchange/health", act)
    assert failed_pulls == []


def _slow(environ: Any, start_response: Any) -> list[bytes]:
    time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"x" * 100_000]


@pytest.mark.usefixtures("leaves_nothing")
def test_a_server_is_stopped_while_it_answers(
    failed_pulls: list[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(ROUNDS):
        served = ServedApp(_slow, threads=4).start()
        _under_fire(served.url, served.stop)
        served.stop()
    assert failed_pulls == []
    assert "Exception when servicing" not in caplog.text


@pytest.mark.usefixtures("leaves_nothing")
def test_a_client_that_does_not_read_holds_nobody_up(failed_pulls: list[BaseException]) -> None:
    def endless(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        while True:
            yield b"x" * 1_000_000

    served = ServedApp(endless, threads=1).start()
    with requests.Session() as session, session.get(served.url, stream=True, timeout=60):
        began = time.monotonic()
        served.stop()
    assert time.monotonic() - began < 30
    assert failed_pulls == []


def test_a_server_that_never_began_is_stopped() -> None:
    ServedApp(_slow).stop()
    RunningExchange().stop()
