"""Menus say exactly the keys that they have, in every language: what is said can be pressed, and the reverse."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from flows.errors import Finding
from flows.flow import Flow
from flows.loading.house import House, at, finding
from flows.nodes import Menu, Node, Queue

# These work everywhere, whether or not they are said.
EVERYWHERE = frozenset("09")
_KEY = re.compile(r"(?<![\w.,{|:])\d(?![\w.,]*\d)")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def spoken_key_findings(house: House) -> Iterator[Finding]:
    for flow, node in house.nodes():
        match node:
            case Menu():
                yield from _compare(house, flow, node, "menu", node.prompts, node.keys)
            case Queue() if node.offer:
                yield from _compare(house, flow, node, "offer", node.offer, node.keys or ())
            case _:
                pass


def _compare(
    house: House, flow: Flow, node: Node, field: str, ids: tuple[str, ...], keys: Collection[str]
) -> Iterator[Finding]:
    prompts = [house.prompts[id_] for id_ in ids if id_ in house.prompts]
    for language in flow.languages:
        said = keys_said(" ".join(prompt.texts.get(language, "") for prompt in prompts))
        for key in sorted(said - set(keys) - EVERYWHERE):
            yield finding(flow, at(node, field), f"says key {key} in '{language}', which leads nowhere")
        for key in sorted(set(keys) - said):
            yield finding(flow, at(node, "keys", key), f"key {key} is not said in '{language}'")


def keys_said(text: str) -> set[str]:
    """The keys that a text speaks of: digits that stand alone, whatever word follows them after a hyphen."""
    return set(_KEY.findall(_PLACEHOLDER.sub(" ", text)))
