"""Which conversations are recorded, and what becomes of the carrier's news in any order."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from agents.at_work import commands, joining
from agents.at_work.recording_commands import pause_recording
from agents.errors import NothingToDo
from agents.models import Presence, Purpose
from agents.web import hear_conference, hear_leg
from config import failpoints
from config.due_work import DueWork
from ivr.calls.finding import locked_call
from ivr.calls.log import record
from ivr.calls.models import Call, CallEvent
from ivr.calls.recorded import RECORDED_ONE_IN, RECORDING_ANNOUNCED, is_recorded
from ivr.carrier.errors import CarrierUnavailable
from ivr.carrier.port import CarrierRecording, RecordingStatus
from recordings.conversations import Conversations
from recordings.keeping import RETIRE, Keeping
from recordings.models import Recording, RecordingKind, RecordingPause, RecordingState
from recordings.pauses import Pauses, recording_now, set_paused
from recordings.playing_conversations import parts_of
from tests.agents.conftest import make_house
from tests.recordings.sounds import wav

KIND = RecordingKind.CONVERSATION


@pytest.fixture
def house(tmp_path, database):
    house = make_house(tmp_path, database)
    house.conversations = Conversations(house.centre, house.carrier)
    house.keeping = Keeping(house.centre, house.carrier)
    for one in (house.conversations, house.keeping, Pauses(house.centre, house.carrier)):
        one.wire(house.centre.plan)
    house.centre.plan.handle("discard_recording", "recordings", lambda sid: house.carrier.delete_recording(sid))
    house.agent("desk-1")
    yield house
    failpoints.disarm()


def told(house, call):
    with house.centre.database.transaction("told") as tx:
        record(tx, tx.get_one(Call, call.id), RECORDING_ANNOUNCED, at=house.clock.now(), language="ru")


def ring(house, *, queue="medical_desk", is_told=True, **fields):
    call = house.call(**fields)
    if is_told:
        told(house, call)
    house.join(call, queue)
    house.work()
    return call


def talk(house, call):
    (offer,) = [one for one in house.offers(call_id=call.id) if one.purpose == Purpose.QUEUE]
    sid = house.carrier.participants[offer.id]
    hear_leg(house.floor, offer.id, sid, "ringing")
    hear_leg(house.floor, offer.id, sid, "in-progress")
    house.work()
    house.connected(call)
    hear_conference(house.floor, offer.id, "participant-join", call.carrier_sid)
    return house.offers(id=offer.id)[0]


def news(house, offer, status, *, seconds=0, sid="RE1"):
    started = house.clock.now() - timedelta(seconds=seconds)
    one = CarrierRecording(sid, status, seconds, started)
    house.conversations.hear(offer.call_id, conversation=offer.conference, kind=KIND, news=one)


def recordings(house):
    with house.centre.database.reading("recordings") as tx:
        return list(tx.scalars(select(Recording).order_by(Recording.id)))


def events(house, call):
    with house.centre.database.reading("events") as tx:
        statement = select(CallEvent).where(CallEvent.call_id == call.id, CallEvent.kind.like("recording_%"))
        return list(tx.scalars(statement.order_by(CallEvent.seq)))


def test_a_conference_is_asked_for_as_a_recorded_one(house):
    call = ring(house)
    (asked,) = house.carrier.of("ring_agent")
    (offer,) = house.offers()
    assert asked["recording_url"].endswith(f"/voice/conversations/{call.id}/conversation/{offer.conference}/recording")


@pytest.mark.parametrize(
    "fields",
    [
        {"is_told": False},
        {"is_anonymous": True},
        {"queue": "psychologist"},
    ],
    ids=["nobody was told", "anonymous caller", "excluded queue"],
)
def test_what_must_not_be_recorded_is_not(house, fields):
    house.agent("talker", skills={"psychologist": 1})
    ring(house, **fields)
    assert [asked["recording_url"] for asked in house.carrier.of("ring_agent")] == [None]


def test_a_colleague_joins_without_a_second_recording(house):
    call = ring(house)
    talk(house, call)
    house.agent("desk-2")
    joining.consult(house.floor, insurer_id="vsk", code="desk-1", to_code="desk-2")
    house.work()
    assert [bool(asked["recording_url"]) for asked in house.carrier.of("ring_agent")] == [True, False]
    assert len(recordings(house)) == 1


def test_news_in_any_order_and_twice_end_in_one_recording_at_rest(house):
    call = ring(house)
    offer = talk(house, call)
    house.carrier.recordings["RE1"] = wav(9)
    news(house, offer, RecordingStatus.COMPLETED, seconds=9)
    for status in (RecordingStatus.UNDER_WAY, RecordingStatus.COMPLETED, RecordingStatus.ABSENT):
        news(house, offer, status, seconds=9)
    house.work()
    (row,) = recordings(house)
    assert (row.state, row.duration_seconds, row.error) == (RecordingState.DELETED_AT_CARRIER, 9, None)
    assert house.carrier.recordings == {}
    assert row.peaks


@pytest.mark.parametrize("is_heard", [True, False], ids=["by news", "by asking"])
def test_what_the_carrier_began_anew_in_a_conference_is_a_part_of_its_own(house, is_heard):
    call = ring(house)
    offer = talk(house, call)
    for sid, seconds in (("RE1", 9), ("RE2", 4)):
        house.carrier.recordings[sid] = wav(seconds)
    news(house, offer, RecordingStatus.COMPLETED, seconds=9)
    if is_heard:
        for status in (RecordingStatus.UNDER_WAY, RecordingStatus.COMPLETED, RecordingStatus.COMPLETED):
            news(house, offer, status, seconds=4, sid="RE2")
    else:
        news(house, offer, RecordingStatus.UNDER_WAY, sid="RE2")
        started = house.clock.now()
        house.carrier.recorded[offer.conference] = [
            CarrierRecording("RE1", RecordingStatus.COMPLETED, 9, started),
            CarrierRecording("RE2", RecordingStatus.COMPLETED, 4, started),
        ]
        house.end_call(call)
        house.clock.move_by(61)
    house.work()
    rows = recordings(house)
    assert sorted((row.carrier_sid, row.duration_seconds) for row in rows) == [("RE1", 9), ("RE2", 4)]
    assert {row.state for row in rows} == {RecordingState.DELETED_AT_CARRIER}
    assert house.carrier.recordings == {}


def test_news_before_the_caller_is_known_to_have_come_are_kept(house):
    call = ring(house)
    (offer,) = house.offers()
    news(house, offer, RecordingStatus.UNDER_WAY)
    assert [row.state for row in recordings(house)] == [RecordingState.RECORDING]
    talk(house, call)
    assert [row.state for row in recordings(house)] == [RecordingState.RECORDING]


def test_notice_and_consent_are_on_the_calls_events(house):
    call = ring(house)
    news(house, talk(house, call), RecordingStatus.UNDER_WAY)
    announced, began = events(house, call)
    assert (announced.kind, announced.data) == ("recording_announced", {"language": "ru"})
    assert began.data == {"recording": recordings(house)[0].id, "part": 1, "told": True, "consent": "stayed_on_line"}


def test_what_was_recorded_of_somebody_who_was_not_told_is_thrown_away(house):
    call = ring(house, is_told=False)
    offer = talk(house, call)
    house.carrier.recordings["RE1"] = wav(9)
    news(house, offer, RecordingStatus.COMPLETED, seconds=9)
    house.work()
    (row,) = recordings(house)
    assert (row.state, row.error) == (RecordingState.ABSENT, "nobody was told")
    assert house.carrier.recordings == {}
    assert house.carrier.of("fetch_recording") == []


def test_without_news_the_carrier_is_asked_after_the_calls_end(house):
    call = ring(house)
    offer = talk(house, call)
    house.end_call(call)
    made = CarrierRecording("RE7", RecordingStatus.COMPLETED, 9, house.clock.now())
    house.carrier.recorded[offer.conference] = [made]
    house.carrier.recordings["RE7"] = wav(9)
    house.later(61)
    assert [row.state for row in recordings(house)] == [RecordingState.DELETED_AT_CARRIER]


def test_what_the_carrier_never_made_is_an_alarm(house):
    call = ring(house)
    talk(house, call)
    house.end_call(call)
    for _ in range(12):
        house.later(61)
    (row,) = recordings(house)
    assert (row.state, row.error) == (RecordingState.ABSENT, "never made")
    assert events(house, call)[-1].data["alarm"] is True


def test_news_of_a_call_that_is_not_ours_leave_no_row(house):
    one = CarrierRecording("RE1", RecordingStatus.COMPLETED, 9, None)
    house.conversations.hear("0" * 32, conversation="c", kind=KIND, news=one)
    assert recordings(house) == []


def now_shown(house, call):
    with house.centre.database.reading("now") as tx:
        return recording_now(tx, call.id)


def pause(house, on=True, code="desk-1"):
    pause_recording(house.floor, insurer_id="vsk", code=code, on=on)


def test_a_pause_is_shown_only_when_the_carrier_has_confirmed_it(house):
    call = ring(house)
    news(house, talk(house, call), RecordingStatus.UNDER_WAY)
    assert now_shown(house, call) == "recording"
    house.carrier.refuse["pause_recording"] = CarrierUnavailable("pause_recording")
    pause(house)
    assert now_shown(house, call) == "pausing"
    del house.carrier.refuse["pause_recording"]
    house.later(2)
    assert now_shown(house, call) == "paused"
    pause(house, on=False)
    assert now_shown(house, call) == "recording"
    assert [asked["on"] for asked in house.carrier.of("pause_recording")] == [True, False]
    kinds = [event.kind for event in events(house, call)][2:]
    assert kinds == ["recording_paused", "recording_pause_confirmed", "recording_resumed"]


def test_a_pause_ends_with_its_recording(house):
    call = ring(house)
    offer = talk(house, call)
    news(house, offer, RecordingStatus.UNDER_WAY)
    pause(house)
    news(house, offer, RecordingStatus.COMPLETED, seconds=9)
    assert now_shown(house, call) is None
    with pytest.raises(NothingToDo):
        pause(house, on=False)


def test_a_pause_is_of_one_conversation_and_the_next_agents_is_recorded(house):
    call = ring(house)
    first = talk(house, call)
    news(house, first, RecordingStatus.UNDER_WAY)
    pause(house)
    assert now_shown(house, call) == "paused"
    house.later(1)
    begins = CarrierRecording("RE2", RecordingStatus.UNDER_WAY, 0, house.clock.now())
    house.conversations.hear(call.id, conversation="the next one", kind=KIND, news=begins)
    assert now_shown(house, call) == "recording"
    with house.centre.database.transaction("pause_second") as tx:
        set_paused(tx, locked_call(tx, call.id), on=True, by="desk-2", at=house.clock.now())
    house.work()
    # News of the first come late, and are of the first alone.
    house.later(1)
    news(house, first, RecordingStatus.COMPLETED, seconds=9)
    assert now_shown(house, call) == "paused"
    ends = CarrierRecording("RE2", RecordingStatus.COMPLETED, 9, begins.started_at)
    house.conversations.hear(call.id, conversation="the next one", kind=KIND, news=ends)
    with house.centre.database.reading("parts") as tx:
        silences = [one.silences for one in parts_of(tx, insurer_id="vsk", call_id=call.id)]
    assert [len(one) for one in silences] == [1, 1]
    assert [asked["conference"] for asked in house.carrier.of("pause_recording")] == [first.conference, "the next one"]


def test_who_is_handed_the_caller_is_recorded_whatever_was_paused_before(house):
    call = ring(house)
    news(house, talk(house, call), RecordingStatus.UNDER_WAY)
    pause(house)
    house.agent("desk-2")
    joining.consult(house.floor, insurer_id="vsk", code="desk-1", to_code="desk-2")
    house.work()
    (beside,) = [one for one in house.offers() if one.purpose == Purpose.CONSULT]
    hear_leg(house.floor, beside.id, house.carrier.participants[beside.id], "in-progress")
    joining.hand_over(house.floor, insurer_id="vsk", code="desk-1")
    house.work()
    assert now_shown(house, call) == "recording"
    assert [asked["on"] for asked in house.carrier.of("pause_recording")] == [True, False]


def test_what_the_carrier_records_anew_is_paused_again_and_said_to_be_recorded_until_then(house):
    call = ring(house)
    offer = talk(house, call)
    news(house, offer, RecordingStatus.UNDER_WAY)
    pause(house)
    house.carrier.refuse["pause_recording"] = CarrierUnavailable("pause_recording")
    news(house, offer, RecordingStatus.UNDER_WAY, sid="RE2")
    house.work()
    assert now_shown(house, call) == "pausing"
    del house.carrier.refuse["pause_recording"]
    house.later(2)
    # News of the first come late, and as often as the carrier likes.
    for status in (RecordingStatus.COMPLETED, RecordingStatus.COMPLETED, RecordingStatus.FAILED):
        news(house, offer, status, seconds=9)
        assert now_shown(house, call) == "paused"
    news(house, offer, RecordingStatus.COMPLETED, seconds=9, sid="RE2")
    assert now_shown(house, call) is None
    with house.centre.database.reading("pauses") as tx:
        assert [one.ended_at is None for one in tx.scalars(select(RecordingPause))] == [False]


def test_one_that_the_carrier_could_not_make_ends_like_the_others(house):
    call = ring(house)
    offer = talk(house, call)
    house.carrier.recordings["RE1"] = wav(9)
    news(house, offer, RecordingStatus.FAILED)
    (row,) = recordings(house)
    assert row.state == RecordingState.FAILED
    with house.centre.database.reading("due") as tx:
        kinds = set(tx.scalars(select(DueWork.kind).where(DueWork.subject_id == row.id)))
    assert RETIRE in kinds


def test_only_whose_call_it_is_may_pause_it(house):
    call = ring(house)
    news(house, talk(house, call), RecordingStatus.UNDER_WAY)
    house.agent("desk-2")
    joining.consult(house.floor, insurer_id="vsk", code="desk-1", to_code="desk-2")
    house.work()
    (beside,) = [one for one in house.offers() if one.purpose == Purpose.CONSULT]
    hear_leg(house.floor, beside.id, house.carrier.participants[beside.id], "in-progress")
    assert house.agent_now("desk-2").presence == Presence.ON_CALL
    with pytest.raises(NothingToDo):
        pause(house, code="desk-2")
    pause(house)


def test_a_call_that_is_not_recorded_cannot_be_paused(house):
    call = ring(house, is_told=False)
    talk(house, call)
    with pytest.raises(NothingToDo, match="not recorded"):
        pause(house)
    commands.hang_up(house.floor, insurer_id="vsk", code="desk-1")


@pytest.mark.parametrize("place", ["commit:pause_recording", "carrier:pause_recording", "commit:confirm_pause"])
def test_killed_anywhere_a_pause_comes_about(house, place):
    call = ring(house)
    news(house, talk(house, call), RecordingStatus.UNDER_WAY)
    failpoints.arm_once(place, failpoints.kill_here)
    with pytest.raises(failpoints.ProcessKilled):
        pause(house)
    house.later(16)
    assert now_shown(house, call) == "paused"


@pytest.mark.parametrize(
    ("carrier_url", "fewest", "most"), [("http://127.0.0.1:9000", 0, 3), ("https://api.twilio.com", 6, 6)]
)
def test_a_demonstration_may_record_some_calls_a_centre_at_a_carrier_outside_all(house, carrier_url, fewest, most):
    settings = replace(house.centre.settings, carrier_url=carrier_url, named={RECORDED_ONE_IN: "1000"})
    centre = replace(house.centre, settings=settings)
    calls = [house.call(f"CA-{number}") for number in range(6)]
    for call in calls:
        told(house, call)
    with house.centre.database.reading("recorded") as tx:
        recorded = sum(is_recorded(tx, centre, call, "medical_desk") for call in calls)
    assert fewest <= recorded <= most
