"""How many calls at once: each takes its next turn on time, whether or not the server keeps up (an open loop)."""

import heapq
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from time import sleep
from typing import Final, TypeAlias

from config.bench.client import Client, Reply, Request
from config.bench.figures import Finding, Unit, percentile
from config.bench.memory import memory_of
from config.bench.turns import Step
from config.clock import stopwatch

CallScript: TypeAlias = Generator[Request, Reply, None]
"""One call: yields what it posts next and is sent the reply; ends when the call does."""
Scripts: TypeAlias = Callable[[int], CallScript]
"""Makes the call of this number; it decides which calls wait and which are in menus."""

_CLIENTS: Final = 16


@dataclass
class CallsMeasured:
    """Seconds from when each turn was due to its reply; what went wrong; bytes that the server grew by."""

    calls: int
    seconds: list[float] = field(default_factory=list)
    failures: int = 0
    memory_bytes: int = 0

    def findings(self, *, goal_ms: float = 100.0) -> list[Finding]:
        """The table's rows."""
        growth = self.memory_bytes / self.calls / 1024 if self.calls else 0.0
        return [
            Finding("calls in progress", self.calls, Unit.COUNT),
            Finding("their turns, 95th percentile", percentile(self.seconds, 95) * 1000, Unit.MILLISECONDS, goal_ms),
            Finding("their turns, median", percentile(self.seconds, 50) * 1000, Unit.MILLISECONDS),
            Finding("their turns that failed", self.failures, Unit.COUNT, 0),
            Finding("memory of the servers per call", growth, Unit.KIBIBYTES),
        ]


def hold_calls(
    scripts: Scripts,
    *,
    calls: int,
    every_seconds: float,
    run_seconds: float,
    pids: Callable[[], list[int]] = list,
    warm_up_seconds: float = 0.0,
    step: Step = lambda: None,
) -> CallsMeasured:
    """Begin `calls` calls spread over one period, then let each take a turn every `every_seconds` for `run_seconds`.

    A turn's time counts from when it was due, so that a server that falls behind cannot hide it. A call that ends is
    begun anew under a number of its own. Turns of the first period and of `warm_up_seconds` are not counted: then every
    call is up. `pids` names the server's processes, whose memory is compared before and after the calls are up.
    """
    return _Load(scripts, calls, every_seconds, run_seconds, every_seconds + warm_up_seconds, pids, step).run()


class _Load:
    def __init__(
        self,
        scripts: Scripts,
        calls: int,
        every_seconds: float,
        run_seconds: float,
        counted_after: float,
        pids: Callable[[], list[int]],
        step: Step,
    ) -> None:
        self._scripts = scripts
        self._every = every_seconds
        self._run_seconds = run_seconds
        self._counted_after = counted_after
        self._pids = pids
        self._step = step
        self._measured = CallsMeasured(calls)
        self._next_number = calls
        self._lock = threading.Lock()
        self._due: list[tuple[float, int, CallScript, Request]] = []

    def run(self) -> CallsMeasured:
        before = memory_of(self._pids())
        began = stopwatch()
        for number in range(self._measured.calls):
            script = self._scripts(number)
            self._due.append((began + self._every * number / self._measured.calls, number, script, next(script)))
        heapq.heapify(self._due)
        count_from = began + self._counted_after
        end = count_from + self._run_seconds
        threads = [threading.Thread(target=self._take_turns, args=(count_from, end)) for _ in range(_CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._measured.memory_bytes = max(0, memory_of(self._pids()) - before)
        return self._measured

    def _take_turns(self, count_from: float, end: float) -> None:
        clients: dict[str, Client] = {}
        while (taken := self._take()) is not None and taken[0] < end:
            due_at, number, script, request = taken
            sleep(max(0.0, due_at - stopwatch()))
            reply = _post(clients, request)
            if due_at >= count_from:
                self._count(reply, stopwatch() - due_at)
            self._go_on(due_at + self._every, number, script, reply)
        for client in clients.values():
            client.close()

    def _take(self) -> tuple[float, int, CallScript, Request] | None:
        with self._lock:
            return heapq.heappop(self._due) if self._due else None

    def _count(self, reply: Reply, seconds: float) -> None:
        with self._lock:
            self._measured.seconds.append(seconds)
            self._measured.failures += reply.status != 200
            self._step()

    def _go_on(self, due_at: float, number: int, script: CallScript, reply: Reply) -> None:
        try:
            request = script.send(reply)
        except StopIteration:
            with self._lock:
                number, self._next_number = self._next_number, self._next_number + 1
            script = self._scripts(number)
            request = next(script)
        with self._lock:
            heapq.heappush(self._due, (due_at, number, script, request))


def _post(clients: dict[str, Client], request: Request) -> Reply:
    origin = "/".join(request.url.split("/", 3)[:3])
    try:
        return clients.setdefault(origin, Client(origin)).post(request)
    except OSError:
        return Reply(0, b"", 0.0)
