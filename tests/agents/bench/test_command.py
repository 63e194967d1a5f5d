"""`pult bench` as its users run it: real processes, a report, and nothing left behind whatever ends it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "wsgi", "bench", "--quick"]


def environ(folder: Path) -> dict[str, str]:
    """Everything that is thrown away afterwards is made in `folder`; settings of an installation must not matter."""
    return {**os.environ, "TMPDIR": str(folder), "PULT_LINES_DIR": str(folder / "nowhere"), "PULT_WEB_WORKERS": "7"}


def left_behind(folder: Path) -> list[str]:
    """Processes that were started with this environment, and files."""
    return [path.name for path in folder.iterdir()] + [
        process.name for process in Path("/proc").glob("[0-9]*") if str(folder).encode() in _environment(process)
    ]


def _environment(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def figures(report: dict, part: str) -> dict[str, float]:
    """What was found in a part, by name."""
    found = next(one["findings"] for one in report["measured"] if one["part"] == part)
    return {finding["name"]: finding["figure"] for finding in found}


def test_everything_is_measured_and_nothing_is_left_behind(tmp_path):
    run = subprocess.run(
        [*COMMAND, "--json", "--database", "sqlite"], env=environ(tmp_path), capture_output=True, text=True, timeout=200
    )
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert [one["part"] for one in report["measured"]] == ["turn", "ringing", "calls", "desk", "routing"]
    assert {one["database"] for one in report["measured"]} == {"SQLite"}
    # Too little was measured to judge anything.
    assert all(finding["goal"] is None for one in report["measured"] for finding in one["findings"])
    turn, calls = figures(report, "turn"), figures(report, "calls")
    assert turn["turn ÷ bare app"] > 1
    for kind in ("call comes in", "menu", "identification", "waiting round"):
        assert turn[f"{kind} ÷ bare app"] > 1
    assert figures(report, "ringing")["available to ringing, median"] > 1
    assert calls["calls in progress"] == 20
    assert calls["turns measured"] > 20
    # Other tests keep the machine busy meanwhile: a turn may come too late, but not turn after turn.
    assert calls["turns that failed"] < calls["turns measured"] / 2
    assert calls["memory of the programs"] > 100
    desk = figures(report, "desk")
    assert desk["desks open"] == 4
    for whose in ("an agent's own news", "news for every desk"):
        assert 0 < desk[f"{whose}, median"] <= desk[f"{whose}, 95th percentile"]
    assert desk["memory of the desks' program"] > 10
    assert figures(report, "routing")["waiting: 100 ÷ 10"] > 0
    assert left_behind(tmp_path) == []


@pytest.mark.timeout(600)
def test_a_log_is_built_searched_and_kept_for_the_next_time(tmp_path):
    """Every kind of search is answered by the pages, and what was built is taken again."""
    thrown_away, kept = tmp_path / "thrown", tmp_path / "kept"
    thrown_away.mkdir()
    command = [*COMMAND, "log", "--json", "--database", "sqlite", "--keep", str(kept)]
    for _ in range(2):
        run = subprocess.run(command, env=environ(thrown_away), capture_output=True, text=True, timeout=280)
        assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert [one["part"] for one in report["measured"]] == ["log", "floor"]
    log = figures(report, "log")
    for asked in ("first page", "policy digits", "text, rare", "queue, agent and wait", "page of one call"):
        assert 0 < log[f"{asked}: median"] <= log[f"{asked}: 95th percentile"]
        assert log[f"{asked}: 600 ÷ 300"] > 0
    assert figures(report, "floor")["processor time a tick, 4 supervisors"] > 0
    assert {path.name for path in (kept / "SQLite").glob("*.built")} == {"log_300.built", "log_600.built"}
    assert left_behind(thrown_away) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_bench_leaves_nothing_behind(tmp_path, number):
    command = [*COMMAND, "--database", "sqlite", "turn"]
    with subprocess.Popen(command, env=environ(tmp_path), stderr=subprocess.DEVNULL) as bench:
        try:
            deadline = time.monotonic() + 100
            while not list(tmp_path.glob("pult-bench-*/SQLite/centre/logs/web.log")):
                assert bench.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            bench.send_signal(number)
            assert bench.wait(150) == 130
        finally:
            bench.kill()
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    ("where", "complaint"),
    [
        ("mysql://localhost/pult", "a URL is for PostgreSQL"),
        ("nonsense", "expected sqlite, postgresql, or postgresql"),
        ("postgresql+psycopg://nobody@127.0.0.1:1/pult", "the bench needs databases of its own there"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_clear_line(tmp_path, where, complaint):
    run = subprocess.run(
        [*COMMAND, "routing", "--database", where], env=environ(tmp_path), capture_output=True, text=True, timeout=150
    )
    assert run.returncode == 1
    assert complaint in run.stderr
    assert "Traceback" not in run.stderr
    assert left_behind(tmp_path) == []
