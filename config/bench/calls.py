"""How many calls at once: each takes its next turn on time, whether or not the server keeps up (an open loop)."""

import heapq
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import sleep
from typing import Final

from config.bench.client import Client, Reply, Request
from config.bench.figures import Finding, Unit, percentile
from config.bench.memory import memory_of
from config.bench.scripts import CallScript, Scripts, Step, TurnFailed, next_request
from config.clock import stopwatch

GOAL_MS: Final = 100.0
_CLIENTS: Final = 16
# A server that is so much behind after the end does not hold these calls: there is no need to wait for all of it.
_PATIENCE_SECONDS: Final = 15.0


@dataclass
class CallsMeasured:
    """Seconds from when each turn was due to its reply; what went wrong; bytes that the servers hold, and grew by."""

    calls: int
    seconds: list[float] = field(default_factory=list)
    failures: int = 0
    memory_bytes: int = 0
    growth_bytes: int = 0

    def findings(self, *, goal: int | None) -> list[Finding]:
        """The table's rows; `goal` is how many calls there should be, all served in time."""
        is_judged = goal is not None
        return [
            Finding("calls in progress", self.calls, Unit.COUNT, goal, at_least=True),
            Finding("their turns, 95th percentile", self._ms(95), Unit.MILLISECONDS, GOAL_MS if is_judged else None),
            Finding("their turns, median", self._ms(50), Unit.MILLISECONDS),
            Finding("turns measured", len(self.seconds), Unit.COUNT),
            Finding("turns that failed", self.failures, Unit.COUNT, 0 if is_judged else None),
            Finding("memory of the programs", self.memory_bytes / 2**20, Unit.MEBIBYTES),
            Finding("memory per call, all of it shared out", self._each(self.memory_bytes), Unit.KIBIBYTES),
            Finding("memory per call, growth", self._each(self.growth_bytes), Unit.KIBIBYTES),
        ]

    def _ms(self, percent: float) -> float:
        return percentile(self.seconds, percent) * 1000

    def _each(self, of_all: int) -> float:
        return of_all / self.calls / 1024


def hold_calls(
    scripts: Scripts,
    *,
    calls: int,
    every_seconds: float,
    run_seconds: float,
    pids: Callable[[], list[int]] = list,
    step: Step = lambda: None,
) -> CallsMeasured:
    """Begin `calls` calls spread over one period, then let each take a turn every `every_seconds` for `run_seconds`.

    A turn's time counts from when it was due, so that a server that falls behind cannot hide it. A call that ends says
    so (news, not counted) and is followed at once by another, so that as many are always up. Turns of the first two
    periods are not counted: only then is every call up and on its way. `pids` names the server's processes, whose
    memory is compared before and after.
    """
    before = memory_of(pids())
    load = _Load(scripts, calls, every_seconds)
    load.run(run_seconds, step)
    load.measured.memory_bytes = memory_of(pids())
    load.measured.growth_bytes = max(0, load.measured.memory_bytes - before)
    return load.measured


@dataclass(order=True)
class _Turn:
    """The next request of a call, and when it is due."""

    due_at: float
    number: int
    script: CallScript = field(compare=False)
    request: Request = field(compare=False)


class _Load:
    """The calls in progress, and the clients that take their turns."""

    def __init__(self, scripts: Scripts, calls: int, every_seconds: float) -> None:
        self.measured = CallsMeasured(calls)
        self._scripts = scripts
        self._every = every_seconds
        self._lock = threading.Lock()
        self._is_stopped = threading.Event()
        self._due: list[_Turn] = []
        self._count_from = self._end = 0.0

    def run(self, run_seconds: float, step: Step) -> None:
        """Take every turn that is due before the end; one that is hopelessly late has failed.

        An interruption ends the clients at once.
        """
        began = stopwatch()
        gap = self._every / self.measured.calls
        self._due = [self._first(number, began + gap * number) for number in range(self.measured.calls)]
        heapq.heapify(self._due)
        self._count_from = began + 2 * self._every
        self._end = self._count_from + run_seconds
        threads = [threading.Thread(target=self._take_turns, name=f"carrier {one}") for one in range(_CLIENTS)]
        try:
            for thread in threads:
                thread.start()
            self._show_progress(step)
        except BaseException:
            self._is_stopped.set()
            raise
        finally:
            for thread in threads:
                thread.join()
        self.measured.failures += sum(turn.due_at < self._end for turn in self._due)

    def _show_progress(self, step: Step) -> None:
        """A step a second, until the end."""
        while (left := self._end - stopwatch()) > 0:
            sleep(min(1.0, left))
            step()

    def _first(self, number: int, due_at: float) -> _Turn:
        script = self._scripts()
        return _Turn(due_at, number, script, next(script))

    def _take_turns(self) -> None:
        clients: dict[str, Client] = {}
        while (turn := self._take()) is not None:
            if not self._is_reached(turn.due_at):
                self._put(turn)
                break
            reply = _post(clients, turn.request)
            self._count(turn, reply, stopwatch() - turn.due_at)
            self._go_on(turn, reply)
        for client in clients.values():
            client.close()

    def _take(self) -> _Turn | None:
        with self._lock:
            return heapq.heappop(self._due) if self._due else None

    def _put(self, turn: _Turn) -> None:
        with self._lock:
            heapq.heappush(self._due, turn)

    def _is_reached(self, due_at: float) -> bool:
        """Sleep until then; False where the end comes first."""
        if due_at >= self._end or stopwatch() > self._end + _PATIENCE_SECONDS:
            return False
        left = due_at - stopwatch()
        return not (self._is_stopped.is_set() if left <= 0 else self._is_stopped.wait(left))

    def _count(self, turn: _Turn, reply: Reply, seconds: float) -> None:
        with self._lock:
            if turn.request.kind and turn.due_at >= self._count_from:
                self.measured.seconds.append(seconds)
            self.measured.failures += not reply.is_good

    def _go_on(self, turn: _Turn, reply: Reply) -> None:
        # News takes no turn's place: what follows it comes at once.
        due_at = turn.due_at + (self._every if turn.request.kind else 0.0)
        try:
            request = next_request(turn.script, reply) if reply.is_good else None
        except TurnFailed:
            request = None
            with self._lock:
                self.measured.failures += 1
        if request is None:
            self._put(self._first(turn.number, due_at))
        else:
            self._put(_Turn(due_at, turn.number, turn.script, request))


def _post(clients: dict[str, Client], request: Request) -> Reply:
    origin = "/".join(request.url.split("/", 3)[:3])
    try:
        return clients.setdefault(origin, Client(origin)).send(request)
    except OSError:
        return Reply(0, b"", 0.0)
