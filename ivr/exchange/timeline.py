"""What is going to happen and when: a heap of timed actions."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(order=True, slots=True)
class Timer:
    """One action that is due at an instant; ``cancel`` makes it never happen."""

    at: datetime
    number: int
    action: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        """Forget the action; the heap drops the empty timer when it comes up."""
        self.action = None


class Timeline:
    """A heap of timers: those of one instant run in the order in which they were set."""

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._count = 0

    def at(self, instant: datetime, action: Callable[[], None]) -> Timer:
        """Run ``action`` at ``instant``."""
        self._count += 1
        timer = Timer(instant, self._count, action)
        heapq.heappush(self._heap, timer)
        return timer

    def next_at(self) -> datetime | None:
        """When the next action is due, or None if nothing is awaited."""
        while self._heap and self._heap[0].action is None:
            heapq.heappop(self._heap)
        return self._heap[0].at if self._heap else None

    def take_due(self, now: datetime) -> Callable[[], None] | None:
        """Take out the first action due at ``now``, or None."""
        next_at = self.next_at()
        if next_at is None or next_at > now:
            return None
        return heapq.heappop(self._heap).action
