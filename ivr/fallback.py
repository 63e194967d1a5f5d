"""The fallback: a WSGI app of its own, without database or flows, for when the centre itself cannot answer a call.

It apologises, names the emergency numbers, and dials the line's duty number, which it was given at its start.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import parse_qsl, quote

from config.lines import load_insurers
from config.phone_numbers import PhoneNumber
from config.settings import Settings
from ivr.carrier.signature import is_signed
from ivr.twiml import elements

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("pult.fallback")

DutyNumbers: TypeAlias = Mapping[tuple[str, str], PhoneNumber]
"""The duty number by insurer and line."""
Validator: TypeAlias = Callable[[str, Sequence[tuple[str, str]], str | None], bool]
"""Whether the form's fields, POSTed to the url, carry this `X-Twilio-Signature`."""

_LARGEST_BODY_BYTES: Final = 64 * 1024
_RING_SECONDS: Final = 60
_APOLOGY: Final = (
    ("Polly.Tatyana", "ru-RU", "Простите, у нас неполадки. Если есть угроза жизни, наберите 112 или 103."),
    ("Polly.Joanna", "en-US", "We are sorry, we have a fault. If life is at risk, dial 112 or 103."),
)
_CONNECTING: Final = (
    ("Polly.Tatyana", "ru-RU", "Соединяю с дежурным сотрудником."),
    ("Polly.Joanna", "en-US", "I am putting you through to a colleague on duty."),
)
_NOBODY: Final = (
    ("Polly.Tatyana", "ru-RU", "Если вам не ответили, позвоните, пожалуйста, ещё раз. Срочная помощь: 112 или 103."),
    ("Polly.Joanna", "en-US", "If nobody answered, please ring once more. For urgent help dial 112 or 103."),
)


class Refused(Exception):
    """The request is not one that the carrier sends; carries the status line to answer with."""


def fallback_of(settings: Settings) -> "WSGIApplication":
    """The fallback of a centre; raises ConfigError, as `load_insurers` does."""
    duty = {(line.insurer_id, line.name): line.duty_number for line in load_insurers(settings).lines()}
    is_ours = partial(is_signed, settings.auth_token)
    return fallback_app(public_url=settings.fallback_url, duty_numbers=duty, is_signed=is_ours)


def fallback_app(*, public_url: str, duty_numbers: DutyNumbers, is_signed: Validator) -> "WSGIApplication":
    """The app. It answers `POST /fallback/<insurer>/<line>` under `public_url`, which is what the carrier signed.

    A line that it was not told of is answered with the apology alone: a caller never hears silence. Bad signatures
    get 403, other methods 405, other paths 404, bodies over 64 KiB 413.
    """

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            place = _checked(environ, public_url, is_signed)
        except Refused as refusal:
            start_response(str(refusal), [("Content-Type", "text/plain; charset=utf-8")])
            return [f"{refusal}\n".encode()]
        log.warning("fallback for %s %s", *place)
        body = apology(duty_numbers.get(place)).encode()
        start_response("200 OK", [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(body)))])
        return [body]

    return app


def apology(duty_number: PhoneNumber | None) -> elements.Xml:
    """What the caller hears: the apology, then the duty number if there is one, then where else to turn."""
    if duty_number is None:
        return elements.document(_said(_APOLOGY), elements.hang_up())
    number = elements.number_to_ring(duty_number.e164, duty_number.extension)
    # Without an action the document goes on behind the Dial; who was served has hung up by then, or hears this once.
    dial = f'<Dial timeout="{_RING_SECONDS}" ringTone="ru">{number}</Dial>'
    return elements.document(_said(_APOLOGY), _said(_CONNECTING), dial, _said(_NOBODY), elements.hang_up())


def _checked(environ: "WSGIEnvironment", public_url: str, is_signed: Validator) -> tuple[str, str]:
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    parts = path.strip("/").split("/")
    if len(parts) != 3 or parts[0] != "fallback":
        raise Refused("404 Not Found")
    if environ.get("REQUEST_METHOD") != "POST":
        raise Refused("405 Method Not Allowed")
    fields = _fields(environ)
    query = environ.get("QUERY_STRING")
    url = f"{public_url}{quote(path)}{f'?{query}' if query else ''}"
    if not is_signed(url, fields, environ.get("HTTP_X_TWILIO_SIGNATURE")):
        raise Refused("403 Forbidden")
    return parts[1], parts[2]


def _fields(environ: "WSGIEnvironment") -> list[tuple[str, str]]:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise Refused("400 Bad Request") from None
    if length < 0:
        raise Refused("400 Bad Request")
    if length > _LARGEST_BODY_BYTES:
        raise Refused("413 Content Too Large")
    body: bytes = environ["wsgi.input"].read(length)
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise Refused("400 Bad Request") from None


def _said(texts: Sequence[tuple[str, str, str]]) -> elements.Xml:
    return "".join(elements.say(text, voice=voice, language=language) for voice, language, text in texts)
