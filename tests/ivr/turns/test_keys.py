"""Keys as the carrier hands them over: a `#` out of habit, and several keys in one waiting round."""

from datetime import timedelta

import pytest
from lxml import etree
from sqlalchemy import select

from agents.models import Wait, WaitState
from ivr.calls.models import CallState
from ivr.turns.keys import HASTE
from tests.ivr.turns.conftest import Hand, action, spoken

SECONDS = HASTE.total_seconds()


@pytest.mark.parametrize("way", [("2",), ("1", "1"), ("1", "1", "5000000001")])
@pytest.mark.parametrize("after", [0, SECONDS - 0.1])
def test_a_hash_out_of_habit_is_no_answer_to_the_next_question(hand: Hand, way: tuple[str, ...], after: float) -> None:
    reply = hand.ring()
    for keys in way:
        hand.clock.move_by(20)
        reply = hand.press(reply, keys)
    hand.clock.move_by(after)
    # Where it ends an entry the carrier sends it as an empty one.
    again = hand.press(reply, "#") if reply.find("Gather").get("finishOnKey") == "" else hand.silence(reply)  # type: ignore[union-attr]
    assert spoken(again) == spoken(reply)


def test_a_hash_that_is_meant_leads_back(hand: Hand) -> None:
    first = hand.ring()
    hand.clock.move_by(20)
    hospital = hand.press(first, "2")
    hand.clock.move_by(SECONDS)
    assert "психолог — 5" in spoken(hand.press(hospital, "#"))


def test_silence_is_counted_as_silence(hand: Hand) -> None:
    first = hand.ring()
    hand.clock.move_by(25)
    assert spoken(hand.silence(first)).startswith("Я пока не слышу ответа.")


def _waiting(hand: Hand) -> tuple[etree._Element, etree._Element]:
    queued = hand.press(hand.ring(), "0")
    return queued, hand.post(str(queued.find("Enqueue").get("waitUrl")))  # type: ignore[union-attr]


def test_a_hash_out_of_habit_does_not_cut_off_the_place_in_line(hand: Hand) -> None:
    _, first = _waiting(hand)
    again = hand.post(action(first, "Gather"), Digits="#")
    assert spoken(again) == spoken(first) != ""


def test_each_key_of_a_round_is_heard(hand: Hand) -> None:
    queued, reply = _waiting(hand)
    for key in ("5", "*", "5", "#"):
        hand.clock.move_by(4)
        reply = hand.post(action(reply, "Gather"), Digits=key)
        assert reply.find("Leave") is None
    leave = hand.post(action(reply, "Gather"), Digits="9")
    assert leave.find("Leave") is not None
    again = hand.post(action(queued, "Enqueue"), QueueResult="leave")
    assert again.find("Enqueue").text == "vsk-emergency"  # type: ignore[union-attr]


def test_a_key_in_a_round_tells_no_place(hand: Hand) -> None:
    _, first = _waiting(hand)
    reply = hand.post(action(first, "Gather"), Digits="5")
    assert hand.events().count("place_told") == 1
    hand.clock.move_by(timedelta(seconds=30).total_seconds())
    hand.post(str(reply.find("Redirect").text))  # type: ignore[union-attr]
    assert hand.events().count("place_told") == 2


def _at_the_door(hand: Hand) -> etree._Element:
    """The caller hears that somebody without a hospital is not moved, before the desk's queue."""
    reply = hand.ring()
    for keys in ("2", "2", "2"):
        hand.clock.move_by(20)
        reply = hand.press(reply, keys)
    assert [child.tag for child in reply] == ["Gather", "Enqueue"]
    return reply


def test_nine_over_the_words_before_a_queue_is_an_emergency_at_once(hand: Hand) -> None:
    door = _at_the_door(hand)
    hand.clock.move_by(4)
    reply = hand.press(door, "9")
    assert reply.find("Enqueue").text == "vsk-emergency"  # type: ignore[union-attr]
    assert reply.find("Gather") is None
    with hand.phone.centre.database.reading("waits") as tx:
        states = tx.execute(select(Wait.queue, Wait.state).order_by(Wait.id)).all()
    assert [tuple(row) for row in states] == [("emergency", "waiting")]
    # The same key again, by a carrier that repeats itself, gets the same.
    assert hand.press(door, "9").find("Enqueue").text == "vsk-emergency"  # type: ignore[union-attr]


@pytest.mark.parametrize(("key", "after", "words"), [("#", 0, True), ("*", 5, True), ("#", 5, False), ("5", 5, False)])
def test_other_keys_before_a_queue_keep_the_place(hand: Hand, key: str, after: float, words: bool) -> None:
    door = _at_the_door(hand)
    hand.clock.move_by(after)
    again = hand.press(door, key)
    assert again.find("Enqueue").attrib == door.find("Enqueue").attrib  # type: ignore[union-attr]
    assert bool(spoken(again)) is words
    assert hand.call().state == CallState.WAITING


def test_a_key_takes_nobody_away_from_the_agent_who_has_answered(hand: Hand) -> None:
    door = _at_the_door(hand)
    with hand.phone.centre.database.transaction("claim") as tx:
        tx.scalars(select(Wait)).one().state = WaitState.CLAIMED
    assert hand.press(door, "9").find("Enqueue").text == "vsk-medical_desk"  # type: ignore[union-attr]


def test_nine_over_the_words_before_a_transfer_is_an_emergency(hand: Hand) -> None:
    reply = hand.press(hand.ring(), "4")
    assert [child.tag for child in reply] == ["Gather", "Dial"]
    hand.clock.move_by(4)
    assert hand.press(reply, "9").find("Enqueue").text == "vsk-emergency"  # type: ignore[union-attr]
