"""Voicemail: a message left is fetched, sealed, deleted at the carrier, and answered by a call (`ivr.ports.Voicemail`).

Announced, sealed, deleted: each step is due work of its own, may run twice, and follows from the row alone.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import exists, select

from config import due_work
from config.centre import Centre
from config.database import Transaction
from config.due_work import DueWork, JobQueue, WorkPlan
from config.errors import NotYet
from config.ids import new_id
from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.calls.outcomes import LINE, record_outcome
from ivr.carrier.errors import CallGone, CarrierUnavailable, NotReady
from ivr.carrier.port import Shelf
from ivr.ports import CallbackRefusal
from recordings.models import Recording, RecordingState
from recordings.ports import OwesCallback
from recordings.sealing import Sealed, seal
from recordings.shelf import SealedShelf
from recordings.transitions import move

log = logging.getLogger("pult.recordings")

FETCH: Final = "fetch_recording"
DELETE: Final = "delete_recording"
VOICEMAIL: Final = "voicemail"
REASON: Final = "message"
"""What the callback for a message is about: the same as where a flow promises it, so that it is promised once."""
LISTEN: Final = "listen_to_message"
_HEARD_WITHIN: Final = timedelta(hours=4)
_DESK: Final = "desk"

# The carrier needs a moment after the hang-up until the file can be had; for longer than this it never comes.
_COMES_WITHIN: Final = timedelta(hours=24)
_SETTLED: Final = timedelta(seconds=30)
_STEPS: Final = {RecordingState.ANNOUNCED: FETCH, RecordingState.SEALED: DELETE}


@dataclass(frozen=True)
class Messages:
    """Everything that a message left needs on its way to rest."""

    centre: Centre
    carrier: Shelf
    owe_callback: OwesCallback

    def wire(self, plan: WorkPlan) -> None:
        """Bind the due work of recordings; called once by the composer."""
        plan.handle(FETCH, JobQueue.RECORDINGS, self.fetch)
        plan.handle(DELETE, JobQueue.RECORDINGS, self.delete_at_carrier)

    def announce(self, tx: Transaction, call: Call, *, recording_sid: str, duration_seconds: int) -> None:
        """A message exists at the carrier. Repeated for the same recording, it changes nothing."""
        if tx.scalar(select(Recording.id).where(Recording.carrier_sid == recording_sid)) is not None:
            return
        now = self.centre.clock.now()
        row = Recording(
            id=new_id(now),
            insurer_id=call.insurer_id,
            call_id=call.id,
            carrier_sid=recording_sid,
            kind=VOICEMAIL,
            state=RecordingState.ANNOUNCED,
            duration_seconds=duration_seconds,
            announced_at=now,
        )
        tx.add(row)
        tx.flush()
        self._schedule(tx, row, FETCH)
        record(tx, call, "message_left", at=now, recording=row.id, seconds=duration_seconds)
        # Owed from this moment: the caller is to be called even where the message itself never comes through.
        if isinstance(self.owe_callback(tx, call, reason=REASON), CallbackRefusal):
            self._owe_listening(tx, call)

    def _owe_listening(self, tx: Transaction, call: Call) -> None:
        """There is no number to ring: only who hears the message learns whom to call."""
        now = self.centre.clock.now()
        record_outcome(
            tx,
            call=call,
            code="voicemail_left",
            by=LINE,
            at=now,
            is_primary=False,
            next_action=LISTEN,
            due_at=now + _HEARD_WITHIN,
            owner=_DESK,
        )

    def fetch(self, recording_id: str) -> None:
        """Bring the message home, sealed. What is not ready is tried again; what is gone has failed.

        Raises NotYet while the carrier is still at it, and CarrierUnavailable where it cannot be asked.
        """
        row = self._row(recording_id)
        if row is None or row.state != RecordingState.ANNOUNCED:
            return
        try:
            sound = self.carrier.fetch_recording(row.carrier_sid)
        except CallGone as error:
            self._fail(recording_id, f"gone ({error.code})")
            return
        except CarrierUnavailable as error:
            if self.centre.clock.now() - row.announced_at >= _COMES_WITHIN:
                log.error("message %s never came from the carrier; whoever left it is called all the same", row.id)
                self._fail(recording_id, "never came")
                return
            if isinstance(error, NotReady):
                raise NotYet("the carrier still makes the recording") from error
            raise
        sealed = seal(sound, recording_id=row.id, seal_key=self.centre.settings.seal_key)
        # Each try has a file of its own: of two at once the slower must not replace what the winner's key opens. A
        # crash after this line leaves a sealed file whose key nobody has.
        name = f"{row.id}.{secrets.token_hex(4)}.sealed"
        shelf = SealedShelf(self.centre.settings.data_dir)
        shelf.put(name, sealed.content)
        if not self._note_sealed(recording_id, sealed, name, sound):
            shelf.remove(name)

    def delete_at_carrier(self, recording_id: str) -> None:
        """Once the message is safely here, it must not lie at the carrier any longer."""
        row = self._row(recording_id)
        if row is None or row.state != RecordingState.SEALED:
            return
        self.carrier.delete_recording(row.carrier_sid)
        now = self.centre.clock.now()
        with self.centre.database.transaction("note_deleted_at_carrier") as tx:
            locked = _locked(tx, recording_id)
            if locked is not None and move(locked, RecordingState.DELETED_AT_CARRIER):
                locked.ended_at = now

    def keep_up(self) -> int:
        """Appoint the next step of every message whose due work is missing; how many. For the sweep."""
        now = self.centre.clock.now()
        with self.centre.database.transaction("keep_up_recordings") as tx:
            forgotten = tx.scalars(
                select(Recording).where(
                    Recording.state.in_(list(_STEPS)),
                    Recording.announced_at < now - _SETTLED,
                    ~exists().where(DueWork.kind.in_((FETCH, DELETE)), DueWork.subject_id == Recording.id),
                )
            ).all()
            for row in forgotten:
                self._schedule(tx, row, _STEPS[RecordingState(row.state)])
            return len(forgotten)

    def _note_sealed(self, recording_id: str, sealed: Sealed, name: str, sound: bytes) -> bool:
        now = self.centre.clock.now()
        with self.centre.database.transaction("note_sealed") as tx:
            row = _locked(tx, recording_id)
            if row is None or not move(row, RecordingState.SEALED):
                return False
            row.sealed_at = now
            row.file_name, row.wrapped_key = name, sealed.wrapped_key
            row.sha256, row.size_bytes = hashlib.sha256(sound).hexdigest(), len(sound)
            self._schedule(tx, row, DELETE)
            return True

    def _fail(self, recording_id: str, why: str) -> None:
        now = self.centre.clock.now()
        with self.centre.database.transaction("fail_recording") as tx:
            row = _locked(tx, recording_id)
            if row is not None and move(row, RecordingState.FAILED):
                row.ended_at, row.error = now, why

    def _row(self, recording_id: str) -> Recording | None:
        with self.centre.database.reading("recording") as tx:
            return tx.get(Recording, recording_id)

    def _schedule(self, tx: Transaction, row: Recording, kind: str) -> None:
        now = self.centre.clock.now()
        due_work.schedule(tx, kind=kind, subject_id=row.id, insurer_id=row.insurer_id, due_at=now)


def _locked(tx: Transaction, recording_id: str) -> Recording | None:
    return tx.get(Recording, recording_id, with_for_update=True, populate_existing=True)
