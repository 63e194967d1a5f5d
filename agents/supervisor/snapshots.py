"""One look at the floor for everybody who has it open: whoever asks first makes it, the others are given the same."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from agents.supervisor.floor_state import FloorNow
from config.clock import stopwatch

TICK_SECONDS: Final = 1.0
"""How old a look may be. Pages ask anew somewhat longer than this after news (`static/floor.js`)."""


@dataclass
class Snapshot:
    """The floor at one instant, and the pages already made of it, by what they depend on."""

    floor: FloorNow
    _pages: dict[tuple[str, ...], str] = field(default_factory=dict)

    def page(self, key: tuple[str, ...], make: Callable[[], str]) -> str:
        """The page of `key`, made by the first who asks for it."""
        if key not in self._pages:
            self._pages[key] = make()
        return self._pages[key]


class Snapshots:
    """The newest snapshot of each insurer; `look` makes one. Safe on many threads."""

    def __init__(self, look: Callable[[str], FloorNow]) -> None:
        self._look = look
        self._locks: dict[str, threading.Lock] = {}
        self._taken: dict[str, tuple[float, Snapshot]] = {}

    def of(self, insurer_id: str) -> Snapshot:
        """At most a tick old."""
        with self._locks.setdefault(insurer_id, threading.Lock()):
            taken = self._taken.get(insurer_id)
            if taken is None or stopwatch() - taken[0] >= TICK_SECONDS:
                at = stopwatch()
                taken = self._taken[insurer_id] = (at, Snapshot(self._look(insurer_id)))
            return taken[1]

    def forget(self, insurer_id: str) -> None:
        """Something was done here: whoever did it must see it at once."""
        self._taken.pop(insurer_id, None)
