"""A supervisor listens in, whispers, barges in and leaves: who may, what is written down, and how it ends."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from agents import listening_in
from agents.at_work import commands, joining
from agents.dialling import dialled_calls, dialled_numbers, dials
from agents.listening_in import NotListenedTo, Why
from agents.models import Dial, Ear, OfferState, Presence, Purpose
from agents.waiting.estimates import Staff, agents_at_work
from agents.web import hear_leg, place_dial
from config.audit import AuditEntry
from config.line_descriptions import ListeningIn
from config.phone_numbers import PhoneNumber
from ivr.calls.models import Call
from ivr.carrier.errors import CallGone
from ivr.carrier.port import CarrierStatus, Seat
from tests.agents.test_joining import beside, consulted, talk

VSK = {"insurer_id": "vsk"}
BOSS = {"insurer_id": "vsk", "code": "boss"}


def listening(house, leg="CA-leg-2", call=None, boss="boss"):
    """a1 speaks with a caller, a supervisor listens."""
    if call is None:
        house.agent("a1")
        call, _ = talk(house)
    house.agent(boss, skills={}, is_supervisor=True, presence_now=Presence.AWAY)
    listening_in.listen_to_call(house.floor, **VSK, code=boss, call_id=call.id)
    house.work()
    hear_leg(house.floor, house.offers(purpose=Purpose.MONITOR)[-1].id, leg, "in-progress")
    house.clock.move_by(5)
    return call


def audited(house, by="boss"):
    with house.centre.database.reading("audit") as tx:
        rows = tx.scalars(select(AuditEntry).where(AuditEntry.actor == by).order_by(AuditEntry.id)).all()
    return [(one.action, one.detail["agent"]) for one in rows]


def seats(house):
    return [(one["call_sid"], one["seat"], one.get("coached_sid")) for one in house.carrier.of("take_seat")]


def lend(house, ear, boss="boss"):
    listening_in.lend_ear(house.floor, **VSK, code=boss, ear=ear)


def refused(house, code="boss", **where):
    with pytest.raises(NotListenedTo) as caught:
        listening_in.listen_to_call(house.floor, insurer_id=where.pop("insurer_id", "vsk"), code=code, **where)
    return caught.value.why


def test_each_way_of_being_in_a_conversation_is_audited_at_both_ends(house):
    call = listening(house)
    assert house.carrier.of("ring_agent")[-1]["seat"] == Seat.LISTENER
    began_at = house.clock.now()
    for ear in (Ear.WHISPER, Ear.BARGE, Ear.LISTEN):
        lend(house, ear)
        house.clock.move_by(10)
    listening_in.leave(house.floor, **BOSS, call_id=call.id)
    assert seats(house) == [
        ("CA-leg-2", Seat.WHISPERER, "CA-leg-1"), ("CA-leg-2", Seat.GUEST, None), ("CA-leg-2", Seat.LISTENER, None),
    ]  # fmt: skip
    assert audited(house) == [
        ("listened_in", "a1"), ("ended_listen", "a1"), ("monitor_whisper", "a1"), ("ended_whisper", "a1"),
        ("monitor_barge", "a1"), ("ended_barge", "a1"), ("monitor_listen", "a1"), ("ended_listen", "a1"),
    ]  # fmt: skip
    with house.centre.database.reading("audit") as tx:
        whispered = tx.scalars(select(AuditEntry).where(AuditEntry.action == "ended_whisper")).one()
    assert (whispered.subject_id, whispered.detail["since"]) == (call.id, began_at.isoformat())
    assert (whispered.at - began_at).total_seconds() == 10
    assert house.agent_now("boss").presence == Presence.AWAY
    assert house.agent_now("a1").presence == Presence.ON_CALL


def test_what_nobody_answered_was_no_listening(house):
    house.agent("a1")
    call, _ = talk(house)
    house.agent("boss", skills={}, presence_now=Presence.AVAILABLE)
    listening_in.listen_to_call(house.floor, **BOSS, call_id=call.id)
    house.work()
    listening_in.leave(house.floor, **BOSS, call_id=call.id)
    house.work()
    assert {"call_sid": "CA-leg-2"} in house.carrier.of("end_call")
    assert house.agent_now("boss").presence == Presence.AVAILABLE
    assert audited(house) == []


def test_clicked_twice_everything_happens_once(house):
    call = listening(house)
    listening_in.listen_to_call(house.floor, **BOSS, call_id=call.id)
    assert len(house.offers(purpose=Purpose.MONITOR)) == 1
    lend(house, Ear.WHISPER)
    lend(house, Ear.WHISPER)
    # The carrier is asked again: its first answer may have been lost.
    assert len(seats(house)) == 2
    assert [action for action, _ in audited(house)] == ["listened_in", "ended_listen", "monitor_whisper"]
    for _ in range(2):
        listening_in.leave(house.floor, **BOSS, call_id=call.id)
    assert len(house.carrier.of("end_call")) == 1


def test_an_answer_of_the_carrier_that_is_lost_is_asked_for_again(house):
    listening(house)
    house.carrier.lose_answer_of.add("take_seat")
    lend(house, Ear.WHISPER)
    house.later(2)
    assert seats(house) == [("CA-leg-2", Seat.WHISPERER, "CA-leg-1")] * 2


def test_a_conversation_gone_at_the_carrier_is_not_asked_for_again(house):
    listening(house)
    house.carrier.refuse["take_seat"] = CallGone("take_seat")
    lend(house, Ear.BARGE)
    del house.carrier.refuse["take_seat"]
    house.later(30)
    assert seats(house) == []


def test_a_listener_goes_with_the_conversation_and_is_as_before(house):
    listening(house)
    commands.hang_up(house.floor, **VSK, code="a1")
    house.work()
    assert house.agent_now("boss").presence == Presence.AWAY
    assert {"call_sid": "CA-leg-2"} in house.carrier.of("end_call")
    assert audited(house)[-1] == ("ended_listen", "a1")
    with pytest.raises(NotListenedTo):
        lend(house, Ear.BARGE)


def test_a_caller_who_hangs_up_ends_the_listening(house):
    call = listening(house)
    house.end_call(call)
    for offer in house.offers(state=OfferState.ACCEPTED):
        hear_leg(house.floor, offer.id, offer.carrier_sid, "completed")
    house.work()
    assert house.agent_now("boss").presence == Presence.AWAY
    assert house.agent_now("a1").presence == Presence.WRAP_UP
    assert audited(house)[-1] == ("ended_listen", "a1")


def test_a_browser_that_dies_leaves_the_two_alone(house):
    listening(house)
    lend(house, Ear.BARGE)
    hear_leg(house.floor, beside(house, Purpose.MONITOR).id, "CA-leg-2", "completed")
    assert house.agent_now("boss").presence == Presence.AWAY
    assert house.agent_now("a1").presence == Presence.ON_CALL
    assert not house.carrier.of("end_conference")
    assert audited(house)[-1] == ("ended_barge", "a1")


def test_a_cold_transfer_ends_the_listening(house):
    listening(house)
    house.agent("a2", presence_now=Presence.AWAY)
    commands.transfer(house.floor, **VSK, code="a1", to_code="a2")
    house.work()
    assert house.agent_now("boss").presence == Presence.AWAY
    assert audited(house)[-1] == ("ended_listen", "a1")


def test_handed_over_the_whisper_goes_to_who_has_the_caller_now(house):
    call, _ = consulted(house)
    listening(house, leg="CA-leg-3", call=call)
    lend(house, Ear.WHISPER)
    joining.hand_over(house.floor, **VSK, code="a1")
    house.work()
    # Before the first agent's leg ends, so that the whisper is never for nobody.
    assert seats(house)[-3:] == [
        ("CA-leg-2", Seat.HOST, None), ("CA-leg-3", Seat.WHISPERER, "CA-leg-2"), ("CA-leg-1", Seat.GUEST, None),
    ]  # fmt: skip
    assert audited(house)[-2:] == [("ended_whisper", "a1"), ("monitor_whisper", "a2")]
    assert house.agent_now("boss").presence == Presence.ON_CALL


def test_two_supervisors_listen_each_in_their_own_way(house):
    call = listening(house)
    listening(house, leg="CA-leg-3", call=call, boss="chief")
    lend(house, Ear.WHISPER)
    lend(house, Ear.BARGE, "chief")
    assert [offer.ear for offer in house.offers(purpose=Purpose.MONITOR)] == [Ear.WHISPER, Ear.BARGE]
    listening_in.leave(house.floor, **BOSS, call_id=call.id)
    assert house.agent_now("chief").presence == Presence.ON_CALL
    assert audited(house, "chief")[-1] == ("monitor_barge", "a1")


def test_nobody_listens_to_who_is_anonymous(house):
    house.agent("psychologist", skills={"psychologist": 1})
    house.agent("boss", skills={})
    call = house.call("CA-2", is_anonymous=True, ani=None)
    house.join(call, "psychologist")
    house.work()
    hear_leg(house.floor, house.offers(state=OfferState.MADE)[0].id, "CA-leg-9", "in-progress")
    assert refused(house, call_id=call.id) is Why.ANONYMOUS
    assert house.agent_now("boss").presence == Presence.AVAILABLE


def test_nobody_listens_to_what_is_not_theirs_or_not_a_conversation(house):
    house.agent("a1", is_supervisor=True)
    call, _ = talk(house)
    house.agent("sog", insurer_id="soglasie", skills={})
    assert refused(house, "a1", call_id=call.id) is Why.OWN
    assert refused(house, "sog", insurer_id="soglasie", call_id=call.id) is Why.NO_CALL
    house.agent("boss", skills={}, presence_now=Presence.WRAP_UP)
    assert refused(house, call_id=call.id) is Why.BUSY
    commands.hang_up(house.floor, **VSK, code="a1")
    assert refused(house, call_id=call.id) is Why.NO_CALL
    assert refused(house, call_id="no-such-call") is Why.NO_CALL


def test_a_line_says_whether_anybody_listens(house):
    house.agent("a1")
    call, _ = talk(house)
    house.agent("boss", skills={})
    lines = house.centre.insurers["vsk"].lines
    lines["medical_desk"] = replace(lines["medical_desk"], listening_in=ListeningIn.NEVER)
    assert refused(house, call_id=call.id) is Why.LINE


def dialled(house, *, is_answered=True):
    """a1 rings a number; somebody answers there. The dial's id, and the call."""
    house.agent("a1")
    dial_id = dials.ask(house.floor, **VSK, code="a1", number=PhoneNumber("+74951112233"))
    place_dial(house.floor, dial_id, "client:a1", "CA-own")
    house.work()
    if is_answered:
        with house.centre.database.transaction("answer") as tx:
            dialled_numbers.answered(tx, house.floor, dial_id, "CA-out-1")
    with house.centre.database.reading("dialled") as tx:
        return dial_id, tx.get_one(Call, tx.get_one(Dial, dial_id).call_id)


