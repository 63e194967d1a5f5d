"""How much the bench measures: in full, or quickly to see that everything works."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Sizes:
    """How often and how many. Without `is_judged` nothing is held against a goal: it is too little for a judgement."""

    is_judged: bool
    people: int
    turns: int
    calls: int
    every_seconds: float
    run_seconds: float
    warm_up_seconds: float
    rings: int
    desks: int
    own_news: int
    common_news: int
    routing_rounds: int
    routing_sizes: Sequence[int]
    routing_agents: int
    log_calls: int
    log_fewer: int
    log_rounds: int
    floor_supervisors: int
    floor_ticks: int

    def goal(self, figure: float) -> float | None:
        """The goal, where there is to be one."""
        return figure if self.is_judged else None


# Calls live shorter than two minutes: after that the centre asks the carrier about each of them, and the exchange,
# which has not placed them, would say that they are over.
FULL: Final = Sizes(
    is_judged=True, people=500, turns=2000, calls=1000, every_seconds=10, run_seconds=60, warm_up_seconds=4, rings=200,
    desks=200, own_news=200, common_news=40,
    routing_rounds=200, routing_sizes=(10, 1_000, 10_000), routing_agents=2_000,
    log_calls=1_000_000, log_fewer=10_000, log_rounds=24,
    floor_supervisors=50, floor_ticks=20,
)  # fmt: skip
QUICK: Final = Sizes(
    is_judged=False, people=5, turns=60, calls=20, every_seconds=0.5, run_seconds=1, warm_up_seconds=0.2, rings=3,
    desks=4, own_news=6, common_news=3,
    routing_rounds=5, routing_sizes=(10, 100), routing_agents=20,
    log_calls=600, log_fewer=300, log_rounds=2,
    floor_supervisors=4, floor_ticks=2,
)  # fmt: skip
