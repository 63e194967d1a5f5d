"""The site's cookies: the session's token, the seed of a stranger's forms, browsers that we know, language and zone."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any, Final, cast

from flask import Response, g, request
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from agents.staff.side import side

LANGUAGE: Final = "pult_language"
ZONE: Final = "pult_zone"
_FORM: Final = "pult_form"
_BROWSER: Final = "pult_browser"
_ERRAND: Final = "pult_errand"
_YEAR: Final = timedelta(days=365)
_ERRAND_SECONDS: Final = 600
_NAMES_KEPT: Final = 8


def session_name() -> str:
    """Over https the name itself forbids that another host or an unsafe page set the cookie."""
    return "__Host-pult_session" if side().is_https else "pult_session"


def session_token() -> str:
    """What the browser brought; empty without."""
    return request.cookies.get(session_name(), "")


def keep_session(response: Response, token: str) -> None:
    """Until the browser is closed, or the session ends here."""
    _set(response, session_name(), token)


def forget_session(response: Response) -> None:
    """After signing out."""
    response.delete_cookie(session_name(), secure=side().is_https, httponly=True, samesite="Lax")


def keep_language(response: Response, language: str) -> None:
    """For a year."""
    _set(response, LANGUAGE, language, max_age=_YEAR)


def stranger_form_token() -> str:
    """The token for forms of a browser that is not signed in, bound to a seed in a cookie of its own."""
    seed = request.cookies.get(_FORM) or getattr(g, "form_seed", None)
    if not seed:
        seed = g.form_seed = secrets.token_urlsafe(24)
    return hmac.new(side().centre.settings.secret_pepper, f"form:{seed}".encode(), hashlib.sha256).hexdigest()


def keep_form_seed(response: Response) -> Response:
    """After each request: hand out the seed if one was made."""
    if seed := getattr(g, "form_seed", None):
        _set(response, _FORM, seed)
    return response


def known_browser(name: str) -> str | None:
    """The browser's id if somebody has signed in by `name` here before (`agents/accounts/guessing.py`)."""
    known = _browser()
    return known["id"] if known and _name_mark(known["id"], name) in known["names"] else None


def remember_browser(response: Response, name: str) -> None:
    """`name` has signed in here."""
    known = _browser() or {"id": secrets.token_urlsafe(16), "names": []}
    marks = [mark for mark in known["names"] if mark != _name_mark(known["id"], name)]
    names = [*marks, _name_mark(known["id"], name)][-_NAMES_KEPT:]
    _set(response, _BROWSER, _signer("browser").dumps({"id": known["id"], "names": names}), max_age=_YEAR)


def keep_errand(response: Response, errand: dict[str, str]) -> None:
    """What a browser that is sent to the provider of single sign-on must bring back; for ten minutes."""
    signer = URLSafeTimedSerializer(side().centre.settings.secret_pepper, salt="errand")
    _set(response, _ERRAND, signer.dumps(errand), max_age=timedelta(seconds=_ERRAND_SECONDS))


def take_errand(response: Response) -> None:
    """An errand is good for one return."""
    response.delete_cookie(_ERRAND)


def errand() -> dict[str, str] | None:
    """What this browser was sent out with, unless it stayed away too long."""
    signer = URLSafeTimedSerializer(side().centre.settings.secret_pepper, salt="errand")
    return cast(
        "dict[str, str] | None",
        _opened(lambda: signer.loads(request.cookies.get(_ERRAND, ""), max_age=_ERRAND_SECONDS)),
    )


def _browser() -> Any:
    return _opened(lambda: _signer("browser").loads(request.cookies.get(_BROWSER, "")))


def _opened(load: Any) -> Any:
    try:
        return load()
    except BadSignature:
        return None


def _signer(salt: str) -> URLSafeSerializer:
    return URLSafeSerializer(side().centre.settings.secret_pepper, salt=salt)


def _name_mark(browser: str, name: str) -> str:
    pepper = side().centre.settings.secret_pepper
    return hmac.new(pepper, f"{browser}:{name.strip().casefold()}".encode(), hashlib.sha256).hexdigest()[:16]


def _set(response: Response, name: str, value: str, *, max_age: timedelta | None = None) -> None:
    response.set_cookie(name, value, max_age=max_age, secure=side().is_https, httponly=True, samesite="Lax")
