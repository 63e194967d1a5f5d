"""Calls that we owe: promised once, in daytime, keeping their place, tried a limited number of times."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import inspect, select, update

from agents.calling_back import placing
from agents.calling_back.callbacks import OwedCalls
from agents.models import Callback, CallbackState, OfferState, Presence, Purpose, Shift, WaitState
from agents.web import answer_callback, end_callback_call
from ivr.calls.models import Call, Outcome
from ivr.carrier.port import CarrierCall, CarrierStatus
from ivr.ports import CallbackPlan, CallbackRefusal, QueueEntry

MOSCOW = ZoneInfo("Europe/Moscow")


class Outgoing:
    """Begins the outgoing call as the phone side does."""

    def __init__(self, house):
        self.house = house

    def answer(self, tx, callback, promised_in, *, carrier_sid):
        known = tx.scalar(select(Call).where(Call.carrier_sid == carrier_sid))
        if known is None:
            tx.add(
                Call(id=carrier_sid, insurer_id=callback.insurer_id, carrier_sid=carrier_sid, line=callback.line,
                     dnis=promised_in.dnis, ani=callback.phone, direction="outbound", state="in_menu",
                     started_at=self.house.clock.now(), language="ru", flow="called_back", flow_digest="",
                     continues_call_id=promised_in.id)
            )
        return "<Response/>"

    def ended(self, *, carrier_sid, status):
        call = self.house.row(Call, carrier_sid)
        if call is not None and call.ended_at is None:
            self.house.end_call(call)


def promise(house, call, *, reason="callback", keep_place=True):
    with house.centre.database.transaction("promise") as tx:
        return OwedCalls(house.centre).plan(tx, tx.get_one(Call, call.id), reason=reason, keep_place=keep_place)


def callback(house):
    with house.centre.database.reading("callback") as tx:
        return tx.scalars(select(Callback)).one()


def waiting(house):
    call = house.call()
    assert house.join(call) is QueueEntry.JOINED
    plan = promise(house, call)
    house.end_call(call)
    return call, plan


def promised_while_heard(house, *, reason="callback"):
    """A promise with an agent free at once, whose caller still hears it."""
    call = house.call()
    house.join(call)
    promise(house, call, reason=reason)
    house.agent("a1")
    house.work()
    return call


def test_whoever_still_hears_the_promise_is_not_dialled(house):
    call = promised_while_heard(house)
    house.later(20)
    assert not house.carrier.of("place_call")
    house.end_call(call)
    house.later(4)
    assert len(house.carrier.of("place_call")) == 1
    assert callback(house).attempts == 1


def test_a_call_that_never_ends_holds_its_promise_up_for_a_minute(house):
    promised_while_heard(house)
    house.later(50)
    assert not house.carrier.of("place_call")
    house.later(14)
    assert len(house.carrier.of("place_call")) == 1


def test_an_urgent_promise_is_not_dialled_while_it_is_heard(house):
    call = house.call(is_emergency=True)
    promise(house, call, reason="callback")
    house.later(30)
    assert not house.carrier.of("place_call")
    house.end_call(call)
    house.later(4)
    assert len(house.carrier.of("place_call")) == 1


def test_a_promise_that_is_still_heard_leaves_its_turn_to_others(house):
    heard, behind = house.call("CA-1"), house.call("CA-2")
    house.join(heard)
    promise(house, heard)
    house.clock.move_by(1)
    house.join(behind)
    house.agent("a1")
    house.later(2)
    assert [offer.call_id for offer in house.offers()] == [behind.id]


def test_a_callback_keeps_its_place_and_is_dialled_at_its_turn(house):
    outgoing = Outgoing(house)
    _call, plan = waiting(house)
    since = house.waits()[0].since
    assert plan.is_new
    assert house.waits()[0].state == WaitState.CALLBACK
    house.work()
    assert not house.carrier.of("place_call")
    house.clock.move_by(600)
    later = house.call("CA-2")
    house.join(later)
    house.agent("a1")
    house.work()
    assert [one["to"] for one in house.carrier.of("place_call")] == ["+79161234567"]
    document = answer_callback(house.floor, outgoing, callback(house).id, "CA-out-1")
    assert document == "<Response/>"
    reached = house.row(Call, "CA-out-1")
    house.join(reached, "medical_desk")
    wait = next(one for one in house.waits() if one.call_id == reached.id)
    assert (wait.state, wait.since, wait.rank) == (WaitState.WAITING, since, 1)
    house.end_call(later)
    house.work()
    assert house.offers(state=OfferState.MADE)[0].call_id == reached.id
    house.end_call(reached)
    assert callback(house).state == CallbackState.DONE


def test_the_same_person_and_reason_is_promised_once(house):
    _call, plan = waiting(house)
    again = house.call("CA-2")
    second = promise(house, again)
    assert not second.is_new
    assert second.from_at == plan.from_at
    assert promise(house, house.call("CA-3"), reason="voicemail").is_new


def test_without_a_number_nothing_is_promised(house):
    assert promise(house, house.call(ani=None)) is CallbackRefusal.NO_PHONE
    assert promise(house, house.call("CA-2", is_anonymous=True)) is CallbackRefusal.NO_PHONE


def test_a_number_abroad_is_rung_back_only_in_an_emergency(house):
    abroad = "+998901234567"
    assert promise(house, house.call(ani=abroad)) is CallbackRefusal.NO_PHONE
    assert promise(house, house.call("CA-2", ani=abroad, is_emergency=True)).is_new
    assert callback(house).is_urgent


@pytest.mark.parametrize(
    ("window", "told"),
    [
        (("14:37:12", "16:37:12"), ("14:35", "16:40")),
        (("14:35:00", "16:40:00"), ("14:35", "16:40")),
        (("20:58:59", "21:00:00"), ("20:55", "21:00")),
    ],
)
def test_a_window_is_told_in_round_times_and_no_shorter_than_it_is(window, told):
    since, until = (datetime.fromisoformat(f"2026-11-24T{at}+00:00") for at in window)
    assert [f"{at:%H:%M}" for at in CallbackPlan(is_new=True, from_at=since, until_at=until).told] == list(told)


def test_nobody_is_called_at_night_where_they_live(house):
    vladivostok = "+74232345678"
    house.clock.move_to(datetime(2026, 11, 24, 12, 0, tzinfo=UTC))  # 22:00 in Vladivostok
    plan = promise(house, house.call(ani=vladivostok), keep_place=False)
    assert plan.from_at == datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    assert plan.until_at == plan.from_at + timedelta(minutes=120)


def test_who_wants_the_curator_is_rung_by_the_curator_once_back(house):
    saturday, monday = datetime(2026, 11, 28, 12, 30, tzinfo=MOSCOW), datetime(2026, 11, 30, 10, 0, tzinfo=MOSCOW)
    house.clock.move_to(saturday)
    curator = house.agent("c1", extension="5093", skills={"curator": 1}, on_shift=False, presence_now=Presence.AWAY)
    with house.centre.database.transaction("shift") as tx:
        tx.add(
            Shift(id="5" * 32, insurer_id="vsk", agent_id=curator.id, kind="work",
                  starts_at=monday, ends_at=monday + timedelta(hours=8))
        )
    plan = promise(house, house.call(extension="5093"), reason="curator", keep_place=False)
    assert (plan.from_at, plan.until_at) == (monday, monday + timedelta(minutes=120))
    (wait,) = house.waits()
    assert (wait.queue, wait.preferred_agent_id) == ("curator", curator.id)
    assert callback(house).queue == "curator"


def test_a_line_without_a_desk_rings_back_in_the_hours_of_its_first_ordinary_queue(house):
    house.clock.move_to(datetime(2026, 11, 28, 12, 30, tzinfo=MOSCOW))  # a Saturday
    plan = promise(house, house.call(insurer_id="oms", line="hotline", region="70"), reason="message")
    assert plan.from_at == datetime(2026, 11, 30, 9, 0, tzinfo=ZoneInfo("Asia/Tomsk"))
    (wait,) = house.waits()
    assert (wait.queue, wait.is_emergency) == ("representatives_1", False)


def test_the_window_ends_with_the_evening(house):
    house.clock.move_to(datetime(2026, 11, 24, 20, 0, tzinfo=MOSCOW))
    plan = promise(house, house.call(), keep_place=False)
    assert plan.until_at == datetime(2026, 11, 24, 21, 0, tzinfo=MOSCOW)


def test_three_attempts_that_reach_nobody_are_the_end(house):
    outgoing = Outgoing(house)
    waiting(house)
    house.agent("a1")
    house.work()
    for attempt in range(1, 4):
        assert callback(house).attempts == attempt
        end_callback_call(house.floor, outgoing, callback(house).id, f"CA-out-{attempt}", CarrierStatus.NO_ANSWER)
        end_callback_call(house.floor, outgoing, callback(house).id, f"CA-out-{attempt}", CarrierStatus.NO_ANSWER)
        house.later(16 * 60)
    assert callback(house).state == CallbackState.FAILED
    assert house.waits()[0].end_reason == "callback_failed"
    assert len(house.carrier.of("place_call")) == 3
    with house.centre.database.reading("outcome") as tx:
        outcome = tx.scalars(select(Outcome)).one()
    assert (outcome.code, outcome.is_primary, outcome.owner) == ("callback_failed", False, "desk")
    assert house.agent_now("a1").presence == Presence.AVAILABLE


def test_somebody_who_hangs_up_before_the_queue_counts_as_an_attempt(house):
    outgoing = Outgoing(house)
    waiting(house)
    house.agent("a1")
    house.work()
    answer_callback(house.floor, outgoing, callback(house).id, "CA-out-1")
    end_callback_call(house.floor, outgoing, callback(house).id, "CA-out-1", CarrierStatus.COMPLETED)
    assert callback(house).state == CallbackState.PLANNED


def test_no_more_are_dialled_at_once_than_agents_are_free(house):
    for number in range(3):
        call = house.call(f"CA-{number}", ani=f"+7916123456{number}")
        house.join(call)
        promise(house, call)
        house.end_call(call)
    house.agent("a1")
    house.work()
    assert len(house.carrier.of("place_call")) == 1


def test_near_the_end_of_its_window_it_is_dialled_although_nobody_is_free(house):
    waiting(house)
    house.later(1)
    house.later(111 * 60)
    assert len(house.carrier.of("place_call")) == 1


def test_a_lost_answer_to_dialling_is_looked_up_and_not_repeated(house):
    waiting(house)
    house.agent("a1")
    house.carrier.lose_answer_of.add("place_call")
    house.work()
    house.later(2)
    assert len(house.carrier.of("place_call")) == 1
    assert callback(house).carrier_sid == "CA-out-1"


def test_no_news_is_asked_after(house):
    waiting(house)
    house.agent("a1")
    house.work()
    house.carrier.statuses["CA-out-1"] = CarrierStatus.COMPLETED
    house.later(91)
    assert callback(house).state == CallbackState.PLANNED


def test_a_stranger_to_the_promise_is_hung_up_on(house):
    waiting(house)
    house.agent("a1")
    house.work()
    answer_callback(house.floor, Outgoing(house), callback(house).id, "CA-out-1")
    assert "<Hangup/>" in answer_callback(house.floor, Outgoing(house), callback(house).id, "CA-other")


def test_late_news_of_an_attempt_changes_nothing(house):
    waiting(house)
    placing.attempt_failed(house.floor, callback(house).id, reason="late", sid="CA-out-9")
    assert callback(house).state == CallbackState.PLANNED


def test_a_lost_answer_never_takes_over_a_call_that_is_another_promise(house):
    waiting(house)
    first = callback(house)
    under_way = CarrierStatus.UNDER_WAY
    from_elsewhere = CarrierCall("CA-line", None, "+74950000000", first.phone, False, under_way, None, None)
    kept = replace(from_elsewhere, sid="CA-kept", from_number="+78002001441")
    house.carrier.placed += [from_elsewhere, kept]
    fields = {column.key: getattr(first, column.key) for column in inspect(Callback).columns}
    other = {"id": "other", "reason": "other", "carrier_sid": "CA-kept", "state": "answered", "wait_id": None}
    with house.centre.database.transaction("kept") as tx:
        tx.add(Callback(**(fields | other)))
    house.agent("a1")
    house.carrier.lose_answer_of.add("place_call")
    house.work()
    house.later(2)
    assert house.row(Callback, first.id).carrier_sid == "CA-out-1"
    assert len(house.carrier.of("place_call")) == 1


def test_a_number_rung_in_vain_too_often_is_promised_nothing_more_that_day(house):
    for number in range(2):
        call = house.call(f"CA-{number}")
        promise(house, call, reason=f"r{number}", keep_place=False)
    with house.centre.database.transaction("failed") as tx:
        tx.execute(update(Callback).values(state="failed", ended_at=house.clock.now(), end_reason="no_answer"))
    assert promise(house, house.call("CA-3"), keep_place=False) is CallbackRefusal.TOO_OFTEN
    assert promise(house, house.call("CA-4", is_emergency=True), keep_place=False).is_new
    assert promise(house, house.call("CA-5", ani="+79160000000"), keep_place=False).is_new
    house.clock.move_by(24 * 3600 + 1)
    assert promise(house, house.call("CA-6"), keep_place=False).is_new


def test_a_callback_is_promised_and_tried_again_in_the_regions_own_hours(house):
    house.clock.move_to(datetime(2026, 11, 25, 12, 0, tzinfo=UTC))  # 19:00 in Tomsk, 15:00 in Moscow
    call = house.call(insurer_id="oms", line="hotline", region="70")
    assert house.join(call, "representatives_1") is QueueEntry.CLOSED
    plan = promise(house, call, keep_place=False)
    assert callback(house).time_zone == "Asia/Tomsk"
    assert plan.from_at >= house.clock.now()


def test_an_urgent_callback_whose_attempts_are_used_up_is_not_promised_anew(house):
    outgoing = Outgoing(house)
    call = house.call(is_emergency=True)
    house.join(call, "emergency", is_emergency=True)
    house.end_call(call)
    for attempt in range(1, 4):
        house.later(61)
        answer_callback(house.floor, outgoing, callback(house).id, f"CA-out-{attempt}")
        with house.centre.database.transaction("urgent") as tx:
            reached = tx.get_one(Call, f"CA-out-{attempt}")
            reached.is_emergency = True
        end_callback_call(house.floor, outgoing, callback(house).id, f"CA-out-{attempt}", CarrierStatus.COMPLETED)
    assert callback(house).state == CallbackState.FAILED
    house.later(3600)
    assert len(house.carrier.of("place_call")) == 3


def test_a_resumed_callback_is_an_offer_of_that_purpose(house):
    waiting(house)
    house.agent("a1")
    house.work()
    answer_callback(house.floor, Outgoing(house), callback(house).id, "CA-out-1")
    house.join(house.row(Call, "CA-out-1"), "medical_desk")
    house.work()
    assert [one.purpose for one in house.offers(state=OfferState.MADE)] == [Purpose.CALLBACK]


def test_who_stays_in_line_after_all_is_not_rung_as_well(house):
    call = house.call()
    house.join(call)
    promise(house, call)
    house.join(call)
    assert house.waits()[0].state == WaitState.WAITING
    assert (callback(house).state, callback(house).end_reason) == (CallbackState.DONE, "stayed_in_line")
