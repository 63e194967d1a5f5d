"""What is to be done when, by people of a moved clock: the earliest first, of one instant in the order of asking."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count


class Agenda:
    """Deeds with their instants; a deed may ask for others."""

    def __init__(self) -> None:
        self._entries: list[tuple[datetime, int, Callable[[], object]]] = []
        self._number = count()

    def add(self, at: datetime, deed: Callable[[], object]) -> None:
        """Do that at that instant, or at once where it is past."""
        heapq.heappush(self._entries, (at, next(self._number), deed))

    def next_at(self) -> datetime | None:
        """When there is next something to do; None when nothing is left."""
        return self._entries[0][0] if self._entries else None

    def do_due(self, now: datetime) -> int:
        """Do everything that is due; how many deeds."""
        done = 0
        while self._entries and self._entries[0][0] <= now:
            heapq.heappop(self._entries)[2]()
            done += 1
        return done
