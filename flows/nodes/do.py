"""The node type `do`: ask the service to do or look up something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from flows import turn
from flows.actions import ACTIONS, FAILED, Forgets
from flows.moves import Go, Move
from flows.nodes import fragments
from flows.nodes.node import Node
from flows.nodes.parts import Exit, Spec
from flows.nodes.visiting import Visit
from flows.turn import Answered, Heard, Scalar, Step


@dataclass(frozen=True, slots=True)
class Do(Node):
    """Has an action carried out and goes where its result says; `failed` is always among the results.

    check:
      do: identify
      with: {policy: $policy, birth_date: $birth_date}
      results: {identified: hello, wrong: again, several: operator, locked: operator, failed: operator}
    """

    type: ClassVar[str] = "do"
    schema: ClassVar[Spec] = fragments.node(
        {"do": {"enum": sorted(ACTIONS)}, "results": fragments.ANY_RESULTS},
        {
            "with": {
                "type": "object",
                "propertyNames": fragments.NAME,
                "additionalProperties": fragments.SCALAR,
            }
        },
    )

    action: str
    arguments: Mapping[str, Scalar]
    results: Mapping[str, str]

    @classmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        return cls(name, spec.get("why", {}), spec["do"], dict(spec.get("with", {})), dict(spec["results"]))

    def enter(self, visit: Visit) -> Move | Step:
        return self.resume(visit)

    def resume(self, visit: Visit) -> Step:
        return turn.Do(self.action, {name: visit.resolve(value) for name, value in self.arguments.items()})

    def hear(self, visit: Visit, heard: Heard) -> Move | Step:
        if not isinstance(heard, Answered):
            return self.resume(visit)
        result = heard.result if heard.result in self.results else FAILED
        self._forget(visit, result)
        sets = ACTIONS[self.action].sets
        visit.remember({name: value for name, value in heard.variables.items() if name in sets})
        return Go(self.results[result])

    def _forget(self, visit: Visit, result: str) -> None:
        """What was keyed has done its work once it is answered."""
        if ACTIONS[self.action].forgets_all_on(result):
            visit.forget_everything()
        visit.forget(self.forgotten())

    def forgotten(self) -> frozenset[str]:
        """The variables that it was asked with, where its action forgets those."""
        if ACTIONS[self.action].forgets is not Forgets.ARGUMENTS:
            return frozenset()
        given = (value for value in self.arguments.values() if isinstance(value, str))
        return frozenset(value[1:] for value in given if value.startswith("$"))

    def exits(self) -> tuple[Exit, ...]:
        return tuple(Exit(("results", result), to) for result, to in self.results.items())
