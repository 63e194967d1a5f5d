"""The node type `branch`: go where a variable says."""

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
class Branch(Node):
    """Goes by the value of a variable; the caller hears nothing.

    fork: {branch: $language, cases: {ru: in_russian, en: in_english}, otherwise: in_russian}
    """

    type: ClassVar[str] = "branch"
    schema: ClassVar[Spec] = fragments.node(
        {
            "branch": {"type": "string", "pattern": "^[$][a-z][a-z0-9_]*$"},
            "cases": {"type": "object", "additionalProperties": fragments.TARGET, "minProperties": 1},
            "otherwise": fragments.TARGET,
        }
    )

    variable: str
    cases: Mapping[str, str]
    otherwise: str

    @classmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        variable = spec["branch"].removeprefix("$")
        return cls(name, spec.get("why", {}), variable, dict(spec["cases"]), spec["otherwise"])

    def enter(self, visit: Visit) -> Move | Step:
        return Go(visit.decide(self))

    def target(self, value: Scalar) -> str:
        """The node for a value; yes and no are written `true` and `false`."""
        return self.cases.get(case_of(value), self.otherwise)

    def exits(self) -> tuple[Exit, ...]:
        cases = (Exit(("cases", value), to) for value, to in self.cases.items())
        return (*cases, Exit(("otherwise",), self.otherwise))


def case_of(value: Scalar) -> str:
    """How a value is written as a case."""
    return str(value).lower() if isinstance(value, bool) else str(value)
