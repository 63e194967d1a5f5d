"""The OpenAPI 3.1 description, made of the same definitions that check the requests and shape the answers."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from agents.api.errors import Why
from agents.api.operations import Operation
from agents.api.problems import MEDIA_TYPE, Problem
from agents.api.written import ID_PATTERN
from agents.scopes import MEANINGS

_REF: Final = "#/components/schemas/{model}"
_ALL_MAY: Final = (Why.NO_TOKEN, Why.SCOPE_MISSING, Why.NOT_VALID, Why.TOO_MANY, Why.UNAVAILABLE)
_OF_BODIES: Final = (Why.UNREADABLE, Why.TOO_LARGE, Why.NOT_JSON)
_ABOUT: Final = """\
What the centre knows of its calls, for the insurer's other systems. A token (`pult token add`) is of one insurer: of \
another nothing is seen. Its scopes:

{scopes}

Lists are the newest first; `next_cursor` of a page is the `cursor` of the next. Times are RFC 3339 in UTC. What is \
not described is refused, with its place; so is a line, queue, agent, outcome or kind that there never was (404). \
Every answer has an ETag. A token may ask so many times a minute (`RateLimit`, `RateLimit-Policy`; then 429 with \
`Retry-After`), and as an address may be refused for want of a good token (401, then 429): from there only good \
tokens are answered until the next minute. Reading what concerns people is audited under the name of the token."""


def description(operations: Sequence[Operation], *, root: str) -> str:
    """The description as JSON; `root` is where the operations are found."""
    references, schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, references)
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "Pult", "version": "1", "description": _ABOUT.format(scopes=_scopes())},
            "servers": [{"url": root}],
            "security": [{"token": []}],
            "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in operations)],
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
        },
        ensure_ascii=False,
    )


_Models = Mapping[Any, dict[str, Any]]
"""The reference of each model, by it and how it is used."""


def _schemas(operations: Sequence[Operation]) -> tuple[_Models, dict[str, Any]]:
    """Each model's reference, and the schemas that they refer to."""
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Problem, "serialization")]
    for one in operations:
        models.append((one.answer, "serialization"))
        models += [(one.body, "validation")] if one.body else []
    references, schemas = models_json_schema(list(dict.fromkeys(models)), ref_template=_REF)
    return references, schemas["$defs"]


def _operation(one: Operation, references: _Models) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Scope: {' and '.join(f'`{scope}`' for scope in one.scopes)}.",
        "tags": [one.tag],
        "parameters": [*_in_path(one.path), *_in_query(one)],
        "responses": _answers(one, references),
    }
    if one.body is not None:
        schema = references[one.body, "validation"]
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return described


def _in_path(path: str) -> Iterable[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": ID_PATTERN}}


def _in_query(one: Operation) -> Iterable[dict[str, Any]]:
    if one.query is None:
        return
    model = one.query.model_json_schema()
    for name, schema in model["properties"].items():
        text = schema.pop("description", None)
        schema.pop("title", None)
        # A parameter that is not given is left out: null is no way to write it.
        kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
        if kinds:
            named = kinds[0].get("$ref", "").rpartition("/")[2]
            schema = {**schema, **(model["$defs"][named] if named else kinds[0])}
            text = text or schema.get("description")
            for left_out in ("default", "description", "title"):
                schema.pop(left_out, None)
        yield {"name": name, "in": "query", "schema": schema, **({"description": text} if text else {})}


def _answers(one: Operation, references: _Models) -> dict[str, Any]:
    answered = {"description": "As asked.", "content": _content("application/json", references, one.answer)}
    whys = {*_ALL_MAY, *one.refusals, *(_OF_BODIES if one.body else ())}
    whys |= {Why.NOT_FOUND} if "{" in one.path else set()
    problems = {
        str(why.status): {"description": why.title, "content": _content(MEDIA_TYPE, references, Problem)}
        for why in sorted(whys, key=lambda why: why.status)
    }
    unchanged = {} if one.method != "GET" else {"304": {"description": "As the ETag in If-None-Match says it was."}}
    other = {"description": "Something else is wrong.", "content": _content(MEDIA_TYPE, references, Problem)}
    return {"200": answered, **unchanged, **problems, "default": other}


def _content(media_type: str, references: _Models, model: type[BaseModel]) -> dict[str, Any]:
    return {media_type: {"schema": references[model, "serialization"]}}


def _scopes() -> str:
    return "\n".join(f"- `{scope}`: {meaning}" for scope, meaning in MEANINGS.items())
