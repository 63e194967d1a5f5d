"""Who is there: made-up insured people of four insurers, loaded from rosters, and agents who never answer."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from agents.accounts.looking_after import add_account
from agents.accounts.models import Role
from agents.accounts.passwords import fresh_password
from agents.bench.callers import Person
from agents.shifts.importing import import_shifts
from config.bench.scripts import Step
from config.centre import Centre
from ivr.insured.roster import import_roster

_BORN_FROM: Final = date(1950, 1, 1)
_DAYS_OF_BIRTH: Final = 20_000


@dataclass(frozen=True)
class _Cover:
    """What an insurer's people are insured for; `digit` tells their policies and telephones from another's."""

    digit: int
    programme: str
    services: str


# +7 000 is no Russian code: these numbers cannot exist.
_COVERS: Final[Mapping[str, _Cover]] = {
    "vsk": _Cover(1, "Федеральная", "outpatient; inpatient; evacuation; second_opinion; psychologist"),
    "soglasie": _Cover(2, "Полная", "outpatient; diagnostics; inpatient"),
    "rgs": _Cover(3, "Кабинет", "outpatient; telemedicine; second_opinion"),
    "maks": _Cover(4, "Мигрант", "urgent_care"),
}
INSURERS: Final = tuple(_COVERS)


def load_people(centre: Centre, folder: Path, *, each: int, step: Step = lambda: None) -> dict[str, list[Person]]:
    """So many insured people of each insurer on record, as an administrator loads them; a step an insurer."""
    people: dict[str, list[Person]] = {}
    for insurer_id, cover in _COVERS.items():
        path = folder / f"{insurer_id}.csv"
        people[insurer_id] = _write_roster(path, cover, each)
        report = import_roster(centre, path, insurer_id=insurer_id, by="bench")
        if report.errors:
            raise ValueError(f"{insurer_id}: {report.errors[0]}")
        step()
    return people


def load_agents(centre: Centre, folder: Path, insurer_id: str, codes: Sequence[str], *, skill: str) -> None:
    """Agents with browser telephones, away until somebody says otherwise."""
    path = folder / "agents.csv"
    rows = [f"{code},{code},{skill}:2" for code in codes]
    path.write_text("\n".join(("code,title,skills", *rows)), encoding="utf-8")
    report = import_shifts(centre, insurer_id=insurer_id, path=path, actor="bench")
    if report.errors:
        raise ValueError(str(report.errors[0]))


def load_accounts(centre: Centre, insurer_id: str, codes: Sequence[str], *, step: Step) -> str:
    """An account named by its code for each of these agents; the one password of them all. A step an account."""
    password = fresh_password()
    for code in codes:
        add_account(
            centre, insurer_id=insurer_id, name=code, role=Role.AGENT, password=password, by="bench", agent_code=code
        )
        step()
    return password


def _write_roster(path: Path, cover: _Cover, each: int) -> list[Person]:
    people = [_person(cover.digit, number) for number in range(each)]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ("policy", "full_name", "birth_date", "valid_from", "valid_until", "programme", "services", "phones")
        )
        for number, one in enumerate(people):
            born = f"{one.born[:2]}.{one.born[2:4]}.{one.born[4:]}"
            name = f"Образцова Примера Номер-{_letters(number)}"
            table.writerow(
                (one.policy, name, born, "01.01.2020", "31.12.2039", cover.programme, cover.services, one.phone)
            )
    return people


def _person(digit: int, number: int) -> Person:
    born = _BORN_FROM + timedelta(days=number * 37 % _DAYS_OF_BIRTH)
    return Person(f"{digit}{500_000_000 + number}", born.strftime("%d%m%Y"), f"+7000{digit}{number:06d}")


def _letters(number: int) -> str:
    """A name holds no digits."""
    return "".join("абвгдежзик"[int(digit)] for digit in str(number))
