"""The honest estimate: a wait's place and how long it may take, from what was measured; unknown stays unknown."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, cast

from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, exists, func, literal_column, or_, select

from agents.models import (
    OPEN_OFFER,
    SERVING_PURPOSES,
    Agent,
    AgentSkill,
    Offer,
    OfferState,
    Presence,
    Purpose,
    Wait,
    WaitState,
)
from agents.waiting.lane_words import Lane
from config.database import Transaction
from config.prepared import Prepared

RING_SECONDS: Final = 20
"""How long an agent's telephone rings before the offer counts as missed."""

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


@dataclass(frozen=True)
class Staff:
    """How many agents are at work, and how many of them are free. Who listens in on a colleague answers nobody, and is
    not among them; who was asked for advice soon comes back to the queues, and is.
    """

    at_work: int
    free: int


def _one_of(column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
    """What `in` says; which SQLAlchemy, though, spells out anew at each execution."""
    return or_(*(column == value for value in values))


_BEFORE: Final = (
    select(_WAITS.lane)
    .where(
        _WAITS.insurer_id == bindparam("insurer_id"),
        _WAITS.id != bindparam("own_id"),
        _one_of(_WAITS.state, (WaitState.WAITING, WaitState.OFFERED)),
        or_(
            _WAITS.rank < bindparam("rank"),
            and_(_WAITS.rank == bindparam("rank"), _WAITS.since < bindparam("since")),
        ),
    )
    .limit(literal_column(str(_MOST_AHEAD)))
    .subquery()
)
_AHEAD: Final = Prepared(select(_BEFORE.c.lane, func.count()).group_by(_BEFORE.c.lane))
_LAST_HANDLED: Final = Prepared(
    select(_OFFERS.accepted_at, func.coalesce(_OFFERS.handled_until, _OFFERS.ended_at))
    .where(
        _OFFERS.insurer_id == bindparam("insurer_id"),
        _OFFERS.queue == bindparam("queue"),
        _OFFERS.accepted_at > bindparam("since"),
        _OFFERS.state == OfferState.DONE,
        _one_of(_OFFERS.purpose, SERVING_PURPOSES),
    )
    .order_by(_OFFERS.accepted_at.desc())
    .limit(literal_column(str(_SAMPLE)))
)


# Nobody does two things at once, so that one look into the index of open offers answers it.
_LISTENS_IN: Final = exists().where(
    _OFFERS.agent_id == _AGENTS.id, OPEN_OFFER, _OFFERS.purpose == literal_column(f"'{Purpose.MONITOR}'")
)


def _at_work(skills: int) -> Select[str, str]:
    """Finds agents at work with so many skills, which are its parameters `skill_0` and so on."""
    at_work = select(_AGENTS.id, _AGENTS.presence).where(
        _AGENTS.insurer_id == bindparam("insurer_id"), _one_of(_AGENTS.presence, _AT_WORK), ~_LISTENS_IN
    )
    if skills:
        at_work = (
            at_work.join(AgentSkill.__table__, _SKILLS.agent_id == _AGENTS.id)
            .where(or_(*(_SKILLS.skill == bindparam(f"skill_{number}") for number in range(skills))))
            .group_by(_AGENTS.id, _AGENTS.presence)
            .having(func.count() == skills)
        )
    return at_work


@lru_cache(maxsize=64)
def _how_many(skills: int) -> Prepared:
    at_work = _at_work(skills).subquery()
    return Prepared(select(at_work.c.presence, func.count()).group_by(at_work.c.presence))


@lru_cache(maxsize=64)
def _whether_any(skills: int) -> Prepared:
    return Prepared(_at_work(skills).limit(literal_column("1")))


def ahead_of(tx: Transaction, wait: Wait) -> int:
    """How many contacts come before this one, in whatever queue, with agents who could serve both; at most 1000."""
    place = {"insurer_id": wait.insurer_id, "own_id": wait.id, "rank": wait.rank, "since": wait.since}
    own = frozenset(wait.skills)
    counted = _AHEAD.rows(tx, place)
    return sum(number for lane, number in counted if _shares_agents(tx, wait.insurer_id, own, Lane.read(lane)))


def _shares_agents(tx: Transaction, insurer_id: str, own: frozenset[str], lane: Lane) -> bool:
    """Whether who serves contacts with the skills `own` serves that lane too: surely, or as somebody can do both."""
    others = frozenset(lane.skills)
    if others <= own:
        return True
    wanted = own | others
    return _whether_any(len(wanted)).value(tx, _named(insurer_id, wanted)) is not None


def _named(insurer_id: str, skills: Iterable[str]) -> dict[str, str]:
    return {"insurer_id": insurer_id, **{f"skill_{number}": skill for number, skill in enumerate(sorted(skills))}}


def estimate_seconds(tx: Transaction, wait: Wait, *, ahead: int, at: datetime) -> int | None:
    """Seconds until somebody answers this place; None where nobody is at work, or nothing was measured.

    Whoever is free answers within a ring; for others first so many conversations must end as are before them, each as
    long as the last ones were, and the agents at work share them.
    """
    staff = agents_at_work(tx, wait.insurer_id, wait.skills)
    if wait.state == WaitState.OFFERED or ahead < staff.free:
        return RING_SECONDS
    handling = mean_handling_seconds(tx, wait.insurer_id, wait.queue, at)
    if handling is None or staff.at_work == 0:
        return None
    return _upward((ahead + 1 - staff.free) * handling / staff.at_work)


def _upward(seconds: float) -> int:
    """An estimate as it is told: up to the next ten seconds, from a minute on up to the next minute."""
    step = 10 if seconds <= 60 else 60
    return math.ceil(seconds / step) * step


def mean_handling_seconds(tx: Transaction, insurer_id: str, queue: str, at: datetime) -> float | None:
    """Mean talk, hold and wrap-up of the last conversations of the queue; None when fewer than three were measured."""
    rows = _LAST_HANDLED.rows(tx, {"insurer_id": insurer_id, "queue": queue, "since": at - _RECENT})
    lasted = [(until - since).total_seconds() for since, until in rows if since is not None and until is not None]
    return sum(lasted) / len(lasted) if len(lasted) >= _LEAST_SAMPLE else None


def agents_at_work(tx: Transaction, insurer_id: str, skills: Iterable[str]) -> Staff:
    """Who of the insurer's agents with all these skills is at work now."""
    wanted = set(skills)
    counts: dict[str, int] = dict(_how_many(len(wanted)).rows(tx, _named(insurer_id, wanted)))
    return Staff(at_work=sum(counts.values()), free=counts.get(Presence.AVAILABLE, 0))
