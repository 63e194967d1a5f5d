"""More insured people for the demo, made by a seed from the rows of its rosters: plainly made-up names, numbers that
cannot exist.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from config.centre import Centre
from config.settings import DEMO
from config.tables import RawRow, read_table
from ivr.insured.columns import COLUMNS, Column
from ivr.insured.roster import import_roster
from ivr.policy_numbers import enp_check_digit

PEOPLE: Final = 60
"""How many more each insurer gets."""


def _words(*lines: str) -> list[str]:
    return " ".join(lines).split()


_MEN: Final = _words(
    "Образцов Макетов Эскизов Шаблонов Черновиков Примеров Проверкин Опытов Эталонов Модельцев Трафаретов Прототипов",
    "Вымыслов Небывалов Условнов Набросков Заготовкин Тренажёров Учебнов Демонстратов",
)
_FIRST: Final = {
    True: _words("Пример Тест Эскиз Макет Опыт Эталон"),
    False: _words("Проба Модель Схема Заготовка Выдумка"),
}
_PATRONYMIC: Final = _words("Примеров Тестов Образцов Эскизов Макетов Опытов")
_LATIN: Final = _words("Namuna Sinov Misol Намуна Озмоиш Мисол Үлгү Сынак")
_OLDEST, _YOUNGEST = date(1946, 1, 1), date(2007, 12, 31)
# Mostly at work, as insured through an employer.
_MIDDLE: Final = date(1988, 6, 1)

_HOLDS: Final = re.compile(r"20[3-9]\d")

_Cells = Mapping[Column, str]


def add_people(centre: Centre, *, seed: int) -> None:
    """Give each insurer that the demo knows `PEOPLE` more; those who are there already stay as they are."""
    with TemporaryDirectory(prefix="pult-people-") as folder:
        for path in sorted((DEMO / "rosters").glob("*.csv")):
            if path.stem in centre.insurers:
                made = Path(folder) / path.name
                _write(made, list(_people(path, Random(f"{seed} {path.stem}"))))  # noqa: S311 - repeatable is wanted
                import_roster(centre, made, insurer_id=path.stem, by="demo")


def policies_of_rosters() -> set[str]:
    """The numbers of the policies that the demo's rosters name, as they are written there."""
    paths = sorted((DEMO / "rosters").glob("*.csv"))
    return {str(row.cells[Column.POLICY]).strip() for path in paths for row in read_table(path, COLUMNS).rows}


def _people(roster: Path, dice: Random) -> Iterator[_Cells]:
    """Each is like somebody of the roster, but for what is one person's own."""
    models = [row for row in read_table(roster, COLUMNS).rows if _is_usual(row)]
    for number in range(1, PEOPLE + 1):
        yield _person({name: str(cell or "") for name, cell in dice.choice(models).cells.items()}, number, dice)


def _is_usual(row: RawRow[Column]) -> bool:
    """Policies that hold: most callers' do."""
    return _HOLDS.search(str(row.cells[Column.VALID_UNTIL])) is not None


def _person(model: _Cells, number: int, dice: Random) -> _Cells:
    is_man = dice.random() < 0.45
    born = _birth_date(dice)
    phone = "".join(filter(str.isdigit, model[Column.PHONES]))[:7].replace("8", "7", 1)
    own = {
        Column.POLICY: _policy(model[Column.POLICY], number, born, is_man=is_man),
        Column.FULL_NAME: _name(model.get(Column.LANGUAGE, "ru"), dice, is_man=is_man),
        Column.BIRTH_DATE: born.strftime("%d.%m.%Y"),
        Column.PHONES: f"+{phone}1{number:03d}",
    }
    return {**model, Column.USED: "", **own}


def _birth_date(dice: Random) -> date:
    born = _MIDDLE + timedelta(days=round(dice.gauss(0, 4500)))
    return min(max(born, _OLDEST), _YOUNGEST)


def _name(language: str, dice: Random, *, is_man: bool) -> str:
    if language not in ("", "ru", "en"):
        return f"{dice.choice(_LATIN)} {dice.choice(_LATIN)}ov"
    ending = ("", "ич") if is_man else ("а", "на")
    return f"{dice.choice(_MEN)}{ending[0]} {dice.choice(_FIRST[is_man])} {dice.choice(_PATRONYMIC)}{ending[1]}"


def _policy(model: str, number: int, born: date, *, is_man: bool) -> str:
    """Of the model's length; an ЕНП holds birth date and sex, and its check digit is right."""
    digits = "".join(filter(str.isdigit, model))
    if len(digits) != 16:
        return f"{digits[:3]}7{number:0{len(digits) - 4}d}"
    month = born.month + (20 if born.year <= 1950 else 40 if born.year <= 2000 else 0)
    day = born.day + (50 if is_man else 0)
    plain = f"{month:02d}{str(born.year)[::-1]}{day:02d}"
    first = digits[:2] + "".join(str(9 - int(digit)) for digit in plain) + f"{number:05d}"
    return first + enp_check_digit(first)


def _write(path: Path, people: Sequence[_Cells]) -> None:
    columns = list(people[0])
    lines = [";".join(columns), *(";".join(f'"{person[name]}"' for name in columns) for person in people)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