def test_a_call_that_an_agent_makes_is_listened_to_as_others_are(house):
    dial_id, call = dialled(house)
    listening(house, "CA-leg-1", call)
    rung = house.carrier.of("ring_agent")[-1]
    assert (rung["conference"], rung["seat"]) == (dial_id, Seat.LISTENER)
    lend(house, Ear.WHISPER)
    assert seats(house) == [("CA-leg-1", Seat.WHISPERER, "CA-own")]
    dialled_calls.ended(house.floor, dial_id=dial_id, status=CarrierStatus.COMPLETED)
    house.work()
    assert audited(house) == [
        ("listened_in", "a1"),
        ("ended_listen", "a1"),
        ("monitor_whisper", "a1"),
        ("ended_whisper", "a1"),
    ]
    assert house.agent_now("boss").presence == Presence.AWAY
    assert "CA-leg-1" in [one["call_sid"] for one in house.carrier.of("end_call")]
    assert house.agent_now("a1").presence == Presence.WRAP_UP


def test_a_listener_who_leaves_a_call_that_an_agent_makes_leaves_the_two_in_it(house):
    _, call = dialled(house)
    listening(house, "CA-leg-1", call)
    listening_in.leave(house.floor, **BOSS, call_id=call.id)
    assert house.agent_now("boss").presence == Presence.AWAY
    assert house.agent_now("a1").presence == Presence.ON_CALL


