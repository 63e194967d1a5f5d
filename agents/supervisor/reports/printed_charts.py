"""The page's charts on paper: the same bars, told apart by pattern and by their labels, never by colour alone."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from reportlab.graphics.shapes import Circle, Drawing, Group, Line, Rect, String

from agents.supervisor.printing import INK, SOFT, Flowable
from agents.supervisor.reports.charts import Chart, Label, Piece

_FONT: Final = "PT Sans"
_SIZE: Final = 11.0
_APART: Final = 6.0


def drawing(chart: Chart, *, width: float) -> Flowable:
    """The chart in that width, in points."""
    scale = width / chart.width
    shapes = Group(*_scale(chart), *(one for piece in chart.pieces for one in _bar(chart, piece)))
    for label in (*chart.over, *chart.under):
        shapes.add(_text(chart, label, anchor="middle"))
    shapes.transform = (scale, 0, 0, scale, 0, 0)
    return Drawing(width, chart.height * scale, shapes)


def _scale(chart: Chart) -> list[Any]:
    lines = []
    for label in chart.scale:
        y = chart.height - label.y
        lines.append(Line(chart.left, y, chart.width, y, strokeColor=SOFT, strokeWidth=0.4))
        lines.append(_text(chart, Label(label.x, label.y + _SIZE / 3, label.text), anchor="end"))
    return lines


def _text(chart: Chart, label: Label, *, anchor: str) -> Any:
    return String(
        label.x, chart.height - label.y, label.text, fontName=_FONT, fontSize=_SIZE, fillColor=INK, textAnchor=anchor
    )


def _bar(chart: Chart, piece: Piece) -> list[Any]:
    """From the page's top down to paper's bottom up: what is in time is full, late is hatched, gone is dotted."""
    y = chart.height - piece.y - piece.height
    is_full = piece.kind in ("plain", "in-time")
    box = Rect(
        piece.x, y, piece.width, piece.height, fillColor=INK if is_full else None, strokeColor=INK, strokeWidth=0.8
    )
    pattern = _PATTERNS.get(piece.kind)
    return [box] if pattern is None else [box, *pattern(piece, y)]


def _hatching(piece: Piece, y: float) -> list[Any]:
    """Slanted lines, cut at the box."""
    lines = []
    offset = _APART - piece.height
    while offset < piece.width:
        left, right = max(0.0, offset), min(piece.width, offset + piece.height)
        lines.append(
            Line(
                piece.x + left,
                y + left - offset,
                piece.x + right,
                y + right - offset,
                strokeColor=INK,
                strokeWidth=0.8,
            )
        )
        offset += _APART
    return lines


def _dots(piece: Piece, y: float) -> list[Any]:
    """As many as lie wholly in the box."""
    across, down = int(piece.width // _APART), int(piece.height // _APART)
    left = piece.x + (piece.width - across * _APART) / 2
    places = ((column, row) for column in range(across) for row in range(down))
    return [
        Circle(left + _APART * (column + 0.5), y + _APART * (row + 0.5), 1.2, fillColor=INK, strokeColor=None)
        for column, row in places
    ]


_PATTERNS: Final[Mapping[str, Callable[[Piece, float], list[Any]]]] = {"late": _hatching, "gone": _dots}


def key(kinds: Sequence[tuple[str, str]]) -> Flowable:
    """What each pattern means, in one line."""
    shapes = Group()
    for number, (kind, words) in enumerate(kinds):
        x = number * _KEY_WIDTH
        for shape in _bar(_KEY_CHART, Piece(kind, x, 0.0, 24.0, _KEY_HEIGHT)):
            shapes.add(shape)
        shapes.add(String(x + 30, 3, words, fontName=_FONT, fontSize=9, fillColor=INK))
    return Drawing(_KEY_WIDTH * len(kinds), _KEY_HEIGHT, shapes)


_KEY_WIDTH: Final = 150.0
_KEY_HEIGHT: Final = 13.0
_KEY_CHART: Final = Chart((), (), (), (), height=_KEY_HEIGHT)
