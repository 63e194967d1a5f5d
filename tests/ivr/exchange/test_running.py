"""The exchange as a live server, its telephones over HTTP, and its program."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ivr.exchange import AutoAnswer, ExchangeError, Phone, PortTaken, RunningExchange, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.ivr.exchange.conftest import Bench, RecordingApp

LINE = "+74950000001"


@pytest.fixture
def live(app: RecordingApp) -> Iterator[RunningExchange]:
    with RunningExchange(Settings(characters_per_second=1000)) as running:
        running.switch.add_number(LINE, app.url("/voice"), status_callback=app.url("/status"))
        yield running


def test_a_call_is_worked_over_http(app: RecordingApp, live: RunningExchange) -> None:
    app.says("/voice", '<Gather action="/menu" numDigits="1" timeout="60"><Say>Press</Say></Gather>')
    app.says("/menu", "<Say>Bye</Say>")
    phone = Phone.dial(live.url, LINE, "+79001112233")
    kinds = []
    for event in phone.follow():
        kinds.append(event["kind"])
        if event["kind"] == "waits_for_input":
            phone.press("1")
    assert kinds == ["dialled", "answered", "hears", "waits_for_input", "pressed", "hears", "ended"]


def test_a_registered_person_is_called_over_http(app: RecordingApp, live: RunningExchange) -> None:
    anna = Phone.at(live.url, "client:anna")
    app.says("/voice", "<Dial><Client>anna</Client></Dial>")
    caller = Phone.dial(live.url, LINE)
    for event in anna.follow(5):
        if event["kind"] == "ringing":
            anna.accept()
        elif event["kind"] == "bridged":
            caller.hang_up()
    assert [e["kind"] for e in caller.events()][-1] == "ended"


def test_errors_are_one_sentence(live: RunningExchange) -> None:
    with pytest.raises(ExchangeError, match="not a number of this exchange"):
        Phone.dial(live.url, "+70000000000")
    with pytest.raises(ExchangeError, match="does not answer"):
        Phone.dial("http://127.0.0.1:9", LINE)
    with pytest.raises(ExchangeError, match="no telephone"):
        Phone(live.url, "PH0").press("1")


def test_taken_port_is_one_clear_line(live: RunningExchange) -> None:
    with pytest.raises(PortTaken, match=f"127.0.0.1:{live.port}"):
        RunningExchange(port=live.port)


def test_program_starts_says_where_and_stops_on_sigterm() -> None:
    command = [sys.executable, "-m", "ivr.exchange", "--port", "0", "--number", f"{LINE}=http://127.0.0.1:9/"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout
        assert "listening on http://127.0.0.1:" in program.stdout.readline()
        program.send_signal(signal.SIGTERM)
        _, errors = program.communicate(timeout=60)
    assert (program.returncode, errors) == (0, "")


def test_program_on_a_taken_port_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "ivr.exchange", "--port", port],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert port in done.stderr


def test_idle_exchange_awaits_nothing(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Say>Hello</Say>")
    bench.call()
    bench.run(10)
    assert bench.switch.next_event_at() is None


def test_next_event_is_told_and_requests_come_first(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Say>Hi</Say><Pause length="30"/>')
    bench.switch.dial(LINE, "+79001112233")
    assert bench.switch.next_event_at() == bench.clock.now()
    bench.switch.run_due()
    first = bench.switch.next_event_at()
    assert first is not None
    assert timedelta(0) < first - bench.clock.now() < timedelta(seconds=1)


def test_the_same_seed_gives_the_same_sids(app: RecordingApp, make_bench: Callable[..., Bench]) -> None:
    sids = []
    for _ in range(2):
        bench = make_bench()
        sids.append(bench.sid(bench.call()))
    assert sids[0] == sids[1]


def test_twenty_agents_and_callers_all_come_to_an_end(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave("client:*", AutoAnswer(after=1, talk_for=5))
    app.says("/voice", '<Enqueue action="/left">care</Enqueue>')
    app.says("/agent", "<Dial><Queue>care</Queue></Dial>")
    phones = [bench.call() for _ in range(20)]
    for number in range(20):
        bench.client.calls.create(to=f"client:a{number}", from_=LINE, url=app.url("/agent"))
    bench.run(60)
    assert all(bench.ending(phone)["status"] == "completed" for phone in phones)
    assert len(app.at("/left")) == 20
    with bench.switch.turn() as core:
        assert not core.live_calls
        assert not core.bridges
        assert not core.queue_waiters or not any(core.queue_waiters.values())
