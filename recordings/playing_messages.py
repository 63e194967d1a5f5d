"""Playing a sealed recording: for one insurer, and never without an audit entry."""

from sqlalchemy import select

from config.centre import Centre
from recordings.errors import NotThere
from recordings.keys import seal_keys
from recordings.models import Recording, RecordingKind
from recordings.plays import note_play
from recordings.sealing import Sealed, unseal
from recordings.shelf import shelf_of


def messages(centre: Centre, *, insurer_id: str, limit: int = 100) -> list[Recording]:
    """The insurer's voice messages, newest first."""
    with centre.database.reading("messages") as tx:
        statement = select(Recording).where(
            Recording.insurer_id == insurer_id, Recording.kind == RecordingKind.VOICEMAIL
        )
        return list(tx.scalars(statement.order_by(Recording.id.desc()).limit(limit)))


def play_message(centre: Centre, *, insurer_id: str, recording_id: str, actor: str) -> bytes:
    """A voice message as a WAV file; audited before it is handed out. Raises NotThere, SealBroken.

    A conversation is no message: it is for supervisors alone.
    """
    now = centre.clock.now()
    with centre.database.transaction("play_recording") as tx:
        row = tx.get(Recording, recording_id)
        if row is None or row.insurer_id != insurer_id or row.kind != RecordingKind.VOICEMAIL:
            raise NotThere(recording_id)
        if row.file_name is None or row.wrapped_key is None:
            raise NotThere(recording_id)
        note_play(tx, insurer_id=insurer_id, recording_id=recording_id, call_id=row.call_id, actor=actor, at=now)
    content = shelf_of(centre.settings).get(row.file_name)
    key = seal_keys(centre.settings).named(row.key_id)
    return unseal(Sealed(content, row.wrapped_key), recording_id=recording_id, seal_key=key.key)
