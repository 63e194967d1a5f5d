"""Keeping: a recording that is made is fetched, checked, sealed, and then deleted at the carrier.

Announced, sealed, deleted: each step is due work of its own, may run twice, and follows from the row alone. Sound that
is not sealed is in memory only, so that nothing of it is left behind by whoever is killed.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select

from config import due_work
from config.centre import Centre
from config.database import Transaction
from config.due_work import DueWork, JobQueue, WorkPlan
from config.errors import NotYet
from config.line_descriptions import Insurers, RecordingRules
from ivr.calls.finding import locked_call
from ivr.calls.log import record
from ivr.calls.models import Call, Outcome
from ivr.carrier.errors import CallGone, CarrierUnavailable, NotReady, Unusable
from ivr.carrier.port import Shelf
from recordings.checking import CheckedSound, check
from recordings.errors import BrokenSound
from recordings.keys import seal_keys
from recordings.models import Recording, RecordingState
from recordings.sealing import seal_in_pieces
from recordings.shelf import shelf_of
from recordings.transitions import move

log = logging.getLogger("pult.recordings")

FETCH: Final = "fetch_recording"
DELETE: Final = "delete_recording"
CHECK: Final = "check_recording"
RETIRE: Final = "retire_recording"

# The carrier needs a moment after the hang-up until the file can be had; for longer than this it never comes.
_COMES_WITHIN: Final = timedelta(hours=24)
# Whatever broke the asking off meanwhile: then somebody is told.
_ASKED_WITHIN: Final = timedelta(hours=48)
# Of either not before it was tried so often: after days without workers the carrier may still have everything.
_ASKED_OFTEN: Final = 10
# Five minutes until the carrier has handed it out (`ivr.carrier.media`); then to check it, seal it, and put it away.
FETCHED_WITHIN: Final = timedelta(minutes=8)
# What is broken may only be unfinished; after this it is what it is.
_IS_WHOLE_WITHIN: Final = timedelta(minutes=10)
_SETTLED: Final = timedelta(seconds=30)
_STEPS: Final = {
    RecordingState.EXPECTED: CHECK,
    RecordingState.RECORDING: CHECK,
    RecordingState.ANNOUNCED: FETCH,
    RecordingState.SEALED: DELETE,
}


@dataclass(frozen=True)
class Keeping:
    """Everything that a recording needs on its way to rest."""

    centre: Centre
    carrier: Shelf

    def wire(self, plan: WorkPlan) -> None:
        """Bind the due work of keeping; called once by the composer."""
        plan.handle(FETCH, JobQueue.RECORDINGS, self.fetch, lasts=FETCHED_WITHIN)
        plan.handle(DELETE, JobQueue.RECORDINGS, self.delete_at_carrier)

    def fetch(self, recording_id: str) -> None:
        """Bring the recording home, sealed. What is not ready is tried again; what is gone or broken has failed.

        Raises NotYet while the carrier is still at it, and CarrierUnavailable where it cannot be asked.
        """
        row = self._row(recording_id)
        if row is None or row.state != RecordingState.ANNOUNCED or row.carrier_sid is None:
            return
        age = self.centre.clock.now() - row.announced_at
        is_asked_often = self._tries(recording_id) >= _ASKED_OFTEN
        if is_asked_often and age >= _ASKED_WITHIN:
            self._fail(row, "never came")
            return
        try:
            sound = self.carrier.fetch_recording(row.carrier_sid, most_bytes=_most_bytes(self.centre))
            checked = check(sound, announced_seconds=row.duration_seconds)
        except CallGone as error:
            self._fail(row, f"gone ({error.code})")
        except Unusable as error:
            self._fail(row, error.why)
        except BrokenSound as error:
            if age < _IS_WHOLE_WITHIN:
                raise NotYet(f"the recording is not whole: {error}") from error
            self._fail(row, str(error))
        except CarrierUnavailable as error:
            if is_asked_often and age >= _COMES_WITHIN:
                self._fail(row, "never came")
                return
            if isinstance(error, NotReady):
                raise NotYet("the carrier still makes the recording") from error
            raise
        else:
            self._keep(row, sound, checked)

    def delete_at_carrier(self, recording_id: str) -> None:
        """Once the recording is safely here, or given up, it must not lie at the carrier any longer."""
        row = self._row(recording_id)
        if row is None or row.carrier_sid is None or row.state not in (RecordingState.SEALED, RecordingState.DESTROYED):
            return
        self.carrier.delete_recording(row.carrier_sid)
        now = self.centre.clock.now()
        with self.centre.database.transaction("note_deleted_at_carrier") as tx:
            locked = locked_recording(tx, recording_id)
            if locked is not None and move(locked, RecordingState.DELETED_AT_CARRIER):
                locked.ended_at = now
                appoint(tx, locked, RETIRE, usual_end(self.centre.insurers, tx, locked))

    def keep_up(self) -> int:
        """Appoint the next step of every recording whose due work is missing; how many. For the sweep."""
        now = self.centre.clock.now()
        with self.centre.database.transaction("keep_up_recordings") as tx:
            forgotten = tx.scalars(
                select(Recording).where(
                    Recording.state.in_(list(_STEPS)),
                    Recording.announced_at < now - _SETTLED,
                    ~exists().where(DueWork.kind.in_((FETCH, DELETE, CHECK)), DueWork.subject_id == Recording.id),
                )
            ).all()
            for row in forgotten:
                appoint(tx, row, _STEPS[RecordingState(row.state)], now)
            return len(forgotten)

    def _keep(self, row: Recording, sound: bytes, checked: CheckedSound) -> None:
        """Seal it and put it on the shelf; of two at once the row belongs to the first.

        Raises NotYet where the seal key was forgotten meanwhile: it is sealed anew, under the one that is now.
        """
        key = seal_keys(self.centre.settings).current
        sealed = seal_in_pieces(sound, recording_id=row.id, seal_key=key.key)
        # Each try has a file of its own: of two at once the slower must not replace what the winner's key opens. A
        # crash after this line leaves a sealed file whose key nobody has.
        name = f"{row.id}.{secrets.token_hex(4)}.sealed"
        shelf = shelf_of(self.centre.settings)
        shelf.put(name, sealed.pieces)
        try:
            is_the_first = self._note_sealed(row.id, sealed.wrapped_key, name, key.id, sound, checked)
        except NotYet:
            shelf.remove(name)
            raise
        if not is_the_first:
            shelf.remove(name)

    def _note_sealed(
        self, recording_id: str, wrapped_key: str, name: str, key_id: str, sound: bytes, checked: CheckedSound
    ) -> bool:
        now, digest = self.centre.clock.now(), hashlib.sha256(sound).hexdigest()
        with self.centre.database.transaction("note_sealed") as tx:
            row = locked_recording(tx, recording_id)
            if row is None or not move(row, RecordingState.SEALED):
                return False
            # Under the row's lock: whoever forgets keys waits for it, and then counts what they have sealed.
            if not seal_keys(self.centre.settings).knows(key_id):
                raise NotYet("its seal key was forgotten while it was sealed")
            row.sealed_at = now
            row.file_name, row.wrapped_key, row.key_id = name, wrapped_key, key_id
            row.sha256, row.size_bytes = digest, len(sound)
            row.duration_seconds, row.peaks = checked.duration_seconds, checked.peaks
            appoint(tx, row, DELETE, now)
            return True

    def _fail(self, row: Recording, why: str) -> None:
        """Given up until a person looks; what lies at the carrier stays there."""
        now = self.centre.clock.now()
        with self.centre.database.transaction("fail_recording") as tx:
            call, locked = locked_call(tx, row.call_id), locked_recording(tx, row.id)
            if locked is not None:
                fail(tx, self.centre.insurers, call, locked, why, at=now)

    def _tries(self, recording_id: str) -> int:
        """How often it was begun to fetch the recording, now included."""
        statement = select(DueWork.attempts).where(DueWork.kind == FETCH, DueWork.subject_id == recording_id)
        with self.centre.database.reading("recording_tries") as tx:
            return tx.scalar(statement) or 0

    def _row(self, recording_id: str) -> Recording | None:
        with self.centre.database.reading("recording") as tx:
            return tx.get(Recording, recording_id)


def locked_recording(tx: Transaction, recording_id: str) -> Recording | None:
    """The recording as it is now, held against other writers."""
    return tx.get(Recording, recording_id, with_for_update=True, populate_existing=True)


def usual_end(insurers: Insurers, tx: Transaction, row: Recording) -> datetime:
    """Until when the recording is kept, by its call's line and by what has come of the call so far."""
    call = tx.get_one(Call, row.call_id)
    line = insurers[row.insurer_id].lines.get(call.line)
    rules = RecordingRules() if line is None else line.recordings
    outcomes = tx.scalars(select(Outcome.code).where(Outcome.call_id == call.id)).all()
    return (row.began_at or row.announced_at) + timedelta(days=rules.days_for(outcomes))


def appoint(tx: Transaction, row: Recording, kind: str, at: datetime) -> None:
    """Make `kind` due for the recording."""
    due_work.schedule(tx, kind=kind, subject_id=row.id, insurer_id=row.insurer_id, due_at=at)


def fail(tx: Transaction, insurers: Insurers, call: Call, row: Recording, why: str, *, at: datetime) -> None:
    """A locked recording has failed: an alarm on its call, and its end is appointed, as some of it may lie at the
    carrier. Once it is elsewhere, nothing changes.
    """
    if not move(row, RecordingState.FAILED):
        return
    log.error("recording %s failed: %s", row.id, why)
    row.ended_at, row.error = at, why
    appoint(tx, row, RETIRE, usual_end(insurers, tx, row))
    record(tx, call, "recording_failed", at=at, recording=row.id, why=why, alarm=True)


def _most_bytes(centre: Centre) -> int:
    """Four hours, which is the longest call, at a telephone's quality are 230 MB."""
    return centre.settings.number("PULT_RECORDING_MOST_MB", default=256, least=1, most=2048) << 20
