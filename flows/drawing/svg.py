"""Flows as SVG that a browser shows: boxes with what is said, edges with the key or result that leads along them."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

from flows.drawing.labels import Line, Told, heading, lines, words
from flows.drawing.layout import Layout, Spot, lay_out
from flows.flow import Flow, PromptText
from flows.nodes import Node

BOX = 236.0
ROW = 16.0
PADDING = 10.0
LETTERS = 34
# Of what stands first in a page's box, which is bold.
BOLD_LETTERS = 28
# Of where it leads without a line, which a page has as large as all else.
PAGE_LETTERS = 30
# What a page's box is called in another one.
LONGEST_NAME = 50
# In a page, of which its type scale's smallest is 13 px.
ENLARGED = 13 / 12
BAND = 14.0
# A node that so many others lead to is named in their boxes; lines to it would hide the rest.
HUB = 5

_COLOURS: Mapping[str, str] = {
    "say": "#f4f4f0",
    "menu": "#e3edfb",
    "digits": "#e3edfb",
    "set": "#f4f4f0",
    "branch": "#f4f4f0",
    "do": "#fdf1d8",
    "call": "#ece6f8",
    "queue": "#dff2e3",
    "transfer": "#dff2e3",
    "record": "#e3edfb",
    "end": "#e9e9ea",
}
_STYLE = """
text { font: 12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #1d2330 }
.name { font-weight: 600 } .kind { fill: #4a5366 } .to { fill: #4a5366; font-size: 11px }
.title { font-size: 18px; font-weight: 600 }
rect { stroke: #5b6478; stroke-width: 1 } .start rect { stroke-width: 2.5 }
.urgent rect { stroke: #b3261e; stroke-width: 2 }
.edge { fill: none; stroke: #6b7488; stroke-width: 1.2 } .back { stroke-dasharray: 5 4 }
.label { font-size: 11px; paint-order: stroke; stroke: #fff; stroke-width: 4px; text-anchor: middle }
""".strip()


@dataclass(frozen=True, slots=True)
class Note:
    """What a page says of a node: a text in its box, what it calls the node and its kind, its place among those that
    are marked (0 is none), and where the box leads. An empty text is none: then the node's own words stand first, and
    its heading under them.
    """

    text: str = ""
    title: str = ""
    kind: str = ""
    place: int = 0
    href: str = ""


@dataclass(frozen=True, slots=True)
class _Box:
    """The rows of text of one node: its name where it `is_named`, its heading, its words, where it leads without a
    line, and its note.
    """

    node: Node
    kind: tuple[str, ...]
    words: tuple[str, ...]
    to: tuple[str, ...]
    note: tuple[str, ...] = ()
    is_named: bool = True

    @property
    def height(self) -> float:
        rows = len(self.kind) + len(self.words) + len(self.to) + len(self.note)
        return 2 * PADDING + ROW * (rows + self.is_named) - 3


def draw_svg(flow: Flow, prompts: Mapping[str, PromptText] | None = None, *, language: str = "ru") -> str:
    """A whole SVG document of one flow; every text in it is escaped."""
    boxes, layout, shown = _laid_out(flow, prompts or {}, language, None)
    parts = [
        *(_edge(line, layout, boxes) for line in shown),
        *(_drawn(box, layout.spots[name], flow) for name, box in boxes.items()),
        *(_label(line, layout, boxes) for line in shown if line.label),
    ]
    return _document(flow, layout, parts)


def draw_part(
    flow: Flow, prompts: Mapping[str, PromptText], *, language: str, notes: Mapping[str, Note], told: Told | None = None
) -> str:
    """The picture as an element of a page, which styles it by its classes; what a node is for stands first in its box.

    Every text in it is escaped. `notes` by node are written into their boxes, results on the edges as the page has
    them `told`.
    """
    boxes, layout, shown = _laid_out(flow, prompts, language, notes, told)
    parts = [
        *(_edge(line, layout, boxes) for line in shown),
        *(_noted(box, layout.spots[name], flow, notes.get(name)) for name, box in boxes.items()),
        *(_label(line, layout, boxes) for line in shown if line.label),
    ]
    width, height = round(max(layout.width, 480)), round(layout.height)
    return "\n".join(
        [
            (
                f'<svg class="flow-picture" viewBox="0 0 {width} {height}" width="{width * ENLARGED:.0f}" '
                f'height="{height * ENLARGED:.0f}">'
            ),
            f"<defs>{_ARROW}{_HATCH}</defs>",
            *parts,
            "</svg>",
        ]
    )


_ARROW = (
    '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0 8 4 0 8Z" fill="#6b7488"/></marker>'
)
_HATCH = (
    '<pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern>'
)


def _laid_out(
    flow: Flow,
    prompts: Mapping[str, PromptText],
    language: str,
    notes: Mapping[str, Note] | None,
    told: Told | None = None,
) -> tuple[dict[str, _Box], Layout, list[Line]]:
    """The boxes, where they stand, and the edges that are drawn between them."""
    every = lines(flow, language, told)
    hubs = {target for target, count in Counter(line.target for line in every).items() if count >= HUB}
    shown = [line for line in every if line.target not in hubs and line.source != line.target]
    names = {name: _name(node, prompts, language, notes) for name, node in flow.nodes.items()}
    boxes = {}
    for node in flow.nodes.values():
        own = [line for line in every if line.source == node.name]
        box = _box(node, own, shown, language, names, LETTERS + 4 if notes is None else PAGE_LETTERS)
        note = (notes or {}).get(node.name, Note())
        text, letters = words(node, prompts, language), LETTERS if notes is None else BOLD_LETTERS
        boxes[node.name] = replace(
            box,
            kind=tuple(textwrap.wrap(note.kind, LETTERS)) or box.kind,
            words=tuple(textwrap.wrap(note.title or text, letters, max_lines=3, placeholder="…")),
            note=tuple(textwrap.wrap(note.text, LETTERS)),
            is_named=notes is None,
        )
    sizes = {name: (BOX, box.height) for name, box in boxes.items()}
    return boxes, lay_out(sizes, [(line.source, line.target) for line in shown], flow.start), shown


def _name(node: Node, prompts: Mapping[str, PromptText], language: str, notes: Mapping[str, Note] | None) -> str:
    """What a node is called where another one leads to it: a page's by what it is for, in a row or two."""
    if notes is None:
        return node.name
    note = notes.get(node.name, Note())
    title = note.title or words(node, prompts, language) or note.kind or heading(node, language)
    return textwrap.shorten(title, LONGEST_NAME, placeholder="…")


def _document(flow: Flow, layout: Layout, parts: list[str]) -> str:
    width, height = round(max(layout.width, 480)), round(layout.height + 40)
    title = escape(flow.title)
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
                f'height="{height}" role="img" aria-labelledby="title">'
            ),
            f'<title id="title">{title}</title>',
            f"<style>{escape(_STYLE)}</style>",
            f"<defs>{_ARROW}</defs>",
            f'<rect width="{width}" height="{height}" fill="#fff" style="stroke:none"/>',
            f'<text class="title" x="36" y="30">{title}</text>',
            '<g transform="translate(0 40)">',
            *parts,
            "</g>",
            "</svg>",
            "",
        ]
    )


# --- boxes -------------------------------------------------------------------------------------


def _box(
    node: Node, own: list[Line], shown: list[Line], language: str, names: Mapping[str, str], letters: int
) -> _Box:
    unshown = [f"{line.label or '·'} ⇢ {names[line.target]}" for line in own if line not in shown]
    return _Box(
        node,
        tuple(textwrap.wrap(heading(node, language), LETTERS)),
        (),
        tuple(row for text in unshown for row in textwrap.wrap(text, letters)),
    )


def _drawn(box: _Box, spot: Spot, flow: Flow) -> str:
    """The node by its name first, which is what those who write flows look for."""
    rows = [("name", box.node.name), *(("kind", text) for text in box.kind)]
    rows += [*(("words", text) for text in box.words), *(("to", text) for text in box.to)]
    return _box_of(box, spot, flow, rows)


def _noted(box: _Box, spot: Spot, flow: Flow, note: Note | None) -> str:
    """The node by what it is for first, and what is noted of it; its name says nothing to those who read pages."""
    rows = [*(("name", text) for text in box.words or box.kind), *(("kind", text) for text in box.kind if box.words)]
    rows += [*(("to", text) for text in box.to), *(("note", text) for text in box.note)]
    drawn = _box_of(box, spot, flow, rows)
    if note is not None and note.place:
        drawn += _band(box, spot, note.place)
    return f"<a href={quoteattr(note.href)}>{drawn}</a>" if note is not None and note.href else drawn


def _band(box: _Box, spot: Spot, place: int) -> str:
    """A hatched band along the box, and its place in a circle on top."""
    left = spot.x - BOX / 2 - BAND
    middle = left + BAND / 2
    return (
        f'<rect class="band" x="{left:.0f}" y="{spot.top:.0f}" width="{BAND:.0f}" height="{box.height:.0f}" '
        f'fill="url(#hatched)"/><circle class="place" cx="{middle:.0f}" cy="{spot.top:.0f}" r="11"/>'
        f'<text class="place" x="{middle:.0f}" y="{spot.top + 4:.0f}">{place}</text>'
    )


def _box_of(box: _Box, spot: Spot, flow: Flow, rows: list[tuple[str, str]]) -> str:
    name = box.node.name
    left = spot.x - BOX / 2
    role = "start" if name == flow.start else "urgent" if name == flow.emergency else "node"
    round_ = 14 if box.node.type in ("end", "queue", "transfer") else 4
    texts = "".join(
        f'<text class="{kind}" x="{left + PADDING:.0f}" y="{spot.top + PADDING + 11 + index * ROW:.0f}">'
        f"{escape(text)}</text>"
        for index, (kind, text) in enumerate(rows)
    )
    return (
        f'<g class="{role} type-{box.node.type}" id={quoteattr("node-" + name)}>'
        f'<rect class="box" x="{left:.0f}" y="{spot.top:.0f}" width="{BOX:.0f}" height="{box.height:.0f}" '
        f'rx="{round_}" fill="{_COLOURS[box.node.type]}"/>{texts}</g>'
    )


# --- edges -------------------------------------------------------------------------------------


def _points(line: Line, layout: Layout, boxes: Mapping[str, _Box]) -> list[tuple[float, float]]:
    """Out at the bottom and in at the top, pieces within rows and between them in turn; upwards the other way round."""
    source, target = layout.spots[line.source], layout.spots[line.target]
    bends = list(layout.bends[line.source, line.target])
    if target.top > source.top:
        out = [(source.x, source.top + boxes[line.source].height), (source.x, source.floor)]
        return [*out, *bends, (target.x, target.top)]
    into = [(target.x, target.floor), (target.x, target.top + boxes[line.target].height)]
    return [(source.x, source.top), *bends, *into]


def _edge(line: Line, layout: Layout, boxes: Mapping[str, _Box]) -> str:
    """Straight within a row, bent between rows only, so that it crosses no box."""
    points = _points(line, layout, boxes)
    (x, y), *others = points
    path = f"M{x:.0f} {y:.0f}"
    for to_x, to_y in others:
        middle = (y + to_y) / 2
        path += f" C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"
        x, y = to_x, to_y
    is_back = points[-1][1] < points[0][1]
    return f'<path class="edge{" back" if is_back else ""}" d="{path}" marker-end="url(#arrow)"/>'


def _label(line: Line, layout: Layout, boxes: Mapping[str, _Box]) -> str:
    """Between the rows, nearer to where the edge goes, so that the labels of one box do not lie on each other."""
    points = _points(line, layout, boxes)
    is_back = points[-1][1] < points[0][1]
    (x, y), (to_x, to_y) = points[:2] if is_back else points[1:3]
    at_x, at_y = x + (to_x - x) * 0.7, y + (to_y - y) * 0.64
    text = textwrap.shorten(line.label, 40, placeholder="…")
    return f'<text class="label" x="{at_x:.0f}" y="{at_y + 3:.0f}">{escape(text)}</text>'
