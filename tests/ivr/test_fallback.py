"""The fallback answers a signed call with an apology and the duty number, and nobody else with anything."""

import functools
from io import BytesIO
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from config.phone_numbers import PhoneNumber, parse_phone
from ivr.carrier.signature import is_signed, sign
from ivr.fallback import apology, fallback_app
from tests.ivr.twiml_schema import findings

PUBLIC = "https://fallback.example"
TOKEN = "t" * 32
FIELDS = [("CallSid", "CA" + "0" * 32), ("From", "+79160001234")]
DUTY = {("vsk", "medical_desk"): parse_phone("+7 000 000-00-07 доб. 12")}


def _post(
    path: str = "/fallback/vsk/medical_desk", *, method: str = "POST", token: str = TOKEN, body: bytes | None = None
) -> tuple[str, str]:
    app = validator(
        fallback_app(public_url=PUBLIC, duty_numbers=DUTY, is_signed=functools.partial(is_signed, TOKEN))
    )
    sent = urlencode(FIELDS).encode() if body is None else body
    environ: dict[str, object] = {}
    setup_testing_defaults(environ)
    environ |= {
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "REQUEST_METHOD": method,
        "CONTENT_LENGTH": str(len(sent)),
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "wsgi.input": BytesIO(sent),
        "HTTP_X_TWILIO_SIGNATURE": sign(token, PUBLIC + path, FIELDS),
    }
    statuses: list[str] = []
    answer = app(environ, lambda status, headers, exc_info=None: statuses.append(status))  # type: ignore[arg-type]
    text = b"".join(answer).decode()
    answer.close()  # type: ignore[attr-defined]
    return statuses[0], text


def test_signed_call_hears_the_apology_and_reaches_the_duty_number() -> None:
    status, text = _post()
    assert status == "200 OK"
    assert "Простите" in text
    assert "We are sorry" in text
    assert '<Number sendDigits="ww12">+70000000007</Number>' in text


def test_unknown_line_still_hears_the_apology() -> None:
    status, text = _post("/fallback/vsk/nowhere")
    assert status == "200 OK"
    assert "112" in text
    assert "<Dial" not in text


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"token": "f" * 32}, "403 Forbidden"),
        ({"method": "GET"}, "405 Method Not Allowed"),
        ({"path": "/elsewhere"}, "404 Not Found"),
        ({"body": b"x" * 70_000}, "413 Content Too Large"),
        ({"body": b"a=1&" * 300}, "400 Bad Request"),
        ({"body": b"\xff\xfe"}, "400 Bad Request"),
    ],
)
def test_anything_else_is_refused(given: dict[str, object], status: str) -> None:
    assert _post(**given)[0] == status  # type: ignore[arg-type]


def test_duty_number_without_extension_is_dialled_plainly() -> None:
    assert "<Number>+70000000007</Number>" in apology(PhoneNumber("+70000000007", None))


@pytest.mark.parametrize("number", [None, *DUTY.values()])
def test_apology_is_valid_against_the_carriers_schema(number: PhoneNumber | None) -> None:
    assert findings(apology(number)) == []
