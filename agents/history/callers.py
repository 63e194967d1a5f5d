"""Who rings in a day of the history, when, and what they do at the menus: drawn by dice, as callers are in life."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count, cycle
from random import Random
from typing import Final, NamedTuple

from sqlalchemy import select

from agents.history.people import policies_of_rosters
from agents.history.week import Day, Week
from config.database import Database
from config.line_descriptions import Insurer, Insurers
from ivr.insured.models import InsuredPerson, InsuredPhone, Policy

_HOURS: Final = (
    1.1,
    0.8,
    0.6,
    0.5,
    0.5,
    0.7,
    1.2,
    2.6,
    5.2,
    9.4,
    10.2,
    9.1,
    7.2,
    6.4,
    6.8,
    7,
    6.4,
    5.8,
    5,
    4,
    3.4,
    2.9,
    2,
    1.4,
)
"""How the calls of a working day spread over its hours, where the line is."""
_WEEKEND_HOURS: Final = (
    1.4,
    1,
    0.7,
    0.5,
    0.5,
    0.6,
    0.9,
    1.6,
    2.9,
    4.4,
    5.2,
    5.4,
    5,
    4.6,
    4.2,
    4,
    3.8,
    3.6,
    3.4,
    3.2,
    3,
    2.6,
    2.1,
    1.7,
)
_OF_A_WEEKDAY: Final = (1.24, 1.18, 1.14, 1.12, 1.1, 0.66, 0.56)
_KNOWN_TELEPHONE, _WITHHELD = 0.8, 0.07
_RINGS_AGAIN: Final = 0.26
"""How many do so within three days, which is what the reports take for not helped the first time."""
_AGAIN_HOURS, _AGAIN_WITHIN = 16, 68


class Way(NamedTuple):
    """What some callers press, by how many of a hundred do; `{policy}`, `{birth}` and the like are the person's own."""

    weight: float
    presses: tuple[str, ...]


def _ways(written: str) -> tuple[Way, ...]:
    """Lines of a weight and keys; `-` is silence."""
    rows = (line.split() for line in written.strip().splitlines())
    return tuple(Way(float(first), tuple("" if one == "-" else one for one in keys)) for first, *keys in rows)


_POLICY: Final = "{policy} {birth}"
_WAYS: Final[Mapping[tuple[str, str], tuple[Way, ...]]] = {
    ("vsk", "medical_desk"): _ways(f"""
        26 1 1 {_POLICY}
        6 1 2 {_POLICY}
        3 1 3
        1 1 4
        3 1 1 76543210# 12101990 {_POLICY}
        6 2 1 1 {_POLICY}
        2 2 2 1
        7 3 {{curator}}
        3 3 - 1 {_POLICY}
        2 4
        4 5 1 {_POLICY}
        2 5 2 {_POLICY}
        20 0
        2 9
        3 7 7
        3 - -
        2 8 0
        5 hangup
        2 1 hangup
    """),
    ("vsk", "curators"): _ways(f"""
        60 {{curator}}
        16 - 1 {_POLICY}
        8 9999# {{curator}}
        10 0#
        1 9#
        5 hangup
    """),
    ("soglasie", "medical_desk"): _ways(f"""
        28 1 1 {_POLICY}
        4 1 2
        3 1 3
        5 2 1 1 {_POLICY}
        3 2 1 2 18# {_POLICY}
        2 2 2 1
        1 2 2 2 74#
        2 3 1
        5 3 2 {_POLICY}
        7 4 {{curator}}
        3 5 1 2
        3 5 2 2
        4 5 3
        3 5 4
        2 5 5 -
        18 0
        2 9
        2 7 7
        2 - -
        5 hangup
    """),
    ("rgs", "contact_centre"): _ways(f"""
        26 1 {_POLICY} 1 1
        4 1 {_POLICY} 1 2
        3 1 {_POLICY} 2
        20 2 1 {_POLICY}
        2 2 3
        4 3 1 {_POLICY}
        5 3 2 {_POLICY} 2
        5 4 1 {_POLICY} 2
        4 4 2 2
        3 4 3 {_POLICY} 2
        2 4 4 2
        2 5 1 {_POLICY}
        22 0
        1 9
        2 6 6
        2 - -
        6 hangup
    """),
    ("oms", "hotline"): _ways(f"""
        20 1 1 1 1 {_POLICY}
        6 2 {{region}} 1 1 1 {_POLICY}
        5 1 1 1 2
        5 1 1 1 3 2
        4 1 1 1 4 2
        9 1 1 2 1
        12 1 1 2 2
        2 1 1 2 3
        6 1 1 3
        6 1 1 4
        1 2 41 2
        26 0
        1 9
        2 7 7 7
        3 - -
        4 1 hangup
    """),
    ("maks", "migrants"): _ways(f"""
        13 2 1 1 1
        9 1 1 1 1
        4 1 1 2 2
        11 2 2 {{paid}}
        8 3 2 {{paid}}
        8 2 3 1 77 {_POLICY}
        6 1 3 1 77 {_POLICY}
        4 4 3 1 50 {_POLICY}
        6 1 3 2 2
        7 1 4 77 2
        22 1 0
        8 2 0
        6 3 0
        1 1 9
        5 hangup
        4 1 hangup
    """),
}
_SHARE: Final = {
    ("vsk", "medical_desk"): 27,
    ("vsk", "curators"): 6,
    ("soglasie", "medical_desk"): 19,
    ("rgs", "contact_centre"): 17,
    ("oms", "hotline"): 21,
    ("maks", "migrants"): 10,
}


