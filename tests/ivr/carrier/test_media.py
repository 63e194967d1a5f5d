"""Fetching a recording's sound from a carrier that answers with what it should not."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from ivr.carrier.errors import CallGone, CarrierUnavailable, Unusable
from ivr.carrier.media import MediaShelf
from ivr.exchange import ServedApp

App = Callable[[Any, Any], list[bytes]]
SOUND = b"RIFF" + bytes(1000)
SID = "RE" + "0" * 32
MOST = 4096


def answering(status: str, body: bytes = b"", **headers: str) -> App:
    def app(_environ: Any, start_response: Any) -> list[bytes]:
        start_response(status, [(name.replace("_", "-"), value) for name, value in headers.items()])
        return [body]

    return app


@contextmanager
def shelf(app: App) -> Iterator[tuple[MediaShelf, list[dict[str, Any]]]]:
    asked: list[dict[str, Any]] = []

    def noting(environ: Any, start_response: Any) -> list[bytes]:
        asked.append({"path": environ["PATH_INFO"], "auth": environ.get("HTTP_AUTHORIZATION")})
        return app(environ, start_response)

    with ServedApp(noting) as served, requests.Session() as session:
        session.trust_env = False
        yield MediaShelf(session, f"{served.url}/Recordings", ("AC1", "token"), 2.0), asked


def test_the_sound_is_asked_for_by_its_sid_alone() -> None:
    with shelf(answering("200 OK", SOUND)) as (media, asked):
        assert media.wav(SID, most_bytes=MOST) == SOUND
    assert [one["path"] for one in asked] == [f"/Recordings/{SID}.wav"]


@pytest.mark.parametrize("sid", ["../../../etc/passwd", "RE1/../../Calls", "http://169.254.169.254/", "RE%2e%2e", ""])
def test_a_sid_that_is_none_asks_nobody(sid: str) -> None:
    with shelf(answering("200 OK", SOUND)) as (media, asked), pytest.raises(Unusable):
        media.wav(sid, most_bytes=MOST)
    assert asked == []


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data", "http://localhost:1/", "https://evil-twilio.com/x", "file:///etc/passwd"],
)
def test_sent_on_to_an_address_that_is_not_the_carriers_it_does_not_go(target: str) -> None:
    with shelf(answering("302 Found", Location=target)) as (media, asked), pytest.raises(Unusable):
        media.wav(SID, most_bytes=MOST)
    assert len(asked) == 1


def test_sent_round_in_circles_it_gives_up() -> None:
    with shelf(answering("302 Found", Location="/Recordings/again")) as (media, asked), pytest.raises(Unusable):
        media.wav(SID, most_bytes=MOST)
    assert len(asked) == 3


def test_sent_on_within_the_carrier_it_goes() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        is_first = environ["PATH_INFO"].endswith(".wav")
        answer = answering("307 Temporary Redirect", Location="/kept/here") if is_first else answering("200 OK", SOUND)
        return answer(environ, start_response)

    with shelf(app) as (media, asked):
        assert media.wav(SID, most_bytes=MOST) == SOUND
    assert [one["path"] for one in asked][1] == "/kept/here"


def test_a_packed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    with shelf(answering("200 OK", bomb, Content_Encoding="gzip")) as (media, _), pytest.raises(Unusable):
        media.wav(SID, most_bytes=1 << 30)


def test_what_is_too_long_is_broken_off() -> None:
    with shelf(answering("200 OK", bytes(MOST + 1))) as (media, _), pytest.raises(Unusable):
        media.wav(SID, most_bytes=MOST)


@pytest.mark.parametrize(("status", "error"), [("404 Not Found", CallGone), ("503 Busy", CarrierUnavailable)])
def test_a_refusal_is_named(status: str, error: type[Exception]) -> None:
    with shelf(answering(status)) as (media, _), pytest.raises(error):
        media.wav(SID, most_bytes=MOST)


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    answer = answering("200 OK", SOUND[:100], Content_Length=str(len(SOUND)))
    with shelf(answer) as (media, _), pytest.raises(CarrierUnavailable):
        media.wav(SID, most_bytes=MOST)
