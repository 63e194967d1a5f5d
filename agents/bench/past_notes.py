"""What agents noted in the past that a bench makes up: everyday words often, some words of medicine hardly ever."""

from random import Random
from typing import Final

FREQUENT: Final = "пациент"
MIDDLING: Final = "рентген"
RARE: Final = "эндоскопия"
NEVER: Final = "метеорит"
_EVERYDAY: Final = (
    "пациент просит перезвонить после обеда", "пациенту объяснили порядок обращения", "направление передано в клинику",
    "ждёт ответа до вечера", "гарантийное письмо запрошено", "запись к терапевту на понедельник",
    "документы отправлены на почту", "клиника подтвердила приём", "жалоб нет, вопрос решён", "просил прислать памятку",
    "полис проверен, программа действует", "приём перенесён на другой день", "ребёнок, температура второй день",
    "болит спина, нужен невролог", "нужна справка для работодателя", "согласовано с куратором",
)  # fmt: skip
_SELDOM: Final = "сделан рентген, снимок у врача"
_HARDLY_EVER: Final = "назначена эндоскопия"


def note(dice: Random) -> str:
    """One note of two or three remarks."""
    said = dice.sample(_EVERYDAY, dice.randint(2, 3))
    chance = dice.random()
    if chance < 0.0002:
        said.append(_HARDLY_EVER)
    elif chance < 0.004:
        said.append(_SELDOM)
    return "; ".join(said).capitalize() + "."
