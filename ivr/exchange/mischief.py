"""Misbehaviour on request: what a carrier and a network do on a bad day, repeatable from a seed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random


@dataclass(frozen=True, slots=True)
class Mischief:
    """Shares between 0 and 1; durations in seconds. All zero is a carrier on its best behaviour.

    ``doubled late reordered lost`` concern callbacks (status, conference, recording, message);
    ``twiml_*`` concern requests for TwiML; ``rest_*`` concern REST requests to the exchange.
    """

    seed: int = 0
    doubled: float = 0.0
    late: float = 0.0
    reordered: float = 0.0
    lost: float = 0.0
    late_seconds: float = 20.0
    reordered_seconds: float = 2.0
    twiml_doubled: float = 0.0
    twiml_answer_lost: float = 0.0
    rest_answer_lost: float = 0.0
    rest_throttled: float = 0.0


class RestFault(StrEnum):
    """What may befall one REST request."""

    ANSWER_CLOSED = "answer_closed"  # carried out, and the connection is closed without a reply
    ANSWER_500 = "answer_500"  # carried out, and answered 500
    THROTTLED = "throttled"  # not carried out: 429, code 20429
    REFUSED_500 = "refused_500"  # not carried out: 500


@dataclass(slots=True)
class Ambush:
    """A fault that waits for the next ``times`` REST requests that match."""

    fault: RestFault
    method: str = "*"
    path: str = "*"
    times: int = 1

    def catches(self, method: str, path: str) -> bool:
        """Whether it strikes this request; it wears out."""
        if self.times < 1 or not fnmatchcase(method, self.method) or not fnmatchcase(path, self.path):
            return False
        self.times -= 1
        return True


class Trickster:
    """Decides, from the mischief that is set, what befalls each delivery."""

    def __init__(self, mischief: Mischief | None = None) -> None:
        self.set(mischief or Mischief())
        self._ambushes: list[Ambush] = []

    def set(self, mischief: Mischief) -> None:
        """From now on behave like this; the dice start again from its seed."""
        self.mischief = mischief
        self._dice = Random(mischief.seed)  # noqa: S311

    def lay(self, ambush: Ambush) -> None:
        """Let a fault wait for requests to come."""
        self._ambushes.append(ambush)

    def clear(self) -> None:
        """Good behaviour again, and no ambush left."""
        self._ambushes.clear()
        self.set(replace(Mischief(), seed=self.mischief.seed))

    def callback_delays(self) -> tuple[float, ...]:
        """When to deliver a callback: seconds from now for each copy, none at all if it is lost."""
        what = self.mischief
        if self._happens(what.lost):
            return ()
        delay = 0.0
        if self._happens(what.late):
            delay = what.late_seconds * (0.5 + self._dice.random())
        elif self._happens(what.reordered):
            delay = what.reordered_seconds * self._dice.random()
        if self._happens(what.doubled):
            return (delay, delay + what.reordered_seconds * self._dice.random())
        return (delay,)

    def twiml_copies(self) -> int:
        """How often to send a request for TwiML."""
        return 2 if self._happens(self.mischief.twiml_doubled) else 1

    def loses_twiml_answer(self) -> bool:
        """Whether the first answer to a request for TwiML gets lost."""
        return self._happens(self.mischief.twiml_answer_lost)

    def rest_fault(self, method: str, path: str) -> RestFault | None:
        """What befalls this REST request, if anything."""
        for ambush in self._ambushes:
            if ambush.catches(method, path):
                return ambush.fault
        if self._happens(self.mischief.rest_throttled):
            return RestFault.THROTTLED
        if self._happens(self.mischief.rest_answer_lost):
            return RestFault.ANSWER_500 if self._dice.random() < 0.5 else RestFault.ANSWER_CLOSED
        return None

    def _happens(self, share: float) -> bool:
        # Dice are not thrown for what is switched off, so that one kind does not shift another.
        return share > 0 and self._dice.random() < share


def mischief_from(values: dict[str, object]) -> Mischief:
    """A Mischief from decoded JSON; raises ValueError that names an unknown or bad field."""
    known = {field.name for field in fields(Mischief)}
    for name, value in values.items():
        if name not in known or isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"mischief: {name!r} must be a number and one of {sorted(known)}")
    return Mischief(**values)  # type: ignore[arg-type]
