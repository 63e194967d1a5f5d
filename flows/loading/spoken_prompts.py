"""Prompts are there in every language in which they may be said."""

from __future__ import annotations

from collections.abc import Iterator

from flows.errors import Finding
from flows.loading.house import House, at, finding
from flows.nodes import Do, Node, Said


def prompt_findings(house: House) -> Iterator[Finding]:
    for flow, node in house.nodes():
        for said in said_by(node):
            prompt = house.prompts.get(said.id)
            if prompt is None:
                yield finding(flow, at(node, *said.at), f"no prompt '{said.id}'")
                continue
            lacking = [language for language in flow.languages if language not in prompt.texts]
            if lacking:
                message = f"prompt '{said.id}' ({prompt.file}:{prompt.line}) has no {', '.join(lacking)}"
                yield finding(flow, at(node, *said.at), message)


def said_by(node: Node) -> tuple[Said, ...]:
    """What a node says, or has sent as a message."""
    if isinstance(node, Do) and isinstance(template := node.arguments.get("template"), str):
        return (Said(("with", "template"), template),)
    return node.speech()
