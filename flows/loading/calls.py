"""How flows call each other: sub-flows that are there, all of their results mapped, none called in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from flows.errors import Finding
from flows.flow import Flow
from flows.loading.house import House, at, finding
from flows.nodes import Call, End


def call_findings(house: House) -> Iterator[Finding]:
    for flow in house.flows.values():
        for node in flow.nodes.values():
            if isinstance(node, Call):
                yield from _call(house, flow, node)
        if not flow.is_line:
            yield from _results(flow)
            yield from _use(house, flow)


def _call(house: House, flow: Flow, node: Call) -> Iterator[Finding]:
    callee = house.flows.get(node.flow)
    if callee is None or callee.is_line:
        yield finding(flow, at(node, "call"), f"no sub-flow '{node.flow}'")
        return
    for result in callee.results:
        if result not in node.results:
            yield finding(flow, at(node, "results"), f"result '{result}' of '{callee.name}' leads nowhere")
    for result in node.results:
        if result not in callee.results:
            yield finding(flow, at(node, "results", result), f"'{callee.name}' has no result '{result}'")
    lacking = [language for language in flow.languages if language not in callee.languages]
    if flow.is_line and lacking:
        yield finding(flow, at(node, "call"), f"'{callee.name}' does not speak {', '.join(lacking)}")


def _results(flow: Flow) -> Iterator[Finding]:
    ends = [node for node in flow.nodes.values() if isinstance(node, End)]
    for end in ends:
        if end.outcome not in flow.results:
            yield finding(flow, at(end, "end"), f"'{end.outcome}' is none of this sub-flow's results")
    for result in set(flow.results) - {end.outcome for end in ends}:
        yield finding(flow, ("results",), f"no end returns '{result}'")


def _use(house: House, flow: Flow) -> Iterator[Finding]:
    if any(house.lines()) and not house.lines_through(flow):
        yield finding(flow, ("flow",), "no line comes here")
    if flow in house.below(flow):
        yield finding(flow, ("flow",), "a sub-flow that calls itself, by whatever way, would never return")
