"""Dial to numbers and clients, REST calls, transfers of legs (twilio.md §1, §3, §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from twilio.base.exceptions import TwilioRestException

from ivr.exchange import AutoAnswer, Busy, Fail, NoAnswer, Person

if TYPE_CHECKING:
    from tests.ivr.exchange.conftest import Bench, RecordingApp

DUTY = "+79990000001"
DIAL = f'<Dial action="/dialled" timeout="20">{DUTY}</Dial><Say>Never</Say>'


def test_answered_dial_bridges_and_ends_with_its_action(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=2, talk_for=30))
    app.says("/voice", DIAL)
    app.says("/dialled", "<Say>Thanks</Say>")
    phone = bench.call()
    bench.run(60)
    done = app.last("/dialled")
    assert (done["DialCallStatus"], done["DialCallDuration"], done["DialBridged"]) == (
        "completed",
        "30",
        "true",
    )
    assert bench.said(phone) == ["Thanks"]


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [(Busy(), "busy"), (Fail(), "failed"), (NoAnswer(), "no-answer")],
)
def test_unanswered_dial_says_why(
    app: RecordingApp, bench: Bench, behaviour: Busy | Fail | NoAnswer, status: str
) -> None:
    bench.switch.behave(DUTY, behaviour)
    app.says("/voice", DIAL)
    bench.call()
    bench.run(60)
    assert app.last("/dialled")["DialCallStatus"] == status


def test_dial_times_out_five_seconds_late(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, NoAnswer())
    app.says("/voice", DIAL)
    bench.call()
    bench.run(24.9)
    assert not app.at("/dialled")
    bench.run(0.2)
    assert app.at("/dialled")


def test_dial_without_action_falls_through(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, Busy())
    app.says("/voice", f"<Dial>{DUTY}</Dial><Say>Nobody</Say>")
    phone = bench.call()
    bench.run(2)
    assert bench.said(phone) == ["Nobody"]


def test_first_to_answer_wins_and_the_others_stop_ringing(app: RecordingApp, bench: Bench) -> None:
    slow = bench.switch.register("client:slow")
    bench.switch.behave("client:quick", AutoAnswer(after=2))
    app.says("/voice", "<Dial><Client>slow</Client><Client>quick</Client></Dial>")
    phone = bench.call()
    bench.run(3)
    assert "bridged" in bench.kinds(phone)
    assert bench.ending(slow)["status"] == "canceled"


def test_offline_client_is_no_answer_at_once(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", '<Dial action="/dialled"><Client>nobody</Client></Dial>')
    bench.call()
    bench.run(2)
    assert app.last("/dialled")["DialCallStatus"] == "no-answer"


def test_person_hears_parameters_accepts_and_is_bridged(app: RecordingApp, bench: Bench) -> None:
    anna = bench.switch.register("client:anna", Person())
    app.says(
        "/voice",
        '<Dial><Client><Identity>anna</Identity><Parameter name="wait" value="7"/></Client></Dial>',
    )
    phone = bench.call()
    bench.run(1)
    ringing = next(e for e in bench.switch.events_since(anna) if e.kind == "ringing")
    assert ringing.data["parameters"] == {"wait": "7"}
    bench.switch.accept(anna)
    bench.run()
    assert "bridged" in bench.kinds(anna)
    assert "bridged" in bench.kinds(phone)
    bench.switch.hang_up(anna)
    bench.run()
    assert bench.ending(phone)["status"] == "completed"


def test_declined_call_is_busy(app: RecordingApp, bench: Bench) -> None:
    anna = bench.switch.register("client:anna")
    app.says("/voice", '<Dial action="/dialled"><Client>anna</Client></Dial>')
    bench.call()
    bench.run(1)
    bench.switch.decline(anna)
    bench.run()
    assert app.last("/dialled")["DialCallStatus"] == "busy"


def test_whisper_runs_on_the_callee_before_the_bridge(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=1))
    app.says("/voice", f'<Dial><Number url="/whisper">{DUTY}</Number></Dial>')
    app.says("/whisper", '<Pause length="5"/>')
    phone = bench.call()
    bench.run(4)
    assert "bridged" not in bench.kinds(phone)
    assert app.last("/whisper")["ParentCallSid"] == bench.sid(phone)
    bench.run(3)
    assert "bridged" in bench.kinds(phone)


def test_answer_on_bridge_delays_the_answer(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=5))
    app.says("/voice", f'<Dial answerOnBridge="true">{DUTY}</Dial>')
    phone = bench.call()
    bench.run(4)
    assert "answered" not in bench.kinds(phone)
    bench.run(2)
    assert "answered" in bench.kinds(phone)


def test_caller_who_hangs_up_while_it_rings_is_canceled(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, NoAnswer())
    app.says("/voice", DIAL)
    phone = bench.call()
    bench.run(3)
    bench.switch.hang_up(phone)
    bench.run(1)
    done = app.last("/dialled")
    assert (done["DialCallStatus"], done["CallStatus"]) == ("canceled", "completed")


def test_redirect_mid_dial_asks_the_action_and_ignores_its_document(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", DIAL)
    app.says("/dialled", "<Say>Wrong</Say>")
    app.says("/moved", "<Say>Moved</Say>")
    phone = bench.call()
    bench.run(10)
    bench.client.calls(bench.sid(phone)).update(url=app.url("/moved"))
    bench.run(5)
    assert app.at("/dialled")
    assert bench.said(phone) == ["Moved"]
    assert bench.client.calls.list(status="in-progress") == []


def test_taking_the_far_leg_away_lets_the_caller_go_on(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", DIAL)
    app.says("/dialled", "<Say>Back</Say>")
    phone = bench.call()
    bench.run(10)
    leg = bench.client.calls.list(parent_call_sid=bench.sid(phone))[0]
    bench.client.calls(leg.sid).update(twiml="<Response><Pause length='60'/></Response>")
    bench.run(3)
    assert bench.said(phone) == ["Back"]
    assert bench.client.calls(leg.sid).fetch().status == "in-progress"


def test_hangup_on_star_ends_the_far_leg(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", f'<Dial hangupOnStar="true" action="/dialled">{DUTY}</Dial>')
    phone = bench.call()
    bench.run(10)
    bench.switch.press(phone, "*")
    bench.run()
    assert app.last("/dialled")["DialCallStatus"] == "completed"


def test_sequential_dial_tries_one_after_another(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, Busy())
    app.says("/voice", f'<Dial sequential="true"><Number>{DUTY}</Number><Number>+79990000002</Number></Dial>')
    phone = bench.call()
    bench.run(6)
    assert "bridged" in bench.kinds(phone)


def test_rest_call_announces_the_events_asked_for(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, AutoAnswer(after=2))
    app.says("/out", "<Say>Hello</Say>")
    call = bench.client.calls.create(
        to=DUTY,
        from_="+74950000001",
        url=app.url("/out"),
        status_callback=app.url("/progress"),
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    assert call.status == "queued"
    bench.run(10)
    told = [one.params for one in app.at("/progress")]
    assert [one["CallStatus"] for one in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert [one["SequenceNumber"] for one in told] == ["0", "1", "2", "3"]
    assert "CallDuration" in told[-1]
    assert app.last("/out")["Direction"] == "outbound-api"


def test_rest_call_announces_only_completed_by_default(app: RecordingApp, bench: Bench) -> None:
    bench.switch.behave(DUTY, Busy())
    bench.client.calls.create(
        to=DUTY, from_="+74950000001", url=app.url("/out"), status_callback=app.url("/progress")
    )
    bench.run(10)
    assert [one.params["CallStatus"] for one in app.at("/progress")] == ["busy"]


def test_cancel_while_queued_makes_no_callback(app: RecordingApp, make_bench: object) -> None:
    bench: Bench = make_bench(calls_per_second=1.0)  # type: ignore[operator]
    calls = [
        bench.client.calls.create(
            to=DUTY, from_="+74950000001", url=app.url("/out"), status_callback=app.url("/progress")
        )
        for _ in range(2)
    ]
    assert bench.client.calls(calls[1].sid).fetch().queue_time == "1000"
    bench.client.calls(calls[1].sid).update(status="canceled")
    bench.run(60)
    assert {one.params["CallSid"] for one in app.at("/progress")} == {calls[0].sid}


def test_inline_document_runs_and_is_limited(app: RecordingApp, bench: Bench) -> None:
    twiml = "<Response><Say>Inline</Say></Response>"
    call = bench.client.calls.create(to=DUTY, from_="+74950000001", twiml=twiml)
    bench.run(10)
    assert bench.said(call.sid) == ["Inline"]
    with pytest.raises(TwilioRestException) as refused:
        bench.client.calls.create(to=DUTY, from_="+74950000001", twiml="x" * 4001)
    assert refused.value.code == 32018


def test_updating_a_dead_call_is_21220(app: RecordingApp, bench: Bench) -> None:
    phone = bench.call()
    bench.run(1)
    with pytest.raises(TwilioRestException) as refused:
        bench.client.calls(bench.sid(phone)).update(status="completed")
    assert (refused.value.status, refused.value.code) == (400, 21220)


def test_callback_to_a_caller_can_be_worked_by_a_person(app: RecordingApp, bench: Bench) -> None:
    phone = bench.switch.register("+79001112233")
    app.says("/out", '<Gather action="/key" numDigits="1"><Say>Still ill?</Say></Gather>')
    bench.client.calls.create(to="+79001112233", from_="+74950000001", url=app.url("/out"))
    bench.run(1)
    bench.switch.accept(phone)
    bench.run(1)
    bench.switch.press(phone, "1")
    bench.run()
    assert app.last("/key")["Digits"] == "1"


def test_callback_hands_press_by_themselves(app: RecordingApp, bench: Bench) -> None:
    from ivr.exchange import Hands

    bench.switch.behave("+7900*", AutoAnswer(after=1, hands=Hands(("2",))))
    app.says("/out", '<Gather action="/key" numDigits="1"><Say>Still ill?</Say></Gather>')
    bench.client.calls.create(to="+79001112233", from_="+74950000001", url=app.url("/out"))
    bench.run(10)
    assert app.last("/key")["Digits"] == "2"
