"""What an action of a flow is given and what it answers (vocabulary: `flows/actions.py`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from config.centre import Centre
from config.database import Transaction
from config.line_descriptions import Insurer, Line
from flows import FlowSet
from flows.turn import Scalar
from ivr.calls.log import Happening
from ivr.calls.models import Call
from ivr.ports import Ports

Arguments: TypeAlias = Mapping[str, Scalar]


@dataclass(frozen=True)
class ActionContext:
    """The call that asks, inside its turn's transaction: an action writes rows and does no input or output.

    `call` is locked; `at` is the turn's instant; `language` and `variables` are the session's,
    `flows` the version that the call is on. Variables may hold digits that identify a person: never log them.
    """

    tx: Transaction
    call: Call
    insurer: Insurer
    line: Line
    centre: Centre
    ports: Ports
    at: datetime
    language: str
    flows: FlowSet
    variables: Mapping[str, Scalar]


@dataclass(frozen=True)
class ActionResult:
    """One of the action's results, the variables that it declares in `sets`, and what is to be noted of it."""

    result: str
    variables: Mapping[str, Scalar] = field(default_factory=dict)
    noted: Sequence[Happening] = ()


Handler: TypeAlias = Callable[[ActionContext, Arguments], ActionResult]
"""Carries out one action. Whatever it raises is logged, its writes are undone, and the flow is answered `failed`."""
