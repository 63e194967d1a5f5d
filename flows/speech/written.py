"""How typed variables are written in a text message: days, times and numbers in figures, the rest as it is spoken."""

from collections.abc import Mapping
from typing import Final

from flows.speech import values
from flows.speech.errors import PromptError, SpeechError
from flows.speech.kinds import Kind, Options, options_for
from flows.speech.speaking import speak
from flows.speech.templates import Placeholder, parse

_IN_FIGURES: Final = frozenset({Kind.NUMBER, Kind.DATE, Kind.TIME})


def write_out(template: str, variables: Mapping[str, object], *, language: str) -> str:
    """The text to send. Raises PromptError for a malformed template and a missing or unfit variable."""
    return "".join(
        piece if isinstance(piece, str) else _written(piece, variables, language) for piece in parse(template)
    )


def _written(placeholder: Placeholder, variables: Mapping[str, object], language: str) -> str:
    if placeholder.name not in variables:
        raise PromptError(f"no value for '{placeholder.name}'", position=placeholder.position)
    value = variables[placeholder.name]
    if placeholder.kind not in _IN_FIGURES:
        return " ".join(placeholder.spoken(value, language=language))
    try:
        return _figures(placeholder.kind, value, options_for(placeholder.kind, dict(placeholder.options)), language)
    except SpeechError as error:
        raise PromptError(f"{{{placeholder.name}}}: {error}", position=placeholder.position) from None


def _figures(kind: Kind, value: object, options: Options, language: str) -> str:
    if kind is Kind.NUMBER:
        return str(values.whole(value))
    if kind is Kind.DATE:
        day = values.day(value)
        return f"{day:%d.%m.%Y}" if options.year else f"{day:%d.%m}"
    at, zone = values.clock(value)
    named = options.zone or zone
    clock = f"{at.hour}:{at.minute:02d}"
    return clock if options.bare or named is None else f"{clock} {speak(Kind.ZONE, named, language=language)}"
