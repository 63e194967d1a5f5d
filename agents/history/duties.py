"""Who is at work when, in a day of the history: by their shifts, and where those run round the clock, by turns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from sqlalchemy import select

from agents.history.week import ZONE, Day
from agents.models import Agent, AgentSkill, Shift
from config.database import Database

Stretch = tuple[datetime, datetime]

_ROUND_THE_CLOCK: Final = timedelta(hours=23)
_BY_DAY: Final = (time(8), time(20))
# Whoever stays at night began the day before.
_NIGHT: Final = timedelta(days=1)
_LATER: Final = timedelta(hours=1)
# They stand in at the telephones while others eat.
_SUPERVISORS: Final = (time(13), time(15))


@dataclass(frozen=True)
class Colleague:
    """An agent, as far as their hours go. Those of one `team` take turns at night."""

    id: str
    insurer_id: str
    code: str
    address: str
    is_supervisor: bool
    skills: frozenset[str]

    @property
    def team(self) -> str:
        """Codes of one team differ in their last part."""
        return self.code.rpartition("-")[0] if self.code[-1].isdigit() else self.code


def colleagues(database: Database) -> list[Colleague]:
    """Everybody with a skill whom the carrier can ring in a browser, by code: ids differ between installations."""
    statement = select(Agent).where(Agent.address.like("client:%")).order_by(Agent.code)
    with database.reading("colleagues") as tx:
        skills: dict[str, set[str]] = {}
        for agent_id, skill in tx.execute(select(AgentSkill.agent_id, AgentSkill.skill)):
            skills.setdefault(agent_id, set()).add(skill)
        return [
            Colleague(
                one.id, one.insurer_id, one.code, one.address, one.is_supervisor, frozenset(skills[one.id])
            )
            for one in tx.scalars(statement)
            if one.id in skills
        ]


def duties(database: Database, people: Sequence[Colleague], day: Day) -> Mapping[str, Sequence[Stretch]]:
    """When each is at work between the day's beginning and its end, by id; stretches that touch are one."""
    with database.reading("shifts_of_history") as tx:
        rows = tx.execute(
            select(Shift.agent_id, Shift.starts_at, Shift.ends_at)
            .where(Shift.kind == "work", Shift.ends_at > day.begins_at - _NIGHT, Shift.starts_at < day.ends_at)
            .order_by(Shift.starts_at)
        ).all()
    shifts: dict[str, list[Stretch]] = {}
    for agent_id, starts_at, ends_at in rows:
        shifts.setdefault(agent_id, []).append((starts_at, ends_at))
    return {one.id: _joined(_clipped(_hours(one, people, shifts.get(one.id, []), day), day)) for one in people}


def breaks(stretch: Stretch, dice: Random) -> Iterator[tuple[str, datetime, datetime]]:
    """The reasons and times of the breaks of who works then: a meal, and some tea every two hours; none at night."""
    at = stretch[0] + timedelta(minutes=dice.uniform(80, 150))
    has_eaten = False
    while at < stretch[1] - timedelta(minutes=50):
        local = at.astimezone(ZONE)
        if 9 <= local.hour < 20:
            is_meal = local.hour >= 12 and not has_eaten
            has_eaten |= is_meal
            minutes = dice.uniform(25, 40) if is_meal else dice.uniform(6, 15)
            reason = "meal" if is_meal else dice.choices(("break", "meeting", "technical"), (9, 1, 1))[0]
            yield reason, at, at + timedelta(minutes=minutes)
        at += timedelta(minutes=dice.uniform(90, 150))


def _hours(one: Colleague, people: Sequence[Colleague], shifts: Sequence[Stretch], day: Day) -> Iterator[Stretch]:
    for starts_at, ends_at in shifts:
        if ends_at - starts_at < _ROUND_THE_CLOCK:
            yield starts_at, ends_at
        else:
            yield from _turns(one, people, starts_at.astimezone(ZONE).date(), day)


def _turns(one: Colleague, people: Sequence[Colleague], on: date, day: Day) -> Iterator[Stretch]:
    """By day everybody, the later ones an hour later; at night one of the team. Supervisors come on working days."""
    if one.is_supervisor:
        if on.weekday() < 5:
            yield _on(on, _SUPERVISORS[0]), _on(on, _SUPERVISORS[1])
        return
    team = [other.id for other in people if other.team == one.team]
    place = team.index(one.id)
    yield _on(on, _BY_DAY[0]) + place * _LATER, _on(on, _BY_DAY[1]) + place * _LATER
    if len(team) > 1 and on.toordinal() % len(team) == place:
        yield _on(on, _BY_DAY[1]), _on(on + timedelta(days=1), _BY_DAY[0])


def _on(on: date, at: time) -> datetime:
    return datetime.combine(on, at, tzinfo=ZONE)


def _clipped(stretches: Iterator[Stretch], day: Day) -> list[Stretch]:
    clipped = ((max(begins_at, day.begins_at), min(ends_at, day.ends_at)) for begins_at, ends_at in stretches)
    return sorted(one for one in clipped if one[0] < one[1])


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for begins_at, ends_at in stretches:
        if joined and begins_at <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends_at))
        else:
            joined.append((begins_at, ends_at))
    return joined
