"""The columns of a roster: what they are called, in Russian or English, and which must be there."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from config.tables import Columns


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

COLUMNS: Final = Columns(
    names=_OTHER_NAMES,
    required=(
        Column.POLICY,
        Column.FULL_NAME,
        Column.BIRTH_DATE,
        Column.VALID_FROM,
        Column.VALID_UNTIL,
        Column.PROGRAMME,
    ),
)


def title(column: Column) -> str:
    """The column's Russian name."""
    return COLUMNS.title(column)