def test_who_declines_to_listen_to_a_call_that_an_agent_makes_changes_nothing_of_it(house):
    _, call = dialled(house)
    house.agent("boss", skills={}, presence_now=Presence.AVAILABLE)
    listening_in.listen_to_call(house.floor, **BOSS, call_id=call.id)
    house.work()
    hear_leg(house.floor, house.offers(purpose=Purpose.MONITOR)[-1].id, "CA-leg-1", "busy")
    assert house.agent_now("boss").presence == Presence.AWAY
    assert house.agent_now("a1").presence == Presence.ON_CALL


def test_nobody_listens_while_the_number_still_rings(house):
    _, call = dialled(house, is_answered=False)
    house.agent("boss", skills={})
    assert refused(house, call_id=call.id) is Why.NO_CALL


def test_at_the_terminal_only_supervisors_listen(house):
    house.agent("a1")
    talk(house)
    house.agent("a2", skills={})
    with pytest.raises(NotListenedTo) as caught:
        listening_in.listen(house.floor, **VSK, code="a2", to_code="a1")
    assert caught.value.why is Why.NO_SUPERVISOR


def at_work(house):
    with house.centre.database.reading("staff") as tx:
        return agents_at_work(tx, "vsk", ["desk"])


def test_who_listens_in_is_not_counted_among_those_at_work(house):
    house.agent("a1")
    call, _ = talk(house)
    house.agent("boss", presence_now=Presence.AVAILABLE)
    assert at_work(house) == Staff(at_work=2, free=1)
    listening_in.listen_to_call(house.floor, **BOSS, call_id=call.id)
    assert at_work(house) == Staff(at_work=1, free=0)
    house.work()
    hear_leg(house.floor, house.offers(purpose=Purpose.MONITOR)[-1].id, "CA-leg-2", "in-progress")
    assert at_work(house) == Staff(at_work=1, free=0)
    listening_in.leave(house.floor, **BOSS, call_id=call.id)
    house.work()
    assert at_work(house) == Staff(at_work=2, free=1)


def test_a_colleague_who_is_consulted_is_counted_among_those_at_work(house):
    consulted(house)
    with house.centre.database.reading("staff") as tx:
        assert agents_at_work(tx, "vsk", ["curator"]) == Staff(at_work=1, free=0)
