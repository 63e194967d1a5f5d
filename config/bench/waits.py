"""From a cause here to its effect elsewhere: how long until the telephone rings."""

from collections.abc import Callable
from typing import Final, TypeAlias

from config.bench.figures import Finding, Unit, median, percentile
from config.bench.turns import Step
from config.clock import stopwatch

Cause: TypeAlias = Callable[[int], None]
"""Makes the thing of this number happen; returns when it is on record."""
Effect: TypeAlias = Callable[[int], float]
"""Waits for the effect of this number and returns when it came, on `config.clock.stopwatch`; raises if it does not."""

PERCENT: Final = 95


def time_effects(cause: Cause, effect: Effect, *, rounds: int, step: Step = lambda: None) -> list[float]:
    """Seconds from just before each cause to its effect, one at a time."""
    taken = []
    for number in range(rounds):
        began = stopwatch()
        cause(number)
        taken.append(effect(number) - began)
        step()
    return taken


def wait_findings(taken: list[float], *, name: str, goal_ms: float | None) -> list[Finding]:
    """The 95th percentile against its goal, and the median."""
    return [
        Finding(f"{name}, 95th percentile", percentile(taken, PERCENT) * 1000, Unit.MILLISECONDS, goal_ms),
        Finding(f"{name}, median", median(taken) * 1000, Unit.MILLISECONDS),
    ]
