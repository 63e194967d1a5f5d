"""Events reach the systems of their insurer: signed, at least once, without a word of health, and to nowhere else."""

import base64
import hashlib
import hmac
import re
import ssl
import threading
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from agents.supervisor.live_floor.alarms import Alarm, Raised
from agents.supervisor.live_floor.state import floor_now
from agents.webhooks import delivering, looking_after, sending
from agents.webhooks.cli import webhook_command
from agents.webhooks.errors import WebhookError
from agents.webhooks.events import EventKind
from agents.webhooks.models import DeliveryState, OutgoingEvent
from agents.webhooks.sending import Reach, checked_url
from config import failpoints
from config.clock import stopwatch
from config.due_work import LEASE
from ivr.calls.models import Call, IdentificationLevel
from ivr.calls.outcomes import record_outcome
from ivr.calls.requests import advance_request, open_request
from ivr.exchange.voice.certificate import server_context
from tests.agents.webhooks.conftest import Hooked
from tests.agents.webhooks.receiver import receiving
from tests.ids import without_ids
from tests.recordings.kept import keep

PUBLIC = ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946")
NOT_PUBLIC = (
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
    "2002:7f00:1::", "ff02::1",
)  # fmt: skip


# What is told.


def test_the_end_of_a_call_its_outcome_its_requests_and_its_recording_are_told(hooked_on_each: Hooked) -> None:
    hooked_on_each.endpoint()
    house = hooked_on_each.house
    call = house.call()
    insurer = house.centre.insurers["vsk"]
    with house.centre.database.transaction("test_opens") as tx:
        opened = open_request(
            tx, insurer=insurer, call=tx.get_one(Call, call.id), kind="guarantee_letter", by="t", at=house.clock.now()
        )
        request_id = opened.request.id
    with house.centre.database.transaction("test_moves") as tx:
        advance_request(
            tx, insurer=insurer, request_id=request_id, step="formed", by="t", at=house.clock.now(), approval="77"
        )
        row = tx.get_one(Call, call.id)
        record_outcome(tx, call=row, code="gl_requested", by="t", at=house.clock.now(), note="боль")
    hooked_on_each.ended_call("CA-2")
    recording_id = keep(house, call)
    house.work()
    told = {(one["type"], next(iter(one["data"].values()))): one["data"] for one in hooked_on_each.receiver.got}
    assert ("recording.stored", recording_id) in told
    assert ("call.outcome_recorded", call.id) in told
    assert sorted(hooked_on_each.kinds()).count("request.changed") == 2
    request = told["request.changed", request_id]
    assert (request["kind"], request["step"], request["is_open"]) == (None, None, True), "a letter tells of health"
    whole = b"".join(hooked_on_each.receiver.bodies).decode()
    for secret in ("боль", "гарант", "guarantee", "gl_", "+7916", "77"):
        assert secret not in re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "", without_ids(whole))


def test_a_request_that_tells_nothing_of_health_says_how_far_it_is(hooked: Hooked) -> None:
    hooked.endpoint(EventKind.REQUEST_CHANGED)
    house = hooked.house
    call = house.call(level=IdentificationLevel.UNKNOWN)
    with house.centre.database.transaction("test_opens") as tx:
        insurer = house.centre.insurers["vsk"]
        open_request(
            tx, insurer=insurer, call=tx.get_one(Call, call.id), kind="curator_task", by="t", at=house.clock.now()
        )
    house.work()
    assert (hooked.receiver.got[0]["data"]["kind"], hooked.receiver.got[0]["data"]["step"]) == (
        "curator_task", "requested",
    )  # fmt: skip


def test_what_is_rolled_back_or_another_insurers_or_not_asked_for_is_not_told(hooked: Hooked) -> None:
    hooked.endpoint(EventKind.CALL_ENDED)
    hooked.endpoint(EventKind.RECORDING_STORED)
    hooked.ended_call("CA-s", insurer_id="soglasie")
    call = hooked.house.call("CA-back")
    with pytest.raises(ZeroDivisionError):
        end_and_fail(hooked, call.id)
    own = hooked.ended_call("CA-own")
    hooked.house.work()
    assert [(one["type"], one["data"]["call_id"]) for one in hooked.receiver.got] == [("call.ended", own.id)]


def end_and_fail(hooked: Hooked, call_id: str) -> None:
    with hooked.house.centre.database.transaction("test_fails") as tx:
        row = tx.get_one(Call, call_id)
        row.state, row.ended_at = "ended", hooked.house.clock.now()
        tx.flush()
        raise ZeroDivisionError


def test_without_an_endpoint_nothing_is_written(hooked: Hooked) -> None:
    hooked.ended_call()
    with hooked.house.centre.database.reading("test_events") as tx:
        assert tx.scalar(select(func.count()).select_from(OutgoingEvent)) == 0


# Signatures.


