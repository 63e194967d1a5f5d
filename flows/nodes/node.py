"""What every node type is: a name, what it does on entry and with what is heard, and where it leads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from flows.moves import Move
from flows.turn import Heard, Step

if TYPE_CHECKING:
    from flows.visit import Visit

Words = Mapping[str, str]
Spec = Mapping[str, Any]


class Exit(NamedTuple):
    """One edge: where in the node it is written, and the node of the same flow that it leads to."""

    at: tuple[str, ...]
    to: str


class Said(NamedTuple):
    """One prompt of a node and where in the node it is written."""

    at: tuple[str, ...]
    id: str


class Key(NamedTuple):
    """Where a key leads, and in words why one presses it."""

    to: str
    why: Words


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


def listed(at: str, ids: tuple[str, ...]) -> tuple[Said, ...]:
    """The prompts of one list, addressed."""
    return tuple(Said((at, f"[{index}]"), id_) for index, id_ in enumerate(ids))
