"""Waiting rounds, keys in them, the bridge to an agent, and every way out of the queue."""

import pytest
from lxml import etree
from sqlalchemy import select

from agents.models import Agent, Callback, Offer, Wait, WaitState
from ivr.calls.finding import locked_call
from ivr.calls.log import record
from ivr.calls.models import CallState, Outcome
from tests.ivr.turns.conftest import Hand, action, spoken

OMS = "+78003336003"


def _wait(hand: Hand) -> Wait:
    with hand.phone.centre.database.reading("wait") as tx:
        return tx.scalars(select(Wait).where(Wait.call_id == hand.call_id()).order_by(Wait.id.desc())).first()  # type: ignore[return-value]


def _queued(hand: Hand) -> etree._Element:
    reply = hand.press(hand.ring(), "0")
    assert reply.find("Enqueue") is not None, etree.tostring(reply, encoding="unicode")
    return reply


def _round(hand: Hand, reply: etree._Element) -> etree._Element:
    found = reply.find("Enqueue")
    assert found is not None
    return hand.post(str(found.get("waitUrl")))


def _next(reply: etree._Element) -> str:
    found = reply.find("Redirect")
    assert found is not None
    return str(found.text)


def test_the_caller_waits_in_the_insurers_queue(hand: Hand) -> None:
    enqueue = _queued(hand).find("Enqueue")
    assert enqueue is not None
    assert enqueue.text == "vsk-medical_desk"
    assert hand.call().state == CallState.WAITING
    assert _wait(hand).state == WaitState.WAITING


def test_a_round_tells_the_place_and_leads_to_the_next(hand: Hand) -> None:
    first = _round(hand, _queued(hand))
    assert first.find(".//Play") is not None
    hand.clock.move_by(30)
    second = hand.post(_next(first))
    assert _next(second) != _next(first)


def test_the_same_round_sounds_the_same(hand: Hand) -> None:
    where = str(_queued(hand).find("Enqueue").get("waitUrl"))  # type: ignore[union-attr]
    first = hand.raw(where).text
    events = hand.events()
    hand.clock.move_by(90)
    assert hand.raw(where).text == first
    assert hand.events() == events


def test_a_key_before_the_offer_keeps_the_place(hand: Hand) -> None:
    first = _round(hand, _queued(hand))
    reply = hand.post(action(first, "Gather"), Digits="1")
    assert reply.find(".//Leave") is None
    assert _wait(hand).state == WaitState.WAITING


def _offered(hand: Hand) -> tuple[etree._Element, etree._Element]:
    queued = _queued(hand)
    reply = _round(hand, queued)
    hand.clock.move_by(61)
    return queued, hand.post(_next(reply))


def test_a_callback_chosen_while_waiting_keeps_the_place(hand: Hand) -> None:
    queued, offer = _offered(hand)
    since = _wait(hand).since
    leave = hand.post(action(offer, "Gather"), Digits="1")
    assert leave.find("Leave") is not None
    hand.post(action(queued, "Enqueue"), QueueResult="leave")
    assert _wait(hand).state == WaitState.CALLBACK
    assert _wait(hand).since == since


def test_leaving_for_the_message_ends_the_wait(hand: Hand) -> None:
    queued, offer = _offered(hand)
    hand.post(action(offer, "Gather"), Digits="2")
    reply = hand.post(action(queued, "Enqueue"), QueueResult="leave")
    assert reply.find("Record") is not None
    assert _wait(hand).state == WaitState.LEFT
    assert hand.call().state == CallState.LEAVING_MESSAGE


def test_nine_while_waiting_is_an_emergency_at_once(hand: Hand) -> None:
    queued = _queued(hand)
    reply = hand.post(action(_round(hand, queued), "Gather"), Digits="9")
    assert reply.find("Leave") is not None
    again = hand.post(action(queued, "Enqueue"), QueueResult="leave")
    enqueue = again.find("Enqueue")
    assert enqueue is not None
    assert enqueue.text == "vsk-emergency"
    assert hand.call().is_emergency
    assert _wait(hand).is_emergency
    assert _wait(hand).joined_queue == "emergency"