def test_a_receiver_can_check_the_signature_as_standard_webhooks_says(hooked: Hooked) -> None:
    added = hooked.endpoint()
    hooked.ended_call()
    hooked.house.work()
    headers, body = hooked.receiver.headers_got[0], hooked.receiver.bodies[0]
    key = base64.b64decode(added.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert len(key) == 32
    assert int(headers["webhook-timestamp"]) == int(hooked.house.clock.now().timestamp())
    assert datetime.fromisoformat(hooked.receiver.got[0]["timestamp"]) == hooked.house.clock.now()
    assert hooked.endpoint().secret != added.secret


def test_no_secret_lies_in_the_database(hooked: Hooked) -> None:
    added = hooked.endpoint()
    kept = [str(vars(row)) for row in hooked.endpoints()]
    assert added.secret.removeprefix("whsec_") not in "".join(kept)


# Until it is taken.


@pytest.mark.parametrize("answer", [500, 404, 302, "hang", "drip"])
def test_what_is_not_taken_is_sent_again_under_the_same_id_until_it_is(
    hooked: Hooked, answer: int | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooked.endpoint(EventKind.CALL_ENDED)
    hooked.receiver.answer = answer
    hooked.ended_call()
    began = stopwatch()
    with monkeypatch.context() as patch:
        if answer in ("hang", "drip"):
            patch.setattr(sending, "PATIENCE_SECONDS", 1.0)
        hooked.house.work()
    assert stopwatch() - began < LEASE.total_seconds(), "a second worker would have begun it beside the first"
    assert len(hooked.receiver.got) == 1, "a redirect is not followed"
    (delivery,) = hooked.deliveries()
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 1)
    for thread in [one for one in threading.enumerate() if one.name == "webhook"]:
        thread.join(10)
        assert not thread.is_alive(), "an attempt that was given up goes on reading"
    hooked.receiver.answer = 200
    hooked.house.later(60)
    assert len(hooked.receiver.got) == 2
    assert hooked.receiver.bodies[0] == hooked.receiver.bodies[1]
    ids = {one["webhook-id"] for one in hooked.receiver.headers_got}
    assert len(ids) == 1
    assert hooked.receiver.headers_got[0]["webhook-timestamp"] != hooked.receiver.headers_got[1]["webhook-timestamp"]
    assert hooked.deliveries()[0].state == DeliveryState.DELIVERED
    assert hooked.endpoints()[0].failures == 0


@pytest.mark.parametrize("place", ["webhook:sent", "commit:note_delivery"])
def test_a_worker_killed_between_send_and_note_loses_nothing(hooked_on_each: Hooked, place: str) -> None:
    hooked_on_each.endpoint(EventKind.CALL_ENDED)
    hooked_on_each.ended_call()
    failpoints.arm_once(place, failpoints.kill_here)
    with pytest.raises(failpoints.ProcessKilled):
        hooked_on_each.house.work()
    hooked_on_each.house.later(LEASE.total_seconds() + 1)
    (delivery,) = hooked_on_each.deliveries()
    assert delivery.state == DeliveryState.DELIVERED
    assert {one["webhook-id"] for one in hooked_on_each.receiver.headers_got} == {delivery.event_id}
    assert len(hooked_on_each.receiver.got) == (2 if place == "webhook:sent" else 1)


def test_after_a_day_it_is_given_up_visibly_and_may_be_sent_again(hooked: Hooked) -> None:
    hooked.endpoint(EventKind.CALL_ENDED)
    hooked.receiver.answer = 503
    hooked.ended_call()
    hooked.house.work()
    hooked.for_hours(23)
    assert hooked.deliveries()[0].state == DeliveryState.PENDING
    hooked.for_hours(6)
    (delivery,) = hooked.deliveries()
    assert (delivery.state, delivery.answer) == (DeliveryState.GIVEN_UP, "503")
    assert 8 <= len(hooked.receiver.got) <= 20, "pauses grow"
    told = command(hooked, "deliveries", "--insurer", "vsk", "--state", "given_up")
    assert delivery.id in told
    assert "503" in told
    assert [(one.kind, one.count) for one in alarms(hooked, "vsk")][-1] == (Alarm.EVENTS_GIVEN_UP, 1)
    assert Alarm.EVENTS_GIVEN_UP not in [one.kind for one in alarms(hooked, "soglasie")]
    hooked.receiver.answer = 200
    command(hooked, "redeliver", delivery.id)
    hooked.house.work()
    assert hooked.deliveries()[0].state == DeliveryState.DELIVERED


def alarms(hooked: Hooked, insurer_id: str) -> tuple[Raised, ...]:
    """What the insurer's floor shows now."""
    centre = hooked.house.centre
    with centre.database.reading("test_floor") as tx:
        return floor_now(tx, centre, centre.insurers[insurer_id], at=centre.clock.now()).alarms


def test_a_silent_endpoint_costs_one_attempt_a_pause_however_much_waits_for_it(hooked: Hooked) -> None:
    hooked.endpoint(EventKind.CALL_ENDED)
    hooked.receiver.answer = 500
    for number in range(20):
        hooked.ended_call(f"CA-{number}")
    hooked.house.work()
    assert len(hooked.receiver.got) == 1
    hooked.for_hours(1)
    assert len(hooked.receiver.got) <= 20
    hooked.receiver.answer = 200
    hooked.for_hours(4)
    assert {one.state for one in hooked.deliveries()} == {DeliveryState.DELIVERED}


def test_who_is_gone_is_asked_no_more_for_that_event_and_removed_endpoints_never(hooked: Hooked) -> None:
    added = hooked.endpoint(EventKind.CALL_ENDED)
    hooked.receiver.answer = 410
    hooked.ended_call("CA-gone")
    hooked.house.work()
    assert hooked.deliveries()[0].state == DeliveryState.GIVEN_UP
    hooked.ended_call("CA-on-its-way")
    looking_after.remove_endpoint(hooked.house.centre, endpoint_id=added.endpoint_id, by="t")
    hooked.ended_call("CA-later")
    hooked.for_hours(1)
    assert [one.state for one in hooked.deliveries()] == [DeliveryState.GIVEN_UP] * 2
    assert len(hooked.receiver.got) == 1


def test_what_ended_long_ago_is_forgotten(hooked_on_each: Hooked) -> None:
    hooked_on_each.endpoint(EventKind.CALL_ENDED)
    hooked_on_each.ended_call("CA-old")
    hooked_on_each.house.work()
    hooked_on_each.house.clock.move_by((delivering.KEPT + timedelta(days=1)).total_seconds())
    new = hooked_on_each.ended_call("CA-new")
    hooked_on_each.house.work()
    assert len(hooked_on_each.deliveries()) == 1
    with hooked_on_each.house.centre.database.reading("test_events") as tx:
        assert [one.data["call_id"] for one in tx.scalars(select(OutgoingEvent))] == [new.id]


# Nowhere else.


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert Reach().allows(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_others_are_not_unless_the_installation_named_them(address: str) -> None:
    assert not Reach().allows(address)


def test_a_name_that_leads_inside_is_not_followed(hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    public, inside = PUBLIC[0], "127.0.0.1"
    asked = iter([[public], [public, inside], [inside]])

    def resolve(host: str, port: int, **_: object) -> list[tuple]:
        return [(2, 1, 6, "", (one, port)) for one in next(asked)]

    connected: list[tuple[str, int]] = []

    def connect(place: tuple[str, int], *_: object) -> None:
        connected.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(sending.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(sending.socket, "create_connection", connect)
    answers = [sending.send("https://crm.example/x", body=b"{}", headers={}, reach=Reach()).answer for _ in range(3)]
    assert connected == [(public, 443)], "what is connected to is what was judged, not the name"
    assert ["not public" in answer for answer in answers] == [False, True, True]


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example/", "ftp://crm.example/", "https:///x", "https://u:p@crm.example/", "https://crm.example/#x",
        "file:///etc/passwd", "https://crm.example:x/", "https://crm.example/a b", "https://кто.example/", "x.example",
        "https://127.0.0.1/x", "https://169.254.169.254/x", "https://[::1]/x", "https://10.0.0.7/x",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_when_it_is_added(url: str) -> None:
    with pytest.raises(WebhookError):
        checked_url(url, Reach())


def test_a_certificate_that_nobody_trusts_is_refused_and_a_trusted_one_taken(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    reach = Reach(sending.reach_of(hooked.house.centre.settings).networks)
    with receiving(server_context("localhost")) as receiver:
        url = f"https://localhost:{receiver.server_port}/"
        refused = sending.send(url, body=b"{}", headers={}, reach=reach)
        assert "certificate" in refused.answer
        trusted = tmp_path / "own.pem"
        trusted.write_text(ssl.get_server_certificate(("127.0.0.1", receiver.server_port)))
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert sending.send(url, body=b"{}", headers={}, reach=reach).is_taken
        elsewhere = sending.send(url.replace("localhost", "127.0.0.1"), body=b"{}", headers={}, reach=reach)
        assert "certificate" in elsewhere.answer, "the name must be the certificate's"
    assert len(receiver.got) == 1


# The command.


def test_endpoints_are_looked_after_from_the_command_line(hooked: Hooked) -> None:
    told = command(hooked, "add", hooked.receiver.url, "--insurer", "vsk", "--events", "call.ended,request.changed")
    endpoint_id = told.split(":")[0]
    assert "whsec_" in told
    listed = command(hooked, "list", "--insurer", "vsk")
    assert endpoint_id in listed
    assert "call.ended,request.changed" in listed
    assert "whsec_" not in listed
    assert command(hooked, "test", endpoint_id) == "taken: 204\n"
    assert hooked.kinds() == ["webhook.test"]
    hooked.receiver.answer = 500
    assert command(hooked, "test", endpoint_id, status=1) == "not taken: 500\n"
    command(hooked, "remove", endpoint_id)
    assert command(hooked, "list", "--insurer", "vsk") == ""
    assert "no endpoint" in command(hooked, "test", endpoint_id, status=1)
    assert "https" in command(hooked, "add", "ftp://x/", "--insurer", "vsk", status=1)
    assert "call.ended" in command(hooked, "add", hooked.receiver.url, "--insurer", "vsk", "--events", "x", status=2)


def command(hooked: Hooked, *words: str, status: int = 0) -> str:
    result = CliRunner().invoke(webhook_command(lambda: hooked.house.centre), list(words))
    assert result.exit_code == status, result.output
    return result.output
