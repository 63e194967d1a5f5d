"""The node type `set`: remember something, and go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from flows.moves import Go, Move
from flows.nodes import fragments
from flows.nodes.node import Node
from flows.nodes.parts import Exit, Spec
from flows.nodes.visiting import Visit
from flows.turn import Scalar, Step


@dataclass(frozen=True, slots=True)
class Set(Node):
    """Sets variables of the call; `language` changes the language from the next prompt on.

    in_english: {set: {language: en}, next: main}
    mood: {set: {topic: second_opinion, asked: $service}, next: check}
    """

    type: ClassVar[str] = "set"
    schema: ClassVar[Spec] = fragments.node(
        {
            "set": {
                "type": "object",
                "propertyNames": fragments.NAME,
                "additionalProperties": fragments.SCALAR,
                "minProperties": 1,
            },
            "next": fragments.TARGET,
        }
    )

    values: Mapping[str, Scalar]
    next: str

    @classmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        return cls(name, spec.get("why", {}), dict(spec["set"]), spec["next"])

    def enter(self, visit: Visit) -> Move | Step:
        visit.remember({name: visit.resolve(value) for name, value in self.values.items()})
        return Go(self.next)

    def exits(self) -> tuple[Exit, ...]:
        return (Exit(("next",), self.next),)
