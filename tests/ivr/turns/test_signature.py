"""Nobody but the carrier gets in, and what is refused leaves no row."""

import pytest
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from ivr.calls.models import Call
from ivr.carrier.signature import is_signed, sign
from tests.ivr.turns.conftest import PUBLIC, TOKEN, Hand

FORM = {"CallSid": "CA1", "From": "+79161234567", "To": "+78002001441", "CallStatus": "ringing"}


def _rows(hand: Hand) -> int:
    with hand.phone.centre.database.reading("count") as tx:
        return tx.scalar(select(func.count()).select_from(Call)) or 0


@pytest.mark.parametrize("signature", [None, "", "AAAA", "é", sign("other", PUBLIC + "/voice/incoming", FORM.items())])
def test_a_forged_or_missing_signature_is_refused(hand: Hand, signature: str | None) -> None:
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    reply = hand.client.post("/voice/incoming", data=FORM, headers=headers)
    assert reply.status_code == 403
    assert _rows(hand) == 0


@pytest.mark.parametrize("path", ["/voice/status", "/voice/calls/x/turns/1", "/voice/recordings/status"])
def test_every_route_is_guarded(hand: Hand, path: str) -> None:
    assert hand.client.post(path, data=FORM).status_code == 403


def test_a_body_that_is_too_large_is_refused(hand: Hand) -> None:
    reply = hand.raw("/voice/incoming", Long="x" * 70_000)
    assert reply.status_code == 413
    assert _rows(hand) == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"CallSid=%FF", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"nothing", "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
        (b'{"CallSid": "CA1"}', "application/json"),
    ],
)
def test_a_malformed_body_is_refused(hand: Hand, body: bytes, kind: str) -> None:
    signature = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + "/voice/incoming", ())}
    assert hand.client.post("/voice/incoming", data=body, content_type=kind, headers=signature).status_code == 400
    assert _rows(hand) == 0


@pytest.mark.parametrize(
    "url",
    ["https://a.example/x", "https://a.example:8443/x?y=1&z=%20", "http://a.example:8080/x", "https://a.example:443/x"],
)
def test_signatures_agree_with_the_carriers_own_library(url: str) -> None:
    fields = {"B": "2", "A": "", "é": "ж", "From": "+7 916"}
    theirs = RequestValidator(TOKEN).compute_signature(url, fields)
    assert is_signed(TOKEN, url, fields.items(), theirs)
    assert RequestValidator(TOKEN).validate(url, fields, sign(TOKEN, url, fields.items()))


def test_the_port_of_an_https_url_does_not_matter() -> None:
    dropped = sign(TOKEN, "https://a.example/x", FORM.items())
    assert is_signed(TOKEN, "https://a.example:8443/x", FORM.items(), dropped)
    assert not is_signed("", "https://a.example/x", FORM.items(), sign("", "https://a.example/x", FORM.items()))
