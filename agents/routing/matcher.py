"""The matcher: which waiting contact gets which agent; a pure function of the heads of the lanes and their candidates.

A lane is a set of skills. Within it contacts are in order already, and so are the agents who can serve it; nothing here
looks at more than that, so a match costs the same whether ten or ten thousand wait.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

BROADCAST_WIDTH: Final = 3


@dataclass(frozen=True)
class Head:
    """A contact near the front of its lane. Until its window is over (`is_held`) only `preferred_id` may have it."""

    wait_id: str
    lane: str
    rank: int
    since: datetime
    is_emergency: bool = False
    preferred_id: str | None = None
    is_held: bool = False
    callback_id: str | None = None


@dataclass(frozen=True)
class Candidate:
    """A free agent who can serve a lane. `tier` is how early the queue wants them asked: 0 first."""

    agent_id: str
    tier: int = 0


@dataclass(frozen=True)
class Match:
    """A contact and the agents to offer it to: one, or several at once for an emergency; none means: escalate."""

    head: Head
    agent_ids: tuple[str, ...]


def match(
    heads: Iterable[Head], candidates: Mapping[str, Sequence[Candidate]], available: frozenset[str]
) -> list[Match]:
    """Give each head its agent: by rank, then age; the preferred agent, else the lane's best who is still free.

    `candidates` are each lane's available agents, best first (tier, skill level, then longest idle). `available` also
    holds preferred agents who are free but not among the lane's best. An emergency takes up to three agents of the
    first tier in which anybody is free, or none at all.
    """
    matches: list[Match] = []
    taken: set[str] = set()
    for head in sorted(heads, key=lambda one: (one.rank, one.since, one.wait_id)):
        agents = _agents_for(head, candidates.get(head.lane, ()), available, taken)
        taken.update(agents)
        if agents or head.is_emergency:
            matches.append(Match(head, agents))
    return matches


def _agents_for(head: Head, lane: Sequence[Candidate], available: frozenset[str], taken: set[str]) -> tuple[str, ...]:
    width = BROADCAST_WIDTH if head.is_emergency else 1
    chosen = [str(head.preferred_id)] if head.preferred_id in available and head.preferred_id not in taken else []
    if not head.is_held:
        free = [one for one in lane if one.agent_id not in taken and one.agent_id not in chosen]
        chosen += [one.agent_id for one in free if one.tier == free[0].tier]
    return tuple(chosen[:width])
