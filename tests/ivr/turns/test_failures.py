"""A caller never hears a stack trace: an apology and a way on, or the fallback where even that cannot be read."""

import logging
import threading
from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select, update

from config.phone_numbers import PhoneNumber
from ivr.actions import registry
from ivr.calls.models import Call, CallEvent, CallTurn, FlowVersion
from tests.ivr.turns.conftest import NOON, Hand, action, spoken


def _change(hand: Hand, **values: str) -> None:
    with hand.phone.centre.database.transaction("test") as tx:
        tx.execute(update(Call).values(**values))


def test_a_failed_turn_is_an_apology_and_the_duty_number(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    where = action(hand.ring(), "Gather")
    monkeypatch.setattr("ivr.turns.steps.advance", lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR):
        reply = hand.post(where, Digits="1")
    assert "неполадка" in spoken(reply)
    number = reply.find("Dial/Number")
    assert number is not None
    assert hand.call_id() in caplog.text
    assert hand.call().turn == 1
    assert "turn_failed" in hand.events()


@pytest.mark.parametrize("broken", ["advance", "begin"])
def test_the_duty_numbers_extension_is_keyed_after_it_answers(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    lines = hand.phone.centre.insurers["vsk"].lines
    behind_a_switchboard = replace(lines["medical_desk"], duty_number=PhoneNumber("+74957274444", "5995"))
    monkeypatch.setitem(lines, "medical_desk", behind_a_switchboard)
    monkeypatch.setattr(hand.phone.centre.insurers, "line_by_number", lambda _number: behind_a_switchboard)
    module = {"advance": "ivr.turns.steps.advance", "begin": "ivr.web.voice.answer_call"}[broken]
    monkeypatch.setattr(module, lambda *_: 1 / 0)
    number = hand.ring().find("Dial/Number")
    assert number is not None
    assert (number.text, number.get("sendDigits")) == ("+74957274444", "ww5995")


def test_a_failed_first_turn_is_an_apology_too(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.turns.steps.advance", lambda *_: 1 / 0)
    reply = hand.ring()
    assert reply.find("Dial/Number") is not None


def test_an_unreadable_session_sends_the_carrier_to_the_fallback(hand: Hand) -> None:
    where = action(hand.ring(), "Gather")
    _change(hand, session="{")
    assert hand.raw(where, Digits="1").status_code == 503


def test_a_missing_flow_version_sends_the_carrier_to_the_fallback(hand: Hand) -> None:
    where = action(hand.ring(), "Gather")
    _change(hand, flow_digest="0" * 64)
    assert hand.raw(where, Digits="1").status_code == 503


def test_an_unknown_call_sends_the_carrier_to_the_fallback(hand: Hand) -> None:
    assert hand.raw("/voice/calls/00000000000000000000000000000000/turns/1").status_code == 503


def test_a_failed_waiting_round_is_music(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    enqueue = hand.press(hand.ring(), "0").find("Enqueue")
    assert enqueue is not None
    monkeypatch.setattr("ivr.turns.waiting.advance", lambda *_: 1 / 0)
    reply = hand.post(str(enqueue.get("waitUrl")))
    assert [it.tag for it in reply] == ["Play", "Redirect"]


def test_a_failed_action_is_undone_and_the_flow_goes_on(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(context: registry.ActionContext, _arguments: object) -> registry.ActionResult:
        context.call.region = "77"
        raise RuntimeError("policy 1234567890")

    monkeypatch.setattr(registry, "HANDLERS", {**registry.HANDLERS, "identify": broken})
    reply = hand.ring()
    for keys in ("1", "1", "1234567890#", "15031985"):
        reply = hand.press(reply, keys)
    assert len(reply) > 0
    assert hand.call().region is None


def test_an_action_that_fails_before_it_writes_lets_the_flow_go_on(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_context: registry.ActionContext, _arguments: object) -> registry.ActionResult:
        raise RuntimeError("policy 1234567890")

    monkeypatch.setattr(registry, "HANDLERS", {**registry.HANDLERS, "notices": broken})
    assert hand.ring().find("Gather") is not None
    assert "action_answered" in hand.events()


def test_two_identical_requests_at_once_have_one_effect(hand: Hand) -> None:
    where = action(hand.ring(), "Gather")
    replies: list[str] = []

    def post() -> None:
        replies.append(hand.raw(where, Digits="5").text)

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(replies)) == 1
    with hand.phone.centre.database.reading("count") as tx:
        assert tx.scalar(select(func.count()).select_from(CallTurn)) == 2
        kinds = list(tx.scalars(select(CallEvent.seq).order_by(CallEvent.seq)))
    assert kinds == list(range(1, len(kinds) + 1))


def test_a_call_stays_on_the_flows_that_it_began_with(hand: Hand) -> None:
    where = action(hand.ring(), "Gather")
    library = hand.phone.flow_library
    sources = dict(library._read[hand.call().flow_digest].sources)
    with hand.phone.centre.database.transaction("newer") as tx:
        tx.add(FlowVersion(digest="f" * 64, sources=sources, installed_at=NOON.replace(year=2027)))
    library._read = dict(library._read)
    assert hand.post(where, Digits="5").find("Gather") is not None
    with hand.phone.centre.database.transaction("newer") as tx:
        tx.execute(delete(FlowVersion).where(FlowVersion.digest == "f" * 64))