def test_who_hangs_up_waiting_has_abandoned(hand: Hand) -> None:
    queued = _queued(hand)
    reply = hand.post(action(queued, "Enqueue"), QueueResult="hangup", CallStatus="completed")
    assert len(reply) == 0
    hand.hang_up()
    assert hand.outcome() == "abandoned_in_queue"
    assert _wait(hand).state == WaitState.ABANDONED


def test_an_emergency_that_breaks_off_is_an_alarm(hand: Hand) -> None:
    hand.press(hand.ring(), "9")
    hand.hang_up()
    assert hand.outcome() == "emergency_drop"
    assert "callback_planned" in hand.events()


@pytest.mark.parametrize("result", ["queue-full", "system-error", "error", "never heard of"])
def test_a_queue_that_fails_leads_the_caller_on(hand: Hand, result: str) -> None:
    reply = hand.post(action(_queued(hand), "Enqueue"), QueueResult=result)
    ways_on = ("Gather", "Dial", "Record")
    assert any(reply.find(verb) is not None for verb in ways_on) or "callback_planned" in hand.events()
    assert _wait(hand).state in (WaitState.LEFT, WaitState.CALLBACK)


def test_being_taken_out_of_the_queue_changes_nothing(hand: Hand) -> None:
    queued = _queued(hand)
    reply = hand.post(action(queued, "Enqueue"), QueueResult="redirected")
    assert len(reply) == 0
    assert hand.call().state == CallState.WAITING


def _connected(hand: Hand) -> etree._Element:
    _queued(hand)
    return hand.post(f"/voice/calls/{hand.call_id()}/agent?offer=0123456789abcdef")


def test_a_claimed_caller_meets_the_agent_in_the_offers_conference(hand: Hand) -> None:
    reply = _connected(hand)
    conference = reply.find("Dial/Conference")
    assert conference is not None
    assert conference.text == "0123456789abcdef"
    assert hand.call().state == CallState.CONNECTED
    assert "connected" in hand.events()


def test_who_loses_the_agent_is_first_in_the_queue_again_and_told_why(hand: Hand) -> None:
    reply = hand.post(action(_connected(hand), "Dial"), DialCallStatus="answered")
    assert "прервалась" in spoken(reply)
    assert reply.find("Enqueue") is not None
    assert hand.call().state == CallState.WAITING
    hand.hang_up()
    assert hand.outcome() == "dropped_mid_call"


def test_a_hang_up_in_conversation_is_the_agents_to_record(hand: Hand) -> None:
    reply, call_id = _connected(hand), hand.call_id()
    with hand.phone.centre.database.transaction("agent_has_the_caller") as tx:
        record(tx, locked_call(tx, call_id), "agent_connected", at=hand.clock.now(), agent="a1")
    reply = hand.post(action(reply, "Dial"), DialCallStatus="answered", CallStatus="completed")
    assert len(reply) == 0
    assert hand.call().state == CallState.ENDED
    assert hand.outcome() is None


def test_a_hang_up_on_the_way_into_a_conversation_that_no_agent_has_yet_is_written_down(hand: Hand) -> None:
    hand.post(action(_connected(hand), "Dial"), DialCallStatus="answered", CallStatus="completed")
    assert hand.call().state == CallState.ENDED
    assert hand.outcome() == "abandoned_in_queue"


def test_an_emergency_nobody_answers_goes_to_the_duty_number(hand: Hand) -> None:
    hand.press(hand.ring(), "9")
    reply = hand.post(f"/voice/calls/{hand.call_id()}/duty")
    assert reply.find("Dial/Number") is not None
    again = hand.post(f"/voice/calls/{hand.call_id()}/duty")
    assert etree.tostring(again) == etree.tostring(reply)
    later = hand.post(action(reply, "Dial"), DialCallStatus="no-answer")
    assert later.find("Enqueue") is not None


def test_hold_music_goes_on_in_rounds(hand: Hand) -> None:
    hand.ring()
    reply = hand.post(f"/voice/calls/{hand.call_id()}/hold/0")
    assert _next(reply).endswith("/hold/1")
    with hand.client.get("/static/hold.wav") as sound:
        assert sound.status_code == 200


def _with_duty(hand: Hand) -> etree._Element:
    hand.press(hand.ring(), "9")
    return hand.post(f"/voice/calls/{hand.call_id()}/duty")


def _outcome(hand: Hand) -> Outcome:
    with hand.phone.centre.database.reading("outcome") as tx:
        return tx.scalars(select(Outcome).where(Outcome.is_primary)).one()


