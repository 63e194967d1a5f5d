"""How each kind of value is said in Russian (standards §4)."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from flows.speech import values
from flows.speech.errors import SpeechError
from flows.speech.groups import fours, grouped, phone_groups
from flows.speech.kinds import Case, Fragments, Gender, Kind, Options
from flows.speech.russian_words import cardinal, counted, ordinal

_MONTHS: Final = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
_WEEKDAYS: Final = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
_WEEKDAYS_ACCUSATIVE: Final = tuple(re.sub("а$", "у", name) for name in _WEEKDAYS)

# The dative adjective of the phrase "по … времени", for every zone of Russia in tzdata that people name.
ZONES: Final[Mapping[str, str]] = {
    "Europe/Kaliningrad": "калининградскому",
    "Europe/Moscow": "московскому",
    "Europe/Kirov": "кировскому",
    "Europe/Volgograd": "волгоградскому",
    "Europe/Samara": "самарскому",
    "Europe/Saratov": "саратовскому",
    "Europe/Astrakhan": "астраханскому",
    "Europe/Ulyanovsk": "ульяновскому",
    "Asia/Yekaterinburg": "екатеринбургскому",
    "Asia/Omsk": "омскому",
    "Asia/Novosibirsk": "новосибирскому",
    "Asia/Barnaul": "барнаульскому",
    "Asia/Tomsk": "томскому",
    "Asia/Novokuznetsk": "новокузнецкому",
    "Asia/Krasnoyarsk": "красноярскому",
    "Asia/Irkutsk": "иркутскому",
    "Asia/Chita": "читинскому",
    "Asia/Yakutsk": "якутскому",
    "Asia/Vladivostok": "владивостокскому",
    "Asia/Magadan": "магаданскому",
    "Asia/Sakhalin": "сахалинскому",
    "Asia/Kamchatka": "камчатскому",
}


def number(value: object, options: Options) -> Fragments:
    return cardinal(values.whole(value), options.case or Case.NOMINATIVE, options.gender or Gender.MASCULINE)


def ordinal_number(value: object, options: Options) -> Fragments:
    return (ordinal(values.whole(value), options.case or Case.NOMINATIVE, options.gender or Gender.MASCULINE),)


def money(value: object, options: Options) -> Fragments:
    roubles, kopecks = values.roubles(value)
    case = options.case or Case.NOMINATIVE
    spoken = counted(roubles, "рубль", case) if roubles or not kopecks else ()
    return spoken + (counted(kopecks, "копейка", case) if kopecks else ())


def day(value: object, options: Options) -> Fragments:
    """'тридцатого ноября': the genitive, which answers "when?", unless another case is asked for."""
    return _date(values.day(value), options.case or Case.GENITIVE, options.year)


def until(value: object, options: Options) -> Fragments:
    """'по тридцатое ноября включительно' for a half-open end of 1 December."""
    return ("по", *_date(values.last_day(value), Case.ACCUSATIVE, options.year), "включительно")


def weekday(value: object, options: Options) -> Fragments:
    names = _WEEKDAYS_ACCUSATIVE if options.case is Case.ACCUSATIVE else _WEEKDAYS
    return (names[values.day(value).weekday()],)


def time_of_day(value: object, options: Options) -> Fragments:
    at, zone = values.clock(value)
    case = options.case or Case.NOMINATIVE
    spoken = counted(at.hour, "час", case) + (counted(at.minute, "минута", case) if at.minute else ())
    named = options.zone or zone
    return spoken if options.bare or named is None else (*spoken, *_zone(named))


def zone(value: object, _: Options) -> Fragments:
    return _zone(values.text(value))


def minutes(value: object, options: Options) -> Fragments:
    return duration(values.natural(value) * 60, options)


def duration(value: object, options: Options) -> Fragments:
    """Hours and minutes of a number of seconds; seconds only under a minute; zero is 'меньше минуты'."""
    total = values.seconds(value)
    case = options.case or Case.NOMINATIVE
    if total == 0 and case in (Case.NOMINATIVE, Case.ACCUSATIVE):
        return ("меньше минуты",)
    if 0 < total < 60:
        return counted(total, "секунда", case)
    hours, rest = divmod(max(total, 60) // 60, 60)
    spoken = counted(hours, "час", case) if hours else ()
    return spoken + (counted(rest, "минута", case) if rest else ())


def people_ahead(value: object, _: Options) -> Fragments:
    """A place in the queue without the gender that "вы третий" would force (standards §4)."""
    people = values.natural(value)
    return ("перед вами", *counted(people, "человек")) if people else ("перед вами никого нет",)


def count(value: object, options: Options) -> Fragments:
    return counted(values.whole(value), options.noun or "", options.case or Case.NOMINATIVE)


def working_days(value: object, options: Options) -> Fragments:
    return counted(values.natural(value), "рабочий день", options.case or Case.NOMINATIVE)


def digits(value: object, _: Options) -> Fragments:
    return _digit_words(values.digits(value))


def groups(value: object, _: Options) -> Fragments:
    return grouped(fours(values.digits(value)), _digit_words)


def last_four(value: object, _: Options) -> Fragments:
    return _digit_words(values.digits(value)[-4:])


def phone(value: object, _: Options) -> Fragments:
    """'восемь восемьсот двести четырнадцать сорок один': the printed groups, each as a number."""
    trunk, *rest = phone_groups(values.text(value))
    spoken = ("восемь",) if trunk == "8" else ("плюс", *_group_words(trunk))
    return spoken + tuple(word for group in rest for word in _group_words(group))


def extension(value: object, _: Options) -> Fragments:
    """'добавочный пятьдесят девяносто три' for four digits, printed 50-93; else digit by digit."""
    dialled = values.digits(value)
    if len(dialled) != 4:
        return ("добавочный", *_digit_words(dialled))
    return ("добавочный", *_group_words(dialled[:2]), *_group_words(dialled[2:]))


def text(value: object, _: Options) -> Fragments:
    return (values.text(value),)


def _date(when: date, case: Case, with_year: bool) -> Fragments:
    spoken = (ordinal(when.day, case, Gender.NEUTER), _MONTHS[when.month - 1])
    # num2words' own to='year' gives a cardinal where speech wants "двадцать шестого" (standards §4).
    return (*spoken, ordinal(when.year, Case.GENITIVE), "года") if with_year else spoken


def _zone(name: str) -> Fragments:
    if name not in ZONES:
        raise SpeechError(f"no Russian phrase for the zone '{name}'")
    return (f"по {ZONES[name]} времени",)


def _digit_words(digits_text: str) -> Fragments:
    return tuple(cardinal(int(digit))[0] for digit in digits_text)


def _group_words(group: str) -> Fragments:
    """A group as a number, its leading zeros first: '800' → восемьсот, '01' → ноль один, '00' → ноль ноль."""
    significant = group.lstrip("0")
    zeros = ("ноль",) * (len(group) - len(significant))
    return zeros + (cardinal(int(significant)) if significant else ())


SPEAKERS: Final[Mapping[Kind, Callable[[Any, Options], Fragments]]] = {
    Kind.NUMBER: number,
    Kind.ORDINAL: ordinal_number,
    Kind.MONEY: money,
    Kind.DATE: day,
    Kind.UNTIL: until,
    Kind.WEEKDAY: weekday,
    Kind.TIME: time_of_day,
    Kind.ZONE: zone,
    Kind.MINUTES: minutes,
    Kind.DURATION: duration,
    Kind.PEOPLE_AHEAD: people_ahead,
    Kind.COUNT: count,
    Kind.WORKING_DAYS: working_days,
    Kind.DIGITS: digits,
    Kind.GROUPS: groups,
    Kind.LAST_FOUR: last_four,
    Kind.PHONE: phone,
    Kind.EXTENSION: extension,
    Kind.TEXT: text,
}
