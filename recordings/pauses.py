"""Pauses: an agent lets silence stand for what must not be recorded; paused it is once the carrier has confirmed it.

A pause is of one conversation: who takes the caller over is recorded, whatever the colleague left paused.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from config import due_work
from config.centre import Centre
from config.database import Transaction
from config.due_work import JobQueue, WorkPlan
from config.errors import NotYet
from config.ids import new_id
from ivr.calls.finding import locked_call
from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.carrier.errors import CallGone
from ivr.carrier.port import Shelf
from recordings.errors import NothingRecorded
from recordings.models import UNDER_WAY, Recording, RecordingKind, RecordingPause

PAUSE: Final = "pause_recording"

class RecordingNow(StrEnum):
    """What an agent's page shows; `pausing` is asked for and may still be recorded."""

    RECORDING = "recording"
    PAUSING = "pausing"
    PAUSED = "paused"


def recording_now(tx: Transaction, call_id: str) -> RecordingNow | None:
    """How the recording of a call stands at this moment; None where it is not recorded."""
    running = _running(tx, call_id)
    if running is None:
        return None
    pause = _open_pause(tx, running)
    if pause is None:
        return RecordingNow.RECORDING
    return RecordingNow.PAUSING if pause.confirmed_at is None else RecordingNow.PAUSED


def set_paused(tx: Transaction, call: Call, *, on: bool, by: str, at: datetime) -> None:
    """Pause the recording of a locked call, or go on; the carrier is told by due work. Raises NothingRecorded."""
    running = _running(tx, call.id)
    if running is None or running.conversation is None:
        raise NothingRecorded(call.id)
    pause = _open_pause(tx, running)
    if on and pause is None:
        tx.add(
            RecordingPause(
                id=new_id(at),
                insurer_id=call.insurer_id,
                call_id=call.id,
                conversation=running.conversation,
                by=by,
                started_at=at,
            )
        )
        record(tx, call, "recording_paused", at=at, agent=by)
    elif not on and pause is not None:
        pause.ended_at = at
        record(tx, call, "recording_resumed", at=at, agent=by)
    tx.flush()
    # Repeated, the carrier is asked again all the same: the first answer may have been lost.
    due_work.schedule(tx, kind=PAUSE, subject_id=call.id, insurer_id=call.insurer_id, due_at=at)


def go_on_for_the_next(tx: Transaction, call: Call, *, by: str, at: datetime) -> None:
    """Somebody else has the caller of a locked call from now on, in the same conversation: they are recorded."""
    if recording_now(tx, call.id) in (RecordingNow.PAUSING, RecordingNow.PAUSED):
        set_paused(tx, call, on=False, by=by, at=at)


def pause_anew(tx: Transaction, row: Recording, *, at: datetime) -> None:
    """The carrier began to record a conversation anew: where it was paused it is to be again, and is not until then."""
    pause = _open_pause(tx, row)
    if pause is not None:
        pause.confirmed_at = None
        due_work.schedule(tx, kind=PAUSE, subject_id=row.call_id, insurer_id=row.insurer_id, due_at=at)


def end_pause(tx: Transaction, row: Recording, *, at: datetime) -> None:
    """A recording is over, and a pause with it; unless the carrier records the same conversation anew."""
    anew = select(Recording.id).where(
        Recording.call_id == row.call_id,
        Recording.conversation == row.conversation,
        Recording.state.in_(UNDER_WAY),
        Recording.id != row.id,
    )
    pause = _open_pause(tx, row)
    if pause is not None and tx.scalar(anew.limit(1)) is None:
        pause.ended_at = at


@dataclass(frozen=True)
class Pauses:
    """Brings the carrier to where the row is."""

    centre: Centre
    carrier: Shelf

    def wire(self, plan: WorkPlan) -> None:
        """Bind the due work; called once by the composer."""
        plan.handle(PAUSE, JobQueue.TELEPHONE, self.tell_carrier)

    def tell_carrier(self, call_id: str) -> None:
        """Let the carrier pause, or go on, as the call's row says now; may run twice.

        Raises NotYet while the carrier has not begun to record what is to be paused.
        """
        with self.centre.database.reading("pause_to_tell") as tx:
            row = _running(tx, call_id)
            pause = None if row is None else _open_pause(tx, row)
        if row is None or row.conversation is None:
            return
        try:
            self.carrier.pause_recording(row.conversation, on=pause is not None)
        except CallGone as error:
            if pause is not None:
                raise NotYet("the carrier does not record yet") from error
            return
        if pause is not None:
            self._confirm(call_id, pause.id)

    def _confirm(self, call_id: str, pause_id: str) -> None:
        now = self.centre.clock.now()
        with self.centre.database.transaction("confirm_pause") as tx:
            call, pause = locked_call(tx, call_id), tx.get_one(RecordingPause, pause_id)
            if pause.confirmed_at is None and pause.ended_at is None:
                pause.confirmed_at = now
                record(tx, call, "recording_pause_confirmed", at=now, agent=pause.by)


def _running(tx: Transaction, call_id: str) -> Recording | None:
    """With a number outside there is no agent who could pause."""
    statement = select(Recording).where(
        Recording.call_id == call_id, Recording.state.in_(UNDER_WAY), Recording.kind != RecordingKind.OUTSIDE
    )
    return tx.scalar(statement.order_by(Recording.id.desc()).limit(1))


def _open_pause(tx: Transaction, row: Recording) -> RecordingPause | None:
    statement = select(RecordingPause).where(
        RecordingPause.conversation == row.conversation, RecordingPause.ended_at.is_(None)
    )
    return tx.scalar(statement.with_for_update())
