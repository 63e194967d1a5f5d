"""What a duty manager puts up is heard at once: by the next caller, and by those who wait in their next round."""

from dataclasses import replace

import pytest
from lxml import etree
from sqlalchemy import select

from agents.models import Callback, Wait, WaitState
from ivr.calls.models import CallState, Outcome
from ivr.diversions import VOICEMAIL, Diversion, divert, to_number
from ivr.line_notices import Place, announce, take_down
from tests.ivr.turns.conftest import Hand, KeptMessages, action, spoken

DESK = Place("vsk", queue="medical_desk")
CURATOR = Place("vsk", queue="curator")
LINE = Place("vsk", line="medical_desk")
RECORDING = "RE0123456789abcdef0123456789abcdef"
URL = f"https://api.example/2010-04-01/Accounts/AC1/Recordings/{RECORDING}"


def hang(hand: Hand, place: Place, text: str, **more: str) -> None:
    with hand.phone.centre.database.transaction("announce") as tx:
        announce(tx, place=place, text={"ru": text, **more}, by="duty", at=hand.clock.now())


def send(hand: Hand, place: Place, to: Diversion) -> None:
    with hand.phone.centre.database.transaction("divert") as tx:
        insurer = hand.phone.centre.insurers["vsk"]
        divert(tx, insurer=insurer, place=place, to=to, by="duty", at=hand.clock.now())


def queued(hand: Hand) -> etree._Element:
    return hand.press(hand.ring(), "0")


def first_round(hand: Hand, reply: etree._Element) -> etree._Element:
    return hand.post(str(reply.find("Enqueue").get("waitUrl")))  # type: ignore[union-attr]


def next_round(hand: Hand, reply: etree._Element) -> etree._Element:
    return hand.post(str(reply.find("Redirect").text))  # type: ignore[union-attr]


def waits(hand: Hand) -> list[Wait]:
    with hand.phone.centre.database.reading("waits") as tx:
        return list(tx.scalars(select(Wait).where(Wait.call_id == hand.call_id()).order_by(Wait.joined_at)))


def callbacks(hand: Hand) -> list[Callback]:
    with hand.phone.centre.database.reading("callbacks") as tx:
        return list(tx.scalars(select(Callback)))


def test_a_queues_announcement_is_heard_at_its_door_and_only_once(hand: Hand) -> None:
    hang(hand, DESK, "Ждать придётся дольше обычного.")
    reply = queued(hand)
    assert "дольше обычного" in spoken(reply)
    first = first_round(hand, reply)
    assert "дольше обычного" not in spoken(first)
    assert "announcement_said" in hand.events()


def test_who_waits_already_hears_it_in_the_next_round(hand: Hand) -> None:
    first = first_round(hand, queued(hand))
    hang(hand, DESK, "Пульт переезжает.")
    hang(hand, LINE, "На линии помехи.")
    second = next_round(hand, first)
    assert "Пульт переезжает" in spoken(second)
    assert "На линии помехи" in spoken(second)
    third = next_round(hand, second)
    assert "переезжает" not in spoken(third)
    assert "помехи" not in spoken(third)


def test_a_lines_announcement_heard_at_the_opening_is_not_said_again(hand: Hand) -> None:
    hang(hand, LINE, "На линии помехи.")
    opening = hand.ring()
    assert "помехи" in spoken(opening)
    assert "помехи" not in spoken(hand.press(opening, "0"))


def test_another_queues_announcement_is_not_heard(hand: Hand) -> None:
    hang(hand, CURATOR, "Кураторы на совещании.")
    assert "совещании" not in spoken(queued(hand))


def test_a_russian_announcement_is_read_by_a_russian_voice_in_an_english_call(hand: Hand) -> None:
    hang(hand, LINE, "На линии помехи.")
    hang(hand, DESK, "Пульт переезжает.", en="The desk is moving.")
    english = hand.press(hand.ring(), "8")
    reply = hand.press(english, "0")
    said = {str(it.text): it.get("language") for it in reply.iter("Say")}
    assert said["The desk is moving."] == "en-US"
    assert "Пульт переезжает." not in said


