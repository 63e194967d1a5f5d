"""A call is answered once, whatever the carrier repeats, and goes from turn to turn."""

from dataclasses import replace

from sqlalchemy import func, select

from ivr.calls.models import Call, CallState, CallTurn
from tests.ivr.turns.conftest import Hand, action, spoken


def _count(hand: Hand, model: type) -> int:
    with hand.phone.centre.database.reading("count") as tx:
        return tx.scalar(select(func.count()).select_from(model)) or 0


def test_a_call_is_answered_with_the_opening_words(hand: Hand) -> None:
    reply = hand.ring()
    assert "112" in spoken(reply)
    gather = reply.find("Gather")
    assert gather is not None
    assert gather.get("actionOnEmptyResult") == "true"
    call = hand.call()
    assert (call.insurer_id, call.line, call.state, call.turn) == ("vsk", "medical_desk", CallState.IN_MENU, 1)
    assert "said" in hand.events()


def test_the_same_announcement_again_gets_the_same_reply(hand: Hand) -> None:
    first = hand.raw("/voice/incoming").text
    assert hand.raw("/voice/incoming").text == first
    assert _count(hand, Call) == 1


def test_the_same_turn_again_gets_the_same_reply_and_changes_nothing(hand: Hand) -> None:
    where = action(hand.ring(), "Gather")
    first = hand.raw(where, Digits="5").text
    events = hand.events()
    assert hand.raw(where, Digits="5").text == first
    assert hand.raw(where, Digits="1").text == first
    assert hand.events() == events
    assert _count(hand, CallTurn) == 2


def test_an_old_turn_gets_the_last_reply(hand: Hand) -> None:
    opening = hand.ring()
    second = hand.press(opening, "5")
    third = hand.raw(action(second, "Gather"), Digits="7").text
    assert hand.raw(action(opening, "Gather"), Digits="1").text == third


def test_silence_reaches_the_flow(hand: Hand) -> None:
    reply = hand.silence(hand.ring())
    assert reply.find("Gather") is not None
    assert hand.call().turn == 2
    assert "key_pressed" in hand.events()


def test_a_number_of_nobody_is_answered_politely_and_leaves_no_row(hand: Hand) -> None:
    lost = replace(hand, dialled="+74950000000")
    reply = lost.ring()
    assert "не обслуживается" in spoken(reply)
    assert reply.find("Hangup") is not None
    assert _count(hand, Call) == 0


def test_a_withheld_number_is_welcome(hand: Hand) -> None:
    hidden = replace(hand, caller="anonymous")
    hidden.ring()
    assert hidden.call().ani is None


def test_an_end_that_overtakes_the_call_leaves_an_ended_call(hand: Hand) -> None:
    hand.hang_up()
    assert hand.call().state == CallState.ENDED
    reply = hand.ring()
    assert [it.tag for it in reply] == ["Hangup"]
    assert _count(hand, Call) == 1


def test_a_caller_who_hangs_up_in_the_menu_is_on_record(hand: Hand) -> None:
    hand.ring()
    hand.hang_up()
    hand.hang_up()
    assert hand.call().state == CallState.ENDED
    assert hand.outcome() == "abandoned_in_ivr"
    assert hand.events().count("ended") == 1


def test_a_language_changes_the_voice(hand: Hand) -> None:
    reply = hand.press(hand.ring(), "8")
    say = reply.find(".//Say")
    assert say is not None
    assert say.get("language") == "en-US"
    assert hand.call().language == "en"
