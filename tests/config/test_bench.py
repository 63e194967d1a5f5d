"""The bench's tools, on a real bare app: they count what they should, and fail where a figure would mean nothing."""

import json
import math
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from config.bench import bare, calls
from config.bench.calls import hold_calls
from config.bench.client import Client, Request
from config.bench.figures import Finding, Unit, median, percentile
from config.bench.growth import growth_findings, time_sizes
from config.bench.memory import memory_of
from config.bench.report import Measurement, run_bench
from config.bench.scripts import CallScript, TurnFailed
from config.bench.turns import compare_turns
from config.bench.waits import time_effects, wait_findings
from config.ports import accepts
from config.processes import Program, Supervisor
from tests.ports import free_port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[int]]]:
    """The bare app's address, and its process."""
    port = free_port()
    command = bare.command(port, workers=1, threads=1)
    program = Program("bare", command, is_ready=lambda: accepts("127.0.0.1", port))
    supervisor = Supervisor([program], tmp_path_factory.mktemp("logs"))
    supervisor.start()
    yield f"http://127.0.0.1:{port}", list(supervisor.pids().values())
    supervisor.stop()


def bare_call(address: str, turns: int = 4) -> CallScript:
    """A call at the bare app: turns of two kinds, and news at the end."""
    for number in range(turns):
        reply = yield Request(
            address + bare.PATH, {"CallSid": "CA1"}, {"X-Twilio-Signature": "x"}, f"kind {number % 2}"
        )
        assert reply.status == 200
    yield Request(address + bare.PATH)


@pytest.mark.parametrize("keep_alive", [True, False])
def test_every_turn_is_timed_beside_a_bare_one(server: tuple[str, list[int]], keep_alive: bool) -> None:
    steps: list[None] = []
    cost = compare_turns(
        lambda: bare_call(server[0]),
        address=server[0],
        bare_url=server[0] + bare.PATH,
        turns=200,
        warm_up_calls=1,
        keep_alive=keep_alive,
        step=lambda: steps.append(None),
    )
    findings = {one.name: one for one in cost.findings(goal=3)}
    assert len(steps) == len(cost.bare) == len(cost.all_turns) == 200
    assert findings["turn ÷ bare app"].figure == median(cost.all_turns) / median(cost.bare)
    assert {name for name in findings if name.startswith("kind")} == {"kind 0 ÷ bare app", "kind 1 ÷ bare app"}


def test_a_client_reads_the_whole_reply(server: tuple[str, list[int]]) -> None:
    client = Client(server[0])
    reply = client.send(Request(server[0] + bare.PATH))
    client.close()
    assert (reply.status, reply.body.decode()) == (200, bare.TWIML)


def test_a_turn_that_fails_spoils_the_figure(server: tuple[str, list[int]]) -> None:
    def script() -> CallScript:
        yield Request(server[0] + "/nowhere", kind="turn")

    with pytest.raises(TurnFailed, match="answered 404"):
        compare_turns(script, address=server[0], bare_url=server[0] + bare.PATH, turns=1)


def test_calls_take_their_turns_on_time_and_are_followed_by_others(server: tuple[str, list[int]]) -> None:
    begun: list[None] = []

    def script() -> CallScript:
        begun.append(None)
        return bare_call(server[0])

    measured = hold_calls(script, calls=20, every_seconds=0.2, run_seconds=1, pids=lambda: server[1])
    assert measured.failures == 0
    # Twenty at once, five turns a second each; the news between two calls takes nobody's turn.
    assert len(measured.seconds) == pytest.approx(100, abs=2)
    assert len(begun) > 20
    assert measured.memory_bytes > 20 * 2**20


def test_a_server_that_is_away_is_counted_not_hidden() -> None:
    away = f"http://127.0.0.1:{free_port()}/"

    def script() -> CallScript:
        while True:
            yield Request(away, kind="turn")

    measured = hold_calls(script, calls=2, every_seconds=0.1, run_seconds=0.3)
    assert measured.failures >= len(measured.seconds) > 0
    assert [one.is_met for one in measured.findings(goal=1) if one.name == "turns that failed"] == [False]


