"""How long a caller waited, as the log, its search and the call's page tell it: only what they stood in a queue."""

from agents.at_work import commands
from agents.at_work.briefing import briefing
from agents.calling_back.callbacks import OwedCalls
from agents.desk.call_now import call_now
from agents.models import Agent, Callback, Offer
from agents.supervisor.call_log.rows import LogRow, log_rows
from agents.supervisor.call_log.searching import CallSearch, find_calls
from agents.supervisor.one_call.view import QUEUE_LANE, call_view
from agents.web import answer_callback, hear_leg
from ivr.calls.models import Call, CallEvent
from tests.agents.conftest import House
from tests.agents.supervisor.conftest import Logged
from tests.agents.test_callbacks import Outgoing


def row(house: House, call_id: str) -> LogRow:
    with house.centre.database.reading("test_row") as tx:
        (found,) = log_rows(tx, [tx.get_one(Call, call_id)], at=house.clock.now())
    return found


def pieces(house: House, call_id: str) -> list[int]:
    insurers, now = house.centre.insurers, house.clock.now()
    with house.centre.database.transaction("test_view") as tx:
        view = call_view(tx, insurers=insurers, insurer=insurers["vsk"], call_id=call_id, by="boss", at=now)
    return [piece.seconds for lane in view.line.lanes if lane.name == QUEUE_LANE for piece in lane.pieces]


def found(house: House, least: int) -> list[str]:
    with house.centre.database.reading("test_waited") as tx:
        wanted = CallSearch(waited=(least, None))
        page = find_calls(tx, insurer=house.centre.insurers["vsk"], wanted=wanted, before=None, most=9)
    return [call.id for call in page.calls]


def answer(house: House, call: Call, leg: str, *, after: float) -> Offer:
    """Whoever is rung lets it ring so long, and answers."""
    house.work()
    offer = house.offers(state="made")[-1]
    hear_leg(house.floor, offer.id, leg, "ringing")
    house.clock.move_by(after)
    hear_leg(house.floor, offer.id, leg, "in-progress")
    house.work()
    house.connected(call)
    return offer


def told(house: House, call_id: str) -> list[int]:
    with house.centre.database.reading("test_told") as tx:
        events = tx.query(CallEvent).filter_by(call_id=call_id, kind="offer_accepted").order_by(CallEvent.seq)
        return [one.data["waited_seconds"] for one in events]


def told_to_the_agent(house: House, code: str) -> list[int]:
    """By the command and on the desk."""
    insurer, now = house.centre.insurers["vsk"], house.clock.now()
    agent_id = house.agent_now(code).id
    with house.centre.database.reading("test_desk") as tx:
        on_desk = call_now(tx, insurer=insurer, agent_id=agent_id, at=now)
    return [briefing(house.floor, insurer_id="vsk", code=code).waited_seconds, on_desk.waited_seconds]


def test_a_conversation_before_a_transfer_is_no_wait(logged: Logged) -> None:
    house = logged.site.house
    call = house.call("CA-passed-on")
    house.join(call)
    answer(house, call, "CA-leg-1", after=12)
    house.clock.move_by(600)
    (first,) = [one for one in ("desk-1", "desk-2") if house.agent_now(one).call_id == call.id]
    other = {"desk-1": "desk-2", "desk-2": "desk-1"}[first]
    commands.transfer(house.floor, insurer_id="vsk", code=first, to_code=other)
    house.join(house.row(Call, call.id), at_head=True)
    answer(house, call, "CA-leg-2", after=5)
    assert row(house, call.id).waited_seconds == 12
    assert pieces(house, call.id) == [12, 5]
    assert told(house, call.id) == [12, 5]
    assert told_to_the_agent(house, other) == [5, 5]
    assert (found(house, 12), found(house, 13)) == ([call.id], [])


def test_the_days_until_a_callback_are_no_wait_of_either_call(logged: Logged) -> None:
    house = logged.site.house
    asked = house.call("CA-asked")
    house.join(asked)
    house.clock.move_by(40)
    with house.centre.database.transaction("test_promise") as tx:
        OwedCalls(house.centre).plan(tx, tx.get_one(Call, asked.id), reason="callback", keep_place=True)
    house.end_call(asked)
    assert row(house, asked.id).waited_seconds == 40
    house.clock.move_by(2 * 86_400)
    house.work()
    with house.centre.database.reading("test_promised") as tx:
        promised = tx.query(Callback).one().id
    answer_callback(house.floor, Outgoing(house), promised, "CA-out-1")
    reached = house.row(Call, "CA-out-1")
    house.join(reached)
    house.carrier.in_queue.add("CA-out-1")
    offer = answer(house, reached, "CA-leg-1", after=7)
    assert told_to_the_agent(house, house.row(Agent, offer.agent_id).code) == [7, 7]
    assert [row(house, one.id).waited_seconds for one in (asked, reached)] == [40, 7]
    assert [pieces(house, one.id) for one in (asked, reached)] == [[40], [7]]
    assert found(house, 41) == []


def test_who_waits_now_has_waited_until_now_and_who_hung_up_until_then(logged: Logged) -> None:
    house = logged.site.house
    for code in ("desk-1", "desk-2"):
        commands.go_away(house.floor, insurer_id="vsk", code=code, reason="break")
    call = house.call("CA-patient")
    house.join(call)
    house.clock.move_by(90)
    assert row(house, call.id).waited_seconds == 90
    assert pieces(house, call.id) == [90]
    house.end_call(call)
    house.clock.move_by(90)
    assert row(house, call.id).waited_seconds == 90
    assert pieces(house, call.id) == [90]
    assert found(house, 90) == [call.id]
