"""The kinds of value that a prompt may speak, and the options each of them takes."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final, TypeVar

from flows.speech.errors import SpeechError

Fragments = tuple[str, ...]


class Kind(StrEnum):
    """How a variable is spoken. The value is the word used in a prompt's placeholder."""

    NUMBER = "number"
    ORDINAL = "ordinal"
    MONEY = "money"
    DATE = "date"
    UNTIL = "until"
    WEEKDAY = "weekday"
    TIME = "time"
    ZONE = "zone"
    MINUTES = "minutes"
    DURATION = "duration"
    PEOPLE_AHEAD = "people_ahead"
    COUNT = "count"
    WORKING_DAYS = "working_days"
    DIGITS = "digits"
    GROUPS = "groups"
    LAST_FOUR = "last_four"
    PHONE = "phone"
    EXTENSION = "extension"
    TEXT = "text"


class Case(StrEnum):
    """Grammatical case, in num2words' letters (standards §4)."""

    NOMINATIVE = "n"
    GENITIVE = "g"
    DATIVE = "d"
    ACCUSATIVE = "a"
    INSTRUMENTAL = "i"
    PREPOSITIONAL = "p"


class Gender(StrEnum):
    """Grammatical gender; a Cyrillic letter would silently give the masculine in num2words (standards §4)."""

    MASCULINE = "m"
    FEMININE = "f"
    NEUTER = "neuter"


@dataclass(frozen=True)
class Options:
    """How to speak one value; `None` leaves the choice to the kind."""

    case: Case | None = None
    gender: Gender | None = None
    noun: str | None = None
    zone: str | None = None
    year: bool = False
    bare: bool = False


ALLOWED: Final[dict[Kind, frozenset[str]]] = {
    Kind.NUMBER: frozenset({"case", "gender"}),
    Kind.ORDINAL: frozenset({"case", "gender"}),
    Kind.MONEY: frozenset({"case"}),
    Kind.DATE: frozenset({"case", "year"}),
    Kind.UNTIL: frozenset({"year"}),
    Kind.WEEKDAY: frozenset({"case"}),
    Kind.TIME: frozenset({"case", "zone", "bare"}),
    Kind.ZONE: frozenset(),
    Kind.MINUTES: frozenset({"case"}),
    Kind.DURATION: frozenset({"case"}),
    Kind.PEOPLE_AHEAD: frozenset(),
    Kind.COUNT: frozenset({"case", "noun"}),
    Kind.WORKING_DAYS: frozenset({"case"}),
    Kind.DIGITS: frozenset(),
    Kind.GROUPS: frozenset(),
    Kind.LAST_FOUR: frozenset(),
    Kind.PHONE: frozenset(),
    Kind.EXTENSION: frozenset(),
    Kind.TEXT: frozenset(),
}


def options_for(kind: Kind, given: dict[str, str | bool]) -> Options:
    """Check option names and values against the kind; raises SpeechError naming the first wrong one."""
    for name in given:
        if name not in _OPTION_NAMES or name not in ALLOWED[kind]:
            raise SpeechError(f"kind '{kind}' takes no option '{name}'")
    if kind is Kind.COUNT and not given.get("noun"):
        raise SpeechError("kind 'count' needs a noun, as in {n:count:минута}")
    return Options(
        case=_chosen(Case, given.get("case")),
        gender=_chosen(Gender, given.get("gender")),
        noun=_text(given.get("noun")),
        zone=_text(given.get("zone")),
        year=bool(given.get("year")),
        bare=bool(given.get("bare")),
    )


E = TypeVar("E", bound=StrEnum)

_OPTION_NAMES: Final = frozenset(field.name for field in fields(Options))


def _chosen(choices: type[E], word: str | bool | None) -> E | None:
    if word is None:
        return None
    try:
        return choices(str(word))
    except ValueError:
        allowed = ", ".join(choices)
        raise SpeechError(f"'{word}' is not a {choices.__name__.lower()}: one of {allowed}") from None


def _text(value: str | bool | None) -> str | None:
    return None if value is None else str(value)
