"""The bench's tools, on a real bare app: they count what they should, and fail where a figure would mean nothing."""

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.bench import bare
from config.bench.calls import CallScript, hold_calls
from config.bench.client import Client, Request
from config.bench.figures import Finding, Unit, percentile
from config.bench.growth import growth_findings, time_sizes
from config.bench.memory import memory_of
from config.bench.report import Measurement, run_bench
from config.bench.turns import TurnFailed, compare_turns, turn_findings
from config.bench.waits import time_effects, wait_findings
from config.clock import stopwatch
from config.ports import accepts, free_port
from config.processes import Program, Supervisor


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


@pytest.mark.parametrize("keep_alive", [True, False])
def test_a_bare_app_costs_what_a_bare_app_costs(server: tuple[str, list[int]], keep_alive: bool) -> None:
    request = Request(server[0] + bare.PATH, {"CallSid": "CA1"}, {"X-Twilio-Signature": "x"})
    steps: list[None] = []
    cost = compare_turns(
        lambda _: request, lambda _: request, rounds=200, keep_alive=keep_alive, step=lambda: steps.append(None)
    )
    assert 0.7 < cost.ratio < 1.4
    assert len(steps) == 200
    assert turn_findings(cost, name="SQLite", goal=3)[0].is_met


def test_a_client_reads_the_whole_reply(server: tuple[str, list[int]]) -> None:
    client = Client(server[0])
    reply = client.post(Request(server[0] + bare.PATH))
    client.close()
    assert (reply.status, reply.body.decode()) == (200, bare.TWIML)


def test_a_turn_that_fails_spoils_the_figure(server: tuple[str, list[int]]) -> None:
    request = Request(server[0] + "/nowhere")
    with pytest.raises(TurnFailed, match="answered 404"):
        compare_turns(lambda _: request, lambda _: request, rounds=1, keep_alive=True)


def test_calls_take_their_turns_on_time(server: tuple[str, list[int]]) -> None:
    begun: list[int] = []

    def script(number: int) -> CallScript:
        begun.append(number)
        for _ in range(4):
            reply = yield Request(server[0] + bare.PATH)
            assert reply.status == 200

    measured = hold_calls(script, calls=20, every_seconds=0.2, run_seconds=1, pids=lambda: server[1])
    assert measured.failures == 0
    assert len(measured.seconds) == pytest.approx(100, abs=2)
    assert percentile(measured.seconds, 50) < 0.1
    assert len(begun) > 20


def test_a_server_that_is_away_is_counted_not_hidden() -> None:
    def script(_: int) -> CallScript:
        while True:
            yield Request(f"http://127.0.0.1:{free_port()}/")

    measured = hold_calls(script, calls=2, every_seconds=0.1, run_seconds=0.3)
    assert measured.failures == len(measured.seconds) > 0


def test_effects_are_timed_from_their_cause() -> None:
    def effect(_: int) -> float:
        time.sleep(0.01)
        return stopwatch()

    taken = time_effects(lambda _: None, effect, rounds=3)
    assert wait_findings(taken, name="ringing", goal_ms=1000)[0].is_met
    assert min(taken) > 0.009


def test_growth_is_the_largest_against_the_smallest() -> None:
    medians = time_sizes(lambda size: lambda: time.sleep(size / 1000), (1, 4), rounds=5)
    finding = growth_findings(medians, name="match", goal=2)[0]
    assert 2 < finding.figure < 6
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
    figure: float, is_met: bool, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    finding = Finding("turn ÷ bare app", figure, Unit.RATIO, goal=3)
    measurements = [Measurement("Turns", 1, lambda step: step() or [finding])]
    assert run_bench(measurements, as_json=True) is is_met
    out = json.loads(capsys.readouterr().out)
    assert out["measurements"]["Turns"][0] == {
        "name": "turn ÷ bare app",
        "figure": figure,
        "unit": "times",
        "goal": 3,
        "is_met": is_met,
    }
    run_bench(measurements)
    assert ("met" if is_met else "missed") in capsys.readouterr().out
