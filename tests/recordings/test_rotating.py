"""A new seal key: everything sealed before opens under it, whoever is killed on the way."""

import threading

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from config import failpoints
from config.audit import AuditEntry
from config.errors import ConfigError
from config.settings import read_seal_keys, write_seal_keys
from recordings import rotating
from recordings.errors import KeysInUse, SealBroken
from recordings.keys import seal_keys
from recordings.models import Recording, RecordingState
from recordings.playing_conversations import sound_of
from recordings.recordings_cli import recordings_command
from recordings.shelf import FolderShelf
from tests.recordings.kept import SOUND, keep, kept_house


@pytest.fixture
def house(tmp_path, database):
    yield kept_house(tmp_path, database)
    failpoints.disarm()


def rotate(house) -> int:
    return rotating.rotate(house.centre, by="admin", progress=lambda _done, _total: None)


def heard(house, recording_id: str) -> bytes:
    return sound_of(house.centre, insurer_id="vsk", recording_id=recording_id).read()


def key_ids(house) -> set[str]:
    with house.centre.database.reading("key_ids") as tx:
        return set(tx.scalars(select(Recording.key_id)))


def content(house) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (house.centre.settings.data_dir / "recordings").iterdir()}


def test_every_recording_opens_under_the_new_key_and_its_file_stays_as_it_is(house):
    ids = [keep(house, house.call(f"CA-{number}")) for number in range(3)]
    before, old = content(house), seal_keys(house.centre.settings).current
    assert rotate(house) == 3
    new = seal_keys(house.centre.settings).current
    assert new != old
    assert key_ids(house) == {new.id}
    assert content(house) == before
    assert [heard(house, one) for one in ids] == [SOUND] * 3
    assert (house.centre.settings.data_dir / "seal.key").stat().st_mode & 0o777 == 0o600


def test_programs_that_run_seal_under_the_new_key_at_once(house):
    rotate(house)
    recording_id = keep(house, house.call())
    assert key_ids(house) == {seal_keys(house.centre.settings).current.id}
    assert heard(house, recording_id) == SOUND


def test_old_keys_are_kept_until_they_are_told_to_be_forgotten(house):
    recording_id = keep(house, house.call())
    rotate(house)
    assert len(seal_keys(house.centre.settings).all) == 2
    assert rotating.forget_old_keys(house.centre, by="admin") == 1
    assert len(seal_keys(house.centre.settings).all) == 1
    assert heard(house, recording_id) == SOUND
    with house.centre.database.reading("audit") as tx:
        actions = set(tx.scalars(select(AuditEntry.action).where(AuditEntry.insurer_id == "vsk")))
    assert {"rotated_seal_key", "forgot_seal_keys"} <= actions


def test_a_key_that_is_needed_is_not_forgotten(house):
    keep(house, house.call())
    failpoints.arm_once("commit:note_seal_key", failpoints.kill_here)
    with pytest.raises(failpoints.ProcessKilled):
        rotate(house)
    with pytest.raises(KeysInUse):
        rotating.forget_old_keys(house.centre, by="admin")


def noted(house, action: str) -> list[str]:
    with house.centre.database.reading("audit") as tx:
        entries = select(AuditEntry.subject_id).where(AuditEntry.insurer_id == "vsk", AuditEntry.action == action)
        return list(tx.scalars(entries.order_by(AuditEntry.id)))


@pytest.mark.parametrize("again", ["rotate", "forget"])
def test_a_rotation_that_was_killed_before_it_was_noted_is_noted_by_what_is_said_next(house, monkeypatch, again):
    with monkeypatch.context() as patched:

        def written(*args):
            write_seal_keys(*args)
            raise failpoints.ProcessKilled

        patched.setattr(rotating, "write_seal_keys", written)
        with pytest.raises(failpoints.ProcessKilled):
            rotate(house)
    lost = seal_keys(house.centre.settings).current.id
    assert noted(house, "rotated_seal_key") == []
    if again == "rotate":
        rotate(house)
        assert noted(house, "rotated_seal_key") == [lost, seal_keys(house.centre.settings).current.id]
    else:
        rotating.forget_old_keys(house.centre, by="admin")
        assert noted(house, "rotated_seal_key") == [lost]


