"""What one match costs, however many wait: worlds of several sizes, timed in turns, the resetting not counted."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import insert, text, update

from agents import presence
from agents.floor import Floor
from agents.models import Agent, AgentSkill, Offer, OfferState, Presence, Purpose, Wait, WaitState
from agents.offering.offers import withdraw_all
from agents.routing import dispatch
from agents.rows import locked
from agents.waiting import waits
from config.bench.growth import time_sizes
from config.bench.scripts import Step
from config.database import Base
from config.ids import new_id
from ivr.calls.models import Call, CallState

AGENTS: Final = 2000
SIZES: Final = (10, 1_000, 10_000)
ROUNDS: Final = 200
_SKILLS: Final = ("desk", "curator", "psychologist")
_AT_ONCE: Final = 500


def time_matches(
    make_floor: Callable[[], Floor],
    insurer_id: str,
    *,
    sizes: Sequence[int] = SIZES,
    agents: int = AGENTS,
    rounds: int = ROUNDS,
    step: Step = lambda: None,
) -> dict[int, float]:
    """Median seconds of one match at each size: one of `agents` has come free, so many wait, an offer is written.

    `make_floor` gives an empty centre, another each time; sizes alternate, so that noise hits all alike.
    """

    def make(size: int) -> _World:
        return _World(make_floor(), insurer_id, waiting=size, agents=agents)

    return time_sizes(make, sizes, rounds=rounds, step=step)


class _World:
    """One centre, its agents all busy, and so many callers waiting in several lanes."""

    def __init__(self, floor: Floor, insurer_id: str, *, waiting: int, agents: int) -> None:
        self._floor = floor
        self._insurer_id = insurer_id
        self._agents = [new_id(floor.centre.clock.now()) for _ in range(agents)]
        self._fill(Agent, self._agent_rows())
        self._fill(AgentSkill, self._skill_rows())
        calls = [new_id(floor.centre.clock.now()) for _ in range(waiting)]
        self._fill(Call, (self._call_row(number, call_id) for number, call_id in enumerate(calls)))
        self._fill(Wait, (self._wait_row(number, call_id) for number, call_id in enumerate(calls)))
        self._know_sizes()

    def set_up(self, number: int) -> None:
        """One agent, another each time, comes free."""
        with self._floor.centre.database.transaction("free_agent") as tx:
            agent = locked(tx, Agent, self._agents[number % len(self._agents)])
            if agent is not None:
                presence.change(tx, agent, Presence.AVAILABLE, at=self._floor.centre.clock.now())

    def work(self) -> list[str]:
        """The match."""
        return dispatch.match_and_offer(self._floor, self._insurer_id)

    def reset(self) -> None:
        """As it was before the match; raises NoResultFound where the match made no offer."""
        with self._floor.centre.database.transaction("reset_match") as tx:
            offer = tx.query(Offer).filter(Offer.state == OfferState.MADE).one()
            call, wait = tx.get_one(Call, offer.call_id), tx.get_one(Wait, offer.wait_id)
            withdraw_all(tx, call=call, wait=wait, reason="bench", at=self._floor.centre.clock.now())
            waits.move(wait, WaitState.WAITING)
            tx.execute(update(Agent).where(Agent.id == offer.agent_id).values(presence=Presence.AWAY))

    def _know_sizes(self) -> None:
        """PostgreSQL plans by statistics, which its autovacuum takes within a minute; a bench cannot wait for it."""
        database = self._floor.centre.database
        if not database.is_sqlite:
            with database.transaction("analyse") as tx:
                tx.execute(text("analyze"))

    def _fill(self, model: type[Base], rows: Iterator[dict[str, object]]) -> None:
        listed = list(rows)
        for start in range(0, len(listed), _AT_ONCE):
            with self._floor.centre.database.transaction("fill_world") as tx:
                tx.execute(insert(model), listed[start : start + _AT_ONCE])

    def _agent_rows(self) -> Iterator[dict[str, object]]:
        now = self._floor.centre.clock.now()
        for number, agent_id in enumerate(self._agents):
            yield {
                "id": agent_id, "insurer_id": self._insurer_id, "code": f"a{number}", "title": "-",
                "address": f"client:a{number}", "presence": Presence.AWAY, "presence_since": now,
            }  # fmt: skip

    def _skill_rows(self) -> Iterator[dict[str, object]]:
        for number, agent_id in enumerate(self._agents):
            for skill in {"desk", _SKILLS[number % len(_SKILLS)]}:
                yield {"agent_id": agent_id, "skill": skill, "insurer_id": self._insurer_id, "level": number % 3 + 1}

    def _call_row(self, number: int, call_id: str) -> dict[str, object]:
        return {
            "id": call_id, "insurer_id": self._insurer_id, "carrier_sid": f"CA{number}", "line": "-", "dnis": "-",
            "state": CallState.WAITING, "started_at": self._floor.centre.clock.now(), "language": "ru", "flow": "-",
            "flow_digest": "-",
        }  # fmt: skip

    def _wait_row(self, number: int, call_id: str) -> dict[str, object]:
        since = self._floor.centre.clock.now() - timedelta(seconds=60 + number)
        skill = _SKILLS[number % len(_SKILLS)]
        # Every other caller has a curator of their own, whose time of being asked first is over.
        preferred = self._agents[number * 7 % len(self._agents)] if number % 2 else None
        return {
            "id": new_id(since), "insurer_id": self._insurer_id, "call_id": call_id, "queue": skill,
            "joined_queue": skill, "first_queue": skill, "skills": [skill], "lane": waits.lane_of([skill]),
            "priority": 50, "rank": 950, "preferred_agent_id": preferred, "purpose": Purpose.QUEUE,
            "state": WaitState.WAITING, "since": since, "joined_at": since, "queue_since": since, "anyone_from": since,
        }  # fmt: skip
