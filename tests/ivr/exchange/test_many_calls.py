"""A live exchange with a thousand calls at once: all of them go on, REST answers, and nothing is left afterwards."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from ivr.exchange import NoAnswer, RunningExchange, Settings
from ivr.exchange.courier import LiveCourier
from ivr.exchange.server import THREADS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ivr.exchange.conftest import Bench, RecordingApp

LINE = "+74950000001"
DUTY = "+79990000001"
CALLS = 1000


def _until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def _live(running: RunningExchange) -> int:
    with running.switch.turn() as core:
        return len(core.live_calls)


def test_a_thousand_calls_at_once(app: RecordingApp, bench: Bench) -> None:
    threads, descriptors = threading.active_count(), len(os.listdir("/proc/self/fd"))
    app.says("/voice", '<Enqueue action="/left" waitUrl="/wait">care</Enqueue>')
    app.says("/wait", '<Gather numDigits="1" action="/key" timeout="2"/>')
    app.says("/key", "<Leave/>")
    app.says("/left", "<Say>Bye</Say>")
    with RunningExchange(Settings(characters_per_second=1000)) as running:
        bench.client.api.base_url = running.url
        running.switch.add_number(LINE, app.url("/voice"), status_callback=app.url("/status"))
        phones = [running.switch.dial(LINE, f"+7900{number:07}") for number in range(CALLS)]
        _until(lambda: bool(bench.client.queues.list()))
        (queue,) = bench.client.queues.list()
        _until(lambda: bench.client.queues(str(queue.sid)).fetch().current_size == CALLS)
        assert _live(running) == CALLS
        # REST answers while every call asks for its waiting document every two seconds.
        asked = len(app.heard)
        assert len(bench.client.calls.list(page_size=1000)) == CALLS
        assert len(bench.client.queues(str(queue.sid)).members.list(page_size=1000)) == CALLS
        _until(lambda: len(app.heard) > asked + CALLS)
        for phone in phones[::2]:
            running.switch.press(phone, "1")
        for phone in phones[1::2]:
            running.switch.hang_up(phone)
        _until(lambda: _live(running) == 0)
        _until(lambda: len(app.at("/status")) == CALLS and len(app.at("/left")) == CALLS)
        with running.switch.turn() as core:
            assert not core.queues[str(queue.sid)].members
            assert core.timeline.next_at() is None
        assert threading.active_count() <= threads + THREADS + LiveCourier.THREADS + 3
    _until(lambda: threading.active_count() <= threads)
    bench.client.http_client.session.close()
    # The recording application notices by and by that nobody is at the other end.
    _until(lambda: len(os.listdir("/proc/self/fd")) <= descriptors)


def test_what_is_over_for_long_is_forgotten(app: RecordingApp, make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(keep_ended_seconds=3600.0)
    bench.switch.behave(DUTY, NoAnswer())
    app.says("/voice", "<Record/><Dial><Conference>room</Conference></Dial>")
    for _ in range(3):
        phone = bench.call()
        bench.switch.press(phone, "1")
        bench.client.messages.create(to=DUTY, from_=LINE, body="text")
        bench.run(10)
        bench.switch.hang_up(phone)
        bench.run(3601)
    bench.call()
    with bench.switch.turn() as core:
        kept = (core.calls, core.phones, core.conferences, core.recordings, core.messages, core.ended_calls)
        assert [len(it) for it in kept] == [1, 1, 0, 1, 0, 0]
