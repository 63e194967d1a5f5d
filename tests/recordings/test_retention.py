"""The end of recordings: by their line and outcome, not while they are held, and never without an act."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from config import due_work, failpoints
from config.audit import AuditEntry
from config.due_work import DueWork
from config.line_descriptions import RecordingRules
from ivr.calls.models import Call, CallEvent
from ivr.calls.outcomes import record_outcome
from ivr.carrier.errors import CallGone
from recordings import retention
from recordings.acts import find_acts
from recordings.errors import HeldBack, NotAtRest, NotThere
from recordings.keeping import RETIRE
from recordings.models import DestructionAct, Recording, RecordingState
from recordings.recordings_cli import recordings_command
from tests.recordings.kept import keep, kept_house

YEAR = timedelta(days=365).total_seconds()


@pytest.fixture
def house(tmp_path, database):
    yield kept_house(tmp_path, database)
    failpoints.disarm()


def row(house, recording_id) -> Recording:
    return house.row(Recording, recording_id)


def acts(house) -> list[DestructionAct]:
    with house.centre.database.reading("test_acts") as tx:
        return list(find_acts(tx, insurer_id="vsk").acts)


def files(house):
    return sorted((house.centre.settings.data_dir / "recordings").iterdir())


def test_after_its_time_it_is_destroyed_and_the_act_says_who_what_and_when(house):
    recording_id = keep(house, house.call())
    before = row(house, recording_id)
    house.later(YEAR - 60)
    assert row(house, recording_id).state == RecordingState.DELETED_AT_CARRIER
    house.later(120)
    after = row(house, recording_id)
    assert (after.state, after.wrapped_key, after.key_id, after.peaks) == (RecordingState.DESTROYED, None, None, None)
    assert after.file_name is None
    assert files(house) == []
    (act,) = acts(house)
    assert (act.destroyed_by, act.ground, act.recording_id) == ("retention", "term", recording_id)
    assert (act.sha256, act.size_bytes, act.recorded_at) == (before.sha256, before.size_bytes, before.began_at)
    with house.centre.database.reading("told") as tx:
        assert "destroyed_recording" in tx.scalars(select(AuditEntry.action)).all()
        assert "recording_destroyed" in tx.scalars(select(CallEvent.kind)).all()


def test_a_call_that_was_refused_is_kept_three_years(house):
    call = house.call()
    recording_id = keep(house, call)
    with house.centre.database.transaction("outcome") as tx:
        record_outcome(
            tx, call=tx.get_one(Call, call.id), code="refused_not_covered", by="desk-1", at=house.clock.now(),
            is_primary=True,
        )  # fmt: skip
    house.later(YEAR + 60)
    assert row(house, recording_id).state == RecordingState.DELETED_AT_CARRIER
    house.later(2 * YEAR)
    assert row(house, recording_id).state == RecordingState.DESTROYED


@pytest.mark.parametrize(
    ("outcomes", "days"), [([], 30), (["info_given"], 30), (["info_given", "gl_declined"], 90), (["short"], 30)]
)
def test_the_longest_of_line_and_outcomes_counts(outcomes, days):
    assert RecordingRules(30, {"gl_declined": 90, "short": 5}).days_for(outcomes) == days


def test_what_is_held_is_kept_until_a_day_after_its_release(house):
    call = house.call()
    recording_id = keep(house, call)
    assert house.retention.hold(insurer_id="vsk", call_id=call.id, by="lawyer", reason="case 7")
    assert not house.retention.hold(insurer_id="vsk", call_id=call.id, by="lawyer", reason="again")
    house.later(YEAR + 60)
    assert row(house, recording_id).state == RecordingState.DELETED_AT_CARRIER
    with pytest.raises(HeldBack, match="case 7"):
        house.retention.destroy(insurer_id="vsk", recording_id=recording_id, by="x", ground="y")
    assert house.retention.release(insurer_id="vsk", call_id=call.id, by="lawyer")
    house.later(24 * 3600)
    assert row(house, recording_id).state == RecordingState.DESTROYED


def test_by_hand_it_ends_before_its_time(house):
    recording_id = keep(house, house.call())
    house.retention.destroy(insurer_id="vsk", recording_id=recording_id, by="lawyer", ground="request 12")
    house.work()
    (act,) = acts(house)
    assert (act.destroyed_by, act.ground) == ("lawyer", "request 12")
    with pytest.raises(NotAtRest):
        house.retention.destroy(insurer_id="vsk", recording_id=recording_id, by="lawyer", ground="again")
    assert len(acts(house)) == 1


def test_another_insurers_recording_is_nowhere(house):
    recording_id = keep(house, house.call())
    with pytest.raises(NotThere):
        house.retention.destroy(insurer_id="rgs", recording_id=recording_id, by="x", ground="y")
    with pytest.raises(NotThere):
        house.retention.hold(insurer_id="rgs", call_id=row(house, recording_id).call_id, by="x", reason="y")


def test_an_act_cannot_be_changed_or_taken_back(house):
    house.retention.destroy(insurer_id="vsk", recording_id=keep(house, house.call()), by="x", ground="y")
    for statement in ("update destruction_acts set ground = 'z'", "delete from destruction_acts"):
        with pytest.raises(DatabaseError), house.centre.database.transaction("test_change") as tx:
            tx.execute(text(statement))


def test_one_that_failed_is_destroyed_at_the_carrier_too(house):
    recording_id = keep(house, house.call(), sound=b"no sound at all")
    house.later(601)
    assert row(house, recording_id).state == RecordingState.FAILED
    assert house.carrier.recordings
    house.retention.destroy(insurer_id="vsk", recording_id=recording_id, by="x", ground="y")
    house.work()
    assert house.carrier.recordings == {}


def test_one_that_failed_can_be_fetched_again(house):
    call = house.call()
    house.carrier.refuse["fetch_recording"] = CallGone("fetch_recording", code=20404)
    recording_id = keep(house, call)
    assert row(house, recording_id).state == RecordingState.FAILED
    del house.carrier.refuse["fetch_recording"]
    house.retention.retry(insurer_id="vsk", recording_id=recording_id, by="x")
    house.work()
    assert (row(house, recording_id).state, row(house, recording_id).error) == (RecordingState.DELETED_AT_CARRIER, None)


PLACES = ["commit:retire_recording", "commit:note_erased", "commit:claim_work", "carrier:delete_recording"]


@pytest.mark.parametrize("place", PLACES)
def test_killed_anywhere_there_is_one_act_and_no_file(house, place):
    recording_id = keep(house, house.call())
    failpoints.arm_once(place, failpoints.kill_here)
    with pytest.raises(failpoints.ProcessKilled):
        house.later(YEAR + 60)
    house.later(31)
    assert row(house, recording_id).state == RecordingState.DESTROYED
    assert len(acts(house)) == 1
    assert files(house) == []


@pytest.mark.parametrize("place", ["commit:destroy_recording", "commit:hold_recordings", "commit:release_recordings"])
def test_a_command_that_is_killed_is_done_or_can_be_said_again(house, place):
    call = house.call()
    recording_id = keep(house, call)
    failpoints.arm_once(place, failpoints.kill_here)
    with pytest.raises(failpoints.ProcessKilled):  # noqa: PT012 - whichever of them dies
        house.retention.hold(insurer_id="vsk", call_id=call.id, by="x", reason="y")
        house.retention.release(insurer_id="vsk", call_id=call.id, by="x")
        house.retention.destroy(insurer_id="vsk", recording_id=recording_id, by="x", ground="y")
    house.work()
    assert len(acts(house)) == (row(house, recording_id).state == RecordingState.DESTROYED)


def command(house, *words: str):
    return CliRunner().invoke(recordings_command(lambda: house.centre), [*words], catch_exceptions=False)


def test_the_commands_show_hold_and_destroy(house):
    call = house.call()
    recording_id = keep(house, call)
    assert recording_id in command(house, "list", "--insurer", "vsk", "--state", "deleted_at_carrier").output
    assert command(house, "list", "--insurer", "rgs").output == ""
    assert command(house, "hold", call.id, "--insurer", "vsk", "--reason", "case 7").output == "held\n"
    refused = command(house, "destroy", recording_id, "--insurer", "vsk", "--ground", "g", "--yes")
    assert (refused.exit_code, refused.output) == (1, "Error: a legal hold forbids it: case 7\n")
    assert command(house, "release", call.id, "--insurer", "vsk").output == "released\n"
    command(house, "destroy", recording_id, "--insurer", "vsk", "--ground", "request 12", "--yes")
    assert "ground: request 12" in command(house, "acts", "--insurer", "vsk").output
    assert command(house, "review", "--insurer", "vsk").output == "0 recordings reviewed\n"
    assert command(house, "retry", "nothing", "--insurer", "vsk").exit_code == 1


def test_a_review_appoints_all_ends_anew_some_at_a_time(house, monkeypatch):
    monkeypatch.setattr(retention, "_AT_ONCE", 2)
    ids = {keep(house, house.call(f"CA-{number}")) for number in range(5)}
    with house.centre.database.transaction("lost") as tx:
        for recording_id in ids:
            due_work.cancel(tx, kind=RETIRE, subject_id=recording_id)
    assert house.retention.review(insurer_id="vsk") == 5
    with house.centre.database.reading("due") as tx:
        assert set(tx.scalars(select(DueWork.subject_id).where(DueWork.kind == RETIRE))) == ids
