"""Browsers in which people sign in to the pages: with the form's token and cookies, up to their first page."""

import re
from typing import Final

import requests

from config.bench.scripts import TurnFailed

_TOKEN: Final = re.compile(r'name="form_token" value="([^"]+)"')
_TIMEOUT_SECONDS: Final = 30.0


def sign_in(desk_url: str, *, name: str, password: str, page: str = "/desk") -> str:
    """The browser's cookies, as it sends them, once its own first page is shown. Raises TurnFailed where it is not."""
    with requests.Session() as browser:
        # What this machine is told of proxies is for addresses elsewhere.
        browser.trust_env = False
        form = browser.get(f"{desk_url}/sign-in", timeout=_TIMEOUT_SECONDS)
        fields = {"form_token": _token_in(form.text), "name": name, "password": password}
        shown = browser.post(f"{desk_url}/sign-in", fields, headers={"Origin": desk_url}, timeout=_TIMEOUT_SECONDS)
        if shown.status_code != requests.codes.ok or shown.url != f"{desk_url}{page}":
            raise TurnFailed(f"{name} is not let in to {page}: {shown.url} answered {shown.status_code}")
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)


def form_token(desk_url: str, cookies: str, *, page: str) -> str:
    """The token that the forms of a page carry for the browser with these cookies; empty where it has no form."""
    with requests.Session() as browser:
        browser.trust_env = False
        return _token_in(browser.get(f"{desk_url}{page}", headers={"Cookie": cookies}, timeout=_TIMEOUT_SECONDS).text)


def _token_in(text: str) -> str:
    token = _TOKEN.search(text)
    return "" if token is None else token[1]
