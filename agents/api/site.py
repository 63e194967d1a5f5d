"""The API's app, mounted under `/api` of the staff site: no sessions, no cookies, no pages."""

from functools import partial
from typing import Final

from flask import Flask, Response, request
from werkzeug.routing import BaseConverter

from agents.api.asking import body_of, query_of, require_scopes, system_asking
from agents.api.description import description
from agents.api.errors import Refused, Why
from agents.api.limits import RateLimits
from agents.api.operations import Asked, Operation
from agents.api.problems import add_problems
from agents.api.routes import OPERATIONS
from agents.api.tokens import System
from config.centre import Centre

MOUNT: Final = "/api"
VERSION: Final = "/v1"
DESCRIPTION: Final = "description"
"""The endpoint of the description, the one that asks for no token."""

MOST_BODY_BYTES: Final = 16 * 1024
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class _RowId(BaseConverter):
    """An address with anything else in an id's place leads nowhere."""

    regex = "[0-9a-f]{32}"


def create_api(centre: Centre, *, is_https: bool) -> Flask:
    """The app of every operation under `/v1`, and of its description."""
    app = Flask("agents.api", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MOST_BODY_BYTES)
    app.url_map.converters["row"] = _RowId
    limits = RateLimits(centre.settings, centre.clock)
    for operation in OPERATIONS:
        path = VERSION + operation.path.replace("{", "<row:").replace("}", ">")
        view = partial(_serve, centre, limits, operation)
        app.add_url_rule(path, operation.name, view, methods=[operation.method], provide_automatic_options=False)
    written = description(OPERATIONS, root=f"{MOUNT}{VERSION}")
    app.add_url_rule(
        f"{VERSION}/openapi.json", DESCRIPTION, lambda: _json(written), provide_automatic_options=False
    )
    add_problems(app)
    always = {**_ALWAYS, "Strict-Transport-Security": "max-age=31536000"} if is_https else _ALWAYS
    app.after_request(partial(_with_headers, always))
    return app


def _serve(centre: Centre, limits: RateLimits, operation: Operation, **ids: str) -> Response:
    """Who, how often, may they, what: then it is answered."""
    system = _known(centre, limits)
    allowance = limits.take(system.token_id)
    try:
        if allowance.is_used_up:
            raise Refused(Why.TOO_MANY, "Ask again when the next minute begins.")
        require_scopes(system, operation.scopes)
        query, body = query_of(operation, request), body_of(operation, request)
        asked = Asked(centre, system, ids, query, body, centre.clock.now())
        answer = _json(operation.answerer(asked).model_dump_json())
    except Refused as refused:
        refused.headers = {**allowance.headers, **refused.headers}
        raise
    answer.headers.update(allowance.headers)
    return answer


def _known(centre: Centre, limits: RateLimits) -> System:
    """Whose token it is; raises Refused, and counts that against the address.

    The token is looked for first: whoever brings a good one is heard however many strangers share the address. That
    tells a guesser nothing, for a guess is one of 2²⁵⁶.
    """
    try:
        return system_asking(centre, request)
    except Refused as refused:
        allowance = limits.take_refused(request.remote_addr or "")
        if allowance.is_used_up:
            detail = "Too many requests without a good token came from your address: wait until the next minute begins."
            raise Refused(Why.TOO_MANY, detail, headers=allowance.headers) from None
        refused.headers = {**allowance.headers, **refused.headers}
        raise


def _json(written: str) -> Response:
    """With an ETag, so that who asks again and again is told by 304 that nothing is new."""
    response = Response(written, content_type="application/json")
    if request.method in ("GET", "HEAD"):
        response.add_etag()
        response.make_conditional(request)
    return response


def _with_headers(headers: dict[str, str], response: Response) -> Response:
    response.headers.update(headers)
    return response
