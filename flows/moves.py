"""Where a node leads: to a node, into a sub-flow or out of it, or by one of the keys that work everywhere."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Go:
    """On to a node of the same flow; `operator` and `emergency` also mean the line's, from a sub-flow."""

    node: str


@dataclass(frozen=True, slots=True)
class Call:
    """Into a sub-flow, which returns to the node that called it."""

    flow: str


@dataclass(frozen=True, slots=True)
class Return:
    """Out of a sub-flow with one of its results."""

    result: str


class Jump(StrEnum):
    """The moves that the keys 9, 0 and # make, from whatever depth of sub-flows."""

    EMERGENCY = "emergency"
    OPERATOR = "operator"
    BACK = "back"


Move = Go | Call | Return | Jump
