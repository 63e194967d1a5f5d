"""Browsers in which agents sign in to the pages: with the form's token and cookies, up to the page of the desk."""

import re
from typing import Final

import requests

from config.bench.scripts import TurnFailed

_TOKEN: Final = re.compile(r'name="form_token" value="([^"]+)"')
_TIMEOUT_SECONDS: Final = 30.0


def sign_in(desk_url: str, *, name: str, password: str) -> str:
    """The browser's cookies, as it sends them, once its desk is shown. Raises TurnFailed where it is not."""
    with requests.Session() as browser:
        # What this machine is told of proxies is for addresses elsewhere.
        browser.trust_env = False
        form = browser.get(f"{desk_url}/sign-in", timeout=_TIMEOUT_SECONDS)
        token = _TOKEN.search(form.text)
        fields = {"form_token": "" if token is None else token[1], "name": name, "password": password}
        shown = browser.post(f"{desk_url}/sign-in", fields, headers={"Origin": desk_url}, timeout=_TIMEOUT_SECONDS)
        if shown.status_code != requests.codes.ok or shown.url != f"{desk_url}/desk":
            raise TurnFailed(f"{name} is not let in to the desk: {shown.url} answered {shown.status_code}")
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
