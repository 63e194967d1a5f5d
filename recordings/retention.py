"""Retention: recordings end after their line's and outcome's time, unless they are held; each end leaves an act.

Destroyed is who has no key: the wrapped key goes in the transaction of the act, the sealed file after it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from config import due_work
from config.audit import audit
from config.centre import Centre
from config.database import Transaction
from config.due_work import JobQueue, WorkPlan
from config.ids import new_id
from config.line_descriptions import Insurers
from ivr.calls.finding import locked_call
from ivr.calls.log import record
from ivr.calls.models import Call
from recordings.errors import HeldBack, NotAtRest, NotThere
from recordings.keeping import DELETE, FETCH, RETIRE, appoint, locked_recording, usual_end
from recordings.models import KEPT, DestructionAct, LegalHold, Recording, RecordingState
from recordings.shelf import shelf_of
from recordings.transitions import move

ERASE: Final = "erase_recording"
TERM: Final = "term"
"""The ground of an act whose recording had been kept for its time."""
RETENTION: Final = "retention"

_AT_REST: Final = (RecordingState.DELETED_AT_CARRIER, RecordingState.FAILED)
_TO_END: Final = tuple(one for one in RecordingState if one not in (RecordingState.ABSENT, RecordingState.DESTROYED))
_HELD_FOR_NOW: Final = timedelta(days=1)
_AT_ONCE: Final = 100
# A bucket is asked twice, and has 13 s each time to accept a connection and to answer.
_ERASED_WITHIN: Final = timedelta(seconds=45)


@dataclass(frozen=True)
class KeptUntil:
    """How long what is recorded of a call is kept: `until` the last one's time is over (None: nothing is there), unless
    there is a `hold`; and the acts of what was destroyed.
    """

    until: datetime | None
    hold: LegalHold | None
    acts: tuple[DestructionAct, ...]
    can_be_held: bool = False
    """Whether anything of it is here, or at the carrier, or still to come; what failed ends in its time too."""


@dataclass(frozen=True)
class Retention:
    """What ends recordings, by time or by hand."""

    centre: Centre

    def wire(self, plan: WorkPlan) -> None:
        """Bind the due work of retention; called once by the composer."""
        plan.handle(RETIRE, JobQueue.UPKEEP, self.retire)
        plan.handle(ERASE, JobQueue.UPKEEP, self.erase, lasts=_ERASED_WITHIN)

    def retire(self, recording_id: str) -> None:
        """The recording's time is over: destroy it, or look again when a longer one is, or tomorrow if it is held."""
        now = self.centre.clock.now()
        with self.centre.database.transaction("retire_recording") as tx:
            found = _at_rest(tx, recording_id)
            if found is None:
                return
            call, row = found
            until = usual_end(self.centre.insurers, tx, row)
            if until > now:
                appoint(tx, row, RETIRE, until)
            elif open_hold(tx, call.id) is not None:
                appoint(tx, row, RETIRE, now + _HELD_FOR_NOW)
            else:
                _destroy(tx, call, row, by=RETENTION, ground=TERM, at=now)

    def erase(self, recording_id: str) -> None:
        """Remove the sealed file of a destroyed recording, whose key is gone already."""
        with self.centre.database.reading("recording_to_erase") as tx:
            row = tx.get(Recording, recording_id)
        if row is None or row.state != RecordingState.DESTROYED or row.file_name is None:
            return
        shelf_of(self.centre.settings).remove(row.file_name)
        with self.centre.database.transaction("note_erased") as tx:
            locked = locked_recording(tx, recording_id)
            if locked is not None:
                locked.file_name = None

    def destroy(self, *, insurer_id: str, recording_id: str, by: str, ground: str) -> None:
        """Destroy a recording before its time. Raises NotThere, NotAtRest and HeldBack."""
        now = self.centre.clock.now()
        with self.centre.database.transaction("destroy_recording") as tx:
            call, row = _own(tx, insurer_id, recording_id)
            if row.state not in _AT_REST:
                raise NotAtRest(f"{recording_id} is {row.state}")
            hold = open_hold(tx, call.id)
            if hold is not None:
                raise HeldBack(hold.reason)
            _destroy(tx, call, row, by=by, ground=ground, at=now)

    def hold(self, *, insurer_id: str, call_id: str, by: str, reason: str) -> bool:
        """Keep the recordings of a call, whatever their age; False where they are held already. Raises NotThere."""
        now = self.centre.clock.now()
        with self.centre.database.transaction("hold_recordings") as tx:
            _check_call(tx, insurer_id, call_id)
            if open_hold(tx, call_id) is not None:
                return False
            tx.add(
                LegalHold(
                    id=new_id(now), insurer_id=insurer_id, call_id=call_id, reason=reason, placed_by=by, placed_at=now
                )
            )
            _note(tx, insurer_id, call_id, "held_recordings", by, now)
            return True

    def release(self, *, insurer_id: str, call_id: str, by: str) -> bool:
        """Let the recordings of a call end when their time is over; False where none is held. Raises NotThere."""
        now = self.centre.clock.now()
        with self.centre.database.transaction("release_recordings") as tx:
            _check_call(tx, insurer_id, call_id)
            hold = open_hold(tx, call_id)
            if hold is None:
                return False
            hold.released_by, hold.released_at = by, now
            _note(tx, insurer_id, call_id, "released_recordings", by, now)
            return True

    def retry(self, *, insurer_id: str, recording_id: str, by: str) -> None:
        """Fetch a failed recording anew. Raises NotThere, and NotAtRest for one that has not failed."""
        now = self.centre.clock.now()
        with self.centre.database.transaction("retry_recording") as tx:
            call, row = _own(tx, insurer_id, recording_id)
            is_failed = row.state == RecordingState.FAILED and row.carrier_sid is not None
            if not is_failed or not move(row, RecordingState.ANNOUNCED):
                raise NotAtRest(f"{recording_id} is {row.state}")
            row.ended_at, row.error, row.announced_at = None, None, now
            due_work.cancel(tx, kind=RETIRE, subject_id=row.id)
            appoint(tx, row, FETCH, now)
            record(tx, call, "recording_retried", at=now, recording=row.id, agent=by)

    def review(self, *, insurer_id: str) -> int:
        """Appoint the end of every recording at rest anew, after the lines' rules were changed; how many.

        Some at a time, for calls go on meanwhile.
        """
        done, last = 0, ""
        while ids := self._at_rest_after(insurer_id, last):
            with self.centre.database.transaction("review_recordings") as tx:
                rows = tx.scalars(select(Recording).where(Recording.id.in_(ids), Recording.state.in_(_AT_REST))).all()
                for row in rows:
                    appoint(tx, row, RETIRE, usual_end(self.centre.insurers, tx, row))
            done, last = done + len(rows), ids[-1]
        return done

    def _at_rest_after(self, insurer_id: str, last: str) -> list[str]:
        with self.centre.database.reading("recordings_to_review") as tx:
            statement = select(Recording.id).where(
                Recording.insurer_id == insurer_id, Recording.state.in_(_AT_REST), Recording.id > last
            )
            return list(tx.scalars(statement.order_by(Recording.id).limit(_AT_ONCE)))


