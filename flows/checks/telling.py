"""What is said is known by then: on every way to a prompt, something has set the variables that it speaks."""

from __future__ import annotations

from collections.abc import Iterator

from flows.actions import ACTIONS, FAILED, ROUND_VARIABLES
from flows.checks.exploring import Cause, Edge, Exploration, State
from flows.errors import Finding
from flows.flow import Flow
from flows.loading.house import at, finding
from flows.nodes import Digits, Do, Node, Queue, Said, Set

Known = frozenset[str]


def telling_findings(exploration: Exploration) -> Iterator[Finding]:
    """Speaks of what no way leaves unset. A result may bring its action's variables; `failed` brings none."""
    known = known_at(exploration)
    for edge in exploration.edges():
        so_far = _after(exploration, edge, known[edge.source])
        for flow, node in _entered(exploration, edge):
            yield from _unknown(exploration, flow, node, so_far)
            so_far |= _set_by(node)


def known_at(exploration: Exploration) -> dict[State, Known]:
    """The variables that are set at each state by whatever way a call came there."""
    known: dict[State, Known] = {exploration.start: frozenset()}
    waiting = [exploration.start]
    while waiting:
        state = waiting.pop()
        for edge in exploration.moves[state]:
            after = _after(exploration, edge, known[state])
            for _, node in _entered(exploration, edge):
                after |= _set_by(node)
            before = known.get(edge.target)
            if before is None or not before <= after:
                known[edge.target] = after if before is None else before & after
                waiting.append(edge.target)
    return known


def _entered(exploration: Exploration, edge: Edge) -> Iterator[tuple[Flow, Node]]:
    for flow, node in edge.entered:
        yield exploration.flows.flows[flow], exploration.flows.flows[flow].nodes[node]


def _set_by(node: Node) -> Known:
    return frozenset(node.values) if isinstance(node, Set) else frozenset()


def _after(exploration: Exploration, edge: Edge, known: Known) -> Known:
    """What is known once an edge is taken: what was, less what its action forgets, and what it brings."""
    node = exploration.node(edge.source) if edge.source.frames else None
    if isinstance(node, Do):
        known = frozenset() if ACTIONS[node.action].forgets_all_on(edge.label) else known - node.forgotten()
    return known | _brought(exploration, edge)


def _brought(exploration: Exploration, edge: Edge) -> Known:
    if not edge.source.frames:
        return frozenset()
    node = exploration.node(edge.source)
    if isinstance(node, Digits) and edge.cause is Cause.ENTRY:
        return frozenset({node.store})
    if isinstance(node, Do) and edge.label != FAILED:
        return frozenset(ACTIONS[node.action].sets_on(edge.label))
    return frozenset()


def _unknown(exploration: Exploration, flow: Flow, node: Node, known: Known) -> Iterator[Finding]:
    for said in node.speech():
        needs = set(exploration.flows.prompts[said.id].needs) - known
        if _is_round(node, said):
            needs -= set(ROUND_VARIABLES)
        for name in sorted(needs):
            message = f"line '{exploration.line.name}': '{said.id}' speaks '{name}', which may not be set by then"
            yield finding(flow, at(node, *said.at), message)


def _is_round(node: Node, said: Said) -> bool:
    return isinstance(node, Queue) and said.at[0] in ("announce", "offer")
