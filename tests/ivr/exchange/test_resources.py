"""The REST resources as the real `twilio` package uses them: one test for each row of twilio.md §4."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from ivr.exchange import AutoAnswer, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ivr.exchange.conftest import Bench, RecordingApp

LINE = "+74950000001"
DUTY = "+79990000001"
NOBODY = "CA" + "0" * 32

CALL = {
    "account_sid", "annotation", "answered_by", "api_version", "caller_name", "date_created", "date_updated",
    "direction", "duration", "end_time", "forwarded_from", "from", "from_formatted", "group_sid", "parent_call_sid",
    "phone_number_sid", "price", "price_unit", "queue_time", "sid", "start_time", "status", "subresource_uris", "to",
    "to_formatted", "trunk_sid", "uri",
}  # fmt: skip
QUEUE = {
    "account_sid", "average_wait_time", "current_size", "date_created", "date_updated", "friendly_name", "max_size",
    "sid", "subresource_uris", "uri",
}  # fmt: skip
MEMBER = {"account_sid", "call_sid", "date_enqueued", "position", "queue_sid", "uri", "wait_time"}
CONFERENCE = {
    "account_sid", "api_version", "call_sid_ending_conference", "date_created", "date_updated", "friendly_name",
    "reason_conference_ended", "region", "sid", "status", "subresource_uris", "uri",
}  # fmt: skip
PARTICIPANT = {
    "account_sid", "call_sid", "call_sid_to_coach", "coaching", "conference_sid", "date_created", "date_updated",
    "end_conference_on_exit", "hold", "label", "muted", "queue_time", "start_conference_on_enter", "status", "uri",
}  # fmt: skip
RECORDING = {
    "account_sid", "api_version", "call_sid", "channels", "conference_sid", "date_created", "date_updated", "duration",
    "encryption_details", "error_code", "media_url", "price", "price_unit", "sid", "source", "start_time", "status",
    "subresource_uris", "track", "uri",
}  # fmt: skip
MESSAGE = {
    "account_sid", "api_version", "body", "date_created", "date_sent", "date_updated", "direction", "error_code",
    "error_message", "from", "messaging_service_sid", "num_media", "num_segments", "price", "price_unit", "sid",
    "status", "subresource_uris", "to", "uri",
}  # fmt: skip


def _get(bench: Bench, path: str, **options: Any) -> requests.Response:
    settings = bench.switch.settings
    url = f"{bench.running.url}/2010-04-01/Accounts/{settings.account_sid}{path}"
    with requests.Session() as session:
        return session.get(url, auth=(settings.account_sid, settings.auth_token), timeout=60, **options)


def _code(act: Callable[[], object]) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as refused:
        act()
    return refused.value.status, refused.value.code


@pytest.fixture
def caller(app: RecordingApp, bench: Bench) -> str:
    """A caller in a queue; the call's sid."""
    app.says("/voice", '<Enqueue action="/left">care</Enqueue>')
    return bench.sid(bench.call())


@pytest.fixture
def room(app: RecordingApp, bench: Bench) -> Any:
    """A conference in progress: an agent, and a customer who was called."""
    bench.switch.behave("client:*", AutoAnswer(after=0.0, talk_for=None, patience=None))
    bench.switch.behave(DUTY, AutoAnswer(after=0.0, talk_for=None, patience=None))
    participants = bench.client.conferences("room").participants
    participants.create(to="client:anna", from_=LINE, label="agent", end_conference_on_exit=True)
    participants.create(to=DUTY, from_=LINE, label="customer", early_media=False)
    bench.run(2)
    (found,) = bench.client.conferences.list(friendly_name="room", status="in-progress")
    return found


# Shapes.


def test_every_resource_has_all_of_its_fields(app: RecordingApp, bench: Bench, caller: str, room: Any) -> None:
    bench.client.calls(caller).recordings.create()
    bench.client.messages.create(to=DUTY, from_=LINE, body="Ждите")
    (queue,) = bench.client.queues.list()
    shapes = {
        "/Calls.json": ("calls", CALL),
        "/Queues.json": ("queues", QUEUE),
        f"/Queues/{queue.sid}/Members.json": ("queue_members", MEMBER),
        "/Conferences.json": ("conferences", CONFERENCE),
        f"/Conferences/{room.sid}/Participants.json": ("participants", PARTICIPANT),
        "/Recordings.json": ("recordings", RECORDING),
        "/Messages.json": ("messages", MESSAGE),
    }
    for path, (name, fields) in shapes.items():
        body = _get(bench, path).json()
        assert set(body[name][0]) == fields, path
        assert {"page", "page_size", "start", "end", "first_page_uri", "next_page_uri", "previous_page_uri", "uri"} < (
            set(body)
        )


def test_pages_hold_fifty_and_at_most_a_thousand(bench: Bench) -> None:
    assert _get(bench, "/Calls.json").json()["page_size"] == 50
    assert _get(bench, "/Calls.json?PageSize=5000").json()["page_size"] == 1000


