"""The folder in which the history is made: a centre of its own with the same people, a database file a finished day."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import insert, select, update

from agents.accounts.models import Account
from agents.autopilot import OFF_SHIFT
from agents.history.week import Day
from agents.models import Agent, Presence, Shift
from config.centre import Centre
from config.database import Base, Database
from config.ids import new_id
from config.settings import Settings, read_seal_keys
from ivr.calls.recorded import RECORDED_ONE_IN

COPIED: Final = frozenset(
    """
    programmes policies insured_people insured_phones entitlements first_opinions agents agent_skills flow_versions
    accounts account_roles
    """.split()  # noqa: SIM905 - words read better than quoted lines
)
"""What both centres have alike: people, policies and flows, by the same ids; accounts too, by which evaluations are."""

_MAKING: Final = "making.sqlite"
_WEEK: Final = timedelta(days=7)
_BEFORE: Final = timedelta(days=2)
_LAID_OUT: Final = timedelta(days=16)
_AT_ONCE: Final = 500
_ELSEWHERE: Final = ("PULT_RECORDINGS_BUCKET", "PULT_DATABASE_URL", "PULT_SEAL_KEY")


class World:
    """The folder, and the centre's settings for what runs in it.

    `after(n)` is the database as it stood when day n was over; `after(0)` has the people and nothing else. A day that
    is being made has a file of another name: whatever ends it before its time, nothing of it is ever found again.
    """

    def __init__(self, folder: Path, living: Settings) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.settings = self._settings(living)

    def recording(self, *, one_in: int) -> Settings:
        """The settings with which one call in so many is recorded."""
        return replace(self.settings, named={**self.settings.named, RECORDED_ONE_IN: str(one_in)})

    def after(self, number: int) -> Path:
        """The database file of that finished day."""
        return self.folder / f"day-{number}.sqlite"

    def begin(self, living: Centre, first: Day, prepare: Callable[[Settings], None]) -> None:
        """Write `after(0)`, unless it is there: the living centre's people, nobody at work yet."""
        if self.after(0).exists():
            return
        self._clear()
        prepare(self.settings)
        database = Database(self.settings.database_url)
        try:
            _copy_people(living.database, database)
            _send_home(database, first)
            _lay_out_shifts(living.database, database, first)
        finally:
            database.close()
        self.keep(0)

    def begin_day(self, number: int) -> None:
        """Take up where the day before ended."""
        self._clear()
        shutil.copyfile(self.after(number - 1), self.folder / _MAKING)

    def keep(self, number: int) -> None:
        """The day is whole."""
        fresh = self.folder / f"day-{number}.part"
        fresh.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.folder / _MAKING)) as made, closing(sqlite3.connect(fresh)) as kept:
            made.backup(kept)
        fresh.replace(self.after(number))
        self._clear_database()

    def forget(self, number: int) -> None:
        """Nobody needs what that day's database says any more."""
        self.after(number).unlink(missing_ok=True)

    def end(self) -> None:
        """The week is done: only its plan stays."""
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.suffix != ".json":
                path.unlink()

    def _clear(self) -> None:
        """Nothing is left of a day that was not finished; recordings of a finished one have been brought by now."""
        self._clear_database()
        shutil.rmtree(self.folder / "recordings", ignore_errors=True)
        shutil.rmtree(self.folder / "redis", ignore_errors=True)

    def _clear_database(self) -> None:
        for path in self.folder.glob(f"{_MAKING}*"):
            path.unlink()

    def _settings(self, living: Settings) -> Settings:
        """The same lines, flows and keys; a folder, a database and recordings of its own."""
        keys = read_seal_keys(living.data_dir, living.named)
        named = {name: value for name, value in living.named.items() if name not in _ELSEWHERE}
        named["PULT_SEAL_KEY"] = ",".join(key.hex() for key in keys)
        url = f"sqlite:///{self.folder / _MAKING}"
        return replace(living, data_dir=self.folder, database_url=url, seal_key=keys[0], named=named)


def _copy_people(living: Database, here: Database) -> None:
    for table in Base.metadata.sorted_tables:
        if table.name not in COPIED:
            continue
        with living.reading("people_for_history") as tx:
            rows = [dict(row._mapping) for row in tx.execute(select(table))]
        for place in range(0, len(rows), _AT_ONCE):
            with here.transaction("copy_people") as tx:
                tx.execute(insert(table), rows[place : place + _AT_ONCE])


def _send_home(database: Database, first: Day) -> None:
    """Nobody works by themselves, `agents/history/desks.py` does for all; and nobody signs in."""
    with database.transaction("send_home") as tx:
        tx.execute(update(Account).values(password_hash=None, password_set_at=None))
        tx.execute(
            update(Agent).values(
                presence=Presence.AWAY,
                presence_reason=OFF_SHIFT,
                presence_since=first.begins_at,
                call_id=None,
                is_automatic=False,
                is_at_desk=False,
                last_seen_at=None,
            )
        )


def _lay_out_shifts(living: Database, here: Database, first: Day) -> None:
    """Rosters lay shifts out from the day of their loading on: before it people worked as a week later."""
    with living.reading("shifts_for_history") as tx:
        shifts = tx.scalars(select(Shift).where(Shift.kind == "work").order_by(Shift.starts_at)).all()
    from_at, until = first.begins_at - _BEFORE, first.begins_at + _LAID_OUT
    rows = {
        (one.agent_id, at): {
            "id": new_id(at),
            "insurer_id": one.insurer_id,
            "agent_id": one.agent_id,
            "kind": one.kind,
            "starts_at": at,
            "ends_at": at + (one.ends_at - one.starts_at),
        }
        for one in shifts
        for at in _weeks_earlier(one.starts_at, from_at, until)
    }
    if rows:
        with here.transaction("lay_out_shifts") as tx:
            tx.execute(insert(Shift), list(rows.values()))


def _weeks_earlier(at: datetime, from_at: datetime, until: datetime) -> Iterator[datetime]:
    """The same hour of earlier weeks, within a period."""
    while at >= from_at:
        if at < until:
            yield at
        at -= _WEEK