def test_a_russian_announcement_at_an_english_opening_is_read_by_the_russian_voice(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    insurer = hand.phone.centre.insurers["vsk"]
    english_first = replace(insurer.lines["medical_desk"], languages=("en", "ru"))
    monkeypatch.setitem(insurer.lines, "medical_desk", english_first)
    monkeypatch.setattr(hand.phone.centre.insurers, "line_by_number", lambda _number: english_first)
    hang(hand, LINE, "На линии помехи.")
    said = {str(it.text): it.get("language") for it in hand.ring().iter("Say")}
    assert said["На линии помехи."] == "ru-RU"
    assert said["Русский язык — нажмите 8."] == "ru-RU"
    assert {language for text, language in said.items() if text.startswith("Hello")} == {"en-US"}


def test_the_other_language_is_offered_in_its_own_voice(hand: Hand) -> None:
    said = {str(it.text): it.get("language") for it in hand.ring().iter("Say")}
    assert said["For English, press 8."] == "en-US"


def test_a_queue_diverted_to_another_is_served_there_at_once_and_back(hand: Hand) -> None:
    send(hand, DESK, Diversion(queue="urgent"))
    reply = queued(hand)
    enqueue = reply.find("Enqueue")
    assert enqueue is not None
    assert enqueue.text == "vsk-medical_desk"
    assert [one.queue for one in waits(hand)] == ["urgent"]
    with hand.phone.centre.database.transaction("clear") as tx:
        take_down(tx, place=DESK, by="duty", at=hand.clock.now())
    hand.sid = "CA00000000000000000000000000000002"
    queued(hand)
    assert [one.queue for one in waits(hand)] == ["medical_desk"]


def test_who_waits_already_is_served_by_the_other_queue_from_the_next_round(hand: Hand) -> None:
    first = first_round(hand, queued(hand))
    send(hand, DESK, Diversion(queue="urgent"))
    next_round(hand, first)
    (wait,) = waits(hand)
    assert (wait.queue, wait.joined_queue, wait.state) == ("urgent", "medical_desk", WaitState.WAITING)
    assert "wait_diverted" in hand.events()


def test_a_queue_diverted_to_a_number_is_dialled_through_and_the_outcome_says_so(hand: Hand) -> None:
    send(hand, DESK, to_number("+7 000 555-00-01", begins=("+7",)))
    reply = queued(hand)
    number = reply.find("Dial/Number")
    assert number is not None
    assert number.text == "+70005550001"
    hand.post(action(reply, "Dial"), DialCallStatus="completed", CallStatus="completed")
    assert hand.outcome() == "transferred_elsewhere"


def test_who_waits_already_is_taken_out_and_dialled_through(hand: Hand) -> None:
    reply = queued(hand)
    first = first_round(hand, reply)
    send(hand, DESK, to_number("+7 000 555-00-01", begins=("+7",)))
    leave = next_round(hand, first)
    assert leave.find("Leave") is not None
    dialled = hand.post(action(reply, "Enqueue"), QueueResult="leave")
    assert dialled.find("Dial/Number") is not None
    assert [one.state for one in waits(hand)] == [WaitState.LEFT]
    assert hand.call().state == CallState.TRANSFERRED
    silent = hand.post(action(dialled, "Dial"), DialCallStatus="no-answer")
    assert silent.find("Dial/Number") is not None  # the desk's own way on: the duty number
    assert len(silent) > 0


def test_a_diversion_taken_down_before_the_caller_is_out_leads_on_by_the_flow(hand: Hand) -> None:
    reply = queued(hand)
    first = first_round(hand, reply)
    send(hand, DESK, VOICEMAIL)
    next_round(hand, first)
    with hand.phone.centre.database.transaction("clear") as tx:
        take_down(tx, place=DESK, by="duty", at=hand.clock.now())
    on = hand.post(action(reply, "Enqueue"), QueueResult="leave")
    assert on.find("Record") is None
    assert len(on) > 0


def test_a_queue_diverted_to_voicemail_takes_a_message_and_owes_a_call(hand: Hand, kept: KeptMessages) -> None:
    send(hand, DESK, VOICEMAIL)
    reply = queued(hand)
    assert "После сигнала" in spoken(reply)
    done = hand.post(action(reply, "Record"), RecordingUrl=URL, RecordingDuration="7", Digits="#")
    assert "Сообщение сохранено" in spoken(done)
    assert done.find("Hangup") is not None
    assert kept.announced == [(RECORDING, 7)]
    hand.hang_up()
    assert hand.outcome() == "voicemail_left"
    assert [one.reason for one in callbacks(hand)] == ["message"]


def test_who_waited_keeps_the_place_over_the_message(hand: Hand) -> None:
    reply = queued(hand)
    first = first_round(hand, reply)
    since = waits(hand)[0].since
    hand.clock.move_by(300)
    send(hand, DESK, VOICEMAIL)
    next_round(hand, first)
    asked = hand.post(action(reply, "Enqueue"), QueueResult="leave")
    hand.clock.move_by(20)
    hand.post(action(asked, "Record"), RecordingUrl=URL, RecordingDuration="7", Digits="#")
    assert waits(hand)[-1].state == WaitState.CALLBACK
    assert waits(hand)[-1].since == since


def test_nothing_said_is_asked_for_once_more_and_then_somebody_must_ring(hand: Hand) -> None:
    send(hand, DESK, VOICEMAIL)
    reply = queued(hand)
    again = hand.post(action(reply, "Record"))
    assert again.find("Record") is not None
    over = hand.post(action(again, "Record"))
    assert over.find("Hangup") is not None
    hand.hang_up()
    with hand.phone.centre.database.reading("outcome") as tx:
        outcome = tx.scalars(select(Outcome)).one()
    assert (outcome.code, outcome.next_action, outcome.owner) == ("callback_failed", "ring_back", "desk")


def test_keys_over_the_secretarys_words_are_heard(hand: Hand, kept: KeptMessages) -> None:
    send(hand, DESK, VOICEMAIL)
    now = hand.press(queued(hand), "5")
    assert [verb.tag for verb in now] == ["Record", "Redirect"]
    hand.post(action(now, "Record"), RecordingUrl=URL, RecordingDuration="7", Digits="#")
    assert kept.announced == [(RECORDING, 7)]


def test_nine_over_the_secretarys_words_is_an_emergency(hand: Hand) -> None:
    send(hand, DESK, VOICEMAIL)
    enqueue = hand.press(queued(hand), "9").find("Enqueue")
    assert enqueue is not None
    assert enqueue.text == "vsk-emergency"


def test_who_says_nothing_to_the_secretary_is_asked_once_more(hand: Hand) -> None:
    send(hand, DESK, VOICEMAIL)
    again = hand.post(str(queued(hand).findtext("Redirect")))
    assert again.find("Record") is not None


def test_nine_while_speaking_is_an_emergency(hand: Hand) -> None:
    send(hand, DESK, VOICEMAIL)
    reply = queued(hand)
    emergency = hand.post(action(reply, "Record"), RecordingUrl=URL, RecordingDuration="3", Digits="9")
    enqueue = emergency.find("Enqueue")
    assert enqueue is not None
    assert enqueue.text == "vsk-emergency"


@pytest.mark.parametrize("to", [VOICEMAIL, Diversion(queue="urgent"), Diversion(number="+70005550001")])
def test_an_emergency_is_never_diverted(hand: Hand, to: Diversion) -> None:
    send(hand, DESK, to)
    reply = hand.press(hand.ring(), "9")
    assert [one.queue for one in waits(hand)] == ["emergency"]
    assert reply.find("Enqueue") is not None