def test_a_call_that_goes_astray_is_counted_and_followed_by_another(server: tuple[str, list[int]]) -> None:
    def script() -> CallScript:
        yield Request(server[0] + bare.PATH, kind="turn")
        raise TurnFailed("an apology")

    measured = hold_calls(script, calls=2, every_seconds=0.1, run_seconds=0.3)
    assert measured.failures >= len(measured.seconds) > 2


def test_calls_that_are_interrupted_end_at_once(server: tuple[str, list[int]]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        hold_calls(lambda: bare_call(server[0]), calls=4, every_seconds=20, run_seconds=60, step=interrupt)
    assert time.monotonic() - began < 30


def test_a_server_that_is_hopelessly_behind_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_PATIENCE_SECONDS", 0.5)

    class Slow(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            time.sleep(0.2)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    def script() -> CallScript:
        while True:
            yield Request(f"http://127.0.0.1:{server.server_port}/", kind="turn")

    with HTTPServer(("127.0.0.1", 0), Slow) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        began = time.monotonic()
        measured = hold_calls(script, calls=200, every_seconds=0.2, run_seconds=1)
        server.shutdown()
    # Every call had a turn that nobody took.
    assert measured.failures >= 200
    # All of the turns would take this server minutes.
    assert time.monotonic() - began < 60


class Nap:
    """Something that takes a while."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.done: list[str] = []

    def set_up(self, number: int) -> None:
        self.done.append(f"set_up {number}")
        time.sleep(0.02)

    def work(self) -> None:
        time.sleep(self.seconds)

    def cause(self) -> None:
        self.done.append("cause")

    def await_effect(self) -> None:
        self.work()

    def reset(self) -> None:
        self.done.append("reset")


def test_effects_are_timed_from_their_cause_alone() -> None:
    scene = Nap(0.01)
    taken = time_effects(scene, rounds=2)
    assert wait_findings(taken, name="ringing", goal_ms=1000)[0].is_met
    assert min(taken) > 0.009
    assert scene.done == ["set_up 0", "cause", "reset", "set_up 1", "cause", "reset"]


def test_growth_is_the_largest_against_the_smallest() -> None:
    medians = time_sizes(lambda size: Nap(size / 1000), (1, 4), rounds=5)
    finding = growth_findings(medians, name="match", goal=1)[0]
    assert finding.figure > 1
    assert finding.is_met is False


def test_percentiles_are_by_nearest_rank() -> None:
    assert percentile([3, 1, 2], 50) == 2
    assert percentile(list(range(1, 101)), 95) == 95
    assert math.isnan(percentile([], 95))


def test_memory_counts_children(server: tuple[str, list[int]]) -> None:
    assert memory_of(server[1]) > 20 * 2**20
    assert memory_of([]) == 0


@pytest.mark.parametrize(("figure", "is_met"), [(2.5, True), (3.5, False)])
def test_the_report_says_whether_goals_were_met(
    figure: float, is_met: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = Finding("turn ÷ bare app", figure, Unit.RATIO, goal=3)
    measurements = [
        Measurement("start", "SQLite", 1, lambda _: []),
        Measurement("turn", "SQLite", 1, lambda step: step() or [finding]),
    ]
    assert run_bench(measurements, as_json=True).missed == (not is_met)
    out = json.loads(capsys.readouterr().out)
    assert out["missed"] == (not is_met)
    assert out["measured"] == [
        {
            "part": "turn",
            "database": "SQLite",
            "findings": [{"name": "turn ÷ bare app", "figure": figure, "unit": "times", "goal": 3, "is_met": is_met}],
        }
    ]
    run_bench(measurements)
    assert ("met" if is_met else "missed") in capsys.readouterr().out
