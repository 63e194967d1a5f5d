"""The one way in which the exchange learns what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time; tests hand in one that they move."""

    def now(self) -> datetime:
        """The instant now, aware, in UTC."""
        ...


class WallClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class MovedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Go forward to ``instant``; going back is ignored."""
        self._now = max(self._now, instant.astimezone(UTC))

    def move(self, seconds: float) -> None:
        """Go forward by ``seconds``."""
        self._now += timedelta(seconds=seconds)


def rfc2822(instant: datetime | None) -> str | None:
    """Twilio's date text, ``Mon, 23 Nov 2026 21:00:00 +0000`` (twilio.md §4); None stays None."""
    return None if instant is None else format_datetime(instant.replace(microsecond=0))
