"""What is said in one go is short enough to be listened to, with every variable at its longest."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from flows.errors import Finding, Path
from flows.flow import Flow
from flows.library import FlowSet
from flows.loading.house import at, finding
from flows.nodes import Node, Said
from flows.speech import MOST_SECONDS, longest_seconds


def length_findings(flows: FlowSet) -> Iterator[Finding]:
    """One finding for each list of prompts, and language, that takes longer than a caller listens."""
    for flow in flows.flows.values():
        for node in flow.nodes.values():
            for path, prompts in groupby(node.speech(), key=_list_of):
                yield from _too_long(flows, flow, node, path, tuple(prompts))


def _list_of(said: Said) -> Path:
    return said.at[:-1]


def _too_long(flows: FlowSet, flow: Flow, node: Node, path: Path, prompts: tuple[Said, ...]) -> Iterator[Finding]:
    for language in flow.languages:
        seconds = sum(longest_seconds(flows.prompts[said.id].texts[language], language=language) for said in prompts)
        if seconds > MOST_SECONDS:
            ids = ", ".join(f"'{said.id}'" for said in prompts)
            message = f"{ids} may take {seconds:.1f} s to say in '{language}', of {MOST_SECONDS} that a caller listens"
            yield finding(flow, at(node, *path), message)
