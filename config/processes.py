"""The programs of a centre on one machine: started in order, waited for, restarted when they die, stopped together."""

import fcntl
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import sleep
from typing import Final, TypeAlias

from config.clock import stopwatch
from config.errors import ConfigError
from config.tether import die_with_parent

log = logging.getLogger("pult.processes")

Probe: TypeAlias = Callable[[], bool]
"""Whether a program is ready to serve; asked until it says so."""
News: TypeAlias = Callable[[str], None]
"""Told one line about each thing that a person at the terminal should know."""

_LOOK_SECONDS: Final = 0.05
_STOP_SECONDS: Final = 9.0
_FIRST_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 10.0
_HEALTHY_SECONDS: Final = 30.0
_LAST_WORDS_BYTES: Final = 4096
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Program:
    """One program to run: its command line, what it needs in the environment, and how to see that it is ready."""

    name: str
    command: Sequence[str]
    is_ready: Probe = lambda: True
    environ: Mapping[str, str] = field(default_factory=dict)
    ready_seconds: float = 60.0


@dataclass
class _Running:
    program: Program
    log: Path
    process: subprocess.Popen[bytes]
    started: float
    restarts: int = 0
    restart_at: float | None = None


class StoppedWhileStarting(ConfigError):
    """Somebody asked the programs to stop before all were up."""


class Supervisor:
    """Runs programs until told to stop. Use it from the main thread: children are tied to the one that starts them.

    The first program is what the others stand on (the Redis server): it is ready before they start, and ends last.
    """

    def __init__(self, programs: Sequence[Program], logs: Path, news: News = log.info) -> None:
        self._programs = programs
        self._logs = logs
        self._news = news
        self._running: list[_Running] = []
        self._stop = threading.Event()

    def start(self) -> None:
        """Start the first program, and when it is ready all the others at once; return when they are ready too.

        Raises ConfigError with one line, after stopping what was started, if one does not come up, and
        StoppedWhileStarting when told to stop meanwhile.
        """
        try:
            self._logs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{self._logs} cannot be made ({error.strerror}).") from error
        try:
            for group in (self._programs[:1], self._programs[1:]):
                for program in group:
                    with _unbroken():
                        self._running.append(_start(program, self._logs / f"{program.name}.log"))
                for running in self._running[-len(group) :]:
                    _await_ready(running, self._stop)
        except BaseException:
            self.stop()
            raise

    @contextmanager
    def up(self) -> Iterator[None]:
        """Started, for the length of the block; raises what `start` raises."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    @property
    def is_asked_to_stop(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._stop.is_set()

    def run(self) -> None:
        """Look after the programs until `ask_to_stop`, then stop them all."""
        try:
            while not self._stop.wait(_LOOK_SECONDS):
                self.look_after()
        finally:
            self.stop()

    def ask_to_stop(self) -> None:
        """Let `start` or `run` end soon; may be called from a signal handler or another thread."""
        self._stop.set()

    def look_after(self) -> None:
        """Restart, after a growing pause, whatever has died."""
        for running in self._running:
            if running.process.poll() is not None:
                self._revive(running)

    def restarts(self) -> Mapping[str, int]:
        """How often each program had to be restarted."""
        return {running.program.name: running.restarts for running in self._running}

    def pids(self) -> Mapping[str, int]:
        """The process id of each program."""
        return {running.program.name: running.process.pid for running in self._running}

    def stop(self) -> None:
        """Stop every program, all at once but for the first, within seconds."""
        first, others = self._running[:1], self._running[1:]
        for group in (others, first):
            _end([running.process for running in group])
        self._running = []

    def _revive(self, running: _Running) -> None:
        now = stopwatch()
        if running.restart_at is None:
            if now - running.started > _HEALTHY_SECONDS:
                running.restarts = 0
            pause = min(_FIRST_PAUSE_SECONDS * 2**running.restarts, _LONGEST_PAUSE_SECONDS)
            running.restart_at = now + pause
            code = running.process.returncode
            self._news(f"{running.program.name} ended by itself (status {code}); starting it again")
            _end([running.process])
        elif now >= running.restart_at:
            with _unbroken():
                fresh = _start(running.program, running.log)
                running.process, running.started = fresh.process, fresh.started
            running.restarts += 1
            running.restart_at = None


@contextmanager
def stopping_on_signals(supervisor: Supervisor) -> Iterator[None]:
    """Within the block Ctrl-C, a closed terminal and SIGTERM ask `supervisor` to stop."""
    before = {number: signal.signal(number, lambda *_: supervisor.ask_to_stop()) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _unbroken() -> Iterator[None]:
    """A signal that comes within the block is heard at its end.

    Its handler may raise: between a child's birth and our note of it, that would leave the child behind.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = {number: signal.signal(number, lambda it, _frame: heard.append(it)) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
    for one in heard:
        signal.raise_signal(one)


@contextmanager
def sole_use(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for one centre at a time; raises ConfigError if another one holds it."""
    try:
        file = (data_dir / "pult.lock").open("w")
    except OSError as error:
        raise ConfigError(f"{data_dir}/pult.lock cannot be written ({error.strerror}): is the folder yours?") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(f"a centre is running already on {data_dir}: stop it first.") from error
        yield


def is_in_use(data_dir: Path) -> bool:
    """Whether a centre is running on this data folder; False where the lock cannot be looked at."""
    try:
        with (data_dir / "pult.lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _start(program: Program, log_path: Path) -> _Running:
    try:
        output = log_path.open("ab")
    except OSError as error:
        raise ConfigError(f"{log_path} cannot be written ({error.strerror}).") from error
    with output:
        try:
            process = subprocess.Popen(  # noqa: S603 - command lines of our own composing
                list(program.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **program.environ},
                # A session of its own: Ctrl-C at the terminal reaches the supervisor alone, which stops in order.
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid()),
            )
        except OSError as error:
            raise ConfigError(f"{program.name} cannot be started: {error.strerror}.") from error
    return _Running(program, log_path, process, stopwatch())


def _await_ready(running: _Running, stop: threading.Event) -> None:
    program = running.program
    deadline = stopwatch() + program.ready_seconds
    while not program.is_ready():
        if running.process.poll() is not None:
            raise ConfigError(f"{program.name} did not start: {_last_words(running.log)}")
        if stopwatch() > deadline:
            raise ConfigError(f"{program.name} is not ready after {program.ready_seconds:.0f} s: see {running.log}.")
        if stop.wait(_LOOK_SECONDS):
            raise StoppedWhileStarting("stopped while starting.")


def _last_words(log_path: Path) -> str:
    """The last line that a program wrote: by our own rule its one clear line."""
    with log_path.open("rb") as file:
        file.seek(max(0, log_path.stat().st_size - _LAST_WORDS_BYTES))
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"it said nothing; see {log_path}."


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """SIGTERM to each program, SIGKILL to the groups of those that stay, and to whatever a dead one left behind."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = stopwatch() + _STOP_SECONDS
    while any(process.poll() is None for process in processes) and stopwatch() < deadline:
        sleep(_LOOK_SECONDS / 5)
    for process in processes:
        _kill_group(process.pid)
        process.wait()


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # Nobody of the group is left, which is as it should be (macOS says so by EPERM).
        return
