"""The lanes read from the database: only the heads of those who wait, and the best of those who are free."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, select
from sqlalchemy.orm import aliased

from agents.models import Agent, AgentSkill, Callback, CallbackState, Presence, Wait, WaitState
from agents.routing.matcher import Candidate, Head
from agents.waiting.lane_words import Lane
from config.database import Transaction

BATCH: Final = 20
"""How many heads and candidates of a lane one match looks at; whoever is left is matched in the next."""

_HELD_AT_ONCE: Final = 200
# An agent's skills beside those that a lane's statement joins.
_Own = aliased(AgentSkill)


def lanes_waiting(tx: Transaction, insurer_id: str) -> list[str]:
    """The lanes in which somebody waits; steps from lane to lane over the index instead of reading every wait."""
    lanes: list[str] = []
    step = select(Wait.lane).where(Wait.insurer_id == insurer_id, Wait.state == WaitState.WAITING)
    step = step.order_by(Wait.lane).limit(1)
    lane = tx.scalar(step)
    while lane is not None:
        lanes.append(lane)
        lane = tx.scalar(step.where(Wait.lane > lane))
    return lanes


def candidates(tx: Transaction, insurer_id: str, word: str) -> list[Candidate]:
    """The lane's free agents, best first: by its order of skills, the caller's language, level, then longest idle."""
    lane = Lane.read(word)
    tier = _tier(lane.first)
    statement = select(Agent.id, tier).where(Agent.insurer_id == insurer_id, Agent.presence == Presence.AVAILABLE)
    if lane.first:
        statement = statement.order_by(tier)
    if lane.speaks is not None and not lane.is_strict:
        statement = statement.order_by(_has(lane.speaks).desc())
    if lane.needed:
        statement = (
            statement.join(AgentSkill, AgentSkill.agent_id == Agent.id)
            .where(AgentSkill.skill.in_(lane.needed))
            .group_by(Agent.id)
            .having(func.count() == len(lane.needed))
            .order_by(func.sum(AgentSkill.level).desc())
        )
    elif lane.first:
        statement = statement.order_by(_level_in(lane.first).desc())
    rows = tx.execute(statement.order_by(Agent.presence_since, Agent.id).limit(BATCH))
    return [Candidate(agent_id, tier) for agent_id, tier in rows]


def heads(tx: Transaction, insurer_id: str, lane: str, now: datetime, *, limit: int) -> list[Head]:
    """The front of a lane: contacts whom anyone may take now."""
    # As an expression `anyone_from` tempts no planner to read by it, and then sort, everybody who waits.
    is_open = func.coalesce(Wait.anyone_from, Wait.since) <= now
    statement = _waiting(insurer_id).where(Wait.lane == lane, is_open)
    rows = tx.execute(statement.order_by(Wait.rank, Wait.since, Wait.id).limit(limit))
    return [Head(*row) for row in rows]


def held_heads(tx: Transaction, insurer_id: str, now: datetime) -> list[Head]:
    """Contacts who for a while yet wait for one agent only, where that agent is free."""
    statement = (
        _waiting(insurer_id)
        .join(Agent, Agent.id == Wait.preferred_agent_id)
        .where(Wait.anyone_from > now, Agent.presence == Presence.AVAILABLE)
    )
    rows = tx.execute(statement.order_by(Wait.rank, Wait.since, Wait.id).limit(_HELD_AT_ONCE))
    return [replace(Head(*row), is_held=True) for row in rows]


def due_callbacks(tx: Transaction, insurer_id: str, now: datetime) -> list[Head]:
    """Promised callbacks whose window is open: their place in line counts as if they were waiting on the telephone."""
    statement = (
        select(Wait.id, Wait.lane, Wait.rank, Wait.since, Wait.is_emergency, Wait.preferred_agent_id, Callback.id)
        .join(Callback, Callback.wait_id == Wait.id)
        .where(
            Callback.insurer_id == insurer_id,
            Callback.state == CallbackState.PLANNED,
            Callback.due_at <= now,
            ~Callback.is_urgent,
            Wait.state == WaitState.CALLBACK,
        )
        .order_by(Wait.rank, Wait.since)
        .limit(BATCH)
    )
    return [Head(*row[:6], is_held=False, callback_id=row[6]) for row in tx.execute(statement)]


def dialling_now(tx: Transaction, insurer_id: str, lane: str) -> int:
    """How many people are being called back for this lane and are not in the queue yet."""
    statement = (
        select(func.count())
        .select_from(Callback)
        .join(Wait, Wait.id == Callback.wait_id)
        .where(
            Callback.insurer_id == insurer_id,
            Callback.ended_at.is_(None),
            Callback.state.in_((CallbackState.DIALLING, CallbackState.ANSWERED)),
            Wait.lane == lane,
            Wait.state == WaitState.CALLBACK,
        )
    )
    return tx.scalar(statement) or 0


def available_among(tx: Transaction, insurer_id: str, agent_ids: set[str]) -> frozenset[str]:
    """Which of these agents are free now."""
    if not agent_ids:
        return frozenset()
    statement = select(Agent.id).where(
        Agent.insurer_id == insurer_id, Agent.presence == Presence.AVAILABLE, Agent.id.in_(agent_ids)
    )
    return frozenset(tx.scalars(statement))


def _tier(first: tuple[str, ...]) -> ColumnElement[int]:
    """The place of an agent's earliest skill among `first`; behind them all for who has none of them."""
    if not first:
        return literal(0)
    place = case({skill: place for place, skill in enumerate(first)}, value=_Own.skill)
    earliest = select(func.min(place)).where(_Own.agent_id == Agent.id, _Own.skill.in_(first))
    return func.coalesce(earliest.correlate(Agent).scalar_subquery(), len(first))


def _level_in(skills: tuple[str, ...]) -> ColumnElement[int]:
    best = select(func.max(_Own.level)).where(_Own.agent_id == Agent.id, _Own.skill.in_(skills))
    return func.coalesce(best.correlate(Agent).scalar_subquery(), 0)


def _has(skill: str) -> ColumnElement[bool]:
    return exists(select(_Own.skill).where(_Own.agent_id == Agent.id, _Own.skill == skill).correlate(Agent))


def _waiting(
    insurer_id: str,
) -> Select[str, str, int, datetime, bool, str | None]:
    return select(Wait.id, Wait.lane, Wait.rank, Wait.since, Wait.is_emergency, Wait.preferred_agent_id).where(
        Wait.insurer_id == insurer_id, Wait.state == WaitState.WAITING
    )
