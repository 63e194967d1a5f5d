"""From a cause here to its effect elsewhere: how long until the telephone rings."""

from collections.abc import Sequence
from typing import Final, Protocol

from config.bench.figures import Finding, Unit, median, percentile
from config.bench.scripts import Step
from config.clock import stopwatch

PERCENT: Final = 95


class Scene(Protocol):
    """Something that can be caused here, again and again, and whose effect shows elsewhere."""

    def set_up(self, number: int) -> None:
        """Before the cause of this number; not timed."""

    def cause(self) -> None:
        """Make it happen; returns when it is on record."""

    def await_effect(self) -> None:
        """Return as soon as the effect shows; raises if it does not."""

    def reset(self) -> None:
        """As it was before; not timed."""


def time_effects(scene: Scene, *, rounds: int, step: Step = lambda: None) -> list[float]:
    """Seconds from just before each cause to its effect, one at a time."""
    taken = []
    for number in range(rounds):
        scene.set_up(number)
        began = stopwatch()
        scene.cause()
        scene.await_effect()
        taken.append(stopwatch() - began)
        scene.reset()
        step()
    return taken


def wait_findings(taken: Sequence[float], *, name: str, goal_ms: float | None) -> list[Finding]:
    """The 95th percentile against its goal, and the median."""
    return [
        Finding(f"{name}, 95th percentile", percentile(taken, PERCENT) * 1000, Unit.MILLISECONDS, goal_ms),
        Finding(f"{name}, median", median(taken) * 1000, Unit.MILLISECONDS),
    ]
