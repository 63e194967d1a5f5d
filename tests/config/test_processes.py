"""The supervisor, on tiny programs: it waits, restarts, stops cleanly, and leaves nobody behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.ports import accepts
from config.processes import Program, Supervisor, is_in_use, sole_use
from tests.ports import free_port

SERVE = """
import http.server, sys
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.BaseHTTPRequestHandler).serve_forever()
"""
SLEEP = "import time; print('up', flush=True); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


def python(name: str, code: str, *arguments: str, **options: object) -> Program:
    return Program(name, [sys.executable, "-c", textwrap.dedent(code), *arguments], **options)  # type: ignore[arg-type]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # A killed child of nobody's may linger as a zombie.
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def until(condition: object, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def test_a_program_is_waited_for(tmp_path: Path) -> None:
    port = free_port()
    supervisor = Supervisor(
        [python("web", SERVE, str(port), is_ready=lambda: accepts("127.0.0.1", port))], tmp_path / "logs"
    )
    supervisor.start()
    assert accepts("127.0.0.1", port)
    supervisor.stop()
    assert not accepts("127.0.0.1", port)


def test_a_program_that_gives_up_is_told_in_its_own_last_line(tmp_path: Path) -> None:
    code = "import sys; print('loading'); sys.exit('port 8080 is taken')"
    supervisor = Supervisor([python("web", code, is_ready=lambda: False)], tmp_path / "logs")
    with pytest.raises(ConfigError, match=r"^web did not start: port 8080 is taken$"):
        supervisor.start()


def test_what_was_started_is_stopped_when_a_later_one_fails(tmp_path: Path) -> None:
    output = tmp_path / "redis.log"
    code = f"import os; print(os.getpid(), flush=True)\n{SLEEP}"
    first = python("redis", code, is_ready=lambda: "up" in output.read_text())
    supervisor = Supervisor([first, python("web", "", is_ready=lambda: False)], tmp_path)
    with pytest.raises(ConfigError, match="web did not start"):
        supervisor.start()
    assert not is_alive(int(output.read_text().split()[0]))


def test_a_signal_in_the_middle_of_a_start_leaves_no_child_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    born: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def interrupted(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        born.append(popen(*arguments, **options))  # type: ignore[call-overload]
        signal.raise_signal(signal.SIGTERM)
        return born[0]

    def leave(*_: object) -> None:
        sys.exit(130)

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    before = signal.signal(signal.SIGTERM, leave)
    try:
        with pytest.raises(SystemExit):
            Supervisor([python("web", SLEEP)], tmp_path).start()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not is_alive(born[0].pid)


def test_a_missing_command_is_one_clear_line(tmp_path: Path) -> None:
    supervisor = Supervisor([Program("web", ["/no/such/program"])], tmp_path / "logs")
    with pytest.raises(ConfigError, match=r"^web cannot be started: No such file or directory\.$"):
        supervisor.start()


def test_a_program_that_dies_is_restarted_and_counted(tmp_path: Path) -> None:
    told: list[str] = []
    supervisor = Supervisor([python("worker", SLEEP)], tmp_path / "logs", news=told.append)
    supervisor.start()
    first = supervisor.pids()["worker"]
    os.kill(first, signal.SIGKILL)

    def is_back() -> bool:
        supervisor.look_after()
        return supervisor.restarts() == {"worker": 1} and supervisor.pids()["worker"] != first

    until(is_back)
    assert is_alive(supervisor.pids()["worker"])
    assert told == ["worker ended by itself (status -9); starting it again"]
    supervisor.stop()


def test_a_program_that_will_not_stop_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.processes._STOP_SECONDS", 0.3)
    child = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {DEAF!r}]).pid, flush=True)\n{DEAF}"
    supervisor = Supervisor([python("worker", child)], tmp_path / "logs")
    supervisor.start()
    output = tmp_path / "logs" / "worker.log"
    until(lambda: output.read_text().count("up") == 2)
    grandchild = int(next(line for line in output.read_text().splitlines() if line.isdigit()))
    parent = supervisor.pids()["worker"]
    supervisor.stop()
    until(lambda: not is_alive(parent) and not is_alive(grandchild))


SUPERVISE = f"""
import sys
from pathlib import Path
from config.processes import Program, Supervisor, stopping_on_signals
supervisor = Supervisor([Program(n, [sys.executable, "-c", {SLEEP!r}]) for n in ("redis", "web")], Path(sys.argv[1]))
with stopping_on_signals(supervisor):
    supervisor.start()
    print(*supervisor.pids().values(), flush=True)
    supervisor.run()
print("clean")
"""


def supervise(logs: Path) -> tuple[subprocess.Popen[str], list[int]]:
    command = [sys.executable, "-c", SUPERVISE, str(logs)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, [int(word) for word in process.stdout.readline().split()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_every_program_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    process, pids = supervise(tmp_path)
    assert len(pids) == 2
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "clean\n")
    assert not any(is_alive(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties children to a killed parent")
def test_no_program_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    process, pids = supervise(tmp_path)
    process.kill()
    process.communicate()
    until(lambda: not any(is_alive(pid) for pid in pids))


def test_a_data_folder_is_for_one_centre_at_a_time(tmp_path: Path) -> None:
    assert not is_in_use(tmp_path)
    with sole_use(tmp_path):
        assert is_in_use(tmp_path)
        with pytest.raises(ConfigError, match="running already"), sole_use(tmp_path):
            pass
    assert not is_in_use(tmp_path)
