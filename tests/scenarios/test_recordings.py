"""Whole calls that are recorded: notice, conversation, the carrier's news, and the sealed sound at rest."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select

from agents.at_work import commands
from agents.at_work.recording_commands import pause_recording
from agents.models import Agent, Offer, OfferState
from ivr.calls.models import Call, CallEvent, Direction
from ivr.exchange.twiml.verbs import NOWHERE
from recordings import pauses
from recordings.models import Recording, RecordingKind, RecordingState
from tests.scenarios import reference as calls
from tests.scenarios.centre import Centre
from tests.scenarios.lines import INSURED, LINES, OPERATOR


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
