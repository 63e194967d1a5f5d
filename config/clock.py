"""The one place that asks what time it is."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, always as an aware UTC datetime."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        ...


class WallClock:
    """The time of day as the machine has it."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        return datetime.now(UTC)


class MovedClock:
    """A clock that stands still until it is moved: for tests, `--fast` calls and synthetic history."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The instant that the clock was last moved to."""
        with self._lock:
            return self._now

    def move_to(self, instant: datetime) -> None:
        """Move forward to `instant`; an instant in the past changes nothing, as time never runs back."""
        with self._lock:
            self._now = max(self._now, instant.astimezone(UTC))

    def move_by(self, seconds: float) -> None:
        """Move forward by `seconds`."""
        self.move_to(self.now() + timedelta(seconds=seconds))


def stopwatch() -> float:
    """Seconds on a clock that never jumps, for measuring how long something took; not a time of day."""
    return time.monotonic()
