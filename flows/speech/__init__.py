"""How typed variables are spoken: a value with a kind becomes words, in each language of the lines."""

from flows.speech.errors import PromptError, SpeechError
from flows.speech.every_fragment import every_fragment
from flows.speech.kinds import Case, Fragments, Gender, Kind
from flows.speech.length import LONGEST_TEXT, MOST_SECONDS, longest_seconds, seconds_to_say
from flows.speech.parts import Part, Parts, fixed_parts, parts, text_of_parts, whole
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
    "Part",
    "Parts",
    "Piece",
    "Placeholder",
    "PromptError",
    "SpeechError",
    "check_template",
    "every_fragment",
    "fixed_parts",
    "fragments",
    "longest_seconds",
    "parse",
    "parts",
    "placeholders",
    "render",
    "seconds_to_say",
    "speak",
    "text_of_parts",
    "whole",
    "write_out",
]
