"""Rotating the seal key: a new one wraps every data key anew, recording by recording; sealed sound stays as it is.

Old keys are kept until they are told to be forgotten: older backups still need them. Killed anywhere, the same again
goes on where it stopped, and notes in the audit what is not on record there.
"""

import secrets
from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, func, select

from config.audit import AuditEntry, audit
from config.centre import Centre
from config.database import Transaction
from config.errors import ConfigError
from config.settings import read_seal_keys, write_seal_keys
from recordings.errors import KeysInUse
from recordings.keeping import locked_recording
from recordings.keys import SealKey, SealKeys, seal_keys
from recordings.models import Recording, RecordingState
from recordings.sealing import wrapped_anew

_AT_ONCE: Final = 100
_ROTATED: Final = "rotated_seal_key"
_FORGOT: Final = "forgot_seal_keys"
_KEY: Final = "seal_key"


def rotate(centre: Centre, *, by: str, progress: Callable[[int, int], None]) -> int:
    """Make a new current key, unless an earlier rotation was broken off, and wrap all data keys with it; how many.

    Raises ConfigError where the key comes from the environment: there it is changed by hand, the new one first, and
    then `rewrap` does the rest.
    """
    if centre.settings.named.get("PULT_SEAL_KEY"):
        raise ConfigError("PULT_SEAL_KEY is set: put the new key before the old one there, and say --rewrap.")
    _note_rotations(centre, by)
    if not _left(centre, seal_keys(centre.settings)):
        known = read_seal_keys(centre.settings.data_dir, centre.settings.named)
        write_seal_keys(centre.settings.data_dir, (secrets.token_bytes(32), *known))
        _note_rotations(centre, by)
    return rewrap(centre, progress=progress)


def rewrap(centre: Centre, *, progress: Callable[[int, int], None]) -> int:
    """Wrap every data key that an older key wraps with the current one; how many. Raises SealBroken."""
    keys = seal_keys(centre.settings)
    done, total = 0, _left(centre, keys)
    while ids := _some(centre, keys):
        for recording_id in ids:
            _rewrap_one(centre, keys, recording_id)
            done += 1
            progress(done, total)
    return done


def forget_old_keys(centre: Centre, *, by: str) -> int:
    """Keep the current key alone; how many were forgotten. Raises KeysInUse and ConfigError."""
    if centre.settings.named.get("PULT_SEAL_KEY"):
        raise ConfigError("PULT_SEAL_KEY is set: take the older keys out of it there.")
    _note_rotations(centre, by)
    keys = seal_keys(centre.settings)
    _check_unused(_left(centre, keys))
    # Before they are gone, after which nobody could tell that they ever were.
    _note(centre, by, _FORGOT, keys.current)
    with centre.database.transaction("forget_seal_keys") as tx:
        # Whoever is sealing under an older key has written so once this is read, or finds it forgotten and seals anew.
        under_way = select(Recording.id).where(Recording.state == RecordingState.ANNOUNCED)
        tx.execute(under_way.with_for_update()).all()
        _check_unused(_count(tx, keys))
        write_seal_keys(centre.settings.data_dir, [keys.current.key])
    return len(keys.all) - 1


def _check_unused(left: int) -> None:
    if left:
        raise KeysInUse(f"{left} recordings are sealed under an older key: rotate first")


def _left(centre: Centre, keys: SealKeys) -> int:
    with centre.database.reading("recordings_to_rewrap") as tx:
        return _count(tx, keys)


def _count(tx: Transaction, keys: SealKeys) -> int:
    return tx.scalar(select(func.count()).where(*_wrapped_by_older(keys))) or 0


def _some(centre: Centre, keys: SealKeys) -> list[str]:
    with centre.database.reading("recordings_to_rewrap") as tx:
        old = select(Recording.id).where(*_wrapped_by_older(keys))
        return list(tx.scalars(old.order_by(Recording.id).limit(_AT_ONCE)))


def _wrapped_by_older(keys: SealKeys) -> tuple[ColumnElement[bool], ...]:
    return (Recording.wrapped_key.is_not(None), Recording.key_id != keys.current.id)


def _rewrap_one(centre: Centre, keys: SealKeys, recording_id: str) -> None:
    with centre.database.transaction("rewrap_recording") as tx:
        row = locked_recording(tx, recording_id)
        if row is None or row.wrapped_key is None or row.key_id == keys.current.id:
            return
        old = keys.named(row.key_id)
        row.wrapped_key = wrapped_anew(
            row.wrapped_key, recording_id=row.id, old_key=old.key, new_key=keys.current.key
        )
        row.key_id = keys.current.id


def _note_rotations(centre: Centre, by: str) -> None:
    """Every key but the oldest came by a rotation: note those whose rotation was killed before it was noted."""
    keys = seal_keys(centre.settings)
    with centre.database.reading("noted_seal_keys") as tx:
        noted = select(AuditEntry.subject_id).where(
            AuditEntry.subject_kind == _KEY,
            AuditEntry.subject_id.in_([one.id for one in keys.all]),
            AuditEntry.action == _ROTATED,
        )
        known = set(tx.scalars(noted))
    for key in reversed(keys.all[:-1]):
        if key.id not in known:
            _note(centre, by, _ROTATED, key)


def _note(centre: Centre, by: str, action: str, key: SealKey) -> None:
    """Keys are the installation's: what is done with them stands in the audit of every insurer."""
    now = centre.clock.now()
    with centre.database.transaction("note_seal_key") as tx:
        for insurer in centre.insurers:
            audit(
                tx,
                insurer_id=insurer.id,
                at=now,
                actor=by,
                action=action,
                subject_kind=_KEY,
                subject_id=key.id,
            )
