"""The node type `record`: take a spoken message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from flows import turn
from flows.actions import FAILED, RECORD_RESULTS
from flows.moves import Go, Move
from flows.nodes import fragments
from flows.nodes.keying import key_of
from flows.nodes.node import Node
from flows.nodes.parts import Exit, Said, Spec, listed
from flows.nodes.visiting import Visit
from flows.turn import Answered, Heard, Pressed, Silence, Step


@dataclass(frozen=True, slots=True)
class Record(Node):
    """Records a message, which any key ends; 9 and 0 leave for help, `*` starts anew, others pressed too soon start it.

    message:
      record: [voicemail.speak]
      max_seconds: 120
      results: {recorded: thanks, empty: goodbye, failed: goodbye}
    """

    type: ClassVar[str] = "record"
    schema: ClassVar[Spec] = fragments.node(
        {
            "record": fragments.PROMPTS,
            "max_seconds": {"type": "integer", "minimum": 5, "maximum": 600},
            "results": fragments.results(*RECORD_RESULTS),
        }
    )

    prompts: tuple[str, ...]
    max_seconds: int
    results: Mapping[str, str]

    @classmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        prompts, results = tuple(spec["record"]), dict(spec["results"])
        return cls(name, spec.get("why", {}), prompts, spec["max_seconds"], results)

    def enter(self, visit: Visit) -> Move | Step:
        visit.say(self.prompts)
        return self.resume(visit)

    def resume(self, visit: Visit) -> Step:
        return turn.Record(self.max_seconds)

    def hear(self, visit: Visit, heard: Heard) -> Move | Step:
        match heard:
            case Answered(result):
                return Go(self.results.get(result, self.results[FAILED]))
            case Silence():
                return Go(self.results["empty"])
            case Pressed(digits):
                return self._pressed(visit, key_of(digits))
            case _:
                return visit.repeat(self.resume(visit))

    def _pressed(self, visit: Visit, key: str) -> Move | Step:
        if key == "*":
            return visit.repeat(self.resume(visit))
        if (jump := visit.shortcut(key)) is not None:
            visit.pressed(key)
            return jump
        # The service answers `recorded` or `empty` once the tone has sounded: this key came before it, and cuts only
        # the words short.
        visit.pressed("nomatch")
        return self.resume(visit)

    def exits(self) -> tuple[Exit, ...]:
        return tuple(Exit(("results", result), to) for result, to in self.results.items())

    def speech(self) -> tuple[Said, ...]:
        return listed("record", self.prompts)
