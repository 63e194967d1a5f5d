"""How a cost grows with size: the same work prepared at several sizes, timed in turns."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from config.bench.figures import Finding, Unit, median
from config.bench.turns import Step
from config.clock import stopwatch

Work: TypeAlias = Callable[[], object]
"""One unit of work; each run leaves the next one a like situation."""
Prepare: TypeAlias = Callable[[int], Work]
"""Makes a world of this size and gives the work to time in it."""


def time_sizes(
    prepare: Prepare, sizes: Sequence[int], *, rounds: int = 200, step: Step = lambda: None
) -> dict[int, float]:
    """The median seconds of the work at each size, the sizes alternating so that noise hits all alike."""
    works = {size: prepare(size) for size in sizes}
    taken: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(rounds):
        for size, work in works.items():
            began = stopwatch()
            work()
            taken[size].append(stopwatch() - began)
            step()
    return {size: median(samples) for size, samples in taken.items()}


def growth_findings(medians: dict[int, float], *, name: str, goal: float | None) -> list[Finding]:
    """How many times the smallest's cost the largest has, against the goal; and each median."""
    smallest, largest = min(medians), max(medians)
    ratio = medians[largest] / medians[smallest]
    return [
        Finding(f"{name}: {largest:,} ÷ {smallest:,}", ratio, Unit.RATIO, goal),
        *(Finding(f"{name}: {size:,}", cost * 1000, Unit.MILLISECONDS) for size, cost in medians.items()),
    ]
