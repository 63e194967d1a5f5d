"""A centre whose recordings lie sealed at rest."""

import itertools

from config.ids import new_id
from ivr.calls.models import Call
from recordings.keeping import FETCH, Keeping, appoint
from recordings.models import Recording, RecordingKind, RecordingState
from recordings.retention import Retention
from tests.agents.conftest import House, make_house
from tests.recordings.sounds import wav

SOUND = wav(12)
_NUMBERS = itertools.count(1)


def kept_house(tmp_path, database) -> House:
    """A house whose plan keeps and retires recordings."""
    house = make_house(tmp_path, database)
    house.retention = Retention(house.centre)
    for one in (Keeping(house.centre, house.carrier), house.retention):
        one.wire(house.centre.plan)
    return house


def keep(house: House, call: Call, *, sound: bytes = SOUND) -> str:
    """A conversation of the call that has been fetched and sealed; its id."""
    now, sid = house.clock.now(), f"RE{next(_NUMBERS)}"
    house.carrier.recordings[sid] = sound
    row = Recording(
        id=new_id(now), insurer_id=call.insurer_id, call_id=call.id, carrier_sid=sid, conversation=sid,
        kind=RecordingKind.CONVERSATION, state=RecordingState.ANNOUNCED, duration_seconds=12, began_at=now,
        announced_at=now,
    )  # fmt: skip
    with house.centre.database.transaction("test_keep") as tx:
        tx.add(row)
        tx.flush()
        appoint(tx, row, FETCH, now)
        recording_id = row.id
    house.work()
    return recording_id
