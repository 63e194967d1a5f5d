"""How a request is read: whose token, whether it has the scope, how often it asked, and what its query and body say."""

import re
from collections.abc import Sequence
from typing import Final, TypeVar

from flask import Request
from pydantic import ValidationError
from pydantic_core import PydanticCustomError, from_json

from agents.api.errors import Mistake, Refused, Why
from agents.api.operations import Operation
from agents.api.problems import mistakes_of
from agents.api.tokens import System, system_of
from agents.api.written import Given
from agents.scopes import Scope
from config.centre import Centre

_BEARER: Final = re.compile(r"Bearer +([!-~]{1,200})", re.IGNORECASE)
_REALM: Final = 'Bearer realm="pult"'

_Given = TypeVar("_Given", bound=Given)


def system_asking(centre: Centre, request: Request) -> System:
    """Whose token came with the request. Raises Refused; it is not told whether a token was unknown, old or revoked."""
    found = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    system = system_of(centre, found[1]) if found else None
    if system is None:
        said = f'{_REALM}, error="invalid_token"' if found else _REALM
        raise Refused(
            Why.NO_TOKEN,
            "Send `Authorization: Bearer …` with a token that is good: `pult token add` makes one.",
            headers={"WWW-Authenticate": said},
        )
    return system


def require_scopes(system: System, scopes: Sequence[Scope]) -> None:
    """Raises Refused where the token does not have all of the scopes."""
    for scope in scopes:
        if scope not in system.scopes:
            said = f'{_REALM}, error="insufficient_scope", scope="{" ".join(scopes)}"'
            raise Refused(Why.SCOPE_MISSING, f"This asks for the scope {scope}.", headers={"WWW-Authenticate": said})


def query_of(operation: Operation, request: Request) -> Given | None:
    """The query as the operation describes it. Raises Refused with every mistake and where it is."""
    given = request.args.to_dict(flat=False)
    twice = [Mistake(f"query: {name[:64]}", "this is given twice") for name, values in given.items() if len(values) > 1]
    if twice:
        raise Refused(Why.NOT_VALID, mistakes=twice)
    if operation.query is None and given:
        unknown = [Mistake(f"query: {name[:64]}", "this is not known here") for name in given]
        raise Refused(Why.NOT_VALID, mistakes=unknown)
    if operation.query is None:
        return None
    return _checked(operation.query, {name: values[0] for name, values in given.items()}, is_body=False)


def body_of(operation: Operation, request: Request) -> Given | None:
    """The body as the operation describes it. Raises Refused."""
    if operation.body is None:
        return None
    if request.mimetype != "application/json":
        raise Refused(Why.NOT_JSON)
    try:
        content = from_json(request.get_data(cache=False))
    except (ValueError, PydanticCustomError):
        raise Refused(Why.UNREADABLE) from None
    return _checked(operation.body, content, is_body=True)


def _checked(kind: type[_Given], content: object, *, is_body: bool) -> _Given:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise Refused(Why.NOT_VALID, mistakes=mistakes_of(error, is_body=is_body)) from None
