"""What happened in a period, as plain values that every figure is computed from."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Final, TypeVar

from agents.supervisor.reports.intervals import cut, place
from agents.waiting.service_level import Answering, PastWait, answering


@dataclass(frozen=True)
class WaitFact:
    """One wait in a queue; `agent` is the code of who answered, None where nobody did. It counts when it began."""

    past: PastWait
    target_seconds: int
    line: str
    agent: str | None

    @property
    def at(self) -> datetime:
        """When the caller joined."""
        return self.past.since

    @property
    def queue(self) -> str:
        """The one that they joined, wherever they were passed on to."""
        return self.past.queue


@dataclass(frozen=True)
class EmergencyFact:
    """One emergency that an agent answered, of the queue from which they took it: how many seconds after the call had
    become one, at `at`. It counts then.
    """

    at: datetime
    line: str
    queue: str
    agent: str
    answer_seconds: float


@dataclass(frozen=True)
class ServiceFact:
    """One conversation of an agent with a caller from a queue, ended. It counts when it began."""

    at: datetime
    line: str
    queue: str
    agent: str
    talk_seconds: float
    wrap_up_seconds: float


@dataclass(frozen=True)
class PresenceFact:
    """One stretch in which an agent was at work: ready for a call, or busy with one."""

    agent: str
    at: datetime
    until: datetime
    is_busy: bool

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.until - self.at).total_seconds()


@dataclass(frozen=True)
class CallbackFact:
    """One promised callback, whose promise ran out at `at`: it counts then."""

    at: datetime
    line: str
    queue: str
    is_kept: bool


@dataclass(frozen=True)
class ContactFact:
    """One inbound call of a known person that an agent answered, long enough ago to know whether they rang again."""

    at: datetime
    line: str
    queue: str
    agent: str
    is_resolved: bool


@dataclass(frozen=True)
class RatingFact:
    """One answer to the question after a conversation, from 1 (very bad) to 5; of whoever had the caller last."""

    at: datetime
    line: str
    queue: str
    agent: str
    score: int


@dataclass(frozen=True)
class EvaluationFact:
    """One submitted evaluation of an agent's part in a call, as it stands; it counts when the call began. `score` is a
    share from 0 to 1, `queue` empty for a call that the agent made.
    """

    at: datetime
    line: str
    queue: str
    agent: str
    score: float
    has_failed: bool


@dataclass(frozen=True)
class Facts:
    """All that happened, or a part of it. No figure needs anything else."""

    waits: Sequence[WaitFact] = ()
    emergencies: Sequence[EmergencyFact] = ()
    services: Sequence[ServiceFact] = ()
    presences: Sequence[PresenceFact] = ()
    callbacks: Sequence[CallbackFact] = ()
    contacts: Sequence[ContactFact] = ()
    ratings: Sequence[RatingFact] = ()
    evaluations: Sequence[EvaluationFact] = ()

    @cached_property
    def answering(self) -> Answering:
        """How the waits were answered, each by its own queue's target."""
        by_target = _grouped(self.waits, lambda one: one.target_seconds)
        parts = (answering((one.past for one in waits), target_seconds=target) for target, waits in by_target.items())
        return sum(parts, Answering())

    def only(self, *, line: str | None = None, queue: str | None = None, agent: str | None = None) -> "Facts":
        """The part that is of a line, a queue and an agent. Presence is of no line and no queue, a callback of nobody:
        where such are asked for, they are left out.
        """
        asked = {what: name for what, name in (("line", line), ("queue", queue), ("agent", agent)) if name}

        def fits(fact: object) -> bool:
            return all(getattr(fact, what) == name for what, name in asked.items())

        return Facts(**{kind: list(filter(fits, getattr(self, kind))) for kind in self._kinds(*asked)})

    def by_name(self, what: str) -> Mapping[str, "Facts"]:
        """The parts that are of each `line`, `queue` or `agent`, by its name: each what `only` gives for it."""
        kinds = {kind: _grouped(getattr(self, kind), attrgetter(what)) for kind in self._kinds(what)}
        names = {name for grouped in kinds.values() for name in grouped if name}
        return {name: Facts(**{kind: grouped.get(name, ()) for kind, grouped in kinds.items()}) for name in names}

    def by_time(self, begun: Sequence[datetime]) -> list["Facts"]:
        """The parts that belong to each of the stretches that begin at these instants; presence is cut at them."""
        pieces = [
            (number, one if (at, until) == (one.at, one.until) else replace(one, at=at, until=until))
            for one in self.presences
            for number, at, until in cut(one.at, one.until, begun)
        ]
        presences = defaultdict(list)
        for number, piece in pieces:
            presences[number].append(piece)
        kinds = {kind: _grouped(getattr(self, kind), lambda one: place(one.at, begun)) for kind in self._kinds()}
        kinds["presences"] = presences
        return [
            Facts(**{kind: grouped.get(number, ()) for kind, grouped in kinds.items()}) for number in range(len(begun))
        ]

    def _kinds(self, *of: str) -> list[str]:
        """The kinds of facts, by the names of their fields, that have each of these: `line`, `queue` or `agent`."""
        return [one.name for one in fields(self) if not any(one.name in _HAVE_NO[what] for what in of)]


_HAVE_NO: Final[Mapping[str, frozenset[str]]] = {
    "line": frozenset({"presences"}),
    "queue": frozenset({"presences"}),
    "agent": frozenset({"callbacks"}),
}
"""The kinds of facts that have no such name: nobody is present on a line, and a promise to call back is nobody's."""
_Any = TypeVar("_Any")
_Key = TypeVar("_Key")


def _grouped(facts: Iterable[_Any], key: Callable[[_Any], _Key]) -> Mapping[_Key, list[_Any]]:
    found: defaultdict[_Key, list[_Any]] = defaultdict(list)
    for one in facts:
        found[key(one)].append(one)
    return found
