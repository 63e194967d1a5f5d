"""The requests that the exchange makes to an application, and what came back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WebReply:
    """What came back; ``error`` is Twilio's code for a failure (112xx), 0 for a usable reply."""

    status: int = 0
    content_type: str = ""
    body: bytes = b""
    error: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class WebRequest:
    """One request: ``on_reply`` is None for a callback, whose answer nobody reads.

    ``copies`` is how often it is sent with the same token; with ``loses_first_answer`` the first
    answer is thrown away and the request repeated, as after a broken connection.
    """

    url: str
    method: str
    fields: Fields
    token: str
    account_sid: str
    auth_token: str
    on_reply: Callable[[WebReply], None] | None = None
    copies: int = 1
    loses_first_answer: bool = False


@dataclass(frozen=True, slots=True)
class Patience:
    """Connection overrides from a URL's fragment, in seconds (twilio.md §1)."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    def retries_on(self, what: str) -> bool:
        """Whether a failure of this kind (``4xx 5xx ct rt``) is tried again."""
        return what in self.retry_on or "all" in self.retry_on


def patience_of(url: str) -> Patience:
    """Read ``#ct=…&rt=…&tt=…&rc=…&rp=…``; what is missing or malformed keeps its default."""
    given = dict(parse_qsl(urlsplit(url).fragment))
    policy = given.get("rp")
    return Patience(
        connect=_seconds(given.get("ct"), 5.0, 10.0),
        read=_seconds(given.get("rt"), 15.0, 15.0),
        total=_seconds(given.get("tt"), 15.0, 15.0),
        retries=_count(given.get("rc")),
        retry_on=frozenset(policy.split(",")) if policy else frozenset({"ct"}),
    )


def _seconds(text: str | None, default: float, most: float) -> float:
    return min(most, max(0.1, int(text) / 1000)) if text and text.isdecimal() else default


def _count(text: str | None) -> int:
    return min(5, int(text)) if text and text.isdecimal() else 1


def get_url(url: str, fields: Fields) -> str:
    """The URL of a GET: the fields join the query, and the fragment goes."""
    base = url.partition("#")[0]
    if not fields:
        return base
    return f"{base}{'&' if urlsplit(base).query else '?'}{urlencode(fields)}"