def keeping_of(tx: Transaction, insurers: Insurers, call: Call) -> KeptUntil:
    """How long the recordings of a call are kept."""
    rows = tx.scalars(select(Recording).where(Recording.call_id == call.id, Recording.state.in_(_TO_END))).all()
    acts = tx.scalars(select(DestructionAct).where(DestructionAct.call_id == call.id).order_by(DestructionAct.id))
    until = max((usual_end(insurers, tx, row) for row in rows if row.state in KEPT), default=None)
    return KeptUntil(until, open_hold(tx, call.id), tuple(acts), can_be_held=bool(rows))


def open_hold(tx: Transaction, call_id: str) -> LegalHold | None:
    """Why the recordings of a call are held; None where they are not."""
    return tx.scalar(select(LegalHold).where(LegalHold.call_id == call_id, LegalHold.released_at.is_(None)))


def _at_rest(tx: Transaction, recording_id: str) -> tuple[Call, Recording] | None:
    seen = tx.get(Recording, recording_id)
    call = None if seen is None else locked_call(tx, seen.call_id)
    row = locked_recording(tx, recording_id)
    return None if call is None or row is None or row.state not in _AT_REST else (call, row)


def _own(tx: Transaction, insurer_id: str, recording_id: str) -> tuple[Call, Recording]:
    seen = tx.get(Recording, recording_id)
    if seen is None or seen.insurer_id != insurer_id:
        raise NotThere(recording_id)
    call, row = locked_call(tx, seen.call_id), locked_recording(tx, recording_id)
    if row is None:
        raise NotThere(recording_id)
    return call, row


def _check_call(tx: Transaction, insurer_id: str, call_id: str) -> None:
    call = tx.get(Call, call_id)
    if call is None or call.insurer_id != insurer_id:
        raise NotThere(call_id)


def _destroy(tx: Transaction, call: Call, row: Recording, *, by: str, ground: str, at: datetime) -> None:
    if not move(row, RecordingState.DESTROYED):
        raise NotAtRest(row.id)
    tx.add(
        DestructionAct(
            id=new_id(at),
            insurer_id=row.insurer_id,
            recording_id=row.id,
            call_id=row.call_id,
            ground=ground,
            destroyed_by=by,
            destroyed_at=at,
            recorded_at=row.began_at or row.announced_at,
            duration_seconds=row.duration_seconds,
            size_bytes=row.size_bytes,
            sha256=row.sha256,
        )
    )
    row.wrapped_key, row.key_id, row.peaks, row.ended_at = None, None, None, at
    due_work.cancel(tx, kind=RETIRE, subject_id=row.id)
    appoint(tx, row, ERASE, at)
    # One that had failed may lie at the carrier still.
    appoint(tx, row, DELETE, at)
    record(tx, call, "recording_destroyed", at=at, recording=row.id, by=by, ground=ground)
    _note(tx, row.insurer_id, row.id, "destroyed_recording", by, at, kind="recording")


def _note(
    tx: Transaction, insurer_id: str, subject_id: str, action: str, by: str, at: datetime, kind: str = "call"
) -> None:
    audit(tx, insurer_id=insurer_id, at=at, actor=by, action=action, subject_kind=kind, subject_id=subject_id)
