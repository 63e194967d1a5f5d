"""What every REST resource shares: the login, the form, the list envelope and the errors."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from flask import Request, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from ivr.exchange.core import Core
from ivr.exchange.errors import ExchangeError, Refused, not_found
from ivr.exchange.settings import Settings
from ivr.exchange.switch import Switch
from ivr.exchange.twiml.verbs import Callback

T = TypeVar("T")
MOST_PAGE = 1000


def switch() -> Switch:
    """The exchange that this request is for."""
    found: Switch = current_app.extensions["switch"]
    return found


@contextmanager
def turn() -> Iterator[Core]:
    """The state of the exchange, for the length of a request's work."""
    with switch().turn() as core:
        yield core


def check_login(account: str) -> None:
    """Basic auth by the account's token or an API key; raises Refused 20003."""
    given = request.authorization
    settings = switch().settings
    if given is None or not _is_known(settings, given.username or "", given.password or ""):
        raise Refused(20003, "Authenticate", 401)
    if account != settings.account_sid:
        raise not_found(request.path)


def _is_known(settings: Settings, name: str, secret: str) -> bool:
    keys = dict(settings.api_keys) | {settings.account_sid: settings.auth_token}
    return hmac.compare_digest(keys.get(name, "\0").encode(), secret.encode())


def text(name: str, default: str = "") -> str:
    """A form field."""
    return request.form.get(name, default)


def needed(name: str, code: int) -> str:
    """A form field that must be there; raises Refused with ``code``."""
    value = text(name)
    if not value:
        raise Refused(code, f"A '{name}' is required.")
    return value


def flag(name: str) -> bool | None:
    """A form field that is true or false; None if it is missing."""
    value = request.form.get(name)
    return None if value is None else value.lower() == "true"


def whole(name: str, default: int) -> int:
    """A whole number from the form; raises Refused for anything else."""
    value = text(name)
    if not value:
        return default
    if not value.isdecimal():
        raise Refused(20001, f"{name} must be a whole number")
    return int(value)


def url(name: str, default: str = "") -> str:
    """An absolute http(s) address from the form; raises Refused 21205."""
    value = text(name, default)
    if value and urlsplit(value).scheme not in ("http", "https"):
        raise Refused(21205, f"{name} is not a valid URL: {value}")
    return value


def callback(name: str, events: tuple[str, ...]) -> Callback:
    """``Name``, ``NameMethod`` and ``NameEvent`` (repeated, or words in one)."""
    wanted = tuple(" ".join(request.form.getlist(f"{name}Event")).split())
    return Callback(url(name), text(f"{name}Method", "POST").upper(), wanted or events)


def instant(name: str) -> datetime | None:
    """A date from the query, RFC 2822 or ISO 8601."""
    value = request.args.get(name)
    if not value:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return parsedate_to_datetime(value)


def between(name: str) -> Callable[[datetime | None], bool]:
    """Whether an instant fits the query's ``Name``, ``Name>`` and ``Name<``, as far as they are given; read once."""
    after, before, day = instant(f"{name}>"), instant(f"{name}<"), instant(name)

    def fits(at: datetime | None) -> bool:
        if not (after or before or day):
            return True
        if at is None:
            return False
        return not (
            (after and at < _aware(after, at))
            or (before and at > _aware(before, at))
            or (day and at.date() != day.date())
        )

    return fits


def _aware(given: datetime, like: datetime) -> datetime:
    return given if given.tzinfo else given.replace(tzinfo=like.tzinfo)


def page(items: Sequence[T], name: str, show: Callable[[T], dict[str, Any]]) -> Response:
    """Twilio's list envelope around the page that the query asks for."""
    size = max(1, min(MOST_PAGE, request.args.get("PageSize", 50, type=int)))
    number = max(0, request.args.get("Page", 0, type=int))
    first = number * size
    shown = items[first : first + size]
    has_more = first + size < len(items)
    return jsonify(
        {
            name: [show(item) for item in shown],
            "page": number,
            "page_size": size,
            "start": first,
            "end": max(first, first + len(shown) - 1),
            "first_page_uri": _page_uri(0, size),
            "next_page_uri": _page_uri(number + 1, size) if has_more else None,
            "previous_page_uri": _page_uri(number - 1, size) if number else None,
            "uri": _page_uri(number, size),
        }
    )


def _page_uri(number: int, size: int) -> str:
    rest = [(key, value) for key, value in request.args.items(multi=True)]
    query = [pair for pair in rest if pair[0] not in ("Page", "PageSize", "PageToken")]
    return f"{request.path}?{urlencode([*query, ('PageSize', size), ('Page', number)])}"


def fault(error: Exception) -> tuple[Response, int]:
    """Twilio's error JSON for whatever went wrong."""
    if isinstance(error, Refused):
        return _error(error.code, error.message, error.status)
    if isinstance(error, ExchangeError | ValueError):
        return _error(20001, str(error), 400)
    if isinstance(error, HTTPException) and error.code:
        code = {404: 20404, 405: 20004}.get(error.code, 20001)
        return _error(code, error.name, error.code)
    current_app.logger.exception("the exchange failed on %s", request.path)
    return _error(20500, "An internal server error has occurred", 500)


def _error(code: int, message: str, status: int) -> tuple[Response, int]:
    info = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": info, "status": status}
    return jsonify(body), status


def is_rest(request: Request) -> bool:
    """Whether a request is for Twilio's resources rather than for the control API."""
    return request.path.startswith("/2010-04-01/")
