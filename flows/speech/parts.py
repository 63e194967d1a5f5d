"""A prompt as a telephone system plays it: one recording for each fixed piece, and one for each fragment of a value.

The fragments are those that make the text (`fragments`), so that text and sound are composed by the same rules.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from flows.speech.errors import PromptError
from flows.speech.kinds import Kind
from flows.speech.templates import parse

PRIVATE: Final = frozenset({Kind.DIGITS, Kind.GROUPS, Kind.LAST_FOUR, Kind.PHONE, Kind.EXTENSION, Kind.TEXT})
"""Kinds of which no pack has recordings: digits in which a person could be recognised, and words of any kind."""

_LEADING_SIGNS: Final = re.compile(r"[^\w«(]*")
_SPEAKS: Final = re.compile(r"\w")
_CLOSING: Final = ",.;:!?…)»"


@dataclass(frozen=True, slots=True)
class Part:
    """What one recording speaks, without spaces around it; `stop` is the sign after it, a pause, mostly none."""

    words: str
    stop: str = ""
    is_private: bool = False


Parts = tuple[Part, ...]


def parts(template: str, variables: Mapping[str, object], *, language: str) -> Parts:
    """The recordings that speak a prompt, in order. Raises PromptError as `render` does."""
    found: list[Part] = []
    for piece in parse(template):
        if isinstance(piece, str):
            _add_fixed(found, piece)
            continue
        if piece.name not in variables:
            raise PromptError(f"no value for '{piece.name}'", position=piece.position)
        is_private = piece.kind in PRIVATE
        for fragment in piece.spoken(variables[piece.name], language=language):
            words = fragment.removesuffix(",")
            found.append(Part(words, "," if words != fragment else "", is_private))
    return tuple(found)


def fixed_parts(template: str) -> tuple[str, ...]:
    """The words of a template's fixed pieces, in order: what is recorded once, whatever its variables are."""
    pieces = (piece for piece in parse(template) if isinstance(piece, str))
    return tuple(words for piece in pieces for _, words in [_signs_and_words(piece)] if words)


@lru_cache(maxsize=4096)
def whole(text: str) -> Parts:
    """A ready text as one recording."""
    return (Part(" ".join(text.split())),)


def text_of_parts(played: Iterable[Part]) -> str:
    """The text that parts speak, one space between words: what `render` gives, spaces put in order."""
    text = ""
    for part in played:
        text += f"{' ' if text else ''}{part.words}"
        if part.stop:
            text += part.stop if part.stop[0] in _CLOSING else f" {part.stop}"
    return text


def _add_fixed(found: list[Part], piece: str) -> None:
    """Words of their own; signs before them close what was said before."""
    signs, words = _signs_and_words(piece)
    if signs and found:
        found[-1] = replace(found[-1], stop=found[-1].stop + signs)
    if words:
        found.append(Part(words))


@lru_cache(maxsize=4096)
def _signs_and_words(piece: str) -> tuple[str, str]:
    text = " ".join(piece.split())
    if not _SPEAKS.search(text):
        return text, ""
    leading = _LEADING_SIGNS.match(text)
    at = leading.end() if leading else 0
    return text[:at].strip(), text[at:]
