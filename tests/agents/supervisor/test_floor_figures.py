"""What the floor counts, read from the rows that a day's work leaves."""

from datetime import timedelta

from sqlalchemy import event

from agents.supervisor.live_floor.alarms import Alarm
from agents.supervisor.live_floor.state import FloorNow, floor_now
from config.ids import new_id
from ivr.calls.finding import locked_call
from recordings import keeping
from recordings.models import Recording, RecordingState
from tests.agents.conftest import House, house  # noqa: F401 - a fixture


def floor(house: House) -> FloorNow:  # noqa: F811
    with house.centre.database.reading("test_floor") as tx:
        return floor_now(tx, house.centre, house.centre.insurers["vsk"], at=house.clock.now())


def kinds(house: House) -> list[Alarm]:  # noqa: F811
    return [one.kind for one in floor(house).alarms]


def test_a_recording_that_was_never_handed_out_alarms_when_it_is_given_up(house: House) -> None:  # noqa: F811
    call, now = house.call(), house.clock.now()
    with house.centre.database.transaction("test_announced") as tx:
        row = Recording(
            id=new_id(now), insurer_id="vsk", call_id=call.id, carrier_sid="RE-1", kind="voicemail",
            state=RecordingState.ANNOUNCED, announced_at=now,
        )
        tx.add(row)
    house.clock.move_by(timedelta(hours=24, minutes=1).total_seconds())
    assert Alarm.RECORDING_FAILED not in kinds(house)
    with house.centre.database.transaction("test_never_came") as tx:
        locked = keeping.locked_recording(tx, row.id)
        keeping.fail(
            tx, house.centre.insurers, locked_call(tx, call.id), locked, "never came", at=house.clock.now()
        )
    assert Alarm.RECORDING_FAILED in kinds(house)
    house.clock.move_by(timedelta(hours=24).total_seconds())
    assert Alarm.RECORDING_FAILED not in kinds(house)


def test_failed_recordings_are_found_without_reading_the_others(house: House) -> None:  # noqa: F811
    engine = house.centre.database.engine
    is_sqlite = engine.dialect.name == "sqlite"
    sent: list[tuple[str, tuple]] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _u, text, given, *_: sent.append((text, given)))
    floor(house)
    text, given = next(one for one in sent if "FROM recordings" in one[0])
    with engine.connect() as connection:
        if not is_sqlite:
            connection.exec_driver_sql("set enable_seqscan = off")
        asked = f"{'explain query plan' if is_sqlite else 'explain'} {text}"
        plan = " ".join(str(row[-1]) for row in connection.exec_driver_sql(asked, given))
    assert "ix_recordings_failed" in plan
