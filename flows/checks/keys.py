"""A key means one thing on a line: what it leads to is not under another key elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from flows.checks.exploring import Exploration
from flows.errors import Finding
from flows.flow import Flow
from flows.loading.house import at, finding
from flows.nodes import Key, Menu, Node, Queue


def key_findings(exploration: Exploration) -> Iterator[Finding]:
    """The same words of why, and the same node, belong to the same key wherever the line offers them.

    0, 9, `*` and `#` need no proof here: no flow can give them another meaning.
    """
    by_meaning: dict[str, dict[str, tuple[Flow, Node]]] = defaultdict(dict)
    for flow, node, key, chosen in _keys(exploration):
        for meaning in _meanings(exploration, flow, chosen):
            by_meaning[meaning].setdefault(key, (flow, node))
    for meaning, keys in by_meaning.items():
        if len(keys) > 1:
            for key, (flow, node) in keys.items():
                others = ", ".join(sorted(set(keys) - {key}))
                message = f"line '{exploration.line.name}': {meaning} is key {key} here and key {others} elsewhere"
                yield finding(flow, at(node, "keys", key), message)


def _meanings(exploration: Exploration, flow: Flow, chosen: Key) -> Iterator[str]:
    yield f"node '{chosen.to}' of '{flow.name}'"
    if words := chosen.why.get(exploration.line.languages[0]):
        yield f"'{words}'"


def _keys(exploration: Exploration) -> Iterator[tuple[Flow, Node, str, Key]]:
    seen: set[tuple[str, str]] = set()
    for state in exploration.moves:
        if not state.frames:
            continue
        flow, node = exploration.flow(state), exploration.node(state)
        if isinstance(node, Menu | Queue) and (flow.name, node.name) not in seen:
            seen.add((flow.name, node.name))
            for key, chosen in (node.keys or {}).items():
                yield flow, node, key, chosen
