"""The node type `end`: the end of the call, or of a sub-flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from flows.moves import Move, Return
from flows.nodes import fragments
from flows.nodes.node import Node
from flows.nodes.parts import Exit, Said, Spec, listed
from flows.nodes.visiting import Visit
from flows.turn import HangUp, Step


@dataclass(frozen=True, slots=True)
class End(Node):
    """Ends a line's call with its primary outcome, or a sub-flow with one of its results.

    bye: {end: info_given, say: [goodbye.thanks]}
    """

    type: ClassVar[str] = "end"
    schema: ClassVar[Spec] = fragments.node({"end": fragments.NAME}, {"say": fragments.PROMPTS})

    outcome: str
    prompts: tuple[str, ...] = ()

    @classmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        return cls(name, spec.get("why", {}), spec["end"], tuple(spec.get("say", ())))

    def enter(self, visit: Visit) -> Move | Step:
        visit.say(self.prompts)
        return self.resume(visit) if len(visit.frames) == 1 else Return(self.outcome)

    def resume(self, visit: Visit) -> Step:
        return HangUp(self.outcome)

    def exits(self) -> tuple[Exit, ...]:
        return ()

    def speech(self) -> tuple[Said, ...]:
        return listed("say", self.prompts)
