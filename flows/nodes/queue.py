"""The node type `queue`: wait for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from flows.actions import FAILED, LEFT, QUEUE_RESULTS
from flows.moves import Go, Jump, Move
from flows.nodes import fragments
from flows.nodes.keying import key_of
from flows.nodes.node import Node
from flows.nodes.parts import Exit, Key, Said, Spec, Words, listed
from flows.nodes.visiting import Visit
from flows.turn import Answered, Enqueue, Heard, LeaveQueue, Pressed, Round, Step, Wait

SECONDS: fragments.Schema = {"type": "integer", "minimum": 5, "maximum": 600}

# Marks a key that works everywhere, among the nodes that a caller leaves a queue for.
JUMP = "@"


@dataclass(frozen=True, slots=True)
class Queue(Node):
    """Puts the caller into a queue, speaks to them in rounds, and goes on when they are out of it.

    wait:
      queue: medical_desk
      prefer_curator: true
      announce: [queue.place, queue.estimate]
      announce_every: 30
      offer_after: 60
      offer: [queue.offer_callback]
      keys: {"1": take_callback}
      results: {served: goodbye, closed: closed, full: callback, timed_out: overflow, failed: duty}

    `ahead` and `wait` can be spoken in `announce` and `offer`. 9, 0 and `*` work here too; but in an
    emergency queue 9 and 0 keep the place, as does 0 where the operator is this very queue.
    """

    type: ClassVar[str] = "queue"
    schema: ClassVar[Spec] = {
        **fragments.node(
            {"queue": fragments.NAME, "results": fragments.results(*QUEUE_RESULTS)},
            {
                "say": fragments.PROMPTS,
                "reason": fragments.WHY,
                "prefer_curator": {"type": "boolean"},
                "emergency": {"type": "boolean"},
                "announce": fragments.PROMPTS,
                "announce_every": SECONDS,
                "offer_after": SECONDS,
                "offer": fragments.PROMPTS,
                "keys": fragments.KEYS,
            },
        ),
        "dependentRequired": {
            "keys": ["offer", "offer_after"],
            "offer": ["keys", "offer_after"],
            "offer_after": ["keys", "offer"],
        },
    }

    queue: str
    results: Mapping[str, str]
    prompts: tuple[str, ...] = ()
    reason: Words | None = None
    prefer_curator: bool = False
    is_emergency: bool = False
    announce: tuple[str, ...] = ()
    announce_every: int = 30
    offer_after: int = 0
    offer: tuple[str, ...] = ()
    keys: Mapping[str, Key] | None = None

    @classmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        return cls(
            name,
            spec.get("why", {}),
            spec["queue"],
            dict(spec["results"]),
            tuple(spec.get("say", ())),
            spec.get("reason"),
            spec.get("prefer_curator", False),
            spec.get("emergency", False),
            tuple(spec.get("announce", ())),
            spec.get("announce_every", 30),
            spec.get("offer_after", 0),
            tuple(spec.get("offer", ())),
            fragments.keys(spec.get("keys", {})),
        )

    def enter(self, visit: Visit) -> Move | Step:
        visit.say(self.prompts)
        return Enqueue(self.queue, self.reason or visit.reason(), self.prefer_curator, self.is_emergency)

    def hear(self, visit: Visit, heard: Heard) -> Move | Step:
        match heard:
            case Answered(result):
                return self._answered(visit, result)
            case Round():
                return self._round(visit, heard)
            case Pressed(digits):
                return self._pressed(visit, key_of(digits))
            case _:
                return self.resume(visit)

    def _answered(self, visit: Visit, result: str) -> Move:
        if result == LEFT and visit.leaving:
            leaving = visit.leaving
            return Jump(leaving[1:]) if leaving.startswith(JUMP) else Go(leaving)
        return Go(self.results.get(result, self.results[FAILED]))

    def _round(self, visit: Visit, heard: Round) -> Step:
        also = {"ahead": heard.ahead, "wait": heard.wait_seconds}
        visit.say(self.announce, also)
        left = self.offer_after - heard.waited_seconds
        if self.offer and left <= 0:
            visit.say(self.offer, also)
            visit.is_offered = True
        seconds = min(self.announce_every, left) if self.offer and left > 0 else self.announce_every
        return Wait(seconds, self._live_keys(visit))

    def _pressed(self, visit: Visit, key: str) -> Move | Step:
        to = self._leads(visit, key)
        if to:
            visit.pressed(key)
            if key in (self.keys or ()):
                visit.choose(key)
            visit.leaving = to
            return LeaveQueue()
        step = self.resume(visit)
        return visit.repeat(step) if key == "*" else step

    def _leads(self, visit: Visit, key: str) -> str:
        """What a key leaves the queue for: a node, or a jump after its mark; empty to stay."""
        if visit.is_offered and (own := self.key(key)) is not None:
            return own.to
        if self.is_emergency or (jump := visit.shortcut(key)) is None:
            return ""
        return "" if jump is Jump.OPERATOR and self._is_operator(visit) else JUMP + jump

    def _is_operator(self, visit: Visit) -> bool:
        operator = visit.operator()
        return isinstance(operator, Queue) and operator.queue == self.queue

    def _live_keys(self, visit: Visit) -> str:
        own = "".join(self.keys or ()) if visit.is_offered else ""
        return own + "".join(key for key in "90" if self._leads(visit, key)) + "*"

    def resume(self, visit: Visit) -> Step:
        return Wait(self.announce_every, self._live_keys(visit))

    def key(self, key: str) -> Key | None:
        return (self.keys or {}).get(key)

    def exits(self) -> tuple[Exit, ...]:
        keys = (Exit(("keys", key), chosen.to) for key, chosen in (self.keys or {}).items())
        return (*keys, *(Exit(("results", result), to) for result, to in self.results.items()))

    def speech(self) -> tuple[Said, ...]:
        waiting = (*listed("announce", self.announce), *listed("offer", self.offer))
        return (*listed("say", self.prompts), *waiting)
