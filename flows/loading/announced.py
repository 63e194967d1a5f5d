"""A line that records its calls says so before it asks anything or leads anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from flows.errors import Finding
from flows.flow import Flow
from flows.loading.house import House, finding
from flows.nodes import Say, Set


def announced_findings(house: House) -> Iterator[Finding]:
    for line in house.lines():
        if house.vocabularies.of(line.name).records_calls and not _is_announced(house, line):
            message = (
                "the line says `records_calls: true`, but its flow does not begin by saying so: let it begin"
                " with a prompt that has `announces_recording: true`"
            )
            yield finding(line, ("start",), message)


def _is_announced(house: House, line: Flow) -> bool:
    """Whether one of the nodes that every call goes through first, and that only speak, tells of the recording."""
    seen: set[str] = set()
    name = line.start
    while name in line.nodes and name not in seen:
        seen.add(name)
        node = line.nodes[name]
        if not isinstance(node, Say | Set):
            return False
        said = (house.prompts.get(one.id) for one in node.speech())
        if any(prompt is not None and prompt.announces_recording for prompt in said):
            return True
        name = node.next
    return False
