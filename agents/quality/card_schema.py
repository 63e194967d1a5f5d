"""The JSON Schema of score cards, for editors; the reader says what is wrong with a card."""

import json
from typing import Any, Final

from agents.quality.card_reading import LANGUAGES, LONGEST_SCALE, NAME

_WORDS: Final = {
    "type": "object",
    "properties": {language: {"type": "string", "minLength": 1} for language in LANGUAGES},
    "required": list(LANGUAGES),
    "additionalProperties": {"type": "string", "minLength": 1},
}
_QUESTION: Final = {
    "type": "object",
    "properties": {
        "text": {**_WORDS, "description": "the question, as the supervisor and the agent read it"},
        "hint": {**_WORDS, "description": "what counts as yes"},
        "weight": {"type": "integer", "minimum": 0, "description": "its share of the score, against the other weights"},
        "scale": {
            "type": "integer",
            "minimum": 2,
            "maximum": LONGEST_SCALE,
            "description": "answered by 0 to this mark; without a scale by yes or no",
        },
        "critical": {"type": "boolean", "description": "'no' fails the whole evaluation; only without a scale"},
        "not_applicable": {
            "type": "boolean",
            "description": "whether 'not applicable' may be answered; true by itself",
        },
    },
    "required": ["text", "weight"],
    "additionalProperties": False,
}
_NAMES: Final = {"pattern": f"^{NAME.pattern}$"}
_SECTION: Final = {
    "type": "object",
    "properties": {
        "title": _WORDS,
        "questions": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": _NAMES,
            "additionalProperties": _QUESTION,
        },
    },
    "required": ["title", "questions"],
    "additionalProperties": False,
}


def editor_schema() -> dict[str, Any]:
    """The schema of a card's file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A score card of Pult",
        "type": "object",
        "properties": {
            "title": _WORDS,
            "pass_mark": {
                "type": "integer",
                "minimum": 0,
                "maximum": 100,
                "description": "in percent; what scores less has failed; 80 by itself",
            },
            "sections": {"type": "object", "minProperties": 1, "additionalProperties": _SECTION},
        },
        "required": ["title", "sections"],
        "additionalProperties": False,
    }


def schema_text() -> str:
    """The text of `config/score_cards/schema.json`."""
    return json.dumps(editor_schema(), ensure_ascii=False, indent=2) + "\n"
