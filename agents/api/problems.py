"""What is answered instead: problem details (RFC 9457), one shape for everything that can go wrong."""

import logging
from typing import Final

from flask import Flask, Response, request
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from agents.api.errors import Mistake, Refused, Why
from agents.api.operations import Shape
from config.errors import StoreUnavailable

log = logging.getLogger("pult.api")

MEDIA_TYPE: Final = "application/problem+json"
_BY_STATUS: Final = {why.status: why for why in Why if why is not Why.UNKNOWN_NAME}
_IN_QUERY: Final = "query"


class MistakeShape(Shape):
    """What is wrong and where: `query: limit`, or a JSON pointer into the body such as `#/birth_date`."""

    where: str
    detail: str


class Problem(Shape):
    """Problem details after RFC 9457. `type` tells one kind of problem from another; `errors` say what to mend."""

    type: str
    title: str
    status: int
    detail: str | None
    errors: list[MistakeShape]


def problem(refused: Refused) -> Response:
    """The answer that says so."""
    why = refused.why
    shape = Problem(
        type=f"urn:pult:problem:{why.slug}",
        title=why.title,
        status=why.status,
        detail=refused.detail,
        errors=[MistakeShape(where=one.where, detail=one.detail) for one in refused.mistakes],
    )
    return Response(shape.model_dump_json(), why.status, headers=refused.headers, content_type=MEDIA_TYPE)


def mistakes_of(error: ValidationError, *, is_body: bool) -> list[Mistake]:
    """Each finding with its place. What was sent is not quoted: it may identify somebody."""
    return [Mistake(_where(one["loc"], is_body=is_body), _detail(one["type"], one["msg"])) for one in error.errors()]


def add_problems(app: Flask) -> None:
    """Let every failure of `app` be answered so."""
    app.register_error_handler(Refused, problem)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StoreUnavailable, _unavailable)
    app.register_error_handler(OperationalError, _unavailable)
    app.register_error_handler(Exception, _broken)


def _where(place: tuple[int | str, ...], *, is_body: bool) -> str:
    if is_body:
        return "#" + "".join(f"/{part}" for part in place)
    return f"{_IN_QUERY}: {place[0] if place else ''}"


def _detail(kind: str, message: str) -> str:
    match kind:
        case "extra_forbidden":
            return "this is not known here"
        case "missing":
            return "this must be given"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "this must be a JSON object"
        case "string_pattern_mismatch":
            return "this is not written as the description says"
    return message.removeprefix("Value error, ")


def _http(error: HTTPException) -> Response:
    why = _BY_STATUS.get(error.code or 500, Why.BROKEN)
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return problem(Refused(why, headers=headers))


def _unavailable(error: Exception) -> Response:
    log.error("%s %s: %s", request.method, request.endpoint, type(error).__name__)
    return problem(Refused(Why.UNAVAILABLE, headers={"Retry-After": "10"}))


def _broken(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.endpoint, exc_info=error)
    return problem(Refused(Why.BROKEN))
