"""How typed variables are spoken: a value with a kind becomes words, in each language of the lines."""

from flows.speech.errors import PromptError, SpeechError
from flows.speech.kinds import Case, Fragments, Gender, Kind
from flows.speech.speaking import LANGUAGES, fragments, speak
from flows.speech.templates import Piece, Placeholder, check_template, parse, placeholders, render
from flows.speech.written import write_out

__all__ = [
    "LANGUAGES",
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
    "parse",
    "placeholders",
    "render",
    "speak",
    "write_out",
]