@pytest.mark.parametrize("path", ["/Calls/x.json", "/Queues/x.json", "/Conferences/x.json", "/Recordings/x.json"])
def test_what_is_not_there_is_20404(bench: Bench, path: str) -> None:
    reply = _get(bench, path)
    assert (reply.status_code, reply.json()["code"]) == (404, 20404)


def test_an_api_key_is_a_login_too(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(api_keys=(("SK1", "secret"),))
    url = f"{bench.running.url}/2010-04-01/Accounts/{bench.switch.settings.account_sid}/Calls.json"
    with requests.Session() as session:
        assert session.get(url, auth=("SK1", "secret"), timeout=60).status_code == 200
        assert session.get(url, auth=("SK1", "wrong"), timeout=60).status_code == 401
        assert session.get(url, timeout=60).status_code == 401


# Calls.


def test_url_beats_twiml(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=0.0))
    bench.client.calls.create(to=DUTY, from_=LINE, url=app.url("/out"), twiml="<Response><Say>No</Say></Response>")
    bench.run(1)
    assert app.at("/out")


def test_a_new_call_is_queued(bench: Bench) -> None:
    call = bench.client.calls.create(to=DUTY, from_=LINE, twiml="<Response/>")
    assert (call.status, call.direction, call._from, call.to) == ("queued", "outbound-api", LINE, DUTY)


def test_a_number_of_somebody_else_may_not_call(bench: Bench) -> None:
    def create() -> object:
        return bench.client.calls.create(to=DUTY, from_="+74957777777", twiml="<Response/>")

    def invite() -> object:
        return bench.client.conferences("room").participants.create(to=DUTY, from_="+74957777777")

    assert _code(create) == _code(invite) == (400, 21210)
    assert bench.client.calls.list() == []
    assert bench.client.conferences.list() == []


def test_a_ringing_call_is_canceled_and_a_live_one_completed(app: RecordingApp, bench: Bench, caller: str) -> None:
    bench.switch.behave(DUTY, NoAnswer())
    ringing = bench.client.calls.create(to=DUTY, from_=LINE, twiml="<Response/>")
    bench.run(1)
    assert bench.client.calls(str(ringing.sid)).update(status="canceled").status == "canceled"
    assert _code(lambda: bench.client.calls(caller).update(status="canceled")) == (400, 21220)
    assert bench.client.calls(caller).update(status="completed").status == "completed"
    assert _code(lambda: bench.client.calls(caller).update(url=app.url("/next"))) == (400, 21220)


def test_a_call_not_yet_answered_is_not_redirected(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, NoAnswer())
    call = bench.client.calls.create(to=DUTY, from_=LINE, twiml="<Response/>")
    bench.run(1)
    assert _code(lambda: bench.client.calls(str(call.sid)).update(url=app.url("/next"))) == (400, 21220)


def test_calls_are_found_by_their_times_and_parents(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=1, talk_for=3))
    app.says("/voice", f"<Dial>{DUTY}</Dial>")
    parent = bench.sid(bench.call())
    bench.run(20)
    start = bench.clock.now() - timedelta(seconds=20)
    calls = bench.client.calls
    assert [leg.to for leg in calls.list(parent_call_sid=parent)] == [DUTY]
    assert len(calls.list(start_time_after=start, start_time_before=bench.clock.now())) == 2
    assert calls.list(start_time_after=bench.clock.now()) == []
    assert len(calls.list(end_time_after=start)) == 2


