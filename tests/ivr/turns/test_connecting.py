"""Which callers are recorded when they are connected with a number outside, and what the rows say then."""

from collections.abc import Callable

import pytest
from lxml import etree
from sqlalchemy import select, update

from config import failpoints
from ivr.calls.models import Call, CallEvent
from recordings.models import Recording, RecordingKind, RecordingState
from tests.ivr.turns.conftest import Hand, action

OMS = "+78003336003"


@pytest.fixture(params=["vsk", "oms"])
def line(request: pytest.FixtureRequest, hand: Hand) -> Hand:
    """A hand on a line that records its calls."""
    if request.param == "oms":
        hand.dialled = OMS
    return hand


def _duty(hand: Hand) -> etree._Element:
    return hand.post(f"/voice/calls/{hand.call_id()}/duty")


def _dial(reply: etree._Element) -> etree._Element:
    found = reply.find("Dial")
    assert found is not None
    return found


def _rows(hand: Hand) -> list[Recording]:
    with hand.phone.centre.database.reading("recordings") as tx:
        return list(tx.scalars(select(Recording).order_by(Recording.id)))


def test_the_duty_number_is_dialled_with_a_recording_from_the_answer_on(line: Hand) -> None:
    line.press(line.ring(), "9")
    dial = _dial(_duty(line))
    (row,) = _rows(line)
    assert (row.kind, row.state) == (RecordingKind.OUTSIDE, RecordingState.EXPECTED)
    assert dial.get("record") == "record-from-answer-dual"
    assert dial.get("recordingStatusCallbackEvent") == "in-progress completed absent"
    url = str(dial.get("recordingStatusCallback"))
    assert url.endswith(f"/voice/conversations/{line.call_id()}/outside/{row.conversation}/recording")


def test_the_same_document_again_expects_the_same_recording(hand: Hand) -> None:
    hand.press(hand.ring(), "9")
    first, second = _duty(hand), _duty(hand)
    assert etree.tostring(first) == etree.tostring(second)
    assert len(_rows(hand)) == 1


def test_where_nobody_answers_nothing_was_recorded_and_nobody_is_alarmed(hand: Hand) -> None:
    hand.press(hand.ring(), "9")
    hand.post(action(_duty(hand), "Dial"), DialCallStatus="no-answer")
    (row, *_) = _rows(hand)
    assert (row.state, row.error) == (RecordingState.ABSENT, "nobody answered")
    assert _alarms(hand) == []


def test_where_somebody_answered_the_carrier_still_has_to_tell_of_the_recording(hand: Hand) -> None:
    hand.press(hand.ring(), "9")
    hand.post(action(_duty(hand), "Dial"), DialCallStatus="completed")
    (row,) = _rows(hand)
    assert (row.state, row.answered_at) == (RecordingState.EXPECTED, hand.clock.now())


def _alarms(hand: Hand) -> list[str]:
    with hand.phone.centre.database.reading("alarms") as tx:
        found = tx.scalars(select(CallEvent).where(CallEvent.kind.like("recording_%")))
        return [event.kind for event in found if event.data.get("alarm")]


def _nobody_was_told(hand: Hand) -> None:
    with hand.phone.centre.database.transaction("untold") as tx:
        told = update(CallEvent).where(CallEvent.kind == "recording_announced")
        tx.execute(told.values(kind="said"))


def _is_anonymous(hand: Hand) -> None:
    with hand.phone.centre.database.transaction("anonymous") as tx:
        tx.execute(update(Call).values(is_anonymous=True))


@pytest.mark.parametrize("so_that", [_nobody_was_told, _is_anonymous])
def test_who_was_not_told_and_who_is_anonymous_is_not_recorded(hand: Hand, so_that: Callable[[Hand], None]) -> None:
    hand.press(hand.ring(), "9")
    so_that(hand)
    assert _dial(_duty(hand)).get("record") is None
    assert _rows(hand) == []


def test_after_a_failed_turn_the_duty_number_is_recorded_as_well(hand: Hand) -> None:
    reply = hand.ring()
    failpoints.arm_once("commit:take_turn", _fail)
    dial = _dial(hand.press(reply, "1"))
    assert dial.get("record") == "record-from-answer-dual"
    assert [(row.kind, row.state) for row in _rows(hand)] == [(RecordingKind.OUTSIDE, RecordingState.EXPECTED)]


def _fail(place: str) -> None:
    raise RuntimeError(f"a turn that fails at {place}")
