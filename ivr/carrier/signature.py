"""The signature on every webhook: proof that the carrier sent it (twilio.md §2).

Checked here and not by the `twilio` package's validator, which needs 100 µs, raises on a missing header, and
is slower than the rest of a bare turn; a test holds the two against each other.
"""

import base64
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

Fields = Iterable[tuple[str, str]]


def sign(auth_token: str, url: str, fields: Fields) -> str:
    """The signature of a form POSTed to `url`: the base64 of HMAC-SHA1 over the url and the sorted fields.

    A repeated key counts once for each different value, as the package's validator has it.
    """
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(auth_token.encode(), text.encode(), "sha1")).decode()


def is_signed(auth_token: str, url: str, fields: Fields, signature: str | None) -> bool:
    """Whether `signature` is that of the form, with or without the port in the url. An empty token signs
    nothing.
    """
    if not signature or not auth_token:
        return False
    given = signature.encode("utf-8", "surrogateescape")
    pairs = tuple(fields)
    # Both are always compared, and in constant time, so that the time taken tells nothing.
    matches = [hmac.compare_digest(sign(auth_token, it, pairs).encode(), given) for it in _spellings(url)]
    return any(matches)


def _spellings(url: str) -> tuple[str, ...]:
    """The carrier drops the port of an https url; over http it keeps the one that was configured."""
    if not url.startswith("https:"):
        return (url,)
    parts = urlsplit(url)
    if parts.port is None:
        return (url,)
    return url, urlunsplit(parts._replace(netloc=parts.hostname or ""))
