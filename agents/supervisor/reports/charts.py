"""Charts as plain shapes for the page's SVG: bars told apart by pattern and by their labels, never by colour alone."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 960.0
HEIGHT: Final = 200.0
_LEFT: Final = 56.0
_TOP: Final = 22.0
_LABELS: Final = 24.0
_LETTER: Final = 7.5
_WIDEST: Final = 72.0


@dataclass(frozen=True)
class Piece:
    """One rectangle of a bar, filled by the pattern of `kind`."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Label:
    """Text in the middle of `x`, standing on `y`."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Chart:
    """Bars, what is written over and under them, and the lines of the scale with theirs."""

    pieces: Sequence[Piece]
    over: Sequence[Label]
    under: Sequence[Label]
    scale: Sequence[Label]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = _LEFT


def bar_chart(
    names: Sequence[str],
    stacks: Sequence[Sequence[tuple[str, float]]],
    *,
    written: Callable[[float], str],
    most: float | None = None,
) -> Chart:
    """A bar for each name, of pieces (kind, value) from the bottom up; `most` is the top of the scale, else the
    highest bar. A bar of no pieces had nothing to measure, and stays empty.
    """
    sums = [sum(value for _, value in stack) for stack in stacks]
    top = most or _round_up(max(sums, default=0.0))
    slot = (WIDTH - _LEFT) / max(1, len(names))
    wide = min(_WIDEST, slot * 0.7)
    floor, room = HEIGHT - _LABELS, HEIGHT - _LABELS - _TOP
    pieces, over = [], []
    for number, (stack, total) in enumerate(zip(stacks, sums, strict=True)):
        x, y = _LEFT + slot * number + (slot - wide) / 2, floor
        for kind, value in stack:
            height = room * min(value, top) / top
            y -= height
            pieces.append(Piece(kind, round(x, 1), round(y, 1), round(wide, 1), round(height, 1)))
        if stack:
            over.append(Label(round(x + wide / 2, 1), round(y - 5, 1), written(total)))
    middles = [round(_LEFT + slot * (number + 0.5), 1) for number in range(len(names))]
    under = [Label(x, HEIGHT - 7, name) for x, name in zip(middles, names, strict=True)]
    scale = [Label(_LEFT - 8, round(floor - room * part, 1), written(top * part)) for part in (0.0, 0.5, 1.0)]
    return Chart(pieces, _that_fit(over), _that_fit(under), scale)


def _that_fit(labels: Sequence[Label]) -> list[Label]:
    """Those that do not lie on the one before; they stay evenly spaced."""
    if len(labels) < 2:
        return list(labels)
    widest = max(len(one.text) for one in labels) * _LETTER + 6
    apart = min(right.x - left.x for left, right in itertools.pairwise(labels))
    every = max(1, -int(-widest // max(apart, 0.1)))
    return list(labels[::every])


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 and so on that is not below."""
    step = 1.0
    while True:
        for factor in (1, 2, 5):
            if value <= factor * step:
                return factor * step
        step *= 10