@dataclass(frozen=True)
class Person:
    """What an insured person knows of themselves at the telephone."""

    phone: str
    policy: str
    birth_date: str
    curator: str
    region: str


@dataclass(frozen=True)
class Caller:
    """One call: the number dialled and the caller's own (`anonymous` where it is withheld), and what they will do.

    Who waits longer than `patience_seconds` hangs up. `speaks_seconds` is how long a message of theirs would be.
    """

    at: datetime
    number: str
    ani: str
    presses: tuple[str, ...]
    think_seconds: float
    patience_seconds: float
    speaks_seconds: float


class Callers:
    """Draws the callers of a week for the insurers of a centre, from the people on its records."""

    def __init__(self, insurers: Insurers, database: Database) -> None:
        self._insurers = insurers
        self._people = {one: people for one, people in _people(database).items() if one in insurers}

    def of_day(self, day: Day, week: Week) -> list[Caller]:
        """In order; the same week gives the same callers. Who rings again does so after what came of it before."""
        found = [one for insurer_id in self._people for one in self._of_insurer(insurer_id, day, week)]
        return sorted(found, key=lambda one: (one.at, one.number))

    def _of_insurer(self, insurer_id: str, wanted: Day, week: Week) -> list[Caller]:
        """All days from the first one on are drawn, as it depends on them who has rung already."""
        whose = _Whose(self._people[insurer_id], Random(f"{week.seed} {insurer_id} whose"))  # noqa: S311 - repeatable
        found: list[Caller] = []
        for day in week.days[: wanted.number]:
            dice = Random(f"{week.seed} {day.name} {insurer_id} callers")  # noqa: S311 - as above
            found = [
                self._caller(line, at, whose.next(at), dice) for at, line in self._rings(insurer_id, day, week, dice)
            ]
        return found

    def _rings(self, insurer_id: str, day: Day, week: Week, dice: Random) -> list[tuple[datetime, tuple[str, str]]]:
        insurer = self._insurers[insurer_id]
        return sorted(
            (at, line)
            for line, share in _SHARE.items()
            if line[0] == insurer_id and line[1] in insurer.lines
            for at in _arrivals(day, insurer, week.calls_a_day * share / 100, dice)
        )

    def _caller(self, line: tuple[str, str], at: datetime, person: Person, dice: Random) -> Caller:
        way = dice.choices(_WAYS[line], [one.weight for one in _WAYS[line]])[0]
        is_patient = dice.random() < 0.8
        return Caller(
            at=at,
            number=str(dice.choice(self._insurers[line[0]].lines[line[1]].numbers)),
            ani=_ani(person, dice),
            presses=_pressed(way, person, at, dice),
            think_seconds=round(dice.uniform(0.8, 3.5), 1),
            patience_seconds=dice.uniform(180, 900) if is_patient else dice.uniform(25, 120),
            speaks_seconds=round(dice.uniform(5, 16), 1) if dice.random() < 0.8 else 0.0,
        )


