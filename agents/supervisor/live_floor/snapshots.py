"""One look at the floor for everybody who has it open: whoever asks first makes it, the others are given the same."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from agents.supervisor.live_floor.state import FloorNow
from config.clock import stopwatch

TICK_SECONDS: Final = 1.0
"""How old a look may be for a page that is opened; what is pushed is of a look that began after the news."""


@dataclass
class Snapshot:
    """The floor at one instant, and the pages already made of it, by what they depend on."""

    floor: FloorNow
    _pages: dict[tuple[str, ...], str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self, key: tuple[str, ...], make: Callable[[], str]) -> str:
        """The page of `key`, made by the first who asks for it."""
        with self._lock:
            if key not in self._pages:
                self._pages[key] = make()
            return self._pages[key]


class Snapshots:
    """The newest snapshot of each insurer; `look` makes one. Safe on many threads."""

    def __init__(self, look: Callable[[str], FloorNow]) -> None:
        self._look = look
        self._locks: dict[str, threading.Lock] = {}
        self._taken: dict[str, tuple[float, Snapshot]] = {}
        self._done_at: dict[str, float] = {}

    def of(self, insurer_id: str, since: float = 0.0) -> Snapshot:
        """At most a tick old, of a look that began at `since` of the stopwatch or later."""
        with self._locks.setdefault(insurer_id, threading.Lock()):
            now, since = stopwatch(), max(since, self._done_at.get(insurer_id, 0.0))
            began, snapshot = self._taken.get(insurer_id, (0.0, None))
            if snapshot is None or began < since or now - began >= TICK_SECONDS:
                snapshot = Snapshot(self._look(insurer_id))
                self._taken[insurer_id] = (now, snapshot)
            return snapshot

    def forget(self, insurer_id: str) -> None:
        """Something was done here: whoever did it must see it at once, and not a look that is just being made."""
        self._done_at[insurer_id] = stopwatch()
