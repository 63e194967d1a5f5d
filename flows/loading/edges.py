"""Where the edges of one flow lead: to nodes that are there, on from everywhere, and never round and round unheard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flows.errors import Finding
from flows.flow import Flow
from flows.loading.house import House, at, finding
from flows.nodes import Branch, End, Node, Say, Set

# From a sub-flow these lead to the line's own nodes.
OF_THE_LINE = frozenset({"operator", "emergency"})


def edge_findings(house: House) -> Iterator[Finding]:
    for flow in house.flows.values():
        missing = list(_missing(flow))
        yield from missing
        if not missing:
            yield from _unreachable(flow)
            yield from _without_exit(flow)
            yield from _unheard_loops(flow)


def _missing(flow: Flow) -> Iterator[Finding]:
    for field, name in (("start", flow.start), ("emergency", flow.emergency), ("operator", flow.operator)):
        if name and name not in flow.nodes:
            yield finding(flow, (field,), f"no node '{name}'")
    for node in flow.nodes.values():
        for exit_ in node.exits():
            if exit_.to not in flow.nodes and (flow.is_line or exit_.to not in OF_THE_LINE):
                yield finding(flow, at(node, *exit_.at), f"no node '{exit_.to}'")


def _unreachable(flow: Flow) -> Iterator[Finding]:
    starts = {flow.start, flow.emergency, flow.operator} - {""}
    reached = _closure(starts, _targets(flow))
    for node in flow.nodes.values():
        if node.name not in reached:
            yield finding(flow, at(node), "nothing leads here")


def _without_exit(flow: Flow) -> Iterator[Finding]:
    targets = _targets(flow)
    back: dict[str, set[str]] = {}
    for name, tos in targets.items():
        for to in tos:
            back.setdefault(to, set()).add(name)
    ends = {node.name for node in flow.nodes.values() if isinstance(node, End)}
    leaving = OF_THE_LINE - set(flow.nodes) if not flow.is_line else frozenset()
    ending = _closure(ends | leaving, back)
    for node in flow.nodes.values():
        if node.name not in ending:
            yield finding(flow, at(node), "a loop without an exit: no end can be reached from here")


def _unheard_loops(flow: Flow) -> Iterator[Finding]:
    """Nodes that wait for nobody must not lead to themselves through such nodes only."""
    silent = {
        node.name: {exit_.to for exit_ in node.exits()}
        for node in flow.nodes.values()
        if isinstance(node, Say | Set | Branch)
    }
    for name, tos in silent.items():
        if name in _closure(tos & set(silent), silent):
            yield finding(flow, at(flow.nodes[name]), "a loop without an exit: nothing in it waits for the caller")


def _targets(flow: Flow) -> Mapping[str, set[str]]:
    return {node.name: _tos(node) for node in flow.nodes.values()}


def _tos(node: Node) -> set[str]:
    return {exit_.to for exit_ in node.exits()}


def _closure(starts: set[str], targets: Mapping[str, set[str]]) -> set[str]:
    reached, waiting = set(starts), list(starts)
    while waiting:
        fresh = targets.get(waiting.pop(), set()) - reached
        reached |= fresh
        waiting += fresh
    return reached
