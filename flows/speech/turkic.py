"""Uzbek and Kyrgyz words: both put hundreds, tens and units together one word after another."""

from collections.abc import Callable
from typing import Final

from flows.speech.kinds import Fragments
from flows.speech.vocabulary import Vocabulary

_UZ_DIGITS: Final = ("nol", "bir", "ikki", "uch", "toʻrt", "besh", "olti", "yetti", "sakkiz", "toʻqqiz")
_UZ_TENS: Final = (
    "", "oʻn", "yigirma", "oʻttiz", "qirq", "ellik", "oltmish", "yetmish", "sakson", "toʻqson",
)  # fmt: skip
_KY_DIGITS: Final = ("нөл", "бир", "эки", "үч", "төрт", "беш", "алты", "жети", "сегиз", "тогуз")
_KY_TENS: Final = (
    "", "он", "жыйырма", "отуз", "кырк", "элүү", "алтымыш", "жетимиш", "сексен", "токсон",
)  # fmt: skip
_KY_ORDINALS: Final = {
    "бир": "биринчи", "эки": "экинчи", "үч": "үчүнчү", "төрт": "төртүнчү", "беш": "бешинчи",
    "алты": "алтынчы", "жети": "жетинчи", "сегиз": "сегизинчи", "тогуз": "тогузунчу",
    "он": "онунчу", "жыйырма": "жыйырманчы", "отуз": "отузунчу",
    "кырк": "кыркынчы", "элүү": "элүүнчү", "алтымыш": "алтымышынчы", "жетимиш": "жетимишинчи",
    "сексен": "сексенинчи", "токсон": "токсонунчу", "жүз": "жүзүнчү", "миң": "миңинчи",
}  # fmt: skip


def _counting(
    digits: tuple[str, ...], tens: tuple[str, ...], hundred: str, thousand: str
) -> Callable[[int], Fragments]:
    def below_thousand(number: int) -> Fragments:
        hundreds, rest = divmod(number, 100)
        ten, unit = divmod(rest, 10)
        words = (digits[hundreds] if hundreds > 1 else "", hundred if hundreds else "", tens[ten])
        return tuple(word for word in (*words, digits[unit] if unit else "") if word)

    def say(number: int) -> Fragments:
        thousands, rest = divmod(number, 1000)
        head = (*(below_thousand(thousands)), thousand) if thousands else ()
        return (head + below_thousand(rest)) or (digits[0],)

    return say


_uzbek_number: Final = _counting(_UZ_DIGITS, _UZ_TENS, "yuz", "ming")
_kyrgyz_number: Final = _counting(_KY_DIGITS, _KY_TENS, "жүз", "миң")


def _uzbek_ordinal(number: int) -> str:
    """-nchi after a vowel, -inchi after a consonant: ikkinchi, oʻttizinchi."""
    *before, last = _uzbek_number(number)
    return " ".join((*before, last + ("nchi" if last[-1] in "aiou" else "inchi")))


def _kyrgyz_ordinal(number: int) -> str:
    *before, last = _kyrgyz_number(number)
    return " ".join((*before, _KY_ORDINALS[last]))


def _uzbek_dated(day: str, month: str, year: int) -> Fragments:
    return (_uzbek_ordinal(year), "yil", day, month)


def _kyrgyz_dated(day: str, month: str, year: int) -> Fragments:
    return (_kyrgyz_ordinal(year), "жыл", day, month)


UZBEK: Final = Vocabulary(
    language="uz",
    digits=_UZ_DIGITS,
    number=_uzbek_number,
    day_ordinal=_uzbek_ordinal,
    dated=_uzbek_dated,
    months=(
        "yanvar", "fevral", "mart", "aprel", "may", "iyun",
        "iyul", "avgust", "sentabr", "oktabr", "noyabr", "dekabr",
    ),
    weekdays=("dushanba", "seshanba", "chorshanba", "payshanba", "juma", "shanba", "yakshanba"),
    minus="minus",
    plus="plyus",
    rouble="rubl",
    kopeck="kopeyka",
    hour="soat",
    minute="daqiqa",
    second="soniya",
    less_than_a_minute="bir daqiqadan kam",
    nobody_ahead="sizdan oldin hech kim yoʻq",
    people_ahead=("sizdan oldin", "kishi bor"),
    working_day="ish kuni",
    extension="qoʻshimcha raqam",
    clock="soat",
    zone="{} vaqti bilan",
    cities={
        "Europe/Moscow": "Moskva",
        "Europe/Kirov": "Kirov",
        "Europe/Samara": "Samara",
        "Europe/Saratov": "Saratov",
        "Asia/Yekaterinburg": "Yekaterinburg",
        "Asia/Tomsk": "Tomsk",
    },
)  # fmt: skip

KYRGYZ: Final = Vocabulary(
    language="ky",
    digits=_KY_DIGITS,
    number=_kyrgyz_number,
    day_ordinal=_kyrgyz_ordinal,
    dated=_kyrgyz_dated,
    months=(
        "январь", "февраль", "март", "апрель", "май", "июнь",
        "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
    ),
    weekdays=("дүйшөмбү", "шейшемби", "шаршемби", "бейшемби", "жума", "ишемби", "жекшемби"),
    minus="минус",
    plus="плюс",
    rouble="рубль",
    kopeck="копейка",
    hour="саат",
    minute="мүнөт",
    second="секунд",
    less_than_a_minute="бир мүнөттөн аз",
    nobody_ahead="сизден мурун эч ким жок",
    people_ahead=("сизден мурун", "киши бар"),
    working_day="жумуш күнү",
    extension="кошумча номер",
    clock="саат",
    zone="{} убактысы боюнча",
    cities={
        "Europe/Moscow": "Москва",
        "Europe/Kirov": "Киров",
        "Europe/Samara": "Самара",
        "Europe/Saratov": "Саратов",
        "Asia/Yekaterinburg": "Екатеринбург",
        "Asia/Tomsk": "Томск",
    },
)  # fmt: skip
