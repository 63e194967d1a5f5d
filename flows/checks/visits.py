"""Nothing is there in vain: every node of every flow is come to by some call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flows.checks.exploring import Exploration
from flows.errors import Finding
from flows.library import FlowSet
from flows.loading.house import at, finding


def unvisited_findings(flows: FlowSet, explorations: Iterable[Exploration]) -> Iterator[Finding]:
    visited = {place for exploration in explorations for edge in exploration.edges() for place in edge.entered}
    for flow in flows.flows.values():
        for node in flow.nodes.values():
            if (flow.name, node.name) not in visited:
                yield finding(flow, at(node), "no call ever comes here")
