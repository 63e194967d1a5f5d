"""The node type `say`: speak, and go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from flows.moves import Go, Move
from flows.nodes import fragments
from flows.nodes.node import Exit, Node, Said, Spec, listed
from flows.turn import Step

if TYPE_CHECKING:
    from flows.visit import Visit


@dataclass(frozen=True, slots=True)
class Say(Node):
    """Says prompts, then goes on without waiting.

    notice: {say: [vsk.notice], next: main}
    """

    type: ClassVar[str] = "say"
    schema: ClassVar[Spec] = fragments.node({"say": fragments.PROMPTS, "next": fragments.TARGET})

    prompts: tuple[str, ...]
    next: str

    @classmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        return cls(name, spec.get("why", {}), tuple(spec["say"]), spec["next"])

    def enter(self, visit: Visit) -> Move | Step:
        visit.say(self.prompts)
        return Go(self.next)

    def exits(self) -> tuple[Exit, ...]:
        return (Exit(("next",), self.next),)

    def speech(self) -> tuple[Said, ...]:
        return listed("say", self.prompts)
