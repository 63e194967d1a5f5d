"""What one match costs, however many wait: worlds of several sizes, timed in turns, the resetting not counted."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import insert, update

from agents import dispatch, presence, waits
from agents.floor import Floor
from agents.models import Agent, AgentSkill, Offer, Presence, Purpose, Wait, WaitState
from agents.offers import withdraw_all
from agents.rows import locked
from config.bench.figures import median
from config.clock import stopwatch
from config.database import Base
from config.ids import new_id
from ivr.calls.models import Call, CallState

AGENTS: Final = 2000
SIZES: Final = (10, 1_000, 10_000)
ROUNDS: Final = 200
_SKILLS: Final = ("desk", "curator", "psychologist")
_AT_ONCE: Final = 500


def time_matches(
    make_floor: Callable[[int], Floor],
    insurer_id: str,
    *,
    sizes: Sequence[int] = SIZES,
    rounds: int = ROUNDS,
    step: Callable[[], None] = lambda: None,
) -> dict[int, float]:
    """Median seconds of one match at each size: an agent of 2,000 has come free, so many wait, an offer is written.

    `make_floor` gives an empty centre for a size; sizes alternate, so that noise hits all alike.
    """
    worlds = {size: _World(make_floor(size), insurer_id, size) for size in sizes}
    taken: dict[int, list[float]] = {size: [] for size in sizes}
    for number in range(rounds):
        for size, world in worlds.items():
            world.free_one(number)
            began = stopwatch()
            dispatch.match_and_offer(world.floor, insurer_id)
            taken[size].append(stopwatch() - began)
            world.reset()
        step()
    return {size: median(samples) for size, samples in taken.items()}


class _World:
    """One centre with 2,000 agents, all busy, and `size` callers waiting in several lanes."""

    def __init__(self, floor: Floor, insurer_id: str, size: int) -> None:
        self.floor = floor
        self._insurer_id = insurer_id
        self._agents = [new_id(floor.centre.clock.now()) for _ in range(AGENTS)]
        self._fill(Agent, self._agent_rows())
        self._fill(AgentSkill, self._skill_rows())
        calls = [new_id(floor.centre.clock.now()) for _ in range(size)]
        self._fill(Call, (self._call_row(number, call_id) for number, call_id in enumerate(calls)))
        self._fill(Wait, (self._wait_row(number, call_id) for number, call_id in enumerate(calls)))

    def free_one(self, number: int) -> None:
        """One agent, another each time, comes free."""
        with self.floor.centre.database.transaction("free_agent") as tx:
            agent = locked(tx, Agent, self._agents[number % AGENTS])
            if agent is not None:
                presence.change(tx, agent, Presence.AVAILABLE, at=self.floor.centre.clock.now())

    def reset(self) -> None:
        """As it was before the match; raises AssertionError where the match made no offer."""
        with self.floor.centre.database.transaction("reset_match") as tx:
            offer = tx.query(Offer).filter(Offer.state == "made").one()
            call, wait = tx.get_one(Call, offer.call_id), tx.get_one(Wait, offer.wait_id)
            withdraw_all(tx, call=call, wait=wait, reason="bench", at=self.floor.centre.clock.now())
            waits.move(wait, WaitState.WAITING)
            tx.execute(update(Agent).where(Agent.id == offer.agent_id).values(presence=Presence.AWAY))

    def _fill(self, model: type[Base], rows: Iterator[dict[str, object]]) -> None:
        listed = list(rows)
        for start in range(0, len(listed), _AT_ONCE):
            with self.floor.centre.database.transaction("fill_world") as tx:
                tx.execute(insert(model), listed[start : start + _AT_ONCE])

    def _agent_rows(self) -> Iterator[dict[str, object]]:
        now = self.floor.centre.clock.now()
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
            "state": CallState.WAITING, "started_at": self.floor.centre.clock.now(), "language": "ru", "flow": "-",
            "flow_digest": "-",
        }  # fmt: skip

    def _wait_row(self, number: int, call_id: str) -> dict[str, object]:
        since = self.floor.centre.clock.now() - timedelta(seconds=60 + number)
        skill = _SKILLS[number % len(_SKILLS)]
        # Every other caller has a curator of their own, whose time of being asked first is over.
        preferred = self._agents[number * 7 % AGENTS] if number % 2 else None
        return {
            "id": new_id(since), "insurer_id": self._insurer_id, "call_id": call_id, "queue": skill,
            "joined_queue": skill, "skills": [skill], "lane": waits.lane_of([skill]), "priority": 50, "rank": 950,
            "preferred_agent_id": preferred, "purpose": Purpose.QUEUE, "state": WaitState.WAITING, "since": since,
            "joined_at": since, "queue_since": since, "anyone_from": since,
        }  # fmt: skip
