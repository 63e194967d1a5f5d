"""Messages spoken after the beep: announced once, thrown away when the caller chose a person instead."""

import pytest
from lxml import etree
from sqlalchemy import select

from config.due_work import DueWork
from ivr.calls.models import CallState
from tests.ivr.turns.conftest import Hand, KeptMessages, action, spoken
from tests.ivr.turns.test_waiting import _offered

RECORDING = "RE00000000000000000000000000000001"
URL = f"https://api.example/2010-04-01/Accounts/AC1/Recordings/{RECORDING}"


def _asked_to_speak(hand: Hand) -> etree._Element:
    queued, offer = _offered(hand)
    hand.post(action(offer, "Gather"), Digits="2")
    return hand.post(action(queued, "Enqueue"), QueueResult="leave")


def _due(hand: Hand) -> set[str]:
    with hand.phone.centre.database.reading("due") as tx:
        return set(tx.scalars(select(DueWork.kind)))


def test_a_message_is_announced_once(hand: Hand, kept: KeptMessages) -> None:
    record = action(_asked_to_speak(hand), "Record")
    hand.post(record, RecordingUrl=URL, RecordingDuration="7", Digits="1")
    hand.post(record, RecordingUrl=URL, RecordingDuration="7", Digits="1")
    fields = {"RecordingSid": RECORDING, "RecordingStatus": "completed", "RecordingDuration": "7"}
    assert hand.raw("/voice/recordings/status", **fields).status_code == 204
    assert kept.announced == [(RECORDING, 7)]


def test_a_message_whose_turn_was_lost_is_announced_by_the_news(hand: Hand, kept: KeptMessages) -> None:
    _asked_to_speak(hand)
    fields = {"RecordingSid": RECORDING, "RecordingStatus": "completed", "RecordingDuration": "7"}
    hand.raw("/voice/recordings/status", **fields)
    hand.raw("/voice/recordings/status", **fields)
    assert kept.announced == [(RECORDING, 7)]


def test_who_speaks_and_hangs_up_is_owed_a_callback(hand: Hand, kept: KeptMessages) -> None:
    record = action(_asked_to_speak(hand), "Record")
    hand.post(record, RecordingUrl=URL, RecordingDuration="7", Digits="hangup", CallStatus="completed")
    hand.hang_up()
    assert kept.announced == [(RECORDING, 7)]
    assert hand.call().state == CallState.ENDED
    assert hand.outcome() is not None
    assert "callback_planned" in hand.events()


def test_who_says_nothing_after_the_tone_is_asked_once_more(hand: Hand, kept: KeptMessages) -> None:
    asked = _asked_to_speak(hand)
    assert [verb.tag for verb in asked][-2:] == ["Record", "Redirect"]
    again = hand.post(str(asked.findtext("Redirect")))
    assert again.find("Record") is not None
    assert spoken(again) != spoken(asked)
    assert kept.announced == []


def test_nine_before_the_tone_leads_to_a_person(hand: Hand) -> None:
    asked = _asked_to_speak(hand)
    assert [verb.tag for verb in asked][-3:] == ["Gather", "Record", "Redirect"]
    assert hand.press(asked, "9").find("Enqueue") is not None


@pytest.mark.parametrize("key", ["5", "#"])
def test_another_key_before_the_tone_cuts_only_the_words_short(hand: Hand, kept: KeptMessages, key: str) -> None:
    asked = _asked_to_speak(hand)
    hand.clock.move_by(4)
    now = hand.press(asked, key)
    assert [verb.tag for verb in now] == ["Record", "Redirect"]
    hand.post(action(now, "Record"), RecordingUrl=URL, RecordingDuration="7", Digits="1")
    assert kept.announced == [(RECORDING, 7)]


def test_a_hash_out_of_habit_before_the_tone_lets_the_words_be_heard_again(hand: Hand, kept: KeptMessages) -> None:
    asked = _asked_to_speak(hand)
    again = hand.press(asked, "#")
    assert etree.tostring(again) == etree.tostring(asked)
    hand.post(action(again, "Record"), RecordingUrl=URL, RecordingDuration="7", Digits="1")
    assert kept.announced == [(RECORDING, 7)]


def test_nine_in_a_message_leads_to_a_person_and_throws_the_sound_away(hand: Hand, kept: KeptMessages) -> None:
    record = action(_asked_to_speak(hand), "Record")
    reply = hand.post(record, RecordingUrl=URL, RecordingDuration="3", Digits="9")
    assert reply.find("Enqueue") is not None
    assert kept.announced == []
    assert "discard_recording" in _due(hand)


def test_nothing_spoken_is_an_empty_message(hand: Hand, kept: KeptMessages) -> None:
    record = action(_asked_to_speak(hand), "Record")
    hand.post(record, RecordingDuration="0", Digits="")
    assert kept.announced == []
