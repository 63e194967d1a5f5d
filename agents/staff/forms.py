"""Forged requests are refused: every unsafe one must come from our own pages and bring the session's form token."""

import hmac
from typing import Final

from flask import abort, g, request

from agents.staff import cookies
from agents.staff.side import side

FIELD: Final = "form_token"
HEADER: Final = "X-Form-Token"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def form_token() -> str:
    """For the page: the session's own token, or a stranger's."""
    return g.staff.form_token if g.get("staff") else cookies.stranger_form_token()


def refuse_forged() -> None:
    """Before every view: 403 for an unsafe request from elsewhere, or without the right token."""
    if request.method in _SAFE or request.endpoint is None:
        return
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not _is_from_our_pages() or not hmac.compare_digest(given.encode(), form_token().encode()):
        abort(403, description="forged")


def _is_from_our_pages() -> bool:
    """By Origin, which browsers send with every unsafe request; by Sec-Fetch-Site where something stripped it."""
    if origin := request.headers.get("Origin"):
        return origin == side().url
    return request.headers.get("Sec-Fetch-Site") == "same-origin"
