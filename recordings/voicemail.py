"""Voicemail: a message left is announced, kept (`recordings/keeping.py`) and answered by a call."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from config.centre import Centre
from config.database import Transaction
from config.ids import new_id
from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.calls.outcomes import DESK, LINE, record_outcome
from ivr.ports import CallbackRefusal
from recordings.keeping import FETCH, appoint
from recordings.models import Recording, RecordingKind, RecordingState
from recordings.ports import OwesCallback

REASON: Final = "message"
"""What the callback for a message is about: the same as where a flow promises it, so that it is promised once."""
LISTEN: Final = "listen_to_message"
_HEARD_WITHIN: Final = timedelta(hours=4)


@dataclass(frozen=True)
class Messages:
    """What is done with a message left."""

    centre: Centre
    owe_callback: OwesCallback

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
            kind=RecordingKind.VOICEMAIL,
            state=RecordingState.ANNOUNCED,
            duration_seconds=duration_seconds,
            began_at=now - timedelta(seconds=duration_seconds),
            announced_at=now,
        )
        tx.add(row)
        tx.flush()
        appoint(tx, row, FETCH, now)
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
            owner=DESK,
        )
