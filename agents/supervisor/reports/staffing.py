"""How many agents a queue needs in its next half-hours, from what the same half-hours of past weeks brought, next to
who is on shift.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from agents.curators import LEAVE
from agents.models import Agent, AgentSkill, Shift, Wait, WaitState
from agents.supervisor.reports.erlang_a import Load, agents_needed
from agents.supervisor.reports.facts import Facts, ServiceFact, WaitFact
from agents.supervisor.reports.figures import BY_NAME
from agents.supervisor.reports.intervals import place
from agents.supervisor.reports.reading import read_facts
from config.database import Transaction
from config.ids import first_id_at
from config.line_descriptions import Insurer, Queue
from ivr.calls.models import Call

WEEKS: Final = 4
INTERVALS: Final = 16
_HALF: Final = timedelta(minutes=30)


@dataclass(frozen=True)
class Measured:
    """What past weeks brought: callers in each half-hour on the average, handling, patience. Seconds are None where
    nothing was handled, and where nobody hung up.
    """

    weeks: int
    arrivals: Sequence[float]
    handling_seconds: float | None
    patience_seconds: float | None


@dataclass(frozen=True)
class Need:
    """One half-hour: callers expected, agents needed, and agents who are to be there and can serve the queue. What is
    needed is None where handling was never measured, or no number of agents would do.
    """

    since: datetime
    callers: float
    needed: int | None
    on_shift: int


@dataclass(frozen=True)
class Staffing:
    """The half-hours, and what they were computed from."""

    needs: Sequence[Need]
    measured: Measured
    patience_seconds: float


def staffing(tx: Transaction, *, insurer: Insurer, queue: Queue, service_level: float, at: datetime) -> Staffing:
    """What `queue` needs from the half-hour of `at` on, for `service_level` (0 to 1) within its target."""
    begun = half_hours(at)
    measured = _measured(tx, insurer, queue, begun, at)
    patience = measured.patience_seconds or float(queue.max_wait_seconds)
    there = _on_shift(tx, insurer, queue, begun)
    needs = [
        Need(since, callers, _needed(callers, measured.handling_seconds, patience, queue, service_level), present)
        for since, callers, present in zip(begun, measured.arrivals, there, strict=True)
    ]
    return Staffing(needs, measured, patience)


def busiest_queue(tx: Transaction, *, insurer: Insurer, at: datetime) -> Queue:
    """The queue that most callers have joined in the last week; the insurer's first where nobody has."""
    found = tx.scalars(
        select(Wait.first_queue)
        .where(Wait.insurer_id == insurer.id, Wait.id >= first_id_at(at - timedelta(weeks=1)))
        .group_by(Wait.first_queue)
        .order_by(func.count().desc(), Wait.first_queue)
    )
    known = (insurer.queues[name] for name in found if name is not None and name in insurer.queues)
    return next(known, next(iter(insurer.queues.values())))


def half_hours(at: datetime) -> list[datetime]:
    """The beginnings of the half-hour that `at` lies in and of those after it, UTC."""
    first = at.astimezone(UTC).replace(minute=at.minute // 30 * 30, second=0, microsecond=0)
    return [first + _HALF * number for number in range(INTERVALS)]


def weeks_ago(at: datetime, weeks: int, zone: ZoneInfo) -> datetime:
    """The same time by the clock on the wall, so many weeks before."""
    return (at.astimezone(zone) - timedelta(weeks=weeks)).astimezone(UTC)


def patience_of(facts: Facts) -> float | None:
    """How long callers wait before they hang up, on the average; None where nobody did.

    Whoever was answered would have waited longer: all the time waited is divided by the number of those who hung up,
    which is the likeliest mean of an exponential patience (Mandelbaum and Zeltyn, 2007).
    """
    ends = [(one.past.since, one.past.answered_at or one.past.ended_at) for one in facts.waits]
    waited = [(ended_at - since).total_seconds() for since, ended_at in ends if ended_at is not None]
    gone = sum(one.past.answered_at is None and one.past.state == WaitState.ABANDONED for one in facts.waits)
    return max(1.0, sum(waited) / gone) if gone else None


def _needed(callers: float, handling: float | None, patience: float, queue: Queue, level: float) -> int | None:
    if handling is None:
        return None
    load = Load(per_hour=callers * 2, handling_seconds=max(1.0, handling), patience_seconds=patience)
    return agents_needed(load, service_level=level, target_seconds=queue.answer_target_seconds)


def _measured(tx: Transaction, insurer: Insurer, queue: Queue, begun: Sequence[datetime], at: datetime) -> Measured:
    """Of the weeks since the first call; today's share of the year, a holiday, say, is for the reader to judge."""
    weeks = _weeks_on_record(tx, insurer, begun[0])
    waits: list[WaitFact] = []
    services: list[ServiceFact] = []
    counts = [0] * len(begun)
    for week in range(1, weeks + 1):
        then = [weeks_ago(one, week, insurer.time_zone) for one in begun]
        facts = read_facts(tx, insurer=insurer, since=then[0], until=then[-1] + _HALF, at=at).only(queue=queue.name)
        for one in facts.waits:
            counts[place(one.at, then)] += 1
        waits += facts.waits
        services += facts.services
    facts = Facts(waits=waits, services=services)
    return Measured(weeks, [one / max(1, weeks) for one in counts], BY_NAME["aht"].formula(facts), patience_of(facts))


def _weeks_on_record(tx: Transaction, insurer: Insurer, since: datetime) -> int:
    first = tx.scalar(select(Call.started_at).where(Call.insurer_id == insurer.id).order_by(Call.id).limit(1))
    known = [week for week in range(1, WEEKS + 1) if first and first <= weeks_ago(since, week, insurer.time_zone)]
    return len(known)


def _on_shift(tx: Transaction, insurer: Insurer, queue: Queue, begun: Sequence[datetime]) -> list[int]:
    """Agents with every skill of the queue who work through the half-hour and are not on leave in it."""
    able = (
        select(AgentSkill.agent_id)
        .where(AgentSkill.insurer_id == insurer.id, AgentSkill.skill.in_(queue.skills))
        .group_by(AgentSkill.agent_id)
        .having(func.count() == len(set(queue.skills)))
    )
    statement = (
        select(Shift.agent_id, Shift.kind, Shift.starts_at, Shift.ends_at)
        .join(Agent, Agent.id == Shift.agent_id)
        .where(Shift.insurer_id == insurer.id, Shift.starts_at < begun[-1] + _HALF, Shift.ends_at > begun[0])
    )
    if queue.skills:
        statement = statement.where(Shift.agent_id.in_(able))
    shifts = tx.execute(statement).all()
    found = []
    for since in begun:
        until = since + _HALF
        work = {one.agent_id for one in shifts if one.kind != LEAVE and one.starts_at <= since and one.ends_at >= until}
        away = {one.agent_id for one in shifts if one.kind == LEAVE and one.starts_at < until and one.ends_at > since}
        found.append(len(work - away))
    return found
