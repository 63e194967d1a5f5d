"""The node type `call`: pass through a sub-flow that lines share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from flows.moves import Call as Into
from flows.moves import Go, Move
from flows.nodes import fragments
from flows.nodes.node import Node
from flows.nodes.parts import Exit, Spec
from flows.nodes.visiting import Visit
from flows.turn import Step


@dataclass(frozen=True, slots=True)
class Call(Node):
    """Goes through a sub-flow and on by its result. Variables are the call's, so both see the same ones.

    ident: {call: identification, results: {identified: hello, not_identified: operator}}
    """

    type: ClassVar[str] = "call"
    schema: ClassVar[Spec] = fragments.node({"call": fragments.NAME, "results": fragments.ANY_RESULTS})

    flow: str
    results: Mapping[str, str]

    @classmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        return cls(name, spec.get("why", {}), spec["call"], dict(spec["results"]))

    def enter(self, visit: Visit) -> Move | Step:
        return Into(self.flow)

    def returned(self, result: str) -> Move:
        return Go(self.results[result])

    def exits(self) -> tuple[Exit, ...]:
        return tuple(Exit(("results", result), to) for result, to in self.results.items())
