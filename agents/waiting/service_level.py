"""How well callers were answered: the one definition of service level, of answer speed and of abandonment.

Every wait that ended, or was answered, in the period counts by its first joining of a queue, until its first answer,
when an agent took a caller whom they then spoke with. Short abandons, who hung up within the queue's target, count for
nothing: nobody could have answered them in time. Who left another way (a callback promised, the duty number, a message)
neither was answered nor hung up, and counts for nothing either.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from agents.models import WaitState


@dataclass(frozen=True)
class PastWait:
    """One wait as it went: in which queue it began, since when, when an agent took it, when and how it ended."""

    queue: str
    since: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    state: str


@dataclass(frozen=True)
class Answering:
    """`answered` of them `in_time`; `abandoned` after the target, `short` before it; waited seconds of the answered."""

    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    short: int = 0
    waited_seconds: float = 0.0

    @property
    def service_level(self) -> float | None:
        """The share answered within the target, 0 to 1; None where nobody called."""
        counted = self.answered + self.abandoned
        return None if counted == 0 else self.in_time / counted

    @property
    def speed_seconds(self) -> float | None:
        """ASA: the mean wait of answered calls."""
        return None if self.answered == 0 else self.waited_seconds / self.answered

    @property
    def abandonment(self) -> float | None:
        """The share who hung up after the target, 0 to 1; None where nobody called."""
        counted = self.answered + self.abandoned
        return None if counted == 0 else self.abandoned / counted

    def __add__(self, other: "Answering") -> "Answering":
        """The figures of both together: of several queues, each with its own target."""
        return Answering(
            self.answered + other.answered,
            self.in_time + other.in_time,
            self.abandoned + other.abandoned,
            self.short + other.short,
            self.waited_seconds + other.waited_seconds,
        )


def answering(waits: Iterable[PastWait], *, target_seconds: int) -> Answering:
    """The figures of these waits, all of one queue."""
    answered = in_time = abandoned = short = 0
    waited = 0.0
    for wait in waits:
        if wait.answered_at is not None:
            seconds = (wait.answered_at - wait.since).total_seconds()
            answered, waited = answered + 1, waited + seconds
            in_time += seconds <= target_seconds
        elif wait.state == WaitState.ABANDONED and wait.ended_at is not None:
            is_short = (wait.ended_at - wait.since).total_seconds() <= target_seconds
            short, abandoned = short + is_short, abandoned + (not is_short)
    return Answering(answered, in_time, abandoned, short, waited)
