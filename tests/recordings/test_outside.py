"""Recordings of callers connected with a number outside: each connection its own, whatever news are lost."""

from datetime import timedelta

import pytest

from config import failpoints
from ivr.calls.finding import locked_call
from ivr.calls.models import Call
from ivr.carrier.port import CarrierRecording, RecordingStatus
from recordings.conversations import Conversations
from recordings.keeping import Keeping
from recordings.models import RecordingKind, RecordingState
from recordings.outside import ConnectedOutside
from recordings.pauses import recording_now
from tests.agents.conftest import make_house
from tests.recordings.sounds import wav
from tests.recordings.test_conversations import events, recordings, told


@pytest.fixture
def house(tmp_path, database):
    house = make_house(tmp_path, database)
    house.conversations = Conversations(house.centre, house.carrier)
    for one in (house.conversations, Keeping(house.centre, house.carrier)):
        one.wire(house.centre.plan)
    yield house
    failpoints.disarm()


@pytest.fixture
def call(house):
    call = house.call()
    told(house, call)
    return call


def connect(house, call, name):
    with house.centre.database.transaction("connect") as tx:
        return ConnectedOutside(house.centre).expect(tx, locked_call(tx, call.id), conversation=name)


def left(house, call, name, *, is_answered):
    with house.centre.database.transaction("left") as tx:
        locked = locked_call(tx, call.id)
        ConnectedOutside(house.centre).number_left(tx, locked, conversation=name, is_answered=is_answered)


def made(house, call, sid, seconds, *, began_at):
    house.carrier.recordings[sid] = wav(seconds, channels=2)
    one = CarrierRecording(sid, RecordingStatus.COMPLETED, seconds, began_at)
    house.carrier.recorded.setdefault(call.carrier_sid, []).append(one)
    return one


def test_a_number_tried_twice_and_answered_has_a_row_for_each_and_each_finds_its_own(house, call):
    """Both are answered, and no news of either comes through: the carrier lists both under the call."""
    for name, sid, seconds in (("first", "RE1", 9), ("second", "RE2", 4)):
        connect(house, call, name)
        made(house, call, sid, seconds, began_at=house.clock.now() + timedelta(seconds=3))
        house.clock.move_by(30)
        left(house, call, name, is_answered=True)
    house.end_call(call)
    house.later(120)
    rows = {row.conversation: row for row in recordings(house)}
    assert {name: (row.carrier_sid, row.state) for name, row in rows.items()} == {
        "first": ("RE1", RecordingState.DELETED_AT_CARRIER),
        "second": ("RE2", RecordingState.DELETED_AT_CARRIER),
    }
    assert house.carrier.recordings == {}


def test_a_connection_answered_before_our_clock_says_so_loses_nothing(house, call):
    connect(house, call, "only")
    made(house, call, "RE1", 9, began_at=house.clock.now() - timedelta(seconds=2))
    house.end_call(call)
    house.later(120)
    assert [(row.carrier_sid, row.state) for row in recordings(house)] == [("RE1", RecordingState.DELETED_AT_CARRIER)]


def test_news_of_one_that_was_found_under_another_row_change_nothing(house, call):
    connect(house, call, "first")
    one = made(house, call, "RE1", 9, began_at=house.clock.now())
    kind = RecordingKind.OUTSIDE
    house.conversations.hear(call.id, conversation="first", kind=kind, news=one)
    connect(house, call, "second")
    house.conversations.hear(call.id, conversation="second", kind=kind, news=one)
    assert {row.conversation: row.carrier_sid for row in recordings(house)} == {"first": "RE1", "second": None}


@pytest.mark.parametrize(("is_answered", "why"), [(True, "never made"), (False, "nobody answered")])
def test_what_was_never_made_raises_an_alarm_only_where_somebody_answered(house, call, is_answered, why):
    connect(house, call, "only")
    left(house, call, "only", is_answered=is_answered)
    house.end_call(call)
    for _ in range(12):
        house.later(60)
    (row,) = recordings(house)
    assert (row.state, row.error) == (RecordingState.ABSENT, why)
    assert [event.data["alarm"] for event in events(house, call) if event.kind == "recording_absent"] == [is_answered]


def test_what_nobody_told_the_end_of_ends_without_an_alarm(house, call):
    connect(house, call, "only")
    house.end_call(call)
    for _ in range(12):
        house.later(60)
    (row,) = recordings(house)
    assert row.state == RecordingState.ABSENT
    assert [event.data["alarm"] for event in events(house, call) if event.kind == "recording_absent"] == [False]


def test_with_a_number_outside_nobody_can_pause(house, call):
    connect(house, call, "only")
    with house.centre.database.reading("now") as tx:
        assert recording_now(tx, tx.get_one(Call, call.id).id) is None
