"""More insured people for the demo, made by a seed from the rows of its rosters: surnames that nobody bears, numbers
that cannot exist.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from config.centre import Centre
from config.settings import DEMO
from config.tables import RawRow, read_table
from ivr.insured.columns import COLUMNS, Column
from ivr.insured.roster import import_roster
from ivr.policy_numbers import enp_check_digit

# For each call of a day: so many that in a week few ring who have rung before, but for those who ring again by design.
_PEOPLE_A_CALL: Final = 2
# Their telephones differ in three digits.
_MOST_PEOPLE: Final = 999


class _Names(NamedTuple):
    """What names of a language are made of, each a few words: surnames of two parts, which nobody bears, with a man's
    and a woman's `endings`, usual first names, and where there are patronymics what those begin with.
    """

    front: str
    back: str
    endings: tuple[str, str]
    men: str
    women: str
    fathers: str = ""


_NAMES: Final = {
    "ru": _Names(
        "Снего Ясно Тихо Росо Сине Зоре Светло Звонко Лугово Мглисто Дальне Ветро",
        "долин рощин ключев полянин гранин ладов бережнов заводин холмов звёздин тропин порогов",
        ("", "а"),
        "Алексей Андрей Борис Виктор Глеб Денис Егор Илья Кирилл Максим Павел Роман Сергей Тимур Фёдор",
        "Анна Вера Галина Дарья Елена Жанна Зоя Инна Ксения Лидия Мария Нина Ольга Полина Софья",
        "Алексе Андре Борисов Викторов Глебов Денисов Кириллов Максимов Павлов Романов Серге Фёдоров",
    ),
    "uz": _Names(
        "Tong Kumush Moviy Yulduz Shabada",
        "daryo dala tepa qoya soya",
        ("yev", "yeva"),
        "Sardor Javlon Rustam Bobur Aziz Otabek",
        "Malika Dilnoza Nodira Zulfiya Sevara Lola",
    ),
    "tg": _Names(
        "Субҳ Нуқра Насим Ситора Кабуд",
        "дарё дашт соҳил абр барг",
        ("зода", "зода"),
        "Фарҳод Далер Рустам Сомон Парвиз",
        "Мадина Нигора Зарина Шаҳло Гулрӯ",
    ),
    "ky": _Names(
        "Таң Күмүш Көк Жылдыз Шамал",
        "дарыя талаа жээк булут жалбырак",
        (" уулу", " кызы"),
        "Бакыт Нурлан Азамат Талант Эрлан",
        "Айгүл Жылдыз Гүлнара Назгүл Мээрим",
    ),
}
_OLDEST, _YOUNGEST = date(1946, 1, 1), date(2007, 12, 31)
# Mostly at work, as insured through an employer.
_MIDDLE: Final = date(1988, 6, 1)

_HOLDS: Final = re.compile(r"20[3-9]\d")

_Cells = Mapping[Column, str]


def add_people(centre: Centre, *, calls_a_day: int, seed: int) -> None:
    """Give each insurer that the demo knows enough for a week of so many calls; who is there already stays as it is."""
    number = min(_MOST_PEOPLE, _PEOPLE_A_CALL * calls_a_day)
    with TemporaryDirectory(prefix="pult-people-") as folder:
        for path in sorted((DEMO / "rosters").glob("*.csv")):
            if path.stem in centre.insurers:
                made = Path(folder) / path.name
                dice = Random(f"{seed} {path.stem}")  # noqa: S311 - repeatable is wanted
                _write(made, list(_people(path, number, dice)))
                import_roster(centre, made, insurer_id=path.stem, by="demo")


def policies_of_rosters() -> set[str]:
    """The numbers of the policies that the demo's rosters name, as they are written there."""
    paths = sorted((DEMO / "rosters").glob("*.csv"))
    return {str(row.cells[Column.POLICY]).strip() for path in paths for row in read_table(path, COLUMNS).rows}


def _people(roster: Path, number: int, dice: Random) -> Iterator[_Cells]:
    """Each is like somebody of the roster, but for what is one person's own."""
    models = [row for row in read_table(roster, COLUMNS).rows if _is_usual(row)]
    for place in range(1, number + 1):
        yield _person({name: str(cell or "") for name, cell in dice.choice(models).cells.items()}, place, dice)


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
    def one_of(words: str) -> str:
        return dice.choice(words.split())

    names = _NAMES.get(language, _NAMES["ru"])
    surname = f"{one_of(names.front)}{one_of(names.back)}{names.endings[not is_man]}"
    own = f"{surname} {one_of(names.men if is_man else names.women)}"
    return f"{own} {_patronymic(one_of(names.fathers), is_man=is_man)}" if names.fathers else own


def _patronymic(father: str, *, is_man: bool) -> str:
    stem = father if father.endswith("ов") else f"{father}ев"
    return f"{stem}{'ич' if is_man else 'на'}"


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
