"""Plays of recordings: none without an entry in the audit."""

from datetime import datetime
from typing import Final

from config.audit import audit
from config.database import Transaction

PLAYED: Final = "played_recording"
"""The audit's word for it."""


def note_play(tx: Transaction, *, insurer_id: str, recording_id: str, call_id: str, actor: str, at: datetime) -> None:
    """`actor` is about to hear the recording of the call."""
    audit(
        tx,
        insurer_id=insurer_id,
        at=at,
        actor=actor,
        action=PLAYED,
        subject_kind="recording",
        subject_id=recording_id,
        call=call_id,
    )
