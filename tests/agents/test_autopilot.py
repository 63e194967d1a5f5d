"""An automatic agent takes a call from its ring to its outcome, by the services that people use."""

from datetime import timedelta

from sqlalchemy import select

from agents.at_work import commands
from agents.models import Presence, Shift, WaitState
from agents.shifts.importing import import_shifts
from agents.web import hear_leg
from ivr.calls.models import Outcome


def test_it_talks_hangs_up_writes_down_and_is_there_again(house):
    house.agent("auto", is_automatic=True)
    call = house.call()
    house.join(call)
    house.work()
    hear_leg(house.floor, house.offers()[0].id, "CA-leg-1", "in-progress")
    house.work()
    assert house.agent_now("auto").presence == Presence.ON_CALL
    house.later(13)
    assert house.agent_now("auto").presence == Presence.WRAP_UP
    house.later(4)
    assert house.agent_now("auto").presence == Presence.AVAILABLE
    assert house.waits()[0].state == WaitState.SERVED
    with house.centre.database.reading("outcome") as tx:
        outcome = tx.scalars(select(Outcome)).one()
    assert (outcome.code, outcome.recorded_by) == ("info_given", "auto")


def test_after_an_unanswered_ring_it_comes_back(house):
    house.agent("auto", is_automatic=True)
    house.join(house.call())
    house.work()
    hear_leg(house.floor, house.offers()[0].id, "CA-leg-1", "no-answer")
    assert house.agent_now("auto").presence == Presence.AWAY
    house.later(6)
    assert house.agent_now("auto").presence == Presence.OFFERED


def test_people_are_left_alone(house):
    house.agent("person", presence_now=Presence.AWAY)
    house.later(3600)
    assert house.agent_now("person").presence == Presence.AWAY


def test_it_goes_when_its_shift_is_over_and_comes_with_the_next(house):
    agent = house.agent("auto", is_automatic=True)
    now = house.clock.now()
    with house.centre.database.transaction("tomorrow") as tx:
        tomorrow = now + timedelta(hours=21)
        tx.add(Shift(id="s", insurer_id="vsk", agent_id=agent.id, kind="work", starts_at=tomorrow,
                     ends_at=tomorrow + timedelta(hours=8)))  # fmt: skip
    house.later(8 * 3600 - 1)
    assert house.agent_now("auto").presence == Presence.AVAILABLE
    house.later(2)
    assert (house.agent_now("auto").presence, house.agent_now("auto").presence_reason) == (Presence.AWAY, "off_shift")
    house.later(13 * 3600)
    assert house.agent_now("auto").presence == Presence.AVAILABLE


def test_from_a_break_that_a_person_sent_it_on_it_comes_back_when_a_person_says_so(house):
    house.agent("auto", is_automatic=True)
    commands.go_away(house.floor, insurer_id="vsk", code="auto", reason="break")
    house.later(60)
    assert house.agent_now("auto").presence == Presence.AWAY
    commands.become_available(house.floor, insurer_id="vsk", code="auto")
    assert house.agent_now("auto").presence == Presence.AVAILABLE


def test_it_goes_at_once_when_a_new_roster_says_that_it_does_not_work(house, tmp_path):
    house.agent("auto", is_automatic=True)
    path = tmp_path / "roster.csv"
    path.write_text(
        "code,skills,kind,starts,ends,automatic\n"
        "auto,desk,,2026-11-24 08:00,2026-11-24 18:00,yes\n"
        "auto,,leave,2026-11-24 00:00,2026-11-25 00:00,yes\n",
        encoding="utf-8",
    )
    assert import_shifts(house.centre, insurer_id="vsk", path=path, actor="test").errors == ()
    house.work()
    assert house.agent_now("auto").presence_reason == "off_shift"
