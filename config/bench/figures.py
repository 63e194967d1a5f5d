"""Medians, percentiles, and a finding held against its goal."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a figure counts."""

    RATIO = "times"
    MILLISECONDS = "ms"
    KIBIBYTES = "KiB"
    MEBIBYTES = "MiB"
    COUNT = ""


@dataclass(frozen=True)
class Finding:
    """One measured figure and, where there is one, the most that it should be (`at_least`: the least)."""

    name: str
    figure: float
    unit: Unit
    goal: float | None = None
    at_least: bool = False

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None without a goal."""
        if self.goal is None:
            return None
        return self.figure >= self.goal if self.at_least else self.figure <= self.goal


def median(samples: Sequence[float]) -> float:
    """The middle sample; NaN of none."""
    return percentile(samples, 50)


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that `percent` of all do not exceed (nearest rank); NaN of none."""
    if not samples:
        return float("nan")
    ordered = sorted(samples)
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[int(rank) - 1]
