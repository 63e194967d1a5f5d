"""A message left: fetched, sealed, deleted at the carrier, answered by a call; whatever crashes between."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from agents.calling_back.callbacks import OwedCalls
from agents.models import Callback
from config import failpoints
from config.audit import AuditEntry
from config.due_work import DueWork
from ivr.calls.models import Call, CallEvent, Outcome
from ivr.carrier.errors import CallGone, CarrierUnavailable, NotReady, Unusable
from ivr.carrier.media import LONGEST_SECONDS
from recordings.errors import NotThere, SealBroken
from recordings.keeping import FETCH, FETCHED_WITHIN, Keeping
from recordings.models import Recording, RecordingState
from recordings.playing_messages import play_message as play
from recordings.sealing import Sealed, seal, unseal
from recordings.transitions import NEXT, move
from recordings.voicemail import Messages
from recordings.voicemail_cli import commands_of
from tests.agents.conftest import make_house
from tests.recordings.sounds import wav

SOUND = wav(12)


@pytest.fixture
def house(tmp_path, database):
    house = make_house(tmp_path, database)
    owed = OwedCalls(house.centre)

    def owe(tx, call, *, reason):
        return owed.plan(tx, call, reason=reason, keep_place=False)

    house.messages = Messages(house.centre, owe)
    house.keeping = Keeping(house.centre, house.carrier)
    house.keeping.wire(house.centre.plan)
    yield house
    failpoints.disarm()


def announce(house, call):
    house.carrier.recordings["RE-1"] = SOUND
    with house.centre.database.transaction("announce") as tx:
        house.messages.announce(tx, tx.get_one(Call, call.id), recording_sid="RE-1", duration_seconds=12)


def recording(house):
    with house.centre.database.reading("recording") as tx:
        return tx.scalars(select(Recording)).one()


def files(house):
    folder = house.centre.settings.data_dir / "recordings"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_a_message_comes_to_rest_sealed_and_owes_a_call(house):
    announce(house, house.call())
    announce(house, house.call("CA-2"))
    house.work()
    row = recording(house)
    assert row.state == RecordingState.DELETED_AT_CARRIER
    assert house.carrier.recordings == {}
    (file,) = files(house)
    assert SOUND not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    with house.centre.database.reading("callback") as tx:
        assert tx.scalars(select(Callback.reason)).all() == ["message"]


def test_playing_leaves_an_audit_entry_and_is_for_its_insurer_only(house):
    announce(house, house.call())
    house.work()
    row = recording(house)
    assert play(house.centre, insurer_id="vsk", recording_id=row.id, actor="somebody") == SOUND
    with house.centre.database.reading("audit") as tx:
        assert tx.scalars(select(AuditEntry.action)).all() == ["played_recording"]
    with pytest.raises(NotThere):
        play(house.centre, insurer_id="rgs", recording_id=row.id, actor="somebody")


def test_what_is_unsealed_in_the_terminal_goes_into_a_new_file_for_its_owner_alone(house, tmp_path):
    announce(house, house.call())
    house.work()
    (group,), file = commands_of(lambda: house.centre), tmp_path / "message.wav"
    asked = ["play", recording(house).id, str(file), "--insurer", "vsk"]
    assert CliRunner().invoke(group, asked).exit_code == 0
    assert file.read_bytes() == SOUND
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(b"another's")
    assert "is there already" in CliRunner().invoke(group, asked).output
    assert file.read_bytes() == b"another's"


PLACES = ["commit:announce", "commit:note_sealed", "carrier:delete_recording", "commit:claim_work"]


@pytest.mark.parametrize("place", PLACES)
def test_killed_anywhere_it_comes_to_rest_all_the_same(house, place):
    call = house.call()
    failpoints.arm(place, failpoints.kill_here)
    with pytest.raises(failpoints.ProcessKilled):  # noqa: PT012 - which of the two dies is the place's to say
        announce(house, call)
        house.work()
    failpoints.disarm()
    house.later(FETCHED_WITHIN.total_seconds() + 1)
    assert recording(house).state == RecordingState.DELETED_AT_CARRIER
    assert play(house.centre, insurer_id="vsk", recording_id=recording(house).id, actor="x") == SOUND


def test_what_is_not_ready_is_tried_again_and_what_is_gone_has_failed(house, monkeypatch):
    announce(house, house.call())
    house.carrier.refuse["fetch_recording"] = CarrierUnavailable("fetch_recording")
    house.work()
    assert recording(house).state == RecordingState.ANNOUNCED
    house.carrier.refuse["fetch_recording"] = CallGone("fetch_recording", code=20404)
    house.later(5)
    assert recording(house).state == RecordingState.FAILED
    assert files(house) == []


def told(caplog, level):
    return [record.getMessage() for record in caplog.records if record.levelno == level]


def test_a_message_that_is_still_being_made_is_no_error_until_it_never_came(house, caplog):
    caplog.set_level(logging.INFO, logger="pult")
    announce(house, house.call())
    house.carrier.refuse["fetch_recording"] = NotReady("fetch_recording", status=404)
    house.work()
    house.later(5)
    assert recording(house).state == RecordingState.ANNOUNCED
    assert [line.partition(" waits: ")[2] for line in told(caplog, logging.INFO)] == [
        "the carrier still makes the recording (attempt 1)",
        "the carrier still makes the recording (attempt 2)",
    ]
    assert not told(caplog, logging.ERROR)
    # After a day without workers the carrier is asked again before it is given up.
    house.later(24 * 3600)
    assert recording(house).state == RecordingState.ANNOUNCED
    for _ in range(7):
        house.later(300)
    assert recording(house).state == RecordingState.FAILED
    assert len(told(caplog, logging.ERROR)) == 1


def test_what_cannot_be_asked_for_in_time_has_failed_too(house, monkeypatch):
    """Whatever ends the asking before the carrier answers: a time-out of the job, a worker out of memory."""

    def breaks_off(sid, *, most_bytes):
        raise RuntimeError("the job was broken off")

    call = house.call()
    announce(house, call)
    monkeypatch.setattr(house.carrier, "fetch_recording", breaks_off)
    house.work()
    for _ in range(10):
        house.later(300)
    house.later(24 * 3600)
    assert recording(house).state == RecordingState.ANNOUNCED
    house.later(24 * 3600)
    assert recording(house).state == RecordingState.FAILED
    with house.centre.database.reading("events") as tx:
        assert tx.scalars(select(CallEvent.data).where(CallEvent.kind == "recording_failed")).one()["alarm"] is True


def test_a_fetch_may_last_longer_than_the_carrier_takes(house):
    longest = house.centre.plan.longest_of(FETCH)
    assert longest == FETCHED_WITHIN >= timedelta(seconds=LONGEST_SECONDS + 120)


def test_missing_due_work_is_derived_from_the_row(house):
    announce(house, house.call())
    with house.centre.database.transaction("lose_work") as tx:
        for row in tx.scalars(select(DueWork)):
            tx.delete(row)
    house.clock.move_by(60)
    assert house.keeping.keep_up() == 1
    house.work()
    assert recording(house).state == RecordingState.DELETED_AT_CARRIER


@pytest.mark.parametrize("spoil", ["content", "key", "id", "seal"])
def test_a_broken_seal_is_noticed(spoil):
    key, other = bytes(32), bytes([1]) * 32
    sealed = seal(SOUND, recording_id="r", seal_key=key)
    assert unseal(sealed, recording_id="r", seal_key=key) == SOUND
    other_end = bytes([sealed.content[-1] ^ 1])
    broken = Sealed(sealed.content[:-1] + other_end, sealed.wrapped_key) if spoil == "content" else sealed
    broken = Sealed(sealed.content, "AAAA" + sealed.wrapped_key[4:]) if spoil == "key" else broken
    with pytest.raises(SealBroken):
        unseal(broken, recording_id="q" if spoil == "id" else "r", seal_key=other if spoil == "seal" else key)


def test_a_message_promised_by_the_flow_too_is_one_call_to_make(house):
    call = house.call()
    announce(house, call)
    with house.centre.database.transaction("flow") as tx:
        plan = OwedCalls(house.centre).plan(tx, tx.get_one(Call, call.id), reason="message", keep_place=True)
    assert not plan.is_new
    with house.centre.database.reading("callbacks") as tx:
        assert len(tx.scalars(select(Callback)).all()) == 1


def test_a_message_without_a_number_to_ring_is_somebodys_to_hear(house):
    announce(house, house.call(ani=None))
    with house.centre.database.reading("outcome") as tx:
        outcome = tx.scalars(select(Outcome)).one()
        assert tx.scalars(select(Callback)).all() == []
    assert (outcome.code, outcome.is_primary) == ("voicemail_left", False)
    assert (outcome.next_action, outcome.owner) == ("listen_to_message", "desk")


def test_every_state_has_its_place_in_the_one_table_and_an_end_is_an_end():
    assert set(NEXT) == set(RecordingState)
    row = Recording(state=RecordingState.DELETED_AT_CARRIER)
    assert not move(row, RecordingState.SEALED)
    assert row.state == RecordingState.DELETED_AT_CARRIER
    assert move(row, RecordingState.DESTROYED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "somewhere"},
        {"state": "failed"},
        {"state": "sealed"},
        {"state": "announced", "ended_at": datetime(2026, 11, 24, tzinfo=UTC)},
    ],
)
def test_a_row_that_could_not_be_is_refused_by_the_database(house, wrong):
    fields = {
        "id": "r", "insurer_id": "vsk", "call_id": "c", "carrier_sid": "RE-9", "kind": "voicemail",
        "announced_at": house.clock.now(),
    } | wrong  # fmt: skip
    with house.centre.database.transaction("wrong") as tx:
        tx.add(Recording(**fields))
        with pytest.raises(IntegrityError):
            tx.flush()
        tx.rollback()


def test_what_is_broken_is_asked_for_again_and_then_left_at_the_carrier(house):
    announce(house, house.call())
    house.carrier.recordings["RE-1"] = SOUND[: len(SOUND) // 2]
    house.work()
    assert recording(house).state == RecordingState.ANNOUNCED
    house.later(600)
    row = recording(house)
    assert row.state == RecordingState.FAILED
    assert "broken off" in row.error
    assert files(house) == []
    assert "RE-1" in house.carrier.recordings


def test_an_answer_that_cannot_be_taken_has_failed_with_an_alarm(house):
    call = house.call()
    announce(house, call)
    house.carrier.refuse["fetch_recording"] = Unusable("fetch_recording", "we were sent on")
    house.work()
    assert (recording(house).state, recording(house).error) == (RecordingState.FAILED, "we were sent on")
    with house.centre.database.reading("events") as tx:
        data = tx.scalars(select(CallEvent.data).where(CallEvent.kind == "recording_failed")).one()
    assert data["alarm"] is True


def test_no_clear_sound_is_on_the_disk_whoever_is_killed(house):
    announce(house, house.call())
    failpoints.arm("commit:note_sealed", failpoints.kill_here)
    with pytest.raises(failpoints.ProcessKilled):
        house.work()
    data_dir = house.centre.settings.data_dir
    pieces = [SOUND[at : at + 64] for at in range(1000, len(SOUND) - 64, 20000)]
    for path in data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(piece in content for piece in pieces), path
