"""How each kind of value is said in English."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

from num2words import num2words

from flows.speech import values
from flows.speech.errors import SpeechError
from flows.speech.groups import fours, grouped, phone_groups
from flows.speech.kinds import Fragments, Kind, Options

_DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_IRREGULAR: Final = {"person": "people", "child": "children", "man": "men", "woman": "women"}


@lru_cache(maxsize=1024)
def cardinal(value: int) -> Fragments:
    """Number words, one fragment a word, without the comma that would be heard as a pause."""
    return tuple(str(num2words(value, lang="en")).replace(",", "").split())


@lru_cache(maxsize=64)
def plural(noun: str) -> str:
    """The plural of a noun or phrase: 'working day' → 'working days'; regular nouns and a few others."""
    *before, head = noun.split()
    if head in _IRREGULAR:
        head = _IRREGULAR[head]
    elif head.endswith("y") and head[-2:-1] not in "aeiou":
        head = f"{head[:-1]}ies"
    else:
        head += "es" if head.endswith(("s", "x", "z", "ch", "sh")) else "s"
    return " ".join((*before, head))


def number(value: object, _: Options) -> Fragments:
    return cardinal(values.whole(value))


def ordinal_number(value: object, _: Options) -> Fragments:
    return (_ordinal(values.whole(value)),)


def money(value: object, _: Options) -> Fragments:
    roubles, kopecks = values.roubles(value)
    spoken = _counted(roubles, "rouble") if roubles or not kopecks else ()
    return spoken + (_counted(kopecks, "kopeck") if kopecks else ())


def day(value: object, options: Options) -> Fragments:
    return _date(values.day(value), options.year)


def until(value: object, options: Options) -> Fragments:
    return ("up to and including", *_date(values.last_day(value), options.year))


def weekday(value: object, _: Options) -> Fragments:
    return (_WEEKDAYS[values.day(value).weekday()],)


def time_of_day(value: object, options: Options) -> Fragments:
    at, zone_name = values.clock(value)
    spoken = _clock_words(at.hour, at.minute)
    named = options.zone or zone_name
    if options.bare or named is None:
        return spoken
    return (*spoken[:-1], f"{spoken[-1]},", *_zone(named))


def zone(value: object, _: Options) -> Fragments:
    return _zone(values.text(value))


def minutes(value: object, options: Options) -> Fragments:
    return duration(values.natural(value) * 60, options)


def duration(value: object, _: Options) -> Fragments:
    total = values.seconds(value)
    if total == 0:
        return ("less than a minute",)
    if total < 60:
        return _counted(total, "second")
    hours, rest = divmod(total // 60, 60)
    return (_counted(hours, "hour") if hours else ()) + (_counted(rest, "minute") if rest else ())


def people_ahead(value: object, _: Options) -> Fragments:
    people = values.natural(value)
    if people == 0:
        return ("there is nobody ahead of you",)
    return ("there is" if people == 1 else "there are", *_counted(people, "person"), "ahead of you")


def count(value: object, options: Options) -> Fragments:
    return _counted(values.whole(value), options.noun or "")


def working_days(value: object, _: Options) -> Fragments:
    return _counted(values.natural(value), "working day")


def digits(value: object, _: Options) -> Fragments:
    return _digit_words(values.digits(value))


def groups(value: object, _: Options) -> Fragments:
    return grouped(fours(values.digits(value)), _digit_words)


def last_four(value: object, _: Options) -> Fragments:
    return _digit_words(values.digits(value)[-4:])


def phone(value: object, _: Options) -> Fragments:
    trunk, *rest = phone_groups(values.text(value))
    spoken = grouped((trunk, *rest), _digit_words)
    return spoken if trunk == "8" else ("plus", *spoken)


def extension(value: object, _: Options) -> Fragments:
    return ("extension", *_digit_words(values.digits(value)))


def text(value: object, _: Options) -> Fragments:
    return (values.text(value),)


def _ordinal(value: int) -> str:
    if value < 1:
        raise SpeechError("an ordinal counts from one")
    return str(num2words(value, lang="en", to="ordinal"))


def _counted(value: int, noun: str) -> Fragments:
    return (*cardinal(value), noun if value == 1 else plural(noun))


def _date(when: date, with_year: bool) -> Fragments:
    spoken = (f"the {_ordinal(when.day)} of", _MONTHS[when.month - 1])
    if not with_year:
        return spoken
    return (spoken[0], f"{spoken[1]},", str(num2words(when.year, lang="en", to="year")))


def _clock_words(hour: int, minute: int) -> Fragments:
    if minute == 0 and hour in (0, 12):
        return ("midnight",) if hour == 0 else ("noon",)
    past = () if minute == 0 else (("oh", *cardinal(minute)) if minute < 10 else cardinal(minute))
    return (*cardinal(hour % 12 or 12), *past, "a.m." if hour < 12 else "p.m.")


def _zone(name: str) -> Fragments:
    """'Moscow time': the city is the zone's own name."""
    area, _, city = name.rpartition("/")
    if not area:
        raise SpeechError(f"no English phrase for the zone '{name}'")
    return (f"{city.replace('_', ' ')} time",)


def _digit_words(digits_text: str) -> Fragments:
    return tuple(_DIGITS[int(digit)] for digit in digits_text)


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
