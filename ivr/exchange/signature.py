"""Signs webhooks as Twilio does (twilio.md §2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

Fields = Iterable[tuple[str, str]]


def signed_url(url: str) -> str:
    """The URL as Twilio signs it: no fragment, no credentials, no port over HTTPS."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https":
        host = _without_port(host)
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def sign(auth_token: str, url: str, fields: Fields = ()) -> str:
    """The ``X-Twilio-Signature`` of a form POST, or of a GET when ``fields`` is empty.

    A repeated key counts once for each different value, in order, as Twilio's own library does.
    """
    text = signed_url(url) + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
