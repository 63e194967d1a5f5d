"""Speaks the kinds that a language without agreement needs, from a table of its words (Uzbek, Tajik, Kyrgyz).

In these three a noun does not change after a numeral, so one table of words is a whole language here. What a
table does not know falls back: a number beyond 999 999 is said digit by digit, `until` and `ordinal` say the
plain date or number (the prompt's own words carry the rest), and an unknown zone is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from flows.speech import values
from flows.speech.errors import SpeechError
from flows.speech.groups import fours, grouped, phone_groups
from flows.speech.kinds import Fragments, Kind, Options


@dataclass(frozen=True)
class Vocabulary:
    """The words of one language; `number` says 0 … 999 999, `day_ordinal` a day of the month before its
    name, `dated` a day's ordinal, its month and its year in the language's own order."""

    language: str
    digits: tuple[str, ...]
    number: Callable[[int], Fragments]
    day_ordinal: Callable[[int], str]
    dated: Callable[[str, str, int], Fragments]
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    minus: str
    plus: str
    rouble: str
    kopeck: str
    hour: str
    minute: str
    second: str
    less_than_a_minute: str
    nobody_ahead: str
    people_ahead: tuple[str, str]
    working_day: str
    extension: str
    clock: str
    zone: str
    cities: Mapping[str, str]

    def speakers(self) -> Mapping[Kind, Callable[[Any, Options], Fragments]]:
        """One speaker a kind, complete."""
        return {kind: partial(_SPOKEN[kind], self) for kind in Kind}

    def _cardinal(self, number: int) -> Fragments:
        if number < 0:
            return (self.minus, *self._cardinal(-number))
        return self.number(number) if number <= 999_999 else self._digits(str(number))

    def _digits(self, text: str) -> Fragments:
        return tuple(self.digits[int(digit)] for digit in text)

    def _zone(self, name: str) -> Fragments:
        if name not in self.cities:
            raise SpeechError(f"no phrase in '{self.language}' for the zone '{name}'")
        return (self.zone.format(self.cities[name]),)


def _number(words: Vocabulary, value: object, _: Options) -> Fragments:
    return words._cardinal(values.whole(value))


def _money(words: Vocabulary, value: object, _: Options) -> Fragments:
    roubles, kopecks = values.roubles(value)
    spoken = (*words._cardinal(roubles), words.rouble) if roubles or not kopecks else ()
    return spoken + ((*words._cardinal(kopecks), words.kopeck) if kopecks else ())


def _date(words: Vocabulary, value: object, options: Options) -> Fragments:
    when = values.day(value)
    spoken = (words.day_ordinal(when.day), words.months[when.month - 1])
    return words.dated(*spoken, when.year) if options.year else spoken


def _until(words: Vocabulary, value: object, options: Options) -> Fragments:
    return _date(words, values.last_day(value), options)


def _weekday(words: Vocabulary, value: object, _: Options) -> Fragments:
    return (words.weekdays[values.day(value).weekday()],)


def _time(words: Vocabulary, value: object, options: Options) -> Fragments:
    at, zone_name = values.clock(value)
    spoken = (words.clock, *words._cardinal(at.hour))
    if at.minute:
        spoken = (*spoken, *words._cardinal(at.minute))
    named = options.zone or zone_name
    return spoken if options.bare or named is None else (*spoken[:-1], f"{spoken[-1]},", *words._zone(named))


def _zone(words: Vocabulary, value: object, _: Options) -> Fragments:
    return words._zone(values.text(value))


def _minutes(words: Vocabulary, value: object, options: Options) -> Fragments:
    return _duration(words, values.natural(value) * 60, options)


def _duration(words: Vocabulary, value: object, _: Options) -> Fragments:
    total = values.seconds(value)
    if total == 0:
        return (words.less_than_a_minute,)
    if total < 60:
        return (*words._cardinal(total), words.second)
    hours, rest = divmod(total // 60, 60)
    spoken = (*words._cardinal(hours), words.hour) if hours else ()
    return spoken + ((*words._cardinal(rest), words.minute) if rest else ())


def _people_ahead(words: Vocabulary, value: object, _: Options) -> Fragments:
    people = values.natural(value)
    before, after = words.people_ahead
    return (before, *words._cardinal(people), after) if people else (words.nobody_ahead,)


def _count(words: Vocabulary, value: object, options: Options) -> Fragments:
    return (*words._cardinal(values.whole(value)), options.noun or "")


def _working_days(words: Vocabulary, value: object, _: Options) -> Fragments:
    return (*words._cardinal(values.natural(value)), words.working_day)


def _digits(words: Vocabulary, value: object, _: Options) -> Fragments:
    return words._digits(values.digits(value))


def _groups(words: Vocabulary, value: object, _: Options) -> Fragments:
    return grouped(fours(values.digits(value)), words._digits)


def _last_four(words: Vocabulary, value: object, _: Options) -> Fragments:
    return words._digits(values.digits(value)[-4:])


def _phone(words: Vocabulary, value: object, _: Options) -> Fragments:
    groups = phone_groups(values.text(value))
    spoken = grouped(groups, words._digits)
    return spoken if groups[0] == "8" else (words.plus, *spoken)


def _extension(words: Vocabulary, value: object, _: Options) -> Fragments:
    return (words.extension, *words._digits(values.digits(value)))


def _text(words: Vocabulary, value: object, _: Options) -> Fragments:
    return (values.text(value),)


_SPOKEN: Final[Mapping[Kind, Callable[[Vocabulary, Any, Options], Fragments]]] = {
    Kind.NUMBER: _number,
    Kind.ORDINAL: _number,
    Kind.MONEY: _money,
    Kind.DATE: _date,
    Kind.UNTIL: _until,
    Kind.WEEKDAY: _weekday,
    Kind.TIME: _time,
    Kind.ZONE: _zone,
    Kind.MINUTES: _minutes,
    Kind.DURATION: _duration,
    Kind.PEOPLE_AHEAD: _people_ahead,
    Kind.COUNT: _count,
    Kind.WORKING_DAYS: _working_days,
    Kind.DIGITS: _digits,
    Kind.GROUPS: _groups,
    Kind.LAST_FOUR: _last_four,
    Kind.PHONE: _phone,
    Kind.EXTENSION: _extension,
    Kind.TEXT: _text,
}
