"""Where callers leave the menu: how many calls came to each node of a flow, and how many ended there unserved."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select

from config.database import Transaction
from config.ids import first_id_at
from config.line_descriptions import Insurer
from flows import FlowSet
from ivr.calls.ending import step_name
from ivr.calls.models import Call, CallEvent, Direction

_SERVED: Final = frozenset({"queue", "transfer", "record", "end"})
"""Whoever is last seen at a node of these types did not leave the menu: they wait, were passed on, left a message, or
came to the end.
"""


@dataclass(frozen=True)
class NodeVisits:
    """One node: calls that came to it, and of them those that ended there although the menu went on.

    Where the node leads into another flow, those count who ended anywhere in that, only where `inside` was asked for.
    """

    flow: str
    node: str
    came: int
    left: int
    inside: int = 0

    @property
    def step(self) -> str:
        """As the calls that ended there have it, and the log finds them by it."""
        return step_name(self.flow, self.node)

    @property
    def lost(self) -> int:
        """At the node, and in the flow that it leads into."""
        return self.left + self.inside

    @property
    def left_share(self) -> float:
        """0 to 1."""
        return self.lost / self.came if self.came else 0.0


def funnel(
    tx: Transaction, *, insurer: Insurer, flows: FlowSet, since: datetime, until: datetime, line: str | None = None
) -> list[NodeVisits]:
    """Every node that an inbound call of the period came to, of flows as they are now; where most left comes first."""
    calls = _calls(insurer, since, until, line)
    came, last = _came(tx, calls), _last(tx, calls)
    found = [
        NodeVisits(flow, node, count, 0 if _is_served(flows, flow, node) else last.get((flow, node), 0))
        for (flow, node), count in came.items()
        if flow in flows.flows and node in flows.flows[flow].nodes
    ]
    return sorted(found, key=lambda one: (-one.left, -one.came, one.flow, one.node))


def left_inside(
    tx: Transaction,
    *,
    insurer: Insurer,
    flows: FlowSet,
    flow: str,
    since: datetime,
    until: datetime,
    line: str | None = None,
) -> Mapping[str, int]:
    """By the nodes of a flow that lead into others: how many calls ended unserved there, or deeper still."""
    deeper = Call.last_step.is_not(None), ~Call.last_step.startswith(step_name(flow, ""), autoescape=True)
    last_here = (
        select(CallEvent.call_id, func.max(CallEvent.seq).label("seq"))
        .join(Call, Call.id == CallEvent.call_id)
        .where(*_calls(insurer, since, until, line), *deeper, _ENTERED, CallEvent.data["flow"].as_string() == flow)
        .group_by(CallEvent.call_id)
        .subquery()
    )
    statement = (
        select(_NODE, Call.last_step)
        .join(last_here, (last_here.c.call_id == CallEvent.call_id) & (last_here.c.seq == CallEvent.seq))
        .join(Call, Call.id == CallEvent.call_id)
    )
    nodes = flows.flows[flow].nodes
    return Counter(
        one.entered_node
        for one in tx.execute(statement)
        if one.entered_node in nodes
        and nodes[one.entered_node].type == "call"
        and _is_left(flows, *_parts(one.last_step))
    )


def _calls(insurer: Insurer, since: datetime, until: datetime, line: str | None) -> list[ColumnElement[bool]]:
    """The inbound calls of the period."""
    calls: list[ColumnElement[bool]] = [
        *(Call.insurer_id == insurer.id, Call.id >= first_id_at(since), Call.id < first_id_at(until)),
        Call.direction == Direction.INBOUND,
    ]
    return calls if line is None else [*calls, Call.line == line]


# Labels that are no column's name: PostgreSQL would group by a call's own `flow`.
_FLOW: Final = CallEvent.data["flow"].as_string().label("entered_flow")
_NODE: Final = CallEvent.data["node"].as_string().label("entered_node")
_ENTERED: Final = CallEvent.kind == "node_entered"


def _came(tx: Transaction, calls: list[ColumnElement[bool]]) -> Mapping[tuple[str, str], int]:
    statement = (
        select(_FLOW, _NODE, func.count(CallEvent.call_id.distinct()).label("calls"))
        .join(Call, Call.id == CallEvent.call_id)
        .where(*calls, _ENTERED)
        .group_by("entered_flow", "entered_node")
    )
    return {(one.entered_flow, one.entered_node): one.calls for one in tx.execute(statement)}


def _last(tx: Transaction, calls: list[ColumnElement[bool]]) -> Mapping[tuple[str, str], int]:
    """At which step the calls ended in which nobody spoke to the caller."""
    statement = (
        select(Call.last_step, func.count().label("calls"))
        .where(*calls, Call.last_step.is_not(None))
        .group_by(Call.last_step)
    )
    return {_parts(one.last_step): one.calls for one in tx.execute(statement)}


def _parts(step: str) -> tuple[str, str]:
    flow, _, node = step.partition("/")
    return flow, node


def _is_left(flows: FlowSet, flow: str, node: str) -> bool:
    """Whether a call that ended there left a menu: not at a step that the flow has no more."""
    return flow in flows.flows and node in flows.flows[flow].nodes and not _is_served(flows, flow, node)


def _is_served(flows: FlowSet, flow: str, node: str) -> bool:
    return flows.flows[flow].nodes[node].type in _SERVED
