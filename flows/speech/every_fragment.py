"""Every fragment that a placeholder may come to, whatever its value: what an announcer must record."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Final

from flows.speech.errors import SpeechError
from flows.speech.kinds import Kind
from flows.speech.parts import PRIVATE
from flows.speech.russian import ZONES
from flows.speech.templates import Placeholder

# Policies begin and end within these years, and appointments are made.
YEARS: Final = range(2020, 2041)
# With these every word of a number is said, and every form that a noun takes after one.
_SMALL: Final = (*range(200), *range(200, 1000, 100))
_DAYS_OF_A_LEAP_YEAR: Final = tuple(date(2028, 1, 1) + timedelta(days=number) for number in range(366))


def every_fragment(placeholder: Placeholder, *, language: str) -> tuple[str, ...]:
    """The fragments, each once, in the order in which small values need them; none for kinds that are not recorded.

    Numbers are covered up to 999,999,999, ordinals up to 199, durations up to a day, years from 2020 to 2040, zones as
    far as the language has a phrase for them.
    """
    found: dict[str, None] = {}
    for value in _values(placeholder):
        try:
            spoken = placeholder.spoken(value, language=language)
        except SpeechError:
            # A number that the kind does not know (an ordinal from zero), or a zone that this language cannot name.
            continue
        found.update(dict.fromkeys(fragment.removesuffix(",") for fragment in spoken))
    return tuple(found)


def _values(placeholder: Placeholder) -> Iterable[object]:
    if placeholder.kind in PRIVATE:
        return ()
    return _VALUES[placeholder.kind](dict(placeholder.options))


Options = Mapping[str, str | bool]


def _numbers(_: Options) -> Iterator[object]:
    for factor in (1, 1000, 1_000_000):
        yield from (number * factor for number in _SMALL)


def _amounts(options: Options) -> Iterator[object]:
    yield from _numbers(options)
    yield from (Decimal(kopecks) / 100 for kopecks in range(1, 100))


def _dates(options: Options) -> Iterator[object]:
    yield from _DAYS_OF_A_LEAP_YEAR
    if options.get("year"):
        yield from (date(year, 6, 15) for year in YEARS)


def _times(options: Options) -> Iterator[object]:
    yield from (time(hour) for hour in range(24))
    yield from (time(8, minute) for minute in range(60))
    if not options.get("bare"):
        yield from (f"08:00 {zone}" for zone in ZONES)


def _seconds(_: Options) -> Iterator[object]:
    yield from range(60)
    yield from (minute * 60 for minute in range(1, 60))
    yield from (hour * 3600 for hour in range(1, 25))


_VALUES: Final[Mapping[Kind, Callable[[Options], Iterable[object]]]] = {
    Kind.NUMBER: _numbers,
    Kind.ORDINAL: _numbers,
    Kind.MONEY: _amounts,
    Kind.DATE: _dates,
    Kind.UNTIL: _dates,
    Kind.WEEKDAY: lambda _: _DAYS_OF_A_LEAP_YEAR[:7],
    Kind.TIME: _times,
    Kind.ZONE: lambda _: tuple(ZONES),
    Kind.MINUTES: lambda _: range(24 * 60 + 1),
    Kind.DURATION: _seconds,
    Kind.PEOPLE_AHEAD: _numbers,
    Kind.COUNT: _numbers,
    Kind.WORKING_DAYS: _numbers,
}
