"""All flows, prompts and outside words together, for the checks that look across files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from flows.errors import Finding, Path
from flows.flow import Flow, PromptText
from flows.loading.document import line_of
from flows.nodes import Call, Node
from flows.vocabulary import Vocabularies, Vocabulary


@dataclass(frozen=True)
class House:
    """Everything that was read. Nothing in it is known to fit yet, so every name must be looked up with care."""

    flows: Mapping[str, Flow]
    prompts: Mapping[str, PromptText]
    vocabularies: Vocabularies

    def nodes(self) -> Iterator[tuple[Flow, Node]]:
        for flow in self.flows.values():
            for node in flow.nodes.values():
                yield flow, node

    def lines(self) -> Iterator[Flow]:
        return (flow for flow in self.flows.values() if flow.is_line)

    def flows_of(self, line: Flow) -> list[Flow]:
        """A line's flow and every sub-flow that it can come into."""
        return self._flows_by_line[line.name]

    def lines_through(self, flow: Flow) -> list[Flow]:
        """The lines that can come into a flow."""
        return [line for line in self.lines() if flow.name in self._names_by_line[line.name]]

    @cached_property
    def _flows_by_line(self) -> dict[str, list[Flow]]:
        return {line.name: [line, *self.below(line)] for line in self.lines()}

    @cached_property
    def _names_by_line(self) -> dict[str, set[str]]:
        return {line: {flow.name for flow in flows} for line, flows in self._flows_by_line.items()}

    def below(self, flow: Flow) -> list[Flow]:
        """Every sub-flow that a flow can come into; itself only where it calls itself."""
        found: dict[str, Flow] = {}
        waiting = [flow]
        while waiting:
            for name in called_by(waiting.pop()):
                if name in self.flows and name not in found:
                    found[name] = self.flows[name]
                    waiting.append(self.flows[name])
        return list(found.values())

    def vocabularies_of(self, flow: Flow) -> list[tuple[Flow, Vocabulary]]:
        """The words of each line that can come into a flow."""
        return [(line, self.vocabularies.of(line.name)) for line in self.lines_through(flow)]


def called_by(flow: Flow) -> set[str]:
    """The names of the sub-flows that a flow calls."""
    return {node.flow for node in flow.nodes.values() if isinstance(node, Call)}


def finding(flow: Flow, path: Path, message: str) -> Finding:
    """Something wrong in a flow, addressed."""
    return Finding(flow.file, line_of(flow.positions, path), path, message)


def at(node: Node, *path: str) -> Path:
    """The YAML path of something in a node."""
    return ("nodes", node.name, *path)
