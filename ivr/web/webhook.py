"""A webhook as it came in: small enough, a well-made form, and signed by the carrier; or refused, without a trace."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, TypeAlias, cast
from urllib.parse import unquote

from flask import Request, Response, g, request
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
        # Flask's stand-in for the request looks it up at every touch, which this is the place of.
        asked = cast(Request, cast(Any, request)._get_current_object())
        try:
            pairs = _form(asked, _body(asked))
        except RequestEntityTooLarge:
            return _refusal(413, "the body is larger than 64 kB")
        except ValueError:
            return _refusal(400, "expected a form in UTF-8 with a CallSid, MessageSid or RecordingSid")
        url = settings.public_url + _path_and_query(asked)
        if not is_signed(settings.auth_token, url, pairs, asked.headers.get("X-Twilio-Signature")):
            return _refusal(403, "the signature is missing or wrong")
        g.webhook = Webhook(dict(reversed(pairs)))
        return None

    return guard


def webhook() -> Webhook:
    """The request that the guard let pass."""
    return cast(Webhook, g.webhook)


def _body(asked: Request) -> bytes:
    """The body, for the views too. Raises RequestEntityTooLarge, also for one that came without its length."""
    # One byte more than is allowed: a body in chunks is cut off there, and not refused.
    asked.max_content_length = LARGEST_BODY + 1
    body = asked.get_data(cache=True)
    if len(body) > LARGEST_BODY:
        raise RequestEntityTooLarge
    return body


def _form(asked: Request, body: bytes) -> list[tuple[str, str]]:
    """The fields in order. Raises ValueError for what the carrier would never send."""
    if asked.mimetype != _FORM:
        raise ValueError("not a form")
    pairs = fields_of(body.decode("ascii"))
    if not any(name in _SUBJECTS and value for name, value in pairs):
        raise ValueError("names nothing")
    if any(len(value) > _LONGEST_SID for name, value in pairs if name.endswith("Sid")):
        raise ValueError("not a sid")
    if _UNPRINTABLE.search("".join(chain.from_iterable(pairs))):
        raise ValueError("holds what no database keeps")
    return pairs


def fields_of(text: str) -> list[tuple[str, str]]:
    """A form's fields in order, as `urllib.parse.parse_qsl` has them where it is strict, in a third of the time: most
    need no decoding. Raises ValueError.
    """
    fields = text.split("&")
    if len(fields) > _MOST_FIELDS:
        raise ValueError("too many fields")
    pairs = []
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals:
            raise ValueError("a field without a value")
        pairs.append((_decoded(name), _decoded(value)))
    return pairs


def _decoded(text: str) -> str:
    if "%" in text or "+" in text:
        return unquote(text.replace("+", " "), errors="strict")
    return text


def _path_and_query(asked: Request) -> str:
    """What was asked for, as the carrier signed it; bytes beyond ASCII can only fail the check."""
    query = asked.query_string.decode("latin-1")
    return f"{asked.path}?{query}" if query else asked.path


def _refusal(status: int, why: str) -> Response:
    return Response(why, status=status, mimetype="text/plain")
