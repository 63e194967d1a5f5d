"""How typed variables are spoken: a value with a kind becomes words, in each language of the lines."""

from flows.speech.errors import PromptError, SpeechError
from flows.speech.kinds import Case, Fragments, Gender, Kind
from flows.speech.length import LONGEST_TEXT, MOST_SECONDS, longest_seconds, seconds_to_say
from flows.speech.speaking import LANGUAGES, fragments, speak
from flows.speech.templates import Piece, Placeholder, check_template, parse, placeholders, render
from flows.speech.written import write_out

__all__ = [
    "LANGUAGES",
    "LONGEST_TEXT",
    "MOST_SECONDS",
    "Case",
    "Fragments",
    "Gender",
    "Kind",
    "Piece",
    "Placeholder",
    "PromptError",
    "SpeechError",
    "check_template",
    "fragments",
    "longest_seconds",
    "parse",
    "placeholders",
    "render",
    "seconds_to_say",
    "speak",
    "write_out",
]
