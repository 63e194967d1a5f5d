"""Whatever anybody sends to any route: a clear refusal, never a failure of ours, and not one row."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

from agents.house.composing import compose, create_app
from config.database import Base, Database
from config.settings import Settings, demo_settings, read_settings
from ivr.carrier.signature import sign
from ivr.web.webhook import fields_of

PUBLIC, TOKEN = "https://pult.example:8443/base", "the-carriers-token"
ID, SID = "0193a5b2c4d5e6f708192a3b4c5d6e7f", "CA" + "0" * 32
# A route that anybody may ask, and why.
PUBLIC_ROUTES = {
    "static": "the hold music and the pages' own files, the same for everybody",
    "prompts.prompt": "its address is sealed: tests/ivr/packs tries to make one, to change one and to keep one",
}
REFUSALS = {400, 403, 404, 405, 408, 413, 414, 415, 431}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory, templates: Any) -> str:
    return str(templates.sqlite(tmp_path_factory.mktemp("forgery") / "pult.sqlite"))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Flask]:
    given: dict[str, str] = {
        **demo_settings(),
        "PULT_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "PULT_DATABASE_URL": database_url,
        # Nobody listens there: what is refused must not come so far as to need it.
        "PULT_REDIS_URL": "redis://127.0.0.1:9/0",
        "PULT_PUBLIC_URL": PUBLIC,
        "TWILIO_AUTH_TOKEN": TOKEN,
    }
    house = compose(read_settings(given))
    yield create_app(house)
    house.close()


@pytest.fixture(scope="module")
def rows(database_url: str) -> Iterator[Any]:
    """How many rows each table has now."""
    database = Database(database_url)

    def count() -> dict[str, int]:
        with database.reading("count") as tx:
            tables = Base.metadata.sorted_tables
            return {table.name: tx.scalar(select(func.count()).select_from(table)) or 0 for table in tables}

    yield count
    database.close()


def _routes(app: Flask) -> list[tuple[Rule, str]]:
    """Every route with an address that fits it."""
    values = {"number": 1, "day": 1, "round_number": 10_001, "filename": "hold.wav"}
    adapter = app.url_map.bind("pult.example")
    return [
        (rule, adapter.build(rule.endpoint, {name: values.get(name, ID) for name in rule.arguments}))
        for rule in app.url_map.iter_rules()
    ]


def _guarded(app: Flask) -> list[str]:
    return [path for rule, path in _routes(app) if rule.endpoint not in PUBLIC_ROUTES]


def _signed(path: str, body: bytes, pairs: list[tuple[str, str]]) -> EnvironBuilder:
    headers = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + path, pairs)}
    return EnvironBuilder(path, method="POST", data=body, content_type=FORM, headers=headers)


# Structure.


def test_every_route_is_signed_or_expressly_public(app: Flask) -> None:
    open_ones = []
    for rule, path in _routes(app):
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            with app.test_client().open(path, method=method, data={"CallSid": SID}) as reply:
                if reply.status_code != 403 and rule.endpoint not in PUBLIC_ROUTES:
                    open_ones.append((method, path, reply.status_code))
    assert open_ones == []


def test_every_public_route_exists_and_only_reads(app: Flask) -> None:
    rules = {rule.endpoint: rule.methods or set() for rule in app.url_map.iter_rules()}
    for endpoint in PUBLIC_ROUTES:
        assert rules[endpoint] <= {"GET", "HEAD", "OPTIONS"}


def test_nobody_gets_out_of_the_public_folder(app: Flask) -> None:
    for path in (
        "/static/../webhook.py",
        "/static/%2e%2e/webhook.py",
        "/static//etc/passwd",
        "/static/..%2f..%2fcli.py",
    ):
        assert app.test_client().get(path, follow_redirects=True).status_code == 404, path


# Malformed and oversized, though signed: nobody but the carrier could, and it would not.


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"CallSid=CA1&Long=" + b"x" * 66_000, 413),
        (b"CallSid=CA1&" + b"&".join(b"a%d=1" % number for number in range(300)), 400),
        (b"CallSid=CA1&From=%00", 400),
        (b"CallSid=%00", 400),
        (b"CallSid=" + b"A" * 65, 400),
        (b"MessageSid=" + b"A" * 9000, 400),
        (b"CallSid=", 400),
        (b"From=%2B79161234567", 400),
        (b"CallSid=%ED%A0%80", 400),
        (b"CallSid=\xd0\x90", 400),
    ],
)
def test_what_the_carrier_would_not_send_is_refused_on_every_route(
    app: Flask, rows: Any, body: bytes, status: int
) -> None:
    before = rows()
    for path in _guarded(app):
        reply = Client(app).open(_signed(path, body, []))
        assert reply.status_code == status, (path, reply.status_code)
    assert rows() == before


def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large(app: Flask) -> None:
    builder = _signed("/voice/incoming", b"CallSid=CA1&Long=" + b"x" * 66_000, [])
    environ = builder.get_environ()
    environ.pop("CONTENT_LENGTH")
    environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    _, status, _ = run_wsgi_app(app, environ)
    assert status.startswith("413")


def test_a_request_by_get_is_refused_on_every_route(app: Flask, rows: Any) -> None:
    before = rows()
    for path in _guarded(app):
        url = f"{path}?CallSid={SID}&From=%2B79161234567&To=%2B78002001441"
        signature = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + url, ())}
        assert app.test_client().get(url, headers=signature).status_code == 405, path
    assert rows() == before


# Anything at all.

_names = st.sampled_from(
    ["CallSid", "From", "To", "CallStatus", "Digits", "QueueResult", "DialCallStatus", "MessageSid", "MessageStatus",
     "RecordingSid", "RecordingDuration", "RecordingStatus", "RecordingUrl", "StatusCallbackEvent", "ErrorCode"]
) | st.text(max_size=20)  # fmt: skip
_values = (
    st.text(max_size=60)
    | st.sampled_from(
        ["", "0", "-1", "9" * 40, "1e999", "completed", "in-progress", "+79161234567", SID, "hangup", "٣"]
    )
    | st.integers(100, 70_000).map(lambda size: "x" * size)
)
_forms = st.lists(st.tuples(_names, _values), max_size=12)
_kinds = st.sampled_from(
    [FORM, FORM + "; charset=koi8-r", "multipart/form-data; boundary=x", "application/json", "", "?"]
)
_any_time = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@_any_time
@given(body=st.binary(max_size=300) | _forms.map(lambda form: urlencode(form).encode()), kind=_kinds, mark=st.text())
@example(body=b"", kind="", mark="")
@example(body=b"\x00", kind=FORM, mark="\u0416")
def test_nothing_unsigned_passes(app: Flask, rows: Any, body: bytes, kind: str, mark: str) -> None:
    before = rows()
    headers = {"X-Twilio-Signature": mark.encode("utf-8", "replace").decode("latin-1").translate({10: 32, 13: 32})}
    for path in _guarded(app):
        reply = app.test_client().post(path, data=body, content_type=kind, headers=headers)
        assert reply.status_code in REFUSALS, (path, reply.status_code)
    assert rows() == before


@_any_time
@given(form=_forms)
def test_what_is_signed_and_makes_no_sense_is_answered_all_the_same(app: Flask, rows: Any, form: Any) -> None:
    """503 sends the carrier to the fallback: right for a call that is unknown here, and for nothing else."""
    before = rows()
    body = urlencode(form).encode()
    for path in _guarded(app):
        reply = Client(app).open(_signed(path, body, form))
        assert reply.status_code in REFUSALS | {200, 204} or (reply.status_code == 503 and "/calls/" in path), path
    assert rows() == before


@_any_time
@given(
    path=st.text(max_size=40), query=st.binary(max_size=40), method=st.sampled_from(["GET", "POST", "PUT", "DELETE"])
)
@example(path="voice/calls/\x00/turns/1", query=b"\xff", method="POST")
@example(path=f"voice/calls/{ID}/turns/{'9' * 400}", query=b"", method="POST")
@example(path=f"voice/calls/{'a' * 9000}/turns/1", query=b"", method="POST")
@example(path="voice/calls/\u0416/turns/-1", query=b"after=queue", method="POST")
def test_an_address_of_nothing_is_refused(app: Flask, rows: Any, path: str, query: bytes, method: str) -> None:
    before = rows()
    environ = EnvironBuilder(path="/", method=method, data={"CallSid": SID} if method == "POST" else None).get_environ()
    environ["PATH_INFO"] = "/" + path.encode("utf-8", "surrogatepass").decode("latin-1")
    environ["QUERY_STRING"] = query.decode("latin-1")
    _, status, _ = run_wsgi_app(app, environ)
    assert int(status[:3]) in REFUSALS | {308}, (path, status)
    assert rows() == before


@pytest.mark.parametrize("number", ["9" * 19, "9" * 400])
def test_a_number_that_no_database_holds_is_answered(app: Flask, number: str) -> None:
    form = [("CallSid", SID)]
    for path in (
        f"/voice/calls/{ID}/turns/{number}",
        f"/voice/calls/{ID}/waiting/{number}",
        f"/voice/calls/{ID}/hold/{number}",
    ):
        reply = Client(app).open(_signed(path, urlencode(form).encode(), form))
        assert reply.status_code in (200, 404, 503), reply.status_code


def test_settings_name_the_token_that_signs(app: Flask) -> None:
    assert isinstance(app.extensions["pult.phone"].centre.settings, Settings)
    assert app.extensions["pult.phone"].centre.settings.auth_token == TOKEN


@given(text=st.text(alphabet="ab=&+%20DFz", max_size=40))
@example(text="CallSid=CA1&Digits=&From=%2B79161234567")
@example(text="%D0%B0=%D1%8F")
@example(text="a=%FF")
@example(text="&".join(["a=1"] * 201))
def test_a_form_is_read_as_the_standard_library_reads_it(text: str) -> None:
    def read(reader: Callable[[], list[tuple[str, str]]]) -> list[tuple[str, str]] | None:
        try:
            return reader()
        except ValueError:
            return None

    strict: Any = {"keep_blank_values": True, "strict_parsing": True, "errors": "strict", "max_num_fields": 200}
    # To the standard library no text at all is no field; the guard refuses a form without any.
    assert read(lambda: fields_of(text)) == (read(lambda: parse_qsl(text, **strict)) or None)
