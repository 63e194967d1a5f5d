"""Keys as the carrier hands them over: a `#` out of habit, and several keys in one waiting round."""

from datetime import timedelta

import pytest
from lxml import etree

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
    assert "нажмите 5" in spoken(hand.press(hospital, "#"))


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