class _Whose:
    """Whose call is the next: one after the other of the insurer's people, and between them who rings again."""

    def __init__(self, people: Sequence[Person], dice: Random) -> None:
        self._fresh = cycle(dice.sample(people, len(people)))
        self._dice = dice
        self._again: list[tuple[datetime, int, Person]] = []
        self._number = count()

    def next(self, at: datetime) -> Person:
        """Ask in the order of the calls."""
        is_again = bool(self._again) and self._again[0][0] <= at
        person = heappop(self._again)[2] if is_again else next(self._fresh)
        if self._dice.random() < _RINGS_AGAIN:
            hours = min(_AGAIN_WITHIN, 0.2 + self._dice.expovariate(1 / _AGAIN_HOURS))
            heappush(self._again, (at + timedelta(hours=hours), next(self._number), person))
        return person


def _arrivals(day: Day, insurer: Insurer, calls: float, dice: Random) -> Iterator[datetime]:
    """Hour by hour, as many as usual then; a part of one is one or none."""
    hour_at = day.begins_at
    while hour_at < day.last_call_at:
        local = hour_at.astimezone(insurer.time_zone)
        hours = _WEEKEND_HOURS if local.weekday() > 4 else _HOURS
        usual = calls * _OF_A_WEEKDAY[local.weekday()] * hours[local.hour] / sum(hours)
        for _ in range(int(usual + dice.random())):
            at = hour_at + timedelta(seconds=dice.uniform(0, 3600))
            if at < day.last_call_at:
                yield at
        hour_at += timedelta(hours=1)


def _ani(person: Person, dice: Random) -> str:
    """Mostly the telephone on record; else one that nobody knows, as +7 000 cannot exist."""
    drawn = dice.random()
    if drawn < _KNOWN_TELEPHONE:
        return person.phone
    return "anonymous" if drawn < _KNOWN_TELEPHONE + _WITHHELD else f"+7000777{dice.randrange(10_000):04d}"


def _pressed(way: Way, person: Person, at: datetime, dice: Random) -> tuple[str, ...]:
    paid_at = at - timedelta(days=dice.randrange(1, 9))
    own = {
        "policy": f"{person.policy}#",
        "birth": person.birth_date,
        "curator": f"{person.curator or '5093'}#",
        "region": person.region or "77",
        "paid": f"{paid_at:%d%m}",
    }
    return tuple(one.format(**own) for one in way.presses)


def _people(database: Database) -> Mapping[str, Sequence[Person]]:
    """By insurer, in the order of their policies: ids differ from one installation to the next.

    The rosters' own people stay as they are: it is with them that everybody tries the demo.
    """
    statement = (
        select(InsuredPerson, Policy, InsuredPhone.e164)
        .join(Policy, Policy.id == InsuredPerson.policy_id)
        .join(InsuredPhone, InsuredPhone.insured_id == InsuredPerson.id)
        .order_by(Policy.keyed_form, InsuredPerson.birth_date, InsuredPerson.full_name, InsuredPhone.e164)
    )
    found: dict[str, list[Person]] = {}
    left_alone = policies_of_rosters()
    with database.reading("people_of_history") as tx:
        for person, policy, phone in tx.execute(statement):
            if policy.number in left_alone:
                continue
            curator = (person.curator_extension or "").replace("-", "")
            one = Person(phone, policy.keyed_form, f"{person.birth_date:%d%m%Y}", curator, policy.region or "")
            if policy.keyed_form.isdigit():
                found.setdefault(person.insurer_id, []).append(one)
    return found