def _callbacks(hand: Hand) -> list[Callback]:
    with hand.phone.centre.database.reading("callbacks") as tx:
        return list(tx.scalars(select(Callback)))


def test_an_emergency_that_the_duty_number_took_over_says_so_and_is_asked_after(hand: Hand) -> None:
    dial = action(_with_duty(hand), "Dial")
    hand.clock.move_by(90)
    hand.post(dial, DialCallStatus="completed", CallStatus="completed")
    hand.hang_up()
    outcome = _outcome(hand)
    assert (outcome.code, outcome.next_action, outcome.owner) == ("transferred_duty", "ask_what_came_of_it", "desk")
    assert _callbacks(hand) == []


def test_news_of_the_end_that_overtakes_the_duty_persons_talk_rings_nobody(hand: Hand) -> None:
    dial = action(_with_duty(hand), "Dial")
    hand.hang_up()
    assert _outcome(hand).code == "emergency_drop"
    assert [(one.state, one.due_at > hand.clock.now()) for one in _callbacks(hand)] == [("planned", True)]
    hand.post(dial, DialCallStatus="completed", CallStatus="completed")
    assert _outcome(hand).code == "transferred_duty"
    hand.clock.move_by(21)
    hand.phone.centre.plan.perform("place_callback", _callbacks(hand)[0].id)
    (callback,) = _callbacks(hand)
    assert (callback.state, callback.end_reason) == ("done", "helped_by_duty")


def test_an_emergency_that_nobody_took_is_a_drop_and_rung_back_at_once_at_any_hour(hand: Hand) -> None:
    hand.clock.move_by(13 * 3600)
    again = hand.post(action(_with_duty(hand), "Dial"), DialCallStatus="no-answer")
    last = hand.post(action(again, "Enqueue"), QueueResult="leave")
    assert "перезвоним" in spoken(last)
    assert "112" in spoken(last)
    hand.hang_up()
    outcome = _outcome(hand)
    assert (outcome.code, outcome.next_action) == ("emergency_drop", "ring_back")
    (callback,) = _callbacks(hand)
    assert callback.is_urgent
    assert (callback.due_at - hand.clock.now()).total_seconds() <= 20


def test_the_duty_number_of_a_queue_in_trouble_is_an_outcome_too(hand: Hand) -> None:
    trouble = hand.post(action(_queued(hand), "Enqueue"), QueueResult="system-error")
    hand.post(action(trouble, "Dial"), DialCallStatus="completed", CallStatus="completed")
    assert hand.outcome() == "transferred_duty"


def test_the_duty_number_of_the_oms_hotline_in_trouble_is_an_outcome_too(hand: Hand) -> None:
    hand.dialled = OMS
    queued = hand.press(hand.press(hand.press(hand.ring(), "1"), "1"), "0")
    trouble = hand.post(action(queued, "Enqueue"), QueueResult="system-error")
    over = hand.post(action(trouble, "Dial"), DialCallStatus="completed", CallStatus="completed")
    assert over.find("Hangup") is not None
    assert hand.outcome() == "transferred_duty"


def test_who_is_passed_on_is_not_told_that_the_line_broke(hand: Hand) -> None:
    bridge, call_id = action(_connected(hand), "Dial"), hand.call_id()
    with hand.phone.centre.database.transaction("transfer") as tx:
        wait = tx.scalars(select(Wait)).one()
        agent = Agent(
            id="a" * 32, insurer_id="vsk", code="a1", title="-", address="client:a1", presence="on_call",
            presence_since=hand.clock.now(), call_id=call_id,
        )
        tx.add(agent)
        tx.flush()
        offer = Offer(
            id="b" * 32, insurer_id="vsk", wait_id=wait.id, call_id=call_id, agent_id=agent.id, queue=wait.queue,
            purpose="queue", presence_before="available", state="accepted", conference="b" * 32,
            made_at=hand.clock.now(), accepted_at=hand.clock.now(), bridged_at=hand.clock.now(),
        )
        tx.add(offer)
        wait.state, wait.purpose = WaitState.CLAIMED, "transfer"
    reply = hand.post(bridge, DialCallStatus="answered")
    assert "другим сотрудником" in spoken(reply)
    assert reply.find("Enqueue") is not None