def test_an_account_with_a_cap_may_say_10004(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(most_concurrent_calls=0, concurrency_code=10004)
    assert _code(lambda: bench.client.calls.create(to=DUTY, from_=LINE, twiml="<Response/>")) == (429, 10004)


def test_participants_wait_for_their_second_too(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(calls_per_second=1.0)
    bench.switch.behave("client:*", NoAnswer())
    for name in ("anna", "boris"):
        bench.client.conferences("room").participants.create(to=f"client:{name}", from_=LINE, label=name)
    bench.run(0.5)
    found = {it.label: it for it in bench.client.conferences("room").participants.list()}
    assert (found["anna"].status, found["boris"].status) == ("ringing", "queued")
    assert _get(bench, "/Conferences/room/Participants/boris.json").json()["queue_time"] == "1000"


# Queues.


def test_queues_are_made_changed_and_deleted(bench: Bench) -> None:
    queue = bench.client.queues.create(friendly_name="care", max_size=10)
    assert (queue.current_size, queue.max_size, queue.average_wait_time) == (0, 10, 0)
    assert bench.client.queues.create(friendly_name="large", max_size=9999).max_size == 5000
    assert _code(lambda: bench.client.queues.create(friendly_name="care")) == (400, 22003)
    assert bench.client.queues(str(queue.sid)).update(max_size=20).max_size == 20
    assert bench.client.queues(str(queue.sid)).delete()
    assert [it.friendly_name for it in bench.client.queues.list()] == ["large"]


def test_a_queue_that_is_not_empty_stays(bench: Bench, caller: str) -> None:
    (queue,) = bench.client.queues.list()
    assert _code(lambda: bench.client.queues(str(queue.sid)).delete())[0] == 400
    assert queue.current_size == 1


def test_nobody_is_at_the_front_of_an_empty_queue(app: RecordingApp, bench: Bench) -> None:
    queue = bench.client.queues.create(friendly_name="care")
    members = bench.client.queues(str(queue.sid)).members
    assert _code(lambda: members("Front").update(url=app.url("/next"))) == (404, 20404)


# Conferences.


def test_a_conference_is_ended_and_says_why(bench: Bench, room: Any) -> None:
    ended = bench.client.conferences(str(room.sid)).update(status="completed")
    assert (ended.status, ended.reason_conference_ended) == ("completed", "conference-ended-via-api")
    assert bench.client.conferences(str(room.sid)).participants.list() == []
    assert bench.client.conferences.list(friendly_name="room", status="in-progress") == []


def test_a_participant_who_ends_it_is_named(bench: Bench, room: Any) -> None:
    agent = bench.client.conferences("room").participants("agent").fetch()
    assert bench.client.conferences("room").participants("agent").delete()
    ended = bench.client.conferences(str(room.sid)).fetch()
    assert ended.call_sid_ending_conference == agent.call_sid
    assert ended.reason_conference_ended == "participant-with-end-conference-on-exit-kicked"


def test_participants_are_filtered_and_changed(app: RecordingApp, bench: Bench, room: Any) -> None:
    customer = bench.client.conferences("room").participants("customer")
    assert customer.update(muted=True).muted
    held = customer.update(hold=True, hold_url=app.url("/hold"))
    assert held.hold
    bench.run()
    assert app.at("/hold")[-1].method == "GET"
    listed = bench.client.conferences(str(room.sid)).participants
    assert [it.label for it in listed.list(muted=True)] == ["customer"]
    assert [it.label for it in listed.list(hold=False)] == ["agent"]
    customer.update(announce_url=app.url("/announce"))
    bench.run()
    assert app.at("/announce")[-1].method == "POST"


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [(NoAnswer(), "ringing"), (AutoAnswer(after=0.0, talk_for=None, patience=None), "connected")],
)
def test_a_participant_is_ringing_then_connected(bench: Bench, behaviour: Any, status: str) -> None:
    bench.switch.behave("client:*", behaviour)
    made = bench.client.conferences("room").participants.create(to="client:anna", from_=LINE, label="anna")
    assert made.status == "queued"
    bench.run(1)
    assert bench.client.conferences("room").participants("anna").fetch().status == status


# Recordings, messages, numbers.


def test_a_recording_is_mono_until_two_channels_are_asked_for(app: RecordingApp, bench: Bench, caller: str) -> None:
    recording = bench.client.calls(caller).recordings.create(recording_track="both")
    assert (recording.status, recording.channels, recording.source) == ("in-progress", 1, "StartCallRecordingAPI")
    bench.run(3)
    bench.client.calls(caller).recordings("Twilio.CURRENT").update(status="stopped")
    bench.run(2)
    fetched = bench.client.recordings(str(recording.sid)).fetch()
    assert (fetched.status, fetched.duration) == ("completed", "3")
    assert _get(bench, f"/Recordings/{recording.sid}.wav").headers["Content-Type"] == "audio/x-wav"
    assert _get(bench, f"/Recordings/{recording.sid}.wav?RequestedChannels=2").status_code == 400


def test_a_deleted_recording_is_listed_only_on_request(bench: Bench, caller: str) -> None:
    recording = bench.client.calls(caller).recordings.create()
    bench.client.calls(caller).update(status="completed")
    bench.run(2)
    assert bench.client.recordings(str(recording.sid)).delete()
    assert bench.client.recordings.list() == []
    assert [it.status for it in bench.client.recordings.list(include_soft_deleted=True)] == ["deleted"]


def test_messages_are_found_by_when_they_were_sent(bench: Bench) -> None:
    bench.client.messages.create(to=DUTY, from_=LINE, body="first")
    bench.run(60)
    bench.client.messages.create(to=DUTY, from_=LINE, body="second")
    bench.run(2)
    since = bench.clock.now() - timedelta(seconds=30)
    assert [it.body for it in bench.client.messages.list(to=DUTY, date_sent_after=since)] == ["second"]
    assert [it.body for it in bench.client.messages.list(to=DUTY, date_sent_before=since)] == ["first"]


def test_numbers_are_taken_pointed_and_given_up(app: RecordingApp, bench: Bench) -> None:
    number = bench.client.incoming_phone_numbers.create(
        phone_number="+74950000009", voice_url=app.url("/voice"), voice_method="GET"
    )
    bench.switch.dial("+74950000009")
    bench.run()
    assert app.at("/voice")[-1].method == "GET"
    assert bench.client.incoming_phone_numbers(str(number.sid)).delete()
    assert [it.phone_number for it in bench.client.incoming_phone_numbers.list()] == [LINE]