def test_keys_are_not_forgotten_without_a_note_whoever_is_killed(house, monkeypatch):
    rotate(house)

    def written(*args):
        write_seal_keys(*args)
        raise failpoints.ProcessKilled

    monkeypatch.setattr(rotating, "write_seal_keys", written)
    with pytest.raises(failpoints.ProcessKilled):
        rotating.forget_old_keys(house.centre, by="admin")
    assert len(seal_keys(house.centre.settings).all) == 1
    assert noted(house, "forgot_seal_keys") == [seal_keys(house.centre.settings).current.id]


def test_what_is_sealed_while_its_key_is_forgotten_is_sealed_anew(house, monkeypatch):
    old = seal_keys(house.centre.settings).current.id
    put = FolderShelf.put

    def forgotten_meanwhile(shelf, name, pieces):
        put(shelf, name, pieces)
        monkeypatch.undo()
        rotate(house)
        rotating.forget_old_keys(house.centre, by="admin")

    monkeypatch.setattr(FolderShelf, "put", forgotten_meanwhile)
    recording_id = keep(house, house.call())
    assert key_ids(house) == {None}
    house.later(61)
    assert key_ids(house) == {seal_keys(house.centre.settings).current.id} != {old}
    assert heard(house, recording_id) == SOUND
    assert len(content(house)) == 1


def test_who_forgets_keys_waits_for_whoever_is_sealing_under_one(house):
    recording_id = keep(house, house.call())
    with house.centre.database.transaction("announced_again") as tx:
        row = tx.get_one(Recording, recording_id)
        sealed = {name: getattr(row, name) for name in ("state", "wrapped_key", "key_id", "ended_at")}
        row.state, row.wrapped_key, row.key_id, row.ended_at = RecordingState.ANNOUNCED, None, None, None
    rotate(house)
    keys, refused = seal_keys(house.centre.settings), threading.Event()

    def forget():
        with pytest.raises(KeysInUse):
            rotating.forget_old_keys(house.centre, by="admin")
        refused.set()

    forgetting = threading.Thread(target=forget)
    with house.centre.database.transaction("sealing") as tx:
        tx.execute(update(Recording).values(**sealed))
        forgetting.start()
        assert not refused.wait(0.5)
    forgetting.join()
    assert refused.is_set()
    assert seal_keys(house.centre.settings) == keys
    assert heard(house, recording_id) == SOUND


@pytest.mark.parametrize("place", ["commit:note_seal_key", "commit:rewrap_recording"])
def test_killed_on_the_way_everything_opens_and_the_same_again_goes_on(house, place):
    ids = [keep(house, house.call(f"CA-{number}")) for number in range(3)]
    failpoints.arm_once(place, failpoints.kill_here)
    with pytest.raises(failpoints.ProcessKilled):
        rotate(house)
    assert [heard(house, one) for one in ids] == [SOUND] * 3
    keys = seal_keys(house.centre.settings)
    assert rotate(house) > 0
    assert seal_keys(house.centre.settings) == keys
    assert key_ids(house) == {keys.current.id}
    assert [heard(house, one) for one in ids] == [SOUND] * 3


def test_a_key_that_is_not_ours_opens_nothing(house):
    recording_id = keep(house, house.call())
    (house.centre.settings.data_dir / "seal.key").write_text("0" * 64)
    with pytest.raises(SealBroken):
        heard(house, recording_id)


def test_a_key_of_the_environment_is_rotated_there(house):
    recording_id = keep(house, house.call())
    old = seal_keys(house.centre.settings).current.key
    house.centre.settings.named["PULT_SEAL_KEY"] = f"{'ab' * 32},{old.hex()}"
    with pytest.raises(ConfigError, match="rewrap"):
        rotate(house)
    assert rotating.rewrap(house.centre, progress=lambda _done, _total: None) == 1
    house.centre.settings.named["PULT_SEAL_KEY"] = "ab" * 32
    assert heard(house, recording_id) == SOUND


def test_a_file_of_keys_must_be_whole(tmp_path):
    (tmp_path / "seal.key").write_text("ab" * 32 + "\ncd\n")
    with pytest.raises(ConfigError, match="64 hex"):
        read_seal_keys(tmp_path, {})


def test_the_commands_rotate_and_forget(house):
    keep(house, house.call())
    group = recordings_command(lambda: house.centre)
    assert "1 recordings are wrapped" in CliRunner().invoke(group, ["rotate-key"]).output
    assert "1 older keys are forgotten" in CliRunner().invoke(group, ["forget-old-keys", "--yes"]).output
