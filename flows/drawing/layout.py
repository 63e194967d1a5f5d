"""A layered layout: boxes in rows from top to bottom, few crossings, long edges led between the boxes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

GAP_X = 36.0
GAP_Y = 84.0
BEND_WIDTH = 14.0
SWEEPS = 24

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Spot:
    """The middle of a box from left to right, its top, and the bottom of the tallest box of its row."""

    x: float
    top: float
    floor: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Where boxes stand, and where each edge passes the rows between its ends: in and out of each, in its direction."""

    spots: Mapping[str, Spot]
    bends: Mapping[Pair, Sequence[tuple[float, float]]]
    width: float
    height: float


def lay_out(sizes: Mapping[str, tuple[float, float]], edges: Sequence[Pair], start: str) -> Layout:
    """Place boxes of the given widths and heights; `start` stands in the first row."""
    down = _downward(list(sizes), edges, start)
    rows_of = _rows(list(sizes), down)
    widths = {name: width for name, (width, _) in sizes.items()}
    chains: dict[Pair, list[str]] = {}
    for upper, lower in down:
        bends = [f"{upper}\0{lower}\0{row}" for row in range(rows_of[upper] + 1, rows_of[lower])]
        chains[upper, lower] = [upper, *bends, lower]
        for row, bend in enumerate(bends, rows_of[upper] + 1):
            rows_of[bend], widths[bend] = row, BEND_WIDTH
    rows = _ordered(rows_of, list(chains.values()))
    x = _placed(rows, list(chains.values()), widths)
    return _layout(sizes, edges, rows, chains, x, widths)


def _downward(names: list[str], edges: Sequence[Pair], start: str) -> list[Pair]:
    """The edges without circles: one that leads back up is turned round."""
    targets: dict[str, list[str]] = {name: [] for name in names}
    for source, to in edges:
        targets[source].append(to)
    state: dict[str, int] = {}
    back: set[Pair] = set()
    for root in [start, *names]:
        trail = [(root, iter(targets[root]))] if root not in state else []
        state.setdefault(root, 1)
        while trail:
            name, ways = trail[-1]
            target = next(ways, None)
            if target is None:
                state[name] = 2
                trail.pop()
            elif state.get(target) == 1:
                back.add((name, target))
            elif target not in state:
                state[target] = 1
                trail.append((target, iter(targets[target])))
    turned = ((lower, upper) if (upper, lower) in back else (upper, lower) for upper, lower in edges)
    return list(dict.fromkeys(pair for pair in turned if pair[0] != pair[1]))


def _rows(names: list[str], down: list[Pair]) -> dict[str, int]:
    """The row of each box: one below the lowest that leads to it."""
    rows = dict.fromkeys(names, 0)
    for _ in names:
        moved = False
        for upper, lower in down:
            if rows[lower] <= rows[upper]:
                rows[lower] = rows[upper] + 1
                moved = True
        if not moved:
            break
    return rows


def _ordered(rows_of: Mapping[str, int], chains: list[list[str]]) -> list[list[str]]:
    """Each row from left to right, sorted again and again by the middle of what its boxes are joined to."""
    rows: list[list[str]] = [[] for _ in range(max(rows_of.values(), default=0) + 1)]
    for name, at_row in rows_of.items():
        rows[at_row].append(name)
    above, below = _neighbours(chains)
    for sweep in range(SWEEPS):
        joined = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else reversed(rows):
            at = {name: float(index) for other in rows for index, name in enumerate(other)}
            wanted = {name: _mean([at[near] for near in joined.get(name, ())], at[name]) for name in row}
            row.sort(key=wanted.__getitem__)
    return rows


def _neighbours(chains: list[list[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for chain in chains:
        for upper, lower in itertools.pairwise(chain):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    return above, below


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _placed(rows: list[list[str]], chains: list[list[str]], widths: Mapping[str, float]) -> dict[str, float]:
    """The middle of each box: as near to its neighbours' as the row allows."""
    x: dict[str, float] = {}
    for row in rows:
        x.update(_apart(row, dict.fromkeys(row, 0.0), widths))
    above, below = _neighbours(chains)
    for sweep in range(SWEEPS):
        joined = below if sweep % 2 == 0 else above
        for row in reversed(rows) if sweep % 2 == 0 else rows:
            wanted = {name: _mean([x[near] for near in joined.get(name, ())], x[name]) for name in row}
            x.update(_apart(row, wanted, widths))
    left = min((x[name] - widths[name] / 2 for name in x), default=0.0)
    return {name: middle - left + GAP_X for name, middle in x.items()}


def _apart(row: list[str], wanted: Mapping[str, float], widths: Mapping[str, float]) -> dict[str, float]:
    """Positions near the wanted ones without overlap: the mean of pushing to the right and pushing to the left."""
    right, left = {}, {}
    edge = float("-inf")
    for name in row:
        right[name] = max(wanted[name], edge + widths[name] / 2)
        edge = right[name] + widths[name] / 2 + GAP_X
    edge = float("inf")
    for name in reversed(row):
        left[name] = min(wanted[name], edge - widths[name] / 2)
        edge = left[name] - widths[name] / 2 - GAP_X
    return {name: (right[name] + left[name]) / 2 for name in row}


def _layout(
    sizes: Mapping[str, tuple[float, float]],
    edges: Sequence[Pair],
    rows: list[list[str]],
    chains: Mapping[Pair, list[str]],
    x: Mapping[str, float],
    widths: Mapping[str, float],
) -> Layout:
    spots: dict[str, Spot] = {}
    passages: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {}
    top = GAP_X
    for row in rows:
        tall = max((sizes[name][1] for name in row if name in sizes), default=0.0)
        for name in row:
            if name in sizes:
                spots[name] = Spot(x[name], top, top + tall)
            passages[name] = ((x[name], top), (x[name], top + tall))
        top += tall + GAP_Y
    bends: dict[Pair, list[tuple[float, float]]] = {}
    for source, target in edges:
        if (source, target) in chains:
            bends[source, target] = [point for bend in chains[source, target][1:-1] for point in passages[bend]]
        else:
            chain = chains.get((target, source), [])
            bends[source, target] = [point for bend in reversed(chain[1:-1]) for point in reversed(passages[bend])]
    width = max((x[name] + widths[name] / 2 for name in x), default=0.0) + GAP_X
    return Layout(spots, bends, width, top - GAP_Y + GAP_X)
