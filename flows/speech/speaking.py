"""Speaks one typed value in one language."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flows.speech import english, russian
from flows.speech.errors import SpeechError
from flows.speech.kinds import Fragments, Kind, Options, options_for
from flows.speech.tajik import TAJIK
from flows.speech.turkic import KYRGYZ, UZBEK

_LANGUAGES: Final[Mapping[str, Mapping[Kind, Callable[[Any, Options], Fragments]]]] = {
    "ru": russian.SPEAKERS,
    "en": english.SPEAKERS,
    "uz": UZBEK.speakers(),
    "tg": TAJIK.speakers(),
    "ky": KYRGYZ.speakers(),
}

LANGUAGES: Final = tuple(_LANGUAGES)


def speak(kind: Kind | str, value: object, *, language: str, **options: str | bool) -> str:
    """The words of a value: its fragments with spaces between. Options and errors as for `fragments`."""
    return " ".join(fragments(kind, value, language, **options))


def fragments(kind: Kind | str, value: object, language: str, **options: str | bool) -> Fragments:
    """The word groups of a value in speaking order, so that a prompt pack can play one recording for each.

    A fragment may end in a comma, which is a pause and no part of the recording. Options are those of
    `kinds.ALLOWED`: case, gender, noun, zone (tzdata name), year, bare. Raises SpeechError for an unknown
    kind, language or option, and for a value that the kind cannot speak; it never quotes the value.
    """
    if language not in _LANGUAGES:
        raise SpeechError(f"no speech in '{language}': one of {', '.join(LANGUAGES)}")
    known = kind_named(kind)
    return _LANGUAGES[language][known](value, options_for(known, options))


def kind_named(word: str) -> Kind:
    """The kind that a prompt calls by this word; raises SpeechError."""
    try:
        return Kind(word)
    except ValueError:
        raise SpeechError(f"no kind '{word}': one of {', '.join(Kind)}") from None
