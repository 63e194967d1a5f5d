"""What a turn costs: whole calls, turn by turn, each beside a request to a bare app that returns constant TwiML."""

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field, replace
from time import sleep
from typing import Final

from config.bench.client import Client, Reply, Request
from config.bench.figures import Finding, Unit, median
from config.bench.scripts import CallScript, Scripts, Step, TurnFailed, next_request

# What a turn leaves to other programs (jobs for RQ, news for pages) is theirs, and done before anybody presses again.
_SILENT_SECONDS: Final = 0.02


@dataclass
class TurnCost:
    """Seconds of every turn, by its kind, and of as many requests to the bare app; kinds told `apart` are no turns."""

    apart: Collection[str] = ()
    turns: dict[str, list[float]] = field(default_factory=dict)
    bare: list[float] = field(default_factory=list)

    @property
    def all_turns(self) -> list[float]:
        """Of whatever kind, save those told apart."""
        return [seconds for kind, taken in self.turns.items() if kind not in self.apart for seconds in taken]

    @property
    def ratio(self) -> float:
        """How many times the bare app's time a turn takes: median against median."""
        return median(self.all_turns) / median(self.bare)

    def add(self, kind: str, turn_seconds: float, bare_seconds: float) -> None:
        """One turn and its companion."""
        self.turns.setdefault(kind, []).append(turn_seconds)
        self.bare.append(bare_seconds)

    def findings(self, *, goal: float | None) -> list[Finding]:
        """The ratio against its goal, that of each kind of turn, and the two medians that it is made of."""
        bare = median(self.bare)
        return [
            Finding("turn ÷ bare app", self.ratio, Unit.RATIO, goal),
            *(Finding(f"{kind} ÷ bare app", median(taken) / bare, Unit.RATIO) for kind, taken in self.turns.items()),
            Finding("turn, median", median(self.all_turns) * 1000, Unit.MILLISECONDS),
            Finding("bare app, median", bare * 1000, Unit.MILLISECONDS),
        ]


def compare_turns(
    scripts: Scripts,
    *,
    address: str,
    bare_url: str,
    turns: int,
    apart: Collection[str] = (),
    warm_up_calls: int = 0,
    keep_alive: bool = True,
    step: Step = lambda: None,
) -> TurnCost:
    """Play whole calls to `address`, one after the other, until so many turns were taken, a bare request beside each.

    The bare app is sent the same form, on a connection of its own, so that whatever else the machine does hits both
    alike. Between two turns the caller is silent for a moment, as callers are for seconds. News, which has no kind, is
    sent but not timed; kinds `apart` are timed, but not as turns. Raises TurnFailed where a call cannot go on.
    """
    with (
        closing(Client(address, keep_alive=keep_alive)) as ours,
        closing(Client(bare_url, keep_alive=keep_alive)) as bare,
    ):
        pair = _Pair(ours, bare, bare_url)
        for _ in range(warm_up_calls):
            pair.play(scripts(), lambda: None)
        pair.cost = TurnCost(apart)
        while len(pair.cost.bare) < turns:
            pair.play(scripts(), step)
    return pair.cost


@dataclass
class _Pair:
    ours: Client
    bare: Client
    bare_url: str
    cost: TurnCost = field(default_factory=TurnCost)

    def play(self, script: CallScript, step: Step) -> None:
        """One call to its end."""
        request: Request | None = next(script)
        while request is not None:
            reply = self._timed(request, step) if request.kind else posted(self.ours, request)
            request = next_request(script, reply)

    def _timed(self, request: Request, step: Step) -> Reply:
        beside = replace(request, url=self.bare_url)
        # Whoever goes second finds warm caches: they take it in turns.
        if len(self.cost.bare) % 2:
            reply, companion = posted(self.ours, request), posted(self.bare, beside)
        else:
            companion, reply = posted(self.bare, beside), posted(self.ours, request)
        self.cost.add(request.kind, reply.seconds, companion.seconds)
        step()
        sleep(_SILENT_SECONDS)
        return reply


def posted(client: Client, request: Request) -> Reply:
    """The reply to a request; raises TurnFailed where the server does not take it."""
    reply = client.send(request)
    if not reply.is_good:
        raise TurnFailed(f"{request.url} answered {reply.status}")
    return reply
