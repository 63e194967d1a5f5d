"""Flows as Mermaid flowcharts, for documents that render them."""

from __future__ import annotations

from collections.abc import Mapping

from flows.drawing.labels import heading, lines, words
from flows.flow import Flow, PromptText
from flows.nodes import Node

_SHAPES: Mapping[str, tuple[str, str]] = {
    "menu": ("{{", "}}"),
    "digits": ("[/", "/]"),
    "branch": ("{", "}"),
    "call": ("[[", "]]"),
    "queue": ("([", "])"),
    "transfer": ("([", "])"),
    "end": ("((", "))"),
}
_LONGEST = 60


def draw(flow: Flow, prompts: Mapping[str, PromptText] | None = None, *, language: str = "ru") -> str:
    """Mermaid text of one flow; with prompts, nodes show the beginning of what they say."""
    numbers = {name: f"n{index}" for index, name in enumerate(flow.nodes)}
    # The dashes of the front matter must stand first; a title in quotes may hold anything.
    rows = ["---", f'title: "{_escaped(flow.title)}"', "---", "flowchart TD"]
    rows += [f"  {numbers[node.name]}{_box(node, prompts or {}, language)}" for node in flow.nodes.values()]
    for line in lines(flow, language):
        label = f'|"{_escaped(line.label)}"|' if line.label else ""
        rows.append(f"  {numbers[line.source]} -->{label} {numbers[line.target]}")
    rows.append(f"  style {numbers[flow.start]} stroke-width:3px")
    return "\n".join(rows) + "\n"


def _box(node: Node, prompts: Mapping[str, PromptText], language: str) -> str:
    opening, closing = _SHAPES.get(node.type, ("[", "]"))
    parts = (node.name, heading(node, language), _short(words(node, prompts, language)))
    return f'{opening}"{"<br/>".join(_escaped(part) for part in parts if part)}"{closing}'


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"


def _escaped(text: str) -> str:
    """Mermaid reads quotes, brackets and entities even inside quotes: everything but words goes by number."""
    return "".join(ch if ch.isalnum() or ch in " .,:;·–—…_=«»→-" else f"#{ord(ch)};" for ch in text)
