"""Erlang A, the queue M/M/n+M: callers come at random, are served as long as it takes, and hang up when they tire.

After A. Mandelbaum and S. Zeltyn, "Service engineering in action: the Palm/Erlang-A queue" (2007). What a caller with
endless patience would have to wait has the density `λ p exp(λ H(x) - n μ x)`, where `H(x) = (1 - exp(-θ x)) / θ` and
`p` is the chance that all agents but one are busy; everything here is an integral over it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MOST_AGENTS: Final = 500
_STEPS: Final = 2000
# Where the density has fallen by so many powers of e there is nothing more to add up.
_NOTHING: Final = 40.0


@dataclass(frozen=True)
class Load:
    """What comes: callers an hour, how long one is handled, how long one waits before hanging up on the average."""

    per_hour: float
    handling_seconds: float
    patience_seconds: float


@dataclass(frozen=True)
class Service:
    """What callers meet: shares from 0 to 1, and the mean wait of all. `service_level` leaves short abandons out."""

    service_level: float
    waiting: float
    abandoned: float
    wait_seconds: float
    occupancy: float


def service(load: Load, *, agents: int, target_seconds: float) -> Service:
    """How `agents` serve the load. Raises ValueError for no agents, or times that are not above 0."""
    if agents < 1 or load.handling_seconds <= 0 or load.patience_seconds <= 0:
        raise ValueError("Erlang A needs agents, a handling time and a patience above 0")
    if load.per_hour <= 0:
        return Service(1.0, 0.0, 0.0, 0.0, 0.0)
    rate, leaves = load.per_hour / 3600, 1 / load.patience_seconds
    wait = _Wait(rate, 1 / load.handling_seconds, leaves, agents)
    in_time = 1 - wait.chance + wait.integral(lambda x: math.exp(-leaves * x), until=target_seconds)
    patient = math.exp(-leaves * target_seconds)
    gone_late = wait.integral(lambda x: patient - math.exp(-leaves * x), since=target_seconds)
    abandoned = wait.integral(lambda x: -math.expm1(-leaves * x))
    answered_late = wait.integral(lambda x: math.exp(-leaves * x), since=target_seconds)
    counted = in_time + answered_late + gone_late
    return Service(
        service_level=min(1.0, in_time / counted),
        waiting=wait.chance,
        abandoned=abandoned,
        # Whoever waits leaves at a steady rate: the mean wait follows from how many do.
        wait_seconds=abandoned / leaves,
        occupancy=min(1.0, rate * (1 - abandoned) * load.handling_seconds / agents),
    )


def agents_needed(load: Load, *, service_level: float, target_seconds: float) -> int | None:
    """The fewest agents with whom the service level (0 to 1) is reached, 0 where nobody calls; None above 500."""
    if load.per_hour <= 0:
        return 0
    low, high = 1, MOST_AGENTS
    if not _is_reached(load, high, service_level, target_seconds):
        return None
    while low < high:
        middle = (low + high) // 2
        if _is_reached(load, middle, service_level, target_seconds):
            high = middle
        else:
            low = middle + 1
    return low


def _is_reached(load: Load, agents: int, wanted: float, target_seconds: float) -> bool:
    return service(load, agents=agents, target_seconds=target_seconds).service_level >= wanted


class _Wait:
    """The density of the wait that a caller is offered, scaled so that nothing overflows under a heavy load."""

    def __init__(self, rate: float, serves: float, leaves: float, agents: int) -> None:
        self._rate, self._speed, self._leaves = rate, agents * serves, leaves
        # It is highest where as many come and stay as are served.
        self._peak = math.log(rate / self._speed) / leaves if rate > self._speed else 0.0
        self._top = self._exponent(self._peak)
        self._end = self._where_it_ends()
        free = _not_all_busy(rate / serves, agents) * math.exp(-self._top)
        busy = rate * self._summed(lambda x: 1.0, 0.0, self._end)
        self._scale = rate / (free + busy)
        self.chance = busy / (free + busy)

    def integral(self, weight: Callable[[float], float], *, since: float = 0.0, until: float | None = None) -> float:
        """The density times `weight`, added up between two waits in seconds."""
        end = self._end if until is None else min(until, self._end)
        return self._scale * self._summed(weight, since, end) if end > since else 0.0

    def _exponent(self, x: float) -> float:
        return self._rate * -math.expm1(-self._leaves * x) / self._leaves - self._speed * x

    def _where_it_ends(self) -> float:
        end = self._peak + 1 / self._speed
        while self._exponent(end) - self._top > -_NOTHING:
            end *= 1.5
        return end

    def _summed(self, weight: Callable[[float], float], since: float, until: float) -> float:
        """Simpson's rule."""
        step = (until - since) / _STEPS
        total = 0.0
        for number in range(_STEPS + 1):
            x = since + number * step
            factor = 1 if number in (0, _STEPS) else 4 if number % 2 else 2
            total += factor * weight(x) * math.exp(self._exponent(x) - self._top)
        return total * step / 3


def _not_all_busy(offered: float, agents: int) -> float:
    """How likely it is that an agent is free, against all but one being busy: the sum of (n-1)!/j! aʲ⁻ⁿ⁺¹, j < n."""
    total = 1.0
    for busy in range(1, agents):
        total = 1.0 + total * busy / offered
    return total
