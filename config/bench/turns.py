"""What a turn costs: the flow's turn against a bare app that returns constant TwiML, request about request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from config.bench.client import Client, Reply, Request
from config.bench.figures import Finding, Unit, median

Turns: TypeAlias = Callable[[int], Request]
"""Gives the request number so and so; called outside the measured time."""
Step: TypeAlias = Callable[[], None]
"""Called after each step, for a progress bar."""


class TurnFailed(Exception):
    """A measured request was not answered 200: the figure would mean nothing."""


@dataclass(frozen=True)
class TurnCost:
    """Medians in seconds, over the same number of turns of each, taken in turns."""

    turn_seconds: float
    bare_seconds: float

    @property
    def ratio(self) -> float:
        """How many times the bare app's time a turn takes."""
        return self.turn_seconds / self.bare_seconds


def compare_turns(
    turns: Turns, bare: Turns, *, rounds: int, keep_alive: bool, step: Step = lambda: None
) -> TurnCost:
    """Alternate between the two, each on its own connection, so that whatever else the machine does hits both alike.

    Raises TurnFailed unless every request is answered 200.
    """
    clients = (Client(turns(0).url, keep_alive=keep_alive), Client(bare(0).url, keep_alive=keep_alive))
    taken: tuple[list[float], list[float]] = ([], [])
    try:
        for number in range(rounds):
            pairs = list(zip(clients, (turns, bare), taken, strict=True))
            # Whoever goes second finds warm caches: they take it in turns.
            for client, requests, samples in pairs if number % 2 else reversed(pairs):
                samples.append(_timed(client, requests(number)).seconds)
            step()
    finally:
        for client in clients:
            client.close()
    return TurnCost(median(taken[0]), median(taken[1]))


def turn_findings(cost: TurnCost, *, name: str, goal: float | None) -> list[Finding]:
    """The ratio against its goal, and the two medians that it is made of."""
    return [
        Finding(f"{name}: turn ÷ bare app", cost.ratio, Unit.RATIO, goal),
        Finding(f"{name}: turn, median", cost.turn_seconds * 1000, Unit.MILLISECONDS),
        Finding(f"{name}: bare app, median", cost.bare_seconds * 1000, Unit.MILLISECONDS),
    ]


def _timed(client: Client, request: Request) -> Reply:
    reply = client.post(request)
    if reply.status != 200:
        raise TurnFailed(f"{request.url} answered {reply.status}")
    return reply
