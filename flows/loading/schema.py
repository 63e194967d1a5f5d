"""The JSON Schema of flow and prompt files, put together from the node types' own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from flows.errors import Path
from flows.nodes import NODE_TYPES, TYPES
from flows.nodes.fragments import LANGUAGE, NAME, PROMPT, TARGET, Schema

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_HEADER: Final[Mapping[str, Schema]] = {
    "flow": {**NAME, "description": "the same as the file's name"},
    "title": {"type": "string", "minLength": 1},
    "kind": {"enum": ["line", "subflow"]},
    "languages": {"type": "array", "items": LANGUAGE, "minItems": 1, "uniqueItems": True},
    "emergency": {**TARGET, "description": "where key 9 leads from everywhere; line flows only"},
    "operator": {**TARGET, "description": "where key 0 leads from everywhere; line flows only"},
    "start": TARGET,
    "results": {"type": "array", "items": NAME, "minItems": 1, "uniqueItems": True},
}

FLOW: Final[Schema] = {
    "type": "object",
    "properties": {
        **_HEADER,
        "nodes": {"type": "object", "propertyNames": NAME, "minProperties": 1},
    },
    "required": ["flow", "title", "kind", "languages", "start", "nodes"],
    "additionalProperties": False,
    "if": {"properties": {"kind": {"const": "line"}}},
    "then": {"required": ["emergency", "operator"], "properties": {"results": False}},
    "else": {"required": ["results"], "properties": {"emergency": False, "operator": False}},
}

_SPOKEN_IN: Final[Schema] = {
    "description": "the language whose voice reads the text: by the call's language, or the variable that holds it",
    "anyOf": [
        {"type": "string", "pattern": "^[$][a-z][a-z0-9_]*$"},
        {"type": "object", "propertyNames": LANGUAGE, "additionalProperties": LANGUAGE, "minProperties": 1},
    ],
}

_ANNOUNCES_RECORDING: Final[Schema] = {
    "description": "whether the text says that the call is recorded; only a line that says so first records its calls",
    "type": "boolean",
}

PROMPTS: Final[Schema] = {
    "type": "object",
    "propertyNames": PROMPT,
    "additionalProperties": {
        "type": "object",
        "propertyNames": {"type": "string", "pattern": "^([a-z]{2}|spoken_in|announces_recording)$"},
        "minProperties": 1,
        "properties": {"spoken_in": _SPOKEN_IN, "announces_recording": _ANNOUNCES_RECORDING},
        "additionalProperties": {"type": "string", "minLength": 1},
    },
}

_ANSWER: Final[Schema] = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"result": {"type": "string"}, "variables": {"type": "object"}},
            "required": ["result"],
            "additionalProperties": False,
        },
    ]
}

TRANSCRIPTS: Final[Schema] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "flow": NAME,
            "language": LANGUAGE,
            "variables": {"type": "object"},
            "answers": {
                "type": "object",
                "additionalProperties": {"anyOf": [*_ANSWER["anyOf"], {"type": "array", "items": _ANSWER}]},
            },
            "lines": {"type": "array", "items": {"type": "string", "pattern": "^[<>=!] "}},
            "end": NAME,
        },
        "required": ["name", "flow", "language", "lines"],
        "additionalProperties": False,
    },
}


def editor_schema() -> dict[str, Any]:
    """The whole schema of a flow file for editors; `pult flows schema` prints it."""
    choices = [{"if": {"required": [type_.type]}, "then": {"$ref": f"#/$defs/{type_.type}"}} for type_ in TYPES[:-1]]
    node: dict[str, Any] = {"$ref": f"#/$defs/{TYPES[-1].type}"}
    for choice in reversed(choices):
        node = {**choice, "else": node}
    flow = {
        **FLOW,
        "properties": {**_HEADER, "nodes": {**FLOW["properties"]["nodes"], "additionalProperties": node}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A flow of Pult",
        **flow,
        "$defs": {name: type_.schema for name, type_ in NODE_TYPES.items()},
    }


def schema_text() -> str:
    """The text of `flows/schema.json`."""
    return json.dumps(editor_schema(), ensure_ascii=False, indent=2) + "\n"


def violations(kind: str, value: Any) -> Iterator[tuple[Path, str]]:
    """What breaks the schema of `flow`, `prompts` or a node type, as path and message."""
    for error in _validator(kind).iter_errors(value):
        path = tuple(f"[{part}]" if isinstance(part, int) else str(part) for part in error.absolute_path)
        yield path, _message(error)


@cache
def _validator(kind: str) -> Draft202012Validator:
    # Imported for the first flow that is read: a restarted worker, which reads none, rings the phone sooner.
    from jsonschema import Draft202012Validator

    known = {"flow": FLOW, "prompts": PROMPTS, "transcripts": TRANSCRIPTS}
    return Draft202012Validator(known[kind] if kind in known else NODE_TYPES[kind].schema)


def _message(error: Any) -> str:
    """The validator's words, plainer where they would quote a whole node."""
    match error.validator:
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            return f"needs {', '.join(missing)}"
        case "additionalProperties":
            known = error.schema.get("properties", {})
            return f"does not know {', '.join(sorted(set(error.instance) - set(known)))}"
        case "anyOf":
            return "has none of the shapes that it may have here"
        case "pattern":
            return f"'{error.instance}' does not look like a name here ({error.validator_value})"
        case "dependentRequired":
            return "offer, offer_after and keys belong together"
        case None:
            return "does not belong here"
        case _:
            return str(error.message)
