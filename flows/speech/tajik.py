"""Tajik words, whose numbers join with "-у" (бисту як) and whose days take "-уми" (якуми ноябр)."""

from typing import Final

from flows.speech.kinds import Fragments
from flows.speech.vocabulary import Vocabulary

_SMALL: Final = (
    "сифр", "як", "ду", "се", "чор", "панҷ", "шаш", "ҳафт", "ҳашт", "нӯҳ",
    "даҳ", "ёздаҳ", "дувоздаҳ", "сенздаҳ", "чордаҳ", "понздаҳ", "шонздаҳ", "ҳабдаҳ", "ҳаждаҳ", "нуздаҳ",
)  # fmt: skip
_TENS: Final = ("", "", "бист", "сӣ", "чил", "панҷоҳ", "шаст", "ҳафтод", "ҳаштод", "навад")
_HUNDREDS: Final = (
    "", "сад", "дусад", "сесад", "чорсад", "панҷсад", "шашсад", "ҳафтсад", "ҳаштсад", "нӯҳсад",
)  # fmt: skip


def _number(number: int) -> Fragments:
    thousands, rest = divmod(number, 1000)
    head = ((*_joined(_parts(thousands)), "ҳазор") if thousands > 1 else ("ҳазор",)) if thousands else ()
    if head and rest:
        return (*head[:-1], "ҳазору", *_joined(_parts(rest)))
    return head or _joined(_parts(rest))


def _parts(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    parts = [_HUNDREDS[hundreds]] if hundreds else []
    if rest >= 20:
        parts.append(_TENS[rest // 10])
        rest %= 10
    return [*parts, _SMALL[rest]] if rest or not parts else parts


def _joined(parts: list[str]) -> Fragments:
    """Every word but the last takes the joining vowel: саду, бисту, and after a vowel сию."""
    return (*(_joining(word) for word in parts[:-1]), parts[-1])


def _joining(word: str) -> str:
    return "сию" if word == "сӣ" else f"{word}у"


def _day_ordinal(number: int) -> str:
    *before, last = _number(number)
    special = {"ду": "дуюми", "се": "сеюми", "сӣ": "сиюми"}
    return " ".join((*before, special.get(last, f"{last}уми")))


def _dated(day: str, month: str, year: int) -> Fragments:
    return (day, f"{month}и", "соли", *_number(year))


TAJIK: Final = Vocabulary(
    language="tg",
    digits=_SMALL[:10],
    number=_number,
    day_ordinal=_day_ordinal,
    dated=_dated,
    months=(
        "январ", "феврал", "март", "апрел", "май", "июн",
        "июл", "август", "сентябр", "октябр", "ноябр", "декабр",
    ),
    weekdays=("душанбе", "сешанбе", "чоршанбе", "панҷшанбе", "ҷумъа", "шанбе", "якшанбе"),
    minus="минус",
    plus="плюс",
    rouble="рубл",
    kopeck="копейка",
    hour="соат",
    minute="дақиқа",
    second="сония",
    less_than_a_minute="камтар аз як дақиқа",
    nobody_ahead="пеш аз шумо ҳеҷ кас нест",
    people_ahead=("пеш аз шумо", "нафар ҳаст"),
    working_day="рӯзи корӣ",
    extension="рақами иловагӣ",
    clock="соати",
    zone="бо вақти {}",
    cities={
        "Europe/Moscow": "Маскав",
        "Europe/Kirov": "Киров",
        "Europe/Samara": "Самара",
        "Europe/Saratov": "Саратов",
        "Asia/Yekaterinburg": "Екатеринбург",
        "Asia/Tomsk": "Томск",
    },
)  # fmt: skip
