"""What a person sees when a page cannot be had: what happened, and what to do."""

import logging
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from config.errors import StoreUnavailable

log = logging.getLogger("pult.staff")


@dataclass(frozen=True)
class Words:
    """The two sentences of one failure."""

    title: LazyString
    advice: LazyString


_FORGED: Final = Words(
    lazy_gettext("This page is out of date"),
    lazy_gettext("Nothing was changed. Open the page again and repeat what you did."),
)
_NO_AGENT: Final = Words(
    lazy_gettext("No calls ring at your account"),
    lazy_gettext("The desk is for who takes calls. An administrator can connect your account with an agent."),
)
_BY_DESCRIPTION: Final = {"forged": _FORGED, "no agent": _NO_AGENT}
_WORDS: Final = {
    401: Words(lazy_gettext("You are not signed in"), lazy_gettext("Sign in and open the page again.")),
    403: Words(
        lazy_gettext("This page is not for your role"),
        lazy_gettext("If you need it for your work, ask an administrator for the role."),
    ),
    404: Words(
        lazy_gettext("There is no such page"),
        lazy_gettext("Check the address, or go on from the first page."),
    ),
    503: Words(
        lazy_gettext("The desk cannot reach its records"),
        lazy_gettext("Calls go on. Try again in a minute; if it lasts, tell the administrator."),
    ),
}
_BROKEN: Final = Words(
    lazy_gettext("Something broke on our side"),
    lazy_gettext("It is written down with its time. Try again; if it happens again, tell the administrator."),
)
_REFUSED: Final = Words(
    lazy_gettext("The page did not understand the request"),
    lazy_gettext("Nothing was changed. Go back and check what you entered."),
)


def add_failures(app: Flask) -> None:
    """Give every failure of `app` its page."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StoreUnavailable, _unavailable)
    app.register_error_handler(OperationalError, _unavailable)
    app.register_error_handler(Exception, _broken)


def _http(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if 300 <= code < 400:
        return error
    known = _BY_DESCRIPTION.get(error.description or "")
    return page(code, known or _WORDS.get(code, _REFUSED if code < 500 else _BROKEN))


def _unavailable(error: Exception) -> ResponseReturnValue:
    log.error("%s %s: %s", request.method, request.endpoint, type(error).__name__)
    # Whoever asks was read from the database too: the page must do without.
    g.staff = None
    response = page(503, _WORDS[503])
    response.headers["Retry-After"] = "10"
    return response


def _broken(error: Exception) -> ResponseReturnValue:
    log.error("%s %s failed", request.method, request.endpoint, exc_info=error)
    return page(500, _BROKEN)


def page(code: int, words: Words) -> Response:
    """The page that says so; a script, which asked, is told in one line."""
    if request.headers.get("Sec-Fetch-Dest") == "empty":
        # A script asked: it shows the sentence where the person is.
        told = f"{str(words.title).removesuffix('.')}. {words.advice}"
        return make_response(told, code, {"Content-Type": "text/plain; charset=utf-8"})
    text = render_template("failure.html", code=code, words=words, title=gettext("Error"))
    return make_response(text, code)
