"""The node type `transfer`: connect the caller elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from flows import turn
from flows.actions import FAILED, TRANSFER_RESULTS
from flows.moves import Go, Move
from flows.nodes import fragments
from flows.nodes.keying import key_of
from flows.nodes.node import Node
from flows.nodes.parts import Exit, Said, Spec, listed
from flows.nodes.visiting import Visit
from flows.turn import Answered, Heard, Pressed, Step


@dataclass(frozen=True, slots=True)
class Transfer(Node):
    """Connects the caller to a destination of the insurer; goes on when that is over or came to nothing.

    9, 0 and `*` work over its prompts.

    fwd:
      transfer: navigator
      say: [vsk.connecting]
      results: {completed: bye, busy: operator, no_answer: operator, failed: operator}
    """

    type: ClassVar[str] = "transfer"
    schema: ClassVar[Spec] = fragments.node(
        {"transfer": fragments.NAME, "results": fragments.results(*TRANSFER_RESULTS)},
        {"say": fragments.PROMPTS},
    )

    destination: str
    results: Mapping[str, str]
    prompts: tuple[str, ...] = ()

    @classmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        return cls(name, spec.get("why", {}), spec["transfer"], dict(spec["results"]), tuple(spec.get("say", ())))

    def enter(self, visit: Visit) -> Move | Step:
        visit.say(self.prompts)
        return self.resume(visit)

    def resume(self, visit: Visit) -> Step:
        return turn.Transfer(self.destination)

    def hear(self, visit: Visit, heard: Heard) -> Move | Step:
        match heard:
            case Answered(result):
                return Go(self.results.get(result, self.results[FAILED]))
            case Pressed(digits):
                return self._pressed(visit, key_of(digits))
            case _:
                return self.resume(visit)

    def _pressed(self, visit: Visit, key: str) -> Move | Step:
        """A key pressed over the prompts, before anybody is rung."""
        if (jump := visit.shortcut(key)) is not None:
            visit.pressed(key)
            return jump
        return visit.repeat(self.resume(visit)) if key == "*" else self.resume(visit)

    def exits(self) -> tuple[Exit, ...]:
        return tuple(Exit(("results", result), to) for result, to in self.results.items())

    def speech(self) -> tuple[Said, ...]:
        return listed("say", self.prompts)
