"""Which language and time zone a page speaks: as its reader chose, else Russian and the insurer's zone."""

from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from flask import Flask, g, request
from flask_babel import Babel

from agents.staff import cookies
from agents.staff.side import own_insurer

LANGUAGES: Final = ("ru", "en")
TRANSLATIONS: Final = Path(__file__).parent / "translations"
_MOSCOW: Final = ZoneInfo("Europe/Moscow")


def language() -> str:
    """The account's language, else this browser's, else Russian."""
    own = g.staff.language if g.get("staff") else None
    chosen = own or request.cookies.get(cookies.LANGUAGE)
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def zone() -> ZoneInfo:
    """The zone that the browser told (`static/zone.js`), else the insurer's."""
    told = request.cookies.get(cookies.ZONE, "").replace("%2F", "/")
    if told and told in _zones_known():
        return ZoneInfo(told)
    return own_insurer().time_zone if g.get("staff") else _MOSCOW


@cache
def _zones_known() -> frozenset[str]:
    """Asked once a process: the library reads hundreds of files for it, and a page asks at every instant it shows."""
    return frozenset(available_timezones())


def speak(app: Flask) -> None:
    """Let the pages of `app` speak both languages."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, default_locale=LANGUAGES[0], locale_selector=language)
