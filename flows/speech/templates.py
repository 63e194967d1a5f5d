"""The small grammar of prompt texts: words with placeholders where typed variables are spoken.

    template    = { words | placeholder | "{{" | "}}" }
    placeholder = "{" name ":" kind [ ":" noun ] { "|" option } "}"
    name        = a letter, then letters, digits, "_" or "." (ASCII)
    kind        = a word of `Kind`: number ordinal money date until weekday time zone minutes duration
                  people_ahead count working_days digits groups last_four phone extension text
    noun        = the counted noun in the nominative singular, with adjectives before it (kind count only)
    option      = a case: n g d a i p (nominative … prepositional), a gender: m f neuter,
                  year (say the year of a date), bare (say a time without its zone), a zone of tzdata

"{{" and "}}" are literal braces. Examples: "{ahead:people_ahead}", "через {wait:minutes|a}",
"{n:count:новая заявка}", "в течение {wait:duration|g}", "{day:date|n|year}", "{at:time|Europe/Samara}",
"{place:ordinal|f|a}".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import Final

from flows.speech.errors import PromptError, SpeechError
from flows.speech.kinds import Case, Gender, Kind, options_for
from flows.speech.speaking import fragments, kind_named


@dataclass(frozen=True)
class Placeholder:
    """One spoken variable of a template; `position` is the 0-based offset of its brace."""

    name: str
    kind: Kind
    options: tuple[tuple[str, str | bool], ...]
    position: int

    def spoken(self, value: object, *, language: str) -> tuple[str, ...]:
        """The value's fragments; raises PromptError at the placeholder's position."""
        try:
            return fragments(self.kind, value, language, **dict(self.options))
        except SpeechError as error:
            raise PromptError(f"{{{self.name}}}: {error}", position=self.position) from None


Piece = str | Placeholder

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")

# One value of each kind that is the hardest to agree with, for proving that a prompt can be spoken at all.
_SAMPLES: Final[Mapping[Kind, tuple[object, ...]]] = {
    Kind.NUMBER: (0, 1, 22),
    Kind.ORDINAL: (1, 23),
    Kind.MONEY: (Decimal("100000.50"),),
    Kind.DATE: (date(2026, 11, 30),),
    Kind.UNTIL: (date(2026, 12, 1),),
    Kind.WEEKDAY: (date(2026, 11, 25),),
    Kind.TIME: (time(16, 45),),
    Kind.ZONE: ("Europe/Moscow",),
    Kind.MINUTES: (0, 1, 22, 65),
    Kind.DURATION: (0, 21, 3720),
    Kind.PEOPLE_AHEAD: (0, 1, 22),
    Kind.COUNT: (0, 1, 22, 25),
    Kind.WORKING_DAYS: (1, 2, 14),
    Kind.DIGITS: ("0012",),
    Kind.GROUPS: ("7756410884000011",),
    Kind.LAST_FOUR: ("7756410884000011",),
    Kind.PHONE: ("+78002001441",),
    Kind.EXTENSION: ("5093",),
    Kind.TEXT: ("…",),
}


def render(template: str, variables: Mapping[str, object], *, language: str) -> str:
    """The text to speak. Raises PromptError for a malformed template and a missing or unfit variable."""
    return "".join(
        piece if isinstance(piece, str) else " ".join(piece.spoken(_value(piece, variables), language=language))
        for piece in parse(template)
    )


def placeholders(template: str) -> tuple[Placeholder, ...]:
    """The variables that a template speaks, in order, repeats included. Raises PromptError."""
    return tuple(piece for piece in parse(template) if isinstance(piece, Placeholder))


def check_template(template: str, *, language: str) -> None:
    """Prove that a template can be spoken whatever values come; raises PromptError (a noun unknown)."""
    for placeholder in placeholders(template):
        for sample in _SAMPLES[placeholder.kind]:
            placeholder.spoken(sample, language=language)


@lru_cache(maxsize=4096)
def parse(template: str) -> tuple[Piece, ...]:
    """A template's words and placeholders in order. Raises PromptError with the position of what is wrong."""
    pieces: list[Piece] = []
    start = 0
    for token in _TOKEN.finditer(template):
        pieces.append(template[start : token.start()])
        pieces.append(_piece(token))
        start = token.end()
    pieces.append(template[start:])
    return tuple(piece for piece in pieces if piece)


def _piece(token: re.Match[str]) -> Piece:
    if token[0] in ("{{", "}}"):
        return token[0][0]
    if token[1] is None:
        raise PromptError(f"a lone '{token[0]}'; write it twice to say a brace", position=token.start())
    try:
        return _placeholder(token[1], token.start())
    except PromptError:
        raise
    except SpeechError as error:
        raise PromptError(str(error), position=token.start()) from None


def _placeholder(inside: str, position: int) -> Placeholder:
    head, *tokens = (part.strip() for part in inside.split("|"))
    name, *rest = (part.strip() for part in head.split(":"))
    if not _NAME.fullmatch(name):
        raise SpeechError(f"'{name}' is not a variable's name")
    if not 1 <= len(rest) <= 2:
        raise SpeechError(f"'{name}' needs a kind, as in {{{name}:number}}")
    given = _options(tokens)
    if len(rest) == 2:
        given["noun"] = rest[1]
    kind = kind_named(rest[0])
    options_for(kind, given)
    return Placeholder(name, kind, tuple(given.items()), position)


def _options(tokens: list[str]) -> dict[str, str | bool]:
    given: dict[str, str | bool] = {}
    for token in tokens:
        name, value = _option(token)
        if name in given:
            raise SpeechError(f"the option '{name}' is given twice")
        given[name] = value
    return given


def _option(token: str) -> tuple[str, str | bool]:
    if token in tuple(Case):
        return "case", token
    if token in tuple(Gender):
        return "gender", token
    if token in ("year", "bare"):
        return token, True
    if "/" in token:
        return "zone", token
    raise SpeechError(f"no option '{token}': a case (n g d a i p), a gender (m f neuter), year, bare, a zone")


def _value(placeholder: Placeholder, variables: Mapping[str, object]) -> object:
    if placeholder.name not in variables:
        raise PromptError(f"no value for '{placeholder.name}'", position=placeholder.position)
    return variables[placeholder.name]
