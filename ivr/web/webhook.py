"""A webhook as it came in: small enough, a well-made form, and signed by the carrier; or refused, without a trace."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeAlias, cast
from urllib.parse import parse_qsl

from flask import Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from config.settings import Settings
from ivr.carrier.signature import is_signed

Guard: TypeAlias = Callable[[], ResponseReturnValue | None]

LARGEST_BODY: Final = 64 * 1024
_MOST_FIELDS: Final = 200
_SUBJECTS: Final = frozenset({"CallSid", "MessageSid", "RecordingSid", "ConferenceSid"})
# The carrier's have 34 characters; an index of a database takes some 2,700 bytes.
_LONGEST_SID: Final = 64
# A stored text may hold line breaks; NUL is refused by PostgreSQL.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Webhook:
    """The fields of a signed form; of a repeated one the first."""

    fields: Mapping[str, str]

    def field(self, name: str) -> str:
        """A field's value, empty where it is absent."""
        return self.fields.get(name, "")

    @property
    def is_last(self) -> bool:
        """Whether the carrier says in passing that the caller has hung up."""
        return self.field("CallStatus") in ("completed", "canceled", "failed", "busy", "no-answer")


def guard_of(settings: Settings) -> Guard:
    """What stands before every webhook: None lets the request pass, to be read by `webhook()`."""

    def guard() -> ResponseReturnValue | None:
        try:
            pairs = _form(_body())
        except RequestEntityTooLarge:
            return _refusal(413, "the body is larger than 64 kB")
        except ValueError:
            return _refusal(400, "expected a form in UTF-8 with a CallSid, MessageSid or RecordingSid")
        url = settings.public_url + _path_and_query()
        if not is_signed(settings.auth_token, url, pairs, request.headers.get("X-Twilio-Signature")):
            return _refusal(403, "the signature is missing or wrong")
        g.webhook = Webhook(dict(reversed(pairs)))
        return None

    return guard


def webhook() -> Webhook:
    """The request that the guard let pass."""
    return cast(Webhook, g.webhook)


def _body() -> bytes:
    """The body, for the views too. Raises RequestEntityTooLarge, also for one that came without its length."""
    # One byte more than is allowed: a body in chunks is cut off there, and not refused.
    request.max_content_length = LARGEST_BODY + 1
    body = request.get_data(cache=True)
    if len(body) > LARGEST_BODY:
        raise RequestEntityTooLarge
    return body


def _form(body: bytes) -> list[tuple[str, str]]:
    """The fields in order. Raises ValueError for what the carrier would never send."""
    if request.mimetype != _FORM:
        raise ValueError("not a form")
    pairs = parse_qsl(
        body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MOST_FIELDS
    )
    if not any(name in _SUBJECTS and value for name, value in pairs):
        raise ValueError("names nothing")
    if any(len(value) > _LONGEST_SID for name, value in pairs if name.endswith("Sid")):
        raise ValueError("not a sid")
    if _UNPRINTABLE.search("".join(chain.from_iterable(pairs))):
        raise ValueError("holds what no database keeps")
    return pairs


def _path_and_query() -> str:
    """What was asked for, as the carrier signed it; bytes beyond ASCII can only fail the check."""
    query = request.query_string.decode("latin-1")
    return f"{request.path}?{query}" if query else request.path


def _refusal(status: int, why: str) -> Response:
    return Response(why, status=status, mimetype="text/plain")
