"""The honest estimate: a wait's place and how long it may take, from what was measured; unknown stays unknown."""

import math
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, func, or_, select

from agents.lane_words import Lane
from agents.models import SERVING_PURPOSES, Agent, AgentSkill, Offer, OfferState, Presence, Wait, WaitState
from config.database import Transaction

RING_SECONDS: Final = 20
"""How long an agent's telephone rings before the offer counts as missed."""

_RECENT: Final = timedelta(hours=4)
_SAMPLE: Final = 20
_LEAST_SAMPLE: Final = 3
_AT_WORK: Final = (Presence.AVAILABLE, Presence.OFFERED, Presence.ON_CALL, Presence.WRAP_UP)
# Nobody is helped by hearing that 1,700 people are before them; and counting them costs.
_MOST_AHEAD: Final = 1000


def ahead_of(tx: Transaction, wait: Wait) -> int:
    """How many contacts come before this one, in whatever queue, with agents who could serve both; at most 1000."""
    before = (
        select(Wait.lane)
        .where(
            Wait.insurer_id == wait.insurer_id,
            Wait.id != wait.id,
            Wait.state.in_((WaitState.WAITING, WaitState.OFFERED)),
            or_(Wait.rank < wait.rank, and_(Wait.rank == wait.rank, Wait.since < wait.since)),
        )
        .limit(_MOST_AHEAD)
        .subquery()
    )
    counted = tx.execute(select(before.c.lane, func.count()).group_by(before.c.lane)).all()
    own = frozenset(wait.skills)
    return sum(number for lane, number in counted if _shares_agents(tx, wait.insurer_id, own, Lane.read(lane)))


def _shares_agents(tx: Transaction, insurer_id: str, own: frozenset[str], lane: Lane) -> bool:
    """Whether who serves contacts with the skills `own` serves that lane too: surely, or as somebody can do both."""
    others = frozenset(lane.skills)
    return others <= own or _at_work(tx, insurer_id, own | others, limit=1) > 0


def estimate_seconds(tx: Transaction, wait: Wait, *, ahead: int, at: datetime) -> int | None:
    """Seconds until somebody answers this place; None where nobody is at work, or nothing was measured.

    Whoever is free answers within a ring; for others first so many conversations must end as are before them, each as
    long as the last ones were, and the agents at work share them.
    """
    skills = list(wait.skills)
    free = agents_at_work(tx, wait.insurer_id, skills, presences=(Presence.AVAILABLE,))
    if wait.state == WaitState.OFFERED or ahead < free:
        return RING_SECONDS
    handling = mean_handling_seconds(tx, wait.insurer_id, wait.queue, at)
    agents = agents_at_work(tx, wait.insurer_id, skills)
    if handling is None or agents == 0:
        return None
    return _upward((ahead + 1 - free) * handling / agents)


def _upward(seconds: float) -> int:
    """An estimate as it is told: up to the next ten seconds, from a minute on up to the next minute."""
    step = 10 if seconds <= 60 else 60
    return math.ceil(seconds / step) * step


def mean_handling_seconds(tx: Transaction, insurer_id: str, queue: str, at: datetime) -> float | None:
    """Mean talk, hold and wrap-up of the last conversations of the queue; None when fewer than three were measured."""
    rows = tx.execute(
        select(Offer.accepted_at, func.coalesce(Offer.handled_until, Offer.ended_at))
        .where(
            Offer.insurer_id == insurer_id,
            Offer.queue == queue,
            Offer.accepted_at > at - _RECENT,
            Offer.state == OfferState.DONE,
            Offer.purpose.in_(SERVING_PURPOSES),
        )
        .order_by(Offer.accepted_at.desc())
        .limit(_SAMPLE)
    ).all()
    lasted = [(until - since).total_seconds() for since, until in rows if since is not None and until is not None]
    return sum(lasted) / len(lasted) if len(lasted) >= _LEAST_SAMPLE else None


def agents_at_work(
    tx: Transaction, insurer_id: str, skills: list[str], *, presences: Collection[Presence] = _AT_WORK
) -> int:
    """How many agents of the insurer with all these skills are at work now, free or not; or in these presences."""
    return _at_work(tx, insurer_id, frozenset(skills), presences)


def _at_work(
    tx: Transaction,
    insurer_id: str,
    skills: frozenset[str],
    presences: Collection[Presence] = _AT_WORK,
    *,
    limit: int | None = None,
) -> int:
    at_work = select(Agent.id).where(Agent.insurer_id == insurer_id, Agent.presence.in_(presences))
    if skills:
        at_work = (
            at_work.join(AgentSkill, AgentSkill.agent_id == Agent.id)
            .where(AgentSkill.skill.in_(sorted(skills)))
            .group_by(Agent.id)
            .having(func.count() == len(skills))
        )
    return tx.scalar(select(func.count()).select_from(at_work.limit(limit).subquery())) or 0
