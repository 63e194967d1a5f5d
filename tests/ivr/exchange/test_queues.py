"""Enqueue, Leave, Dial to a Queue, and members by REST (twilio.md §1, §3, §4, §10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from twilio.base.exceptions import TwilioRestException

from ivr.exchange import AutoAnswer

if TYPE_CHECKING:
    from tests.ivr.exchange.conftest import Bench, RecordingApp

ENQUEUE = '<Enqueue action="/left" waitUrl="/wait">care</Enqueue><Say>After</Say>'


def _queue(bench: Bench) -> str:
    return str(bench.client.queues.list()[0].sid)


def _agent(app: RecordingApp, bench: Bench, dial: str) -> str:
    """An agent's leg that runs a Dial; returns its call sid."""
    bench.switch.behave("client:*", AutoAnswer(after=1, talk_for=20))
    app.says("/agent", dial)
    call = bench.client.calls.create(to="client:anna", from_="+74950000001", url=app.url("/agent"))
    bench.run(2)
    return str(call.sid)


def test_wait_document_loops_by_itself(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", ENQUEUE)
    app.says("/wait", '<Pause length="10"/>')
    bench.call()
    bench.run(35)
    waits = [one.params for one in app.at("/wait")]
    assert [one["QueueTime"] for one in waits] == ["0", "10", "20", "30"]
    assert waits[0]["QueuePosition"] == "1"
    assert waits[0]["CurrentQueueSize"] == "1"


def test_no_wait_url_is_music(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Enqueue>care</Enqueue>")
    phone = bench.call()
    assert bench.kinds(phone)[-1] == "hold_music"


def test_empty_wait_document_does_not_spin(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", ENQUEUE)
    app.says("/wait", "")
    phone = bench.call()
    bench.run(60)
    assert bench.kinds(phone)[-1] == "hold_music"


def test_gather_works_while_waiting_and_leave_goes_to_the_action(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", ENQUEUE)
    app.says("/wait", '<Gather action="/key" numDigits="1"><Pause length="60"/></Gather>')
    app.says("/key", "<Leave/>")
    app.says("/left", "<Say>Bye</Say>")
    phone = bench.call()
    bench.run(5)
    bench.switch.press(phone, "1")
    bench.run(5)
    assert app.last("/left")["QueueResult"] == "leave"
    assert app.last("/left")["QueueTime"] == "5"
    assert bench.said(phone) == ["Bye"]


def test_leave_without_action_goes_to_the_next_verb(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Enqueue waitUrl="/wait">care</Enqueue><Say>After</Say>')
    app.says("/wait", "<Leave/>")
    assert bench.said(bench.call()) == ["After"]


def test_dial_is_not_allowed_while_waiting(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", ENQUEUE)
    app.says("/wait", "<Dial>+79990000000</Dial><Pause length='5'/>")
    bench.call()
    assert 13215 in [alert.code for alert in bench.switch.alerts()]


def test_hang_up_while_waiting_still_asks_the_action(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", ENQUEUE)
    app.says("/wait", '<Pause length="10"/>')
    phone = bench.call()
    bench.run(3)
    bench.switch.hang_up(phone)
    bench.run(1)
    assert app.last("/left")["QueueResult"] == "hangup"
    assert app.last("/left")["CallStatus"] == "completed"
    assert bench.client.queues(_queue(bench)).members.list() == []


def test_full_queue_says_so_without_a_queue_sid(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Enqueue action="/left" maxQueueSize="1">care</Enqueue>')
    bench.call()
    bench.call()
    assert app.last("/left")["QueueResult"] == "queue-full"
    assert "QueueSid" not in app.last("/left")


def test_members_are_listed_in_order(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Enqueue>care</Enqueue>")
    first, second = bench.call(), bench.call()
    members = bench.client.queues(_queue(bench)).members.list()
    assert [m.call_sid for m in members] == [bench.sid(first), bench.sid(second)]
    assert [m.position for m in members] == [1, 2]


def test_dequeue_by_rest_redirects_and_only_tells_the_action(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", ENQUEUE)
    app.says("/wait", '<Pause length="60"/>')
    app.says("/taken", "<Say>Taken</Say>")
    app.says("/left", "<Say>Wrong</Say>")
    phone = bench.call()
    members = bench.client.queues(_queue(bench)).members
    members(bench.sid(phone)).update(url=app.url("/taken"))
    bench.run(2)
    assert app.last("/left")["QueueResult"] == "redirected"
    assert bench.said(phone) == ["Taken"]


def test_second_dequeue_of_the_same_caller_is_400(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", ENQUEUE)
    app.says("/taken", '<Pause length="60"/>')
    phone = bench.call()
    member = bench.client.queues(_queue(bench)).members(bench.sid(phone))
    member.update(url=app.url("/taken"))
    with pytest.raises(TwilioRestException) as refused:
        member.update(url=app.url("/taken"))
    assert refused.value.status == 400


def test_dequeue_of_a_caller_who_hung_up_is_21220(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", ENQUEUE)
    phone = bench.call()
    bench.switch.hang_up(phone)
    with pytest.raises(TwilioRestException) as refused:
        bench.client.queues(_queue(bench)).members(bench.sid(phone)).update(url=app.url("/taken"))
    assert (refused.value.status, refused.value.code) == (400, 21220)


def test_front_takes_the_next_caller_each_time(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", "<Enqueue>care</Enqueue>")
    phones = [bench.call(), bench.call()]
    front = bench.client.queues(_queue(bench)).members("Front")
    taken = [front.update(url=app.url("/taken")).call_sid for _ in phones]
    assert taken == [bench.sid(phone) for phone in phones]


def test_agent_leg_takes_the_first_caller_with_a_whisper(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", ENQUEUE)
    app.says("/wait", '<Pause length="60"/>')
    app.says("/whisper", "<Say>Connecting you</Say>")
    app.says("/left", "<Say>Thanks</Say>")
    phone = bench.call()
    agent = _agent(app, bench, '<Dial action="/dialled"><Queue url="/whisper">care</Queue></Dial>')
    bench.run(5)
    whispered = app.last("/whisper")
    assert whispered["DequeingCallSid"] == agent
    assert whispered["CallSid"] == bench.sid(phone)
    assert "bridged" in bench.kinds(phone)
    bench.run(30)
    assert app.last("/left")["QueueResult"] == "bridged"
    assert app.last("/dialled")["DialCallStatus"] == "completed"
    assert bench.said(phone)[-1] == "Thanks"


def test_agent_leg_waits_for_a_caller_until_its_timeout(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", ENQUEUE)
    _agent(app, bench, '<Dial action="/dialled" timeout="10"><Queue>care</Queue></Dial>')
    bench.run(5)
    phone = bench.call()
    bench.run(1)
    assert "bridged" in bench.kinds(phone)
    bench.switch.hang_up(phone)
    bench.run(1)
    assert app.last("/dialled")["DialCallStatus"] == "completed"
    _agent(app, bench, '<Dial action="/dialled" timeout="10"><Queue>other</Queue></Dial>')
    bench.run(11)
    assert app.last("/dialled")["DialCallStatus"] == "no-answer"


def test_redirect_of_a_waiting_call_says_redirected(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", ENQUEUE)
    phone = bench.call()
    bench.client.calls(bench.sid(phone)).update(twiml="<Response><Say>Moved</Say></Response>")
    bench.run(1)
    assert app.last("/left")["QueueResult"] == "redirected"
    assert bench.said(phone) == ["Moved"]
