"""The honest estimate: a wait's place and how long it may take, from what was measured; unknown stays unknown."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, cast

from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, func, literal_column, or_, select

from agents.models import Agent, AgentSkill, Offer, OfferState, Presence, Wait, WaitState
from config.database import Transaction

_RECENT: Final = timedelta(hours=4)
_SAMPLE: Final = 20
_LEAST_SAMPLE: Final = 3
_AT_WORK: Final = (Presence.AVAILABLE, Presence.OFFERED, Presence.ON_CALL, Presence.WRAP_UP)
# Nobody is helped by hearing that 1,700 people are before them; and counting them costs.
_MOST_AHEAD: Final = 1000


# Every waiting round asks all of these. Each is built once, of the tables: building a statement anew takes ten times as
# long as the database needs for it.
_WAITS: Final = cast(Table, Wait.__table__).c
_OFFERS: Final = cast(Table, Offer.__table__).c
_AGENTS: Final = cast(Table, Agent.__table__).c
_SKILLS: Final = cast(Table, AgentSkill.__table__).c


def _one_of(column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
    """What `in` says; which SQLAlchemy, though, spells out anew at each execution."""
    return or_(*(column == value for value in values))


_AHEAD: Final = select(func.count()).select_from(
    select(_WAITS.id)
    .where(
        _WAITS.insurer_id == bindparam("insurer_id"),
        _WAITS.queue == bindparam("queue"),
        _one_of(_WAITS.state, (WaitState.WAITING, WaitState.OFFERED)),
        or_(
            _WAITS.rank < bindparam("rank"),
            and_(_WAITS.rank == bindparam("rank"), _WAITS.since < bindparam("since")),
        ),
    )
    .limit(literal_column(str(_MOST_AHEAD)))
    .subquery()
)
_LAST_HANDLED: Final = (
    select(_OFFERS.accepted_at, func.coalesce(_OFFERS.handled_until, _OFFERS.ended_at))
    .where(
        _OFFERS.insurer_id == bindparam("insurer_id"),
        _OFFERS.queue == bindparam("queue"),
        _OFFERS.accepted_at > bindparam("since"),
        _OFFERS.state == OfferState.DONE,
    )
    .order_by(_OFFERS.accepted_at.desc())
    .limit(literal_column(str(_SAMPLE)))
)


@lru_cache(maxsize=16)
def _at_work(skills: int) -> Select[int]:
    """Counts agents at work with so many skills, which are its parameters `skill_0` and so on."""
    at_work = select(_AGENTS.id).where(
        _AGENTS.insurer_id == bindparam("insurer_id"), _one_of(_AGENTS.presence, _AT_WORK)
    )
    if skills:
        at_work = (
            at_work.join(AgentSkill.__table__, _SKILLS.agent_id == _AGENTS.id)
            .where(or_(*(_SKILLS.skill == bindparam(f"skill_{number}") for number in range(skills))))
            .group_by(_AGENTS.id)
            .having(func.count() == skills)
        )
    return select(func.count()).select_from(at_work.subquery())


def ahead_of(tx: Transaction, wait: Wait) -> int:
    """How many contacts of the same queue come before this one; at most 1000 are counted."""
    tx.flush()
    place = {"insurer_id": wait.insurer_id, "queue": wait.queue, "rank": wait.rank, "since": wait.since}
    return tx.scalar(_AHEAD, place) or 0


def estimate_seconds(tx: Transaction, wait: Wait, *, ahead: int, at: datetime) -> int | None:
    """Seconds until an agent is free for this place: places times mean handling, shared by the agents at work."""
    handling = mean_handling_seconds(tx, wait.insurer_id, wait.queue, at)
    if handling is None or (agents := agents_at_work(tx, wait.insurer_id, list(wait.skills))) == 0:
        return None
    return round((ahead + 1) * handling / agents)


def mean_handling_seconds(tx: Transaction, insurer_id: str, queue: str, at: datetime) -> float | None:
    """Mean talk, hold and wrap-up of the last conversations of the queue; None when fewer than three were measured."""
    tx.flush()
    rows = tx.execute(_LAST_HANDLED, {"insurer_id": insurer_id, "queue": queue, "since": at - _RECENT}).all()
    lasted = [(until - since).total_seconds() for since, until in rows if since is not None and until is not None]
    return sum(lasted) / len(lasted) if len(lasted) >= _LEAST_SAMPLE else None


def agents_at_work(tx: Transaction, insurer_id: str, skills: list[str]) -> int:
    """How many agents of the insurer with all these skills are at work now, free or not."""
    tx.flush()
    wanted = {f"skill_{number}": skill for number, skill in enumerate(sorted(set(skills)))}
    return tx.scalar(_at_work(len(wanted)), {"insurer_id": insurer_id, **wanted}) or 0
