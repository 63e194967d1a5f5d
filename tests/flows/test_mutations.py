"""Deleting any edge of a shipped flow makes the check fail."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from flows import FlowsRefusedError
from flows.checks import prove
from flows.library import SHIPPED, FlowSet, sources_in

SOURCES = sources_in(SHIPPED)
FLOWS = sorted(file for file in SOURCES if file.startswith("definitions/"))


def _edges(flow: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Where each edge is written, whatever the node types say of it: every value that names a node."""
    for field in ("start", "emergency", "operator"):
        if field in flow:
            yield (field,)
    yield from (("nodes", *path) for path in _targets(flow["nodes"], flow["nodes"], ()))


def _targets(value: Any, nodes: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        here = (*path, key)
        holds = here[-1] in ("next", "then", "otherwise", "to") or (len(path) == 2 and path[-1] in _MAPS)
        if holds and (isinstance(inner, str) or (path[-1:] == ("keys",) and isinstance(inner, dict))):
            yield here
        if isinstance(inner, dict) and key not in ("why", "reason", "set", "with"):
            yield from _targets(inner, nodes, here)


_MAPS = ("keys", "results", "cases")


def _without(flow: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    if len(path) == 1:
        return {key: value for key, value in flow.items() if key != path[0]}
    return {**flow, path[0]: _without(flow[path[0]], path[1:])}


@pytest.mark.parametrize("file", FLOWS)
def test_deleting_any_edge_fails_the_check(file: str) -> None:
    flow = yaml.safe_load(SOURCES[file])
    edges = list(_edges(flow))
    assert edges
    unnoticed = [path for path in edges if not _is_noticed(file, _without(flow, path))]
    assert unnoticed == []


def _is_noticed(file: str, flow: dict[str, Any]) -> bool:
    text = json.dumps(flow, ensure_ascii=False)  # JSON is YAML, and quickly written
    try:
        return bool(prove(FlowSet.from_sources({**SOURCES, file: text})))
    except FlowsRefusedError:
        return True
