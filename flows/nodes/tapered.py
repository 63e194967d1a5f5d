"""Silence and wrong keys: what is said at the first, the second and so on, and where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, Self

from flows.nodes.fragments import PROMPTS, TARGET, Schema
from flows.nodes.parts import Exit, Said, Spec
from flows.turn import Ask

TAPERED: Final[Schema] = {
    "type": "object",
    "description": "what is said each time, and where it leads after the last",
    "properties": {"say": {"type": "array", "items": PROMPTS, "maxItems": 4}, "then": TARGET},
    "required": ["say", "then"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Tapered:
    """The n-th time says the n-th list and the question again; after the last list it leads to `then`.

    Example: `noinput: {say: [[menu.again], [menu.example]], then: operator}`.
    """

    say: tuple[tuple[str, ...], ...]
    then: str

    @classmethod
    def parse(cls, spec: Spec) -> Self:
        return cls(tuple(tuple(level) for level in spec["say"]), spec["then"])

    def level(self, count: int) -> tuple[str, ...] | None:
        """What the count-th time says; None where the lists are used up."""
        return self.say[count - 1] if count <= len(self.say) else None

    def exit(self, at: str) -> Exit:
        return Exit((at, "then"), self.then)

    def speech(self, at: str) -> tuple[Said, ...]:
        return tuple(
            Said((at, "say", f"[{i}]", f"[{j}]"), id_)
            for i, level in enumerate(self.say)
            for j, id_ in enumerate(level)
        )


class Asking(Protocol):
    """A node that asks for keys and counts silence and wrong keys apart."""

    @property
    def prompts(self) -> tuple[str, ...]: ...
    @property
    def noinput(self) -> Tapered: ...
    @property
    def nomatch(self) -> Tapered: ...
    def ask(self) -> Ask: ...
