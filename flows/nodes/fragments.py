"""Pieces of JSON Schema that several node types share."""

from collections.abc import Mapping
from typing import Any, Final

from flows.nodes.parts import Key, Spec

Schema = Mapping[str, Any]

NAME: Final[Schema] = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}
TARGET: Final[Schema] = {**NAME, "description": "a node of this flow"}
SCALAR: Final[Schema] = {"type": ["string", "integer", "boolean", "null"]}
LANGUAGE: Final[Schema] = {"type": "string", "pattern": "^[a-z]{2}$"}
PROMPT: Final[Schema] = {"type": "string", "pattern": "^[a-z][a-z0-9_]*([.][a-z0-9_]+)*$"}
PROMPTS: Final[Schema] = {"type": "array", "items": PROMPT, "minItems": 1, "description": "prompt ids"}
WHY: Final[Schema] = {
    "type": "object",
    "additionalProperties": {"type": "string", "minLength": 1},
    "propertyNames": LANGUAGE,
    "minProperties": 1,
    "description": "words for the agent's screen, by language",
}
KEYS: Final[Schema] = {
    "type": "object",
    "description": "keys 1 to 8; 0, 9, * and # mean the same everywhere",
    "propertyNames": {"pattern": "^[1-8]$"},
    "minProperties": 1,
    "additionalProperties": {
        "anyOf": [
            TARGET,
            {
                "type": "object",
                "properties": {"to": TARGET, "why": WHY},
                "required": ["to"],
                "additionalProperties": False,
            },
        ]
    },
}
TIMEOUT: Final[Schema] = {"type": "integer", "minimum": 3, "maximum": 60, "description": "seconds of silence"}


def results(*names: str) -> Schema:
    """Every one of these results, mapped to a node."""
    return {
        "type": "object",
        "properties": dict.fromkeys(names, TARGET),
        "required": list(names),
        "additionalProperties": False,
    }


ANY_RESULTS: Final[Schema] = {
    "type": "object",
    "propertyNames": NAME,
    "additionalProperties": TARGET,
    "minProperties": 1,
}


def node(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """The schema of one node type: its own properties and `why`, nothing else."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {}), "why": WHY},
        "required": list(required),
        "additionalProperties": False,
    }


def keys(spec: Spec) -> dict[str, Key]:
    """Read what `KEYS` accepts, short or long form."""
    return {key: Key(to, {}) if isinstance(to, str) else Key(to["to"], to.get("why", {})) for key, to in spec.items()}
