"""How a cost grows with size: the same work in worlds of several sizes, timed in turns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from config.bench.figures import Finding, Unit, median
from config.bench.scripts import Step
from config.clock import stopwatch


class World(Protocol):
    """A world of one size, in which one piece of work can be done again and again."""

    def set_up(self, number: int) -> None:
        """Before the work of this number; not timed."""

    def work(self) -> object:
        """What is timed."""

    def reset(self) -> None:
        """As it was before; not timed. Raises where the work was not done."""


def time_sizes(
    make: Callable[[int], World], sizes: Sequence[int], *, rounds: int, step: Step = lambda: None
) -> dict[int, float]:
    """The median seconds of the work at each size, the sizes alternating so that noise hits all alike.

    A step is made for each world, and for each round.
    """
    worlds = {}
    for size in sizes:
        worlds[size] = make(size)
        step()
    taken: dict[int, list[float]] = {size: [] for size in sizes}
    for number in range(rounds):
        for size, world in worlds.items():
            world.set_up(number)
            began = stopwatch()
            world.work()
            taken[size].append(stopwatch() - began)
            world.reset()
        step()
    return {size: median(samples) for size, samples in taken.items()}


def growth_findings(medians: Mapping[int, float], *, name: str, goal: float | None) -> list[Finding]:
    """How many times the smallest's cost the largest has, against the goal; and each median."""
    smallest, largest = min(medians), max(medians)
    ratio = medians[largest] / medians[smallest]
    return [
        Finding(f"{name}: {largest:,} ÷ {smallest:,}", ratio, Unit.RATIO, goal),
        *(Finding(f"{name}: {size:,}, median", cost * 1000, Unit.MILLISECONDS) for size, cost in medians.items()),
    ]
