"""The columns of a roster: what they are called, in Russian or English, and which must be there."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ivr.insured.errors import RosterFileError


class Column(StrEnum):
    """What a roster may tell, by its English header."""

    POLICY = "policy"
    FULL_NAME = "full_name"
    BIRTH_DATE = "birth_date"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"
    PROGRAMME = "programme"
    SERVICES = "services"
    EXCLUSIONS = "exclusions"
    LIMITS = "limits"
    USED = "used"
    PHONES = "phones"
    FIRST_OPINION = "first_opinion"
    DEDUCTIBLE = "deductible"
    DEDUCTIBLE_PERCENT = "deductible_percent"
    DEDUCTIBLE_LEFT = "deductible_left"
    SUM_INSURED = "sum_insured"
    SUM_LEFT = "sum_left"
    CURATOR = "curator"
    CITY = "city"
    TIME_ZONE = "time_zone"
    LANGUAGE = "language"
    MAY_BE_CALLED = "may_be_called"
    REGION = "region"
    EMPLOYER = "employer"


REQUIRED: Final = (
    Column.POLICY,
    Column.FULL_NAME,
    Column.BIRTH_DATE,
    Column.VALID_FROM,
    Column.VALID_UNTIL,
    Column.PROGRAMME,
)

_OTHER_NAMES: Final[Mapping[Column, tuple[str, ...]]] = {
    Column.POLICY: ("полис", "номер полиса", "policy number", "№ полиса", "енп"),
    Column.FULL_NAME: ("фио", "ф и о", "застрахованный", "имя", "name", "insured"),
    Column.BIRTH_DATE: ("дата рождения", "родился", "др", "date of birth", "born"),
    Column.VALID_FROM: ("действует с", "начало действия", "начало", "from"),
    Column.VALID_UNTIL: ("действует по", "окончание действия", "окончание", "until", "valid to"),
    Column.PROGRAMME: ("программа", "program"),
    Column.SERVICES: ("услуги",),
    Column.EXCLUSIONS: ("исключения",),
    Column.LIMITS: ("лимиты", "entitlements"),
    Column.USED: ("использовано",),
    Column.PHONES: ("телефон", "телефоны", "phone", "telephone"),
    Column.FIRST_OPINION: ("первое мнение", "дата первого мнения"),
    Column.DEDUCTIBLE: ("франшиза",),
    Column.DEDUCTIBLE_PERCENT: ("процент франшизы", "франшиза процент"),
    Column.DEDUCTIBLE_LEFT: ("остаток франшизы",),
    Column.SUM_INSURED: ("страховая сумма",),
    Column.SUM_LEFT: ("остаток страховой суммы", "остаток суммы"),
    Column.CURATOR: ("куратор", "добавочный куратора", "curator extension"),
    Column.CITY: ("город",),
    Column.TIME_ZONE: ("часовой пояс", "timezone"),
    Column.LANGUAGE: ("язык",),
    Column.MAY_BE_CALLED: ("можно звонить", "согласие на звонки"),
    Column.REGION: ("регион", "код региона"),
    Column.EMPLOYER: ("работодатель", "страхователь", "компания", "company"),
}


@dataclass(frozen=True)
class Header:
    """Which column stands where in a row, and the places, from 1, of columns that are not known and not read."""

    places: Mapping[Column, int]
    ignored: tuple[int, ...] = ()

    def __contains__(self, column: Column) -> bool:
        return column in self.places


def read_header(cells: Sequence[str]) -> Header:
    """The header of a roster; raises RosterFileError naming the columns that are doubled or missing."""
    places: dict[Column, int] = {}
    problems: list[str] = []
    ignored: list[int] = []
    for place, text in enumerate(cells):
        if not text.strip():
            continue
        column = _NAMES.get(_plain(text))
        if column is None:
            ignored.append(place + 1)
        elif column in places:
            problems.append(f"{column} stands in columns {places[column] + 1} and {place + 1}")
        else:
            places[column] = place
    problems += [f"no column '{title(one)}' ({one})" for one in REQUIRED if one not in places]
    if problems:
        raise RosterFileError("the header: " + "; ".join(problems))
    return Header(places, tuple(ignored))


def title(column: Column) -> str:
    """The column's Russian name."""
    return _OTHER_NAMES[column][0]


def _plain(text: str) -> str:
    """A header without case, punctuation and doubled spaces."""
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


_NAMES: Final = {_plain(name): column for column, others in _OTHER_NAMES.items() for name in (column.value, *others)}
