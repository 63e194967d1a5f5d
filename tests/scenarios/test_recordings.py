"""Whole calls that are recorded: notice, conversation, the carrier's news, and the sealed sound at rest."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from sqlalchemy import select

from agents.at_work import commands
from agents.at_work.recording_commands import pause_recording
from agents.dialling import passing_outside
from agents.models import Agent, Offer, OfferState
from config import failpoints
from config.phone_numbers import PhoneNumber
from ivr import exchange
from ivr.calls.models import Call, CallEvent, Direction
from ivr.diversions import divert, to_number
from ivr.exchange.twiml.verbs import NOWHERE
from ivr.line_notices import Place, take_down
from recordings import pauses
from recordings.models import Recording, RecordingKind, RecordingState
from tests.scenarios import reference as calls
from tests.scenarios.centre import MOBILE, Centre
from tests.scenarios.lines import EMERGENCY, INSURED, INSURERS, LINES, OPERATOR, PUBLISHED


def of_call(centre: Centre, call_id: str) -> list[Recording]:
    with centre.records.reading("recordings") as tx:
        return list(tx.scalars(select(Recording).where(Recording.call_id == call_id).order_by(Recording.id)))


def events(centre: Centre, call_id: str, kinds: str = "recording_%") -> list[str]:
    with centre.records.reading("events") as tx:
        statement = select(CallEvent.kind).where(CallEvent.call_id == call_id, CallEvent.kind.like(kinds))
        return list(tx.scalars(statement.order_by(CallEvent.seq)))


def newest_call(centre: Centre, direction: Direction = Direction.INBOUND) -> Call:
    with centre.records.reading("newest_call") as tx:
        return tx.scalars(select(Call).where(Call.direction == direction).order_by(Call.id.desc()).limit(1)).one()


def talk(centre: Centre, line: str, keys: tuple[str, ...], *, meanwhile: Callable[[], None] = lambda: None) -> None:
    """A caller comes to an agent, speaks for a while, and hangs up; until all is quiet again."""
    phone = centre.dial(LINES[line], keys)
    centre.reach(phone, "bridged", seconds=90)
    centre.run_for(10)
    meanwhile()
    phone.hang_up()
    centre.run_until_quiet()


def at_carrier(centre: Centre) -> list[str]:
    with centre.switch.turn() as core:
        return [it.sid for it in core.recordings.values() if not it.is_deleted and str(it.status) == "completed"]


def test_a_conversation_comes_to_rest_sealed_and_nothing_of_it_stays_at_the_carrier(either_centre: Centre) -> None:
    talk(either_centre, "vsk", OPERATOR["vsk"])
    call = newest_call(either_centre)
    (row,) = of_call(either_centre, call.id)
    assert (row.kind, row.state) == (RecordingKind.CONVERSATION, RecordingState.DELETED_AT_CARRIER)
    assert row.duration_seconds > 0
    assert events(either_centre, call.id) == ["recording_announced", "recording_began", "recording_ended"]
    assert at_carrier(either_centre) == []


def test_with_all_news_of_a_recording_lost_it_is_asked_for(centre: Centre) -> None:
    talk(centre, "rgs", OPERATOR["rgs"], meanwhile=lambda: forget_callbacks(centre))
    (row,) = of_call(centre, newest_call(centre).id)
    assert row.state == RecordingState.DELETED_AT_CARRIER


def forget_callbacks(centre: Centre) -> None:
    """The carrier tells nobody of the recordings that run."""
    with centre.switch.turn() as core:
        for recording in core.recordings.values():
            recording.callback = NOWHERE


def test_a_caller_who_is_passed_on_leaves_a_part_for_each_conversation(centre: Centre) -> None:
    code = calls._talking(centre)
    centre.run_for(5)
    to_code = "rgs-desk-2" if code == "rgs-desk-1" else "rgs-desk-1"
    calls._do(centre, partial(commands.transfer, insurer_id="rgs", code=code, to_code=to_code))
    centre.run_for(30)
    calls._hang_up_all(centre)
    centre.run_until_quiet()
    call = newest_call(centre)
    rows = of_call(centre, call.id)
    assert len(rows) == 2
    assert {row.state for row in rows} == {RecordingState.DELETED_AT_CARRIER}
    assert len({row.conversation for row in rows}) == 2


def test_a_caller_who_is_handed_over_stays_in_one_recording(centre: Centre) -> None:
    calls.consulted(centre)
    centre.run_until_quiet()
    (row,) = of_call(centre, newest_call(centre).id)
    assert row.state == RecordingState.DELETED_AT_CARRIER


@pytest.mark.parametrize(
    ("line", "keys", "is_anonymous"),
    [("vsk", ("5", "2", *INSURED["vsk"]), True), ("rgs", ("3", "1", *INSURED["rgs"]), False)],
)
def test_the_psychologist_is_never_recorded(
    centre: Centre, line: str, keys: tuple[str, ...], is_anonymous: bool
) -> None:
    talk(centre, line, keys)
    call = newest_call(centre)
    assert call.is_anonymous is is_anonymous
    with centre.records.reading("talked") as tx:
        assert tx.scalars(select(Offer.state).where(Offer.call_id == call.id)).all() == [OfferState.DONE]
    assert of_call(centre, call.id) == []


def test_somebody_rung_back_is_told_and_recorded(centre: Centre) -> None:
    calls.promised(centre)
    centre.run_until_quiet()
    call = newest_call(centre, Direction.OUTBOUND)
    assert "recording_announced" in events(centre, call.id)
    assert [row.state for row in of_call(centre, call.id)] == [RecordingState.DELETED_AT_CARRIER]


def test_an_agents_pause_is_silence_that_the_carrier_has_confirmed(centre: Centre) -> None:
    code = calls._talking(centre)
    with centre.records.reading("agent") as tx:
        call_id = tx.scalars(select(Agent.call_id).where(Agent.insurer_id == "rgs", Agent.code == code)).one()
    pause = partial(pause_recording, insurer_id="rgs", code=code)
    calls._do(centre, partial(pause, on=True))
    with centre.records.reading("paused") as tx:
        assert pauses.recording_now(tx, call_id) == "paused"
    with centre.switch.turn() as core:
        assert [str(it.status) for it in core.recordings.values() if it.conference_sid][-1] == "paused"
    centre.run_for(5)
    calls._do(centre, partial(pause, on=False))
    with centre.switch.turn() as core:
        assert [str(it.status) for it in core.recordings.values() if it.conference_sid][-1] == "in-progress"
    calls._hang_up_all(centre)
    assert "recording_paused" in events(centre, call_id)
    assert "recording_resumed" in events(centre, call_id)


def test_who_is_rung_by_an_agent_is_told_first_and_recorded(centre: Centre) -> None:
    calls.dialled(centre)
    centre.run_until_quiet()
    call = newest_call(centre, Direction.OUTBOUND)
    assert events(centre, call.id)[:2] == ["recording_announced", "recording_began"]
    (row,) = of_call(centre, call.id)
    assert (row.kind, row.state) == (RecordingKind.OWN_CALL, RecordingState.DELETED_AT_CARRIER)


def test_a_supervisor_listens_to_a_call_that_an_agent_makes(centre: Centre) -> None:
    calls.dialled(centre)
    centre.run_until_quiet()
    call = newest_call(centre, Direction.OUTBOUND)
    assert events(centre, call.id, "monitor_%") == ["monitor_began", "monitor_whisper"]


# --- with a number outside -------------------------------------------------------------------------


OUTSIDE = "+70009000009"
ANSWERS_OUTSIDE = exchange.AutoAnswer(after=2, talk_for=9, patience=None)


@contextmanager
def diverted(centre: Centre, place: Place) -> Iterator[None]:
    """The duty manager sends the line's, or the queue's, callers to a number outside, where somebody answers."""
    centre.switch.register(OUTSIDE, ANSWERS_OUTSIDE)
    database, insurer = centre.house.centre.database, centre.house.centre.insurers[place.insurer_id]
    with database.transaction("divert") as tx:
        to = to_number(OUTSIDE, begins=("+7",))
        divert(tx, insurer=insurer, place=place, to=to, by="duty manager", at=centre.now)
    try:
        yield
    finally:
        with database.transaction("clear_line") as tx:
            take_down(tx, place=place, by="duty manager", at=centre.now)
        centre.switch.unregister(OUTSIDE)


def alarms(centre: Centre, call_id: str) -> list[str]:
    with centre.records.reading("alarms") as tx:
        found = tx.scalars(select(CallEvent).where(CallEvent.call_id == call_id, CallEvent.kind.like("recording_%")))
        return [event.kind for event in found if event.data.get("alarm")]


def duty_number(centre: Centre, line: str) -> str:
    insurer = centre.house.centre.insurers[INSURERS[line]]
    return insurer.lines[PUBLISHED[line]].duty_number.e164


def test_an_emergency_given_to_the_duty_number_is_recorded(either_centre: Centre) -> None:
    either_centre.switch.behave("client:*", exchange.NoAnswer())
    phone = either_centre.dial(LINES["oms"], EMERGENCY["oms"])
    either_centre.reach(phone, "bridged", seconds=180)
    either_centre.run_for(10)
    phone.hang_up()
    either_centre.run_until_quiet()
    call = newest_call(either_centre)
    (row,) = of_call(either_centre, call.id)
    assert (row.kind, row.state) == (RecordingKind.OUTSIDE, RecordingState.DELETED_AT_CARRIER)
    assert row.duration_seconds >= 9
    assert events(either_centre, call.id)[0] == "recording_announced"
    assert alarms(either_centre, call.id) == []
    assert at_carrier(either_centre) == []
    either_centre.assert_carrier_is_content()


def test_with_all_news_of_what_was_said_to_duty_lost_it_is_asked_for(centre: Centre) -> None:
    calls.outside_news_lost(centre)
    centre.run_until_quiet()
    call = newest_call(centre)
    (row,) = of_call(centre, call.id)
    assert row.state == RecordingState.DELETED_AT_CARRIER
    assert at_carrier(centre) == []
    assert alarms(centre, call.id) == []


def test_where_nobody_answers_on_duty_no_row_stays_open_and_no_alarm_is_raised(centre: Centre) -> None:
    centre.switch.register(duty_number(centre, "oms"), exchange.NoAnswer())
    try:
        centre.switch.behave("client:*", exchange.NoAnswer())
        phone = centre.dial(LINES["oms"], EMERGENCY["oms"])
        centre.reach(phone, "ended", seconds=900)
    finally:
        centre.switch.unregister(duty_number(centre, "oms"))
    centre.run_until_quiet()
    call = newest_call(centre)
    rows = of_call(centre, call.id)
    assert rows
    assert {(row.state, row.error) for row in rows} == {(RecordingState.ABSENT, "nobody answered")}
    assert alarms(centre, call.id) == []


def test_a_caller_of_a_failed_turn_is_recorded_with_the_duty_number(centre: Centre) -> None:
    phone = centre.dial(LINES["rgs"], ("3",))
    centre.reach(phone, "waits_for_input")
    failpoints.arm_once("commit:take_turn", calls._fail)
    centre.reach(phone, "bridged", seconds=90)
    centre.run_for(10)
    phone.hang_up()
    centre.run_until_quiet()
    states = [row.state for row in of_call(centre, newest_call(centre).id) if row.kind == RecordingKind.OUTSIDE]
    assert RecordingState.DELETED_AT_CARRIER in states
    assert set(states) <= {RecordingState.DELETED_AT_CARRIER, RecordingState.ABSENT}


def test_a_caller_who_is_passed_on_outside_leaves_a_part_with_the_agent_and_one_with_the_number(centre: Centre) -> None:
    code = calls._talking(centre)
    centre.run_for(5)
    centre.switch.register(MOBILE, ANSWERS_OUTSIDE)
    pass_outside = partial(passing_outside.pass_outside, insurer_id="rgs", code=code, number=PhoneNumber(MOBILE))
    calls._do(centre, pass_outside)
    centre.run_for(30)
    calls._hang_up_all(centre)
    centre.run_until_quiet()
    call = newest_call(centre)
    assert events(centre, call.id, "queued_again") == []
    rows = of_call(centre, call.id)
    assert [row.kind for row in rows] == [RecordingKind.CONVERSATION, RecordingKind.OUTSIDE]
    assert {row.state for row in rows} == {RecordingState.DELETED_AT_CARRIER}
    assert at_carrier(centre) == []


@pytest.mark.parametrize("place", [Place("vsk", line="medical_desk"), Place("vsk", queue="medical_desk")])
def test_a_caller_of_a_diverted_line_or_queue_is_recorded(centre: Centre, place: Place) -> None:
    with diverted(centre, place):
        phone = centre.dial(LINES["vsk"], () if place.line else OPERATOR["vsk"])
        centre.reach(phone, "bridged", seconds=120)
        centre.reach(phone, "ended", seconds=120)
    centre.run_until_quiet()
    (row,) = of_call(centre, newest_call(centre).id)
    assert (row.kind, row.state) == (RecordingKind.OUTSIDE, RecordingState.DELETED_AT_CARRIER)
    assert at_carrier(centre) == []


@pytest.mark.parametrize(
    ("line", "keys"), [("vsk", ("5", "2", *INSURED["vsk"])), ("rgs", ("3", "1", *INSURED["rgs"]))]
)
def test_the_psychologists_callers_are_not_recorded_with_a_number_outside_either(
    centre: Centre, line: str, keys: tuple[str, ...]
) -> None:
    with diverted(centre, Place(line, queue="psychologist")):
        phone = centre.dial(LINES[line], keys)
        assert centre.reach(phone, "bridged", seconds=120)
        centre.reach(phone, "ended", seconds=120)
    centre.run_until_quiet()
    assert of_call(centre, newest_call(centre).id) == []
