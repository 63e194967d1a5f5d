"""Conferences: start, end, callbacks, hold, transfer, supervision (twilio.md §1, §3, §5, §10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from twilio.base.exceptions import TwilioRestException

from ivr.exchange import AutoAnswer, Busy
from ivr.exchange.conferencing.hearing import heard_by

if TYPE_CHECKING:
    from tests.ivr.exchange.conftest import Bench, RecordingApp

LINE = "+74950000001"
EVENTS = "start end join leave mute hold modify announcement"
CUSTOMER = (
    '<Dial action="/after"><Conference startConferenceOnEnter="false" endConferenceOnExit="true"'
    f' waitUrl="/wait" statusCallback="/room" statusCallbackEvent="{EVENTS}">room</Conference></Dial>'
)


@pytest.fixture
def customer(app: RecordingApp, bench: Bench) -> str:
    """A customer who waits in the conference called room."""
    app.says("/voice", CUSTOMER)
    app.says("/wait", '<Pause length="5"/>')
    bench.switch.behave("client:*", AutoAnswer(after=1, talk_for=None, patience=None))
    return bench.call()


def _add(bench: Bench, name: str, **options: object) -> str:
    added = bench.client.conferences("room").participants.create(
        from_=LINE, to=f"client:{name}", label=name, early_media=False, **options
    )
    bench.run(2)
    return str(added.call_sid)


def _events(app: RecordingApp) -> list[str]:
    return [one.params["StatusCallbackEvent"] for one in app.at("/room")]


def _hears(bench: Bench, call_sid: str) -> set[str]:
    with bench.switch.turn() as core:
        return {call.sid for call in heard_by(core, core.calls[call_sid])}


def _of(bench: Bench, who: str) -> object:
    return bench.client.conferences("room").participants(who)


def test_wait_document_runs_once(app: RecordingApp, bench: Bench, customer: str) -> None:
    bench.run(30)
    assert len(app.at("/wait")) == 1


def test_two_participants_and_a_starter_start_it(app: RecordingApp, bench: Bench, customer: str) -> None:
    assert bench.client.conferences.list()[0].status == "init"
    _add(bench, "anna")
    assert _events(app) == ["participant-join", "participant-join", "conference-start"]
    assert bench.client.conferences.list(friendly_name="room")[0].status == "in-progress"
    assert "bridged" in bench.kinds(customer)


def test_customer_leaving_ends_it_for_the_agent(app: RecordingApp, bench: Bench, customer: str) -> None:
    agent = _add(bench, "anna")
    bench.switch.hang_up(customer)
    bench.run(1)
    assert bench.ending(agent)["status"] == "completed"
    end = app.at("/room")[-1].params
    assert end["StatusCallbackEvent"] == "conference-end"
    assert end["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert end["CallSidEndingConference"] == bench.sid(customer)
    assert app.last("/after")["DialCallStatus"] == "answered"
    assert "DialCallSid" not in app.last("/after")


def test_agent_who_ends_it_sends_the_customer_to_the_action(
    app: RecordingApp, bench: Bench, customer: str
) -> None:
    app.says("/after", "<Say>How was it?</Say>")
    agent = _add(bench, "anna", end_conference_on_exit=True)
    bench.switch.hang_up(agent)
    bench.run(2)
    assert bench.said(customer) == ["How was it?"]
    left = [one.params for one in app.at("/room") if one.params["StatusCallbackEvent"] == "participant-leave"]
    assert [one["ReasonParticipantLeft"] for one in left] == [
        "participant_hung_up",
        "moderator_ended_conference",
    ]


def test_only_the_first_participants_callback_counts(app: RecordingApp, bench: Bench, customer: str) -> None:
    _add(
        bench,
        "anna",
        conference_status_callback=app.url("/second"),
        conference_status_callback_event=["join"],
    )
    assert not app.at("/second")


def test_hold_plays_the_hold_document_by_get_and_cuts_off(
    app: RecordingApp, bench: Bench, customer: str
) -> None:
    agent, sid = _add(bench, "anna"), bench.sid(customer)
    assert _hears(bench, agent) == {sid}
    app.says("/hold", "<Say>Please hold</Say>")
    _of(bench, sid).update(hold=True, hold_url=app.url("/hold"))
    bench.run(1)
    assert app.at("/hold")[0].method == "GET"
    assert _hears(bench, agent) == set()
    _of(bench, sid).update(hold=False)
    bench.run(1)
    assert _hears(bench, agent) == {sid}
    assert _events(app)[-2:] == ["participant-hold", "participant-unhold"]


def test_end_flag_is_ignored_while_held(app: RecordingApp, bench: Bench, customer: str) -> None:
    _add(bench, "anna")
    sid = bench.sid(customer)
    _of(bench, sid).update(hold=True)
    changed = _of(bench, sid).update(end_conference_on_exit=False)
    assert changed.end_conference_on_exit is True
    _of(bench, sid).update(hold=False)
    assert _of(bench, sid).update(end_conference_on_exit=False).end_conference_on_exit is False


def test_warm_transfer(app: RecordingApp, bench: Bench, customer: str) -> None:
    sid = bench.sid(customer)
    anna = _add(bench, "anna", end_conference_on_exit=True)
    _of(bench, "anna").update(end_conference_on_exit=False)
    _of(bench, sid).update(hold=True)
    boris = _add(bench, "boris", end_conference_on_exit=True)
    assert _hears(bench, anna) == {boris}
    _of(bench, sid).update(hold=False)
    _of(bench, "anna").delete()
    bench.run(1)
    assert bench.ending(anna)["status"] == "completed"
    assert _hears(bench, boris) == {sid}


def test_muted_listener_hears_both_and_is_heard_by_none(bench: Bench, customer: str) -> None:
    anna, chief = _add(bench, "anna"), _add(bench, "chief", muted=True)
    sid = bench.sid(customer)
    assert _hears(bench, chief) == {sid, anna}
    assert _hears(bench, sid) == {anna}


def test_coach_is_heard_by_the_coached_alone(bench: Bench, customer: str) -> None:
    anna, sid = _add(bench, "anna"), bench.sid(customer)
    chief = _add(bench, "chief", coaching=True, call_sid_to_coach=anna)
    assert _hears(bench, anna) == {sid, chief}
    assert _hears(bench, sid) == {anna}
    _of(bench, "chief").update(coaching=False, muted=False)
    assert _hears(bench, sid) == {anna, chief}


def test_coaching_nobody_is_refused(bench: Bench, customer: str) -> None:
    _add(bench, "anna")
    with pytest.raises(TwilioRestException) as refused:
        _of(bench, "anna").update(coaching=True, call_sid_to_coach="CA" + "0" * 32)
    assert refused.value.code == 13240


def test_announcement_is_heard_by_all_and_told(app: RecordingApp, bench: Bench, customer: str) -> None:
    agent = _add(bench, "anna")
    app.says("/news", "<Say>Five minutes left</Say>")
    bench.client.conferences("room").update(announce_url=app.url("/news"))
    bench.run(3)
    assert bench.said(customer)[-1] == bench.said(agent)[-1] == "Five minutes left"
    assert _events(app)[-1] == "announcement-end"
    app.says("/news", ("no", 500))
    bench.client.conferences("room").update(announce_url=app.url("/news"))
    bench.run(1)
    assert _events(app)[-1] == "announcement-fail"


def test_duplicate_label_is_16025(bench: Bench, customer: str) -> None:
    _add(bench, "anna")
    with pytest.raises(TwilioRestException) as refused:
        _add(bench, "anna")
    assert refused.value.code == 16025


def test_agent_who_does_not_answer_never_joins(app: RecordingApp, bench: Bench, customer: str) -> None:
    bench.switch.behave("client:*", Busy())
    sid = _add(bench, "anna", status_callback=app.url("/leg"), status_callback_event=["completed"])
    assert app.last("/leg")["CallStatus"] == "busy"
    assert app.last("/leg")["CallSid"] == sid
    assert app.at("/room")[-1].params["ReasonParticipantLeft"] == "participant_add_failed"
    assert not bench.ending(customer)


def test_conference_made_by_rest_uses_its_callback_and_default_events(
    app: RecordingApp, bench: Bench
) -> None:
    bench.switch.behave("client:*", AutoAnswer(after=1, talk_for=None, patience=10))
    bench.client.conferences("offer-1").participants.create(
        from_=LINE, to="client:anna", conference_status_callback=app.url("/offer")
    )
    bench.run(30)
    assert [one.params["StatusCallbackEvent"] for one in app.at("/offer")] == ["conference-end"]


def test_participants_of_a_finished_conference_are_gone(bench: Bench, customer: str) -> None:
    agent = _add(bench, "anna")
    room = bench.client.conferences.list()[0].sid
    bench.client.conferences(room).update(status="completed")
    assert bench.client.conferences(room).participants.list() == []
    with pytest.raises(TwilioRestException) as refused:
        bench.client.conferences(room).participants(agent).update(muted=True)
    assert refused.value.status == 404


def test_participant_tells_how_its_call_fares(bench: Bench, customer: str) -> None:
    bench.switch.register("client:vera")
    added = bench.client.conferences("room").participants.create(from_=LINE, to="client:vera")
    assert added.status == "queued"
    bench.run(1)
    assert _of(bench, added.call_sid).fetch().status == "ringing"
    bench.switch.accept("client:vera")
    assert _of(bench, added.call_sid).fetch().status == "connected"


def test_redirecting_a_participant_takes_it_out(app: RecordingApp, bench: Bench, customer: str) -> None:
    _add(bench, "anna")
    app.says("/after", "<Say>Wrong</Say>")
    bench.client.calls(bench.sid(customer)).update(twiml="<Response><Say>Moved</Say></Response>")
    bench.run(1)
    assert bench.said(customer) == ["Moved"]
    assert app.at("/after")
    assert bench.client.conferences.list()[0].status == "completed"


def test_illegal_verb_in_a_wait_document_is_13238(app: RecordingApp, bench: Bench) -> None:
    app.says("/voice", CUSTOMER)
    app.says("/wait", "<Gather><Say>No</Say></Gather><Say>Wait</Say>")
    phone = bench.call()
    bench.run(1)
    assert 13238 in [alert.code for alert in bench.switch.alerts()]
    assert bench.said(phone) == ["Wait"]


def test_a_name_can_be_used_again_after_the_end(app: RecordingApp, bench: Bench, customer: str) -> None:
    first = bench.client.conferences.list()[0].sid
    bench.switch.hang_up(customer)
    bench.call()
    rooms = bench.client.conferences.list()
    assert len(rooms) == 2
    assert rooms[0].sid != first
