"""How long a text takes to say: an estimate on the slow side, by its letters, its figures and its pauses."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from flows.speech.errors import SpeechError
from flows.speech.kinds import Kind
from flows.speech.russian import ZONES
from flows.speech.speaking import speak
from flows.speech.templates import Placeholder, parse

MOST_SECONDS: Final = 20
"""What a caller listens to in one go (standards §7)."""

LONGEST_TEXT: Final = 100
"""Letters of a text that a prompt speaks as it is, such as a clinic's address; whoever writes one keeps to it."""

# Letters and spaces a second without the pauses. Uzbek, Tajik and Kyrgyz are read more slowly, by a Russian voice.
_LETTERS_A_SECOND: Final[Mapping[str, float]] = {"ru": 15.0, "en": 16.0, "uz": 14.0, "tg": 14.0, "ky": 14.0}
_SENTENCE_SECONDS: Final = 0.35
_COMMA_SECONDS: Final = 0.15

_FIGURES: Final = re.compile(r"\d+")
# Longer figures are no number to a voice, but digits one by one.
_LONGEST_NUMBER: Final = 6
_SENTENCE: Final = re.compile(r"[.!?…]+(?=\s|$)")
_COMMA: Final = re.compile(r"[,:;—–](?=\s)")

_DAYS: Final = tuple(date(2027, 1, 1) + timedelta(days=day) for day in range(365))
# The values among which the longest of a kind is found; a wait is told up to two hours, a queue up to 200 people.
_CANDIDATES: Final[Mapping[Kind, tuple[object, ...]]] = {
    Kind.NUMBER: (888_888, 777_777, 444_444),
    Kind.ORDINAL: (88, 77, 44),
    Kind.MONEY: (Decimal("888888.88"), Decimal("777777.77"), Decimal("444444.44")),
    Kind.DATE: _DAYS,
    Kind.UNTIL: _DAYS,
    Kind.WEEKDAY: _DAYS[:7],
    Kind.TIME: tuple(f"{clock} {zone}" for clock in ("23:44", "23:57", "23:58", "14:44") for zone in ZONES),
    Kind.ZONE: tuple(ZONES),
    Kind.MINUTES: (117, 118, 104),
    Kind.DURATION: (7020, 7080, 6240),
    Kind.PEOPLE_AHEAD: (144, 177, 188),
    Kind.COUNT: (144, 177, 188),
    Kind.WORKING_DAYS: (27, 28, 24),
    Kind.DIGITS: tuple(digit * 16 for digit in "0123456789"),
    Kind.GROUPS: tuple(digit * 16 for digit in "0123456789"),
    Kind.LAST_FOUR: tuple(digit * 4 for digit in "0123456789"),
    Kind.PHONE: tuple(f"+7{digit * 10}" for digit in "0123456789"),
    Kind.EXTENSION: tuple(digit * 5 for digit in "0123456789"),
    Kind.TEXT: ("а" * LONGEST_TEXT,),
}


def seconds_to_say(text: str, *, language: str) -> float:
    """How long a ready text lasts. Raises SpeechError for a language without speech."""
    words = _FIGURES.sub(lambda figures: _in_words(figures[0], language), text)
    letters = len(words) / _LETTERS_A_SECOND.get(language, min(_LETTERS_A_SECOND.values()))
    pauses = _SENTENCE_SECONDS * len(_SENTENCE.findall(text)) + _COMMA_SECONDS * len(_COMMA.findall(text))
    return letters + pauses


def longest_seconds(template: str, *, language: str) -> float:
    """How long a prompt lasts with each of its variables at its longest. Raises PromptError and SpeechError."""
    return seconds_to_say(
        "".join(piece if isinstance(piece, str) else _longest(piece, language) for piece in parse(template)),
        language=language,
    )


def _longest(placeholder: Placeholder, language: str) -> str:
    return _longest_of(placeholder.kind, placeholder.options, language)


@lru_cache(maxsize=1024)
def _longest_of(kind: Kind, options: tuple[tuple[str, str | bool], ...], language: str) -> str:
    spoken = [""]
    for value in _CANDIDATES[kind]:
        # No language but Russian has a phrase for every zone.
        with suppress(SpeechError):
            spoken.append(speak(kind, value, language=language, **dict(options)))
    return max(spoken, key=len)


@lru_cache(maxsize=1024)
def _in_words(figures: str, language: str) -> str:
    kind = Kind.NUMBER if len(figures) <= _LONGEST_NUMBER else Kind.DIGITS
    return speak(kind, figures, language=language)
