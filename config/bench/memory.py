"""How much memory processes hold, shared pages counted in shares, and how long they have computed.

Linux only: elsewhere it is unknown and counts 0.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


def memory_of(pids: Iterable[int]) -> int:
    """Bytes that the processes and all their children hold; what is gone counts nothing."""
    return sum(_held(pid) for pid in _with_children(set(pids)))


def computed_seconds(pids: Iterable[int]) -> float:
    """Processor time of the processes and all their children so far, to the microsecond; of what is gone, none.

    The ticks in /proc are drawn by a clock of 100 Hz: of work that is done in bursts they are wrong by a quarter.
    """
    return sum(_computed(pid) for pid in _with_children(set(pids)))


def _computed(pid: int) -> float:
    # As clock_getcpuclockid(3) makes it: the scheduler's own count for all threads of the process.
    with suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)
    return 0.0


def _with_children(pids: set[int]) -> set[int]:
    parents = _parents()
    found = set(pids)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _parents() -> dict[int, int]:
    parents = {}
    for stat in _PROC.glob("[0-9]*/stat"):
        # The name, in brackets, may hold anything; the parent is the second word after it.
        parents[int(stat.parent.name)] = int((_read(stat).rpartition(")")[2].split() or ["", "0"])[1])
    return parents


def _held(pid: int) -> int:
    """The proportional set size: a page that four processes share counts a quarter in each."""
    for line in _read(_PROC / str(pid) / "smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(path: Path) -> str:
    """The file's text; nothing once the process is gone."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
