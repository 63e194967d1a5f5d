"""From "agent available" to "ringing": through the database, RQ, the carrier and its webhook, one after the other."""

from collections import deque
from time import sleep
from typing import Final

from sqlalchemy import ColumnElement, exists, select

from agents.at_work import commands
from agents.bench.callers import Callers
from agents.floor import Floor
from agents.models import Agent, Offer, OfferState
from config.bench.client import Client, Request
from config.bench.scripts import CallScript, next_request
from config.bench.turns import posted
from config.clock import stopwatch
from config.due_work import DueWork

INSURER: Final = "vsk"
SKILL: Final = "desk"
AGENTS: Final = tuple(f"bench-{number}" for number in range(20))
WAITING: Final = 10
_LOOK_SECONDS: Final = 0.002
_PATIENCE_SECONDS: Final = 20.0


class NeverCame(Exception):
    """The agent's telephone stayed silent, or the centre did not come to rest."""


class Ringing:
    """Callers wait; one agent, another each time, becomes available, is rung for the first of them, and goes away."""

    def __init__(self, floor: Floor, web: Client, callers: Callers) -> None:
        self._floor = floor
        self._web = web
        self._callers = callers
        self._waiting: deque[tuple[CallScript, Request]] = deque()
        self._code = ""

    def set_up(self, number: int) -> None:
        """As many wait as always, and nothing else is going on."""
        while len(self._waiting) < WAITING:
            self._waiting.append(self._queued(self._callers.script()))
        self._code = AGENTS[number % len(AGENTS)]
        self._until(
            ~exists().where(DueWork.due_at <= self._floor.centre.clock.now()), "the centre did not come to rest"
        )

    def cause(self) -> None:
        """The agent becomes available, as by `pult agent available`."""
        commands.become_available(self._floor, insurer_id=INSURER, code=self._code)

    def await_effect(self) -> None:
        """Return once it is on record that the agent's telephone rings. Raises NeverCame."""
        rings = Offer.state == OfferState.RINGING
        whose = select(Agent.id).where(Agent.insurer_id == INSURER, Agent.code == self._code).scalar_subquery()
        self._until(exists().where(Offer.agent_id == whose, rings), f"{self._code} was not rung")

    def reset(self) -> None:
        """The agent goes away, and the caller whom they would have served hangs up."""
        commands.go_away(self._floor, insurer_id=INSURER, code=self._code)
        _, news = self._waiting.popleft()
        posted(self._web, news)

    def _queued(self, script: CallScript) -> tuple[CallScript, Request]:
        """Play a call up to its hanging up, which is left for later."""
        request = next(script)
        while request.kind:
            request = next_request(script, posted(self._web, request)) or request
        return script, request

    def _until(self, condition: ColumnElement[bool], otherwise: str) -> None:
        deadline = stopwatch() + _PATIENCE_SECONDS
        while not self._is_true(condition):
            if stopwatch() > deadline:
                raise NeverCame(f"{otherwise} in {_PATIENCE_SECONDS:.0f} s")
            sleep(_LOOK_SECONDS)

    def _is_true(self, condition: ColumnElement[bool]) -> bool:
        with self._floor.centre.database.reading("bench_look") as tx:
            return bool(tx.scalar(select(condition)))
