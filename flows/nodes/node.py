"""What every node type is: a name, what it does on entry and with what is heard, and where it leads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

from flows.moves import Move
from flows.nodes.parts import Exit, Key, Said, Spec, Words
from flows.nodes.visiting import Visit
from flows.turn import Heard, Step


@dataclass(frozen=True, slots=True)
class Node(ABC):
    """One node of a flow. `type` is the keyword that names it in YAML, `schema` what may stand beside."""

    type: ClassVar[str]
    schema: ClassVar[Spec]

    name: str
    why: Words

    @classmethod
    @abstractmethod
    def parse(cls, name: str, spec: Spec) -> Self:
        """Build the node from YAML that `schema` has accepted."""

    @abstractmethod
    def enter(self, visit: Visit) -> Move | Step:
        """What happens on arrival."""

    def hear(self, visit: Visit, heard: Heard) -> Move | Step:
        """What an input means while the call rests here; one that does not fit keeps the call where it is."""
        return self.resume(visit)

    def resume(self, visit: Visit) -> Step:
        """The step at which the call rests here, once more."""
        raise TypeError(f"no call rests at '{self.name}'")

    def returned(self, result: str) -> Move:
        """Where a sub-flow's result leads."""
        raise TypeError(f"'{self.name}' called no sub-flow")

    def key(self, key: str) -> Key | None:
        """Where one of the node's own keys leads."""
        return None

    @abstractmethod
    def exits(self) -> tuple[Exit, ...]:
        """Every edge that is written in the node, in the order of the file."""

    def speech(self) -> tuple[Said, ...]:
        """Every prompt that the node may say."""
        return ()
