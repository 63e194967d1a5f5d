"""Playing a sealed message: for one insurer, and never without an audit entry."""

from sqlalchemy import select

from config.audit import audit
from config.centre import Centre
from recordings.errors import NotThere
from recordings.models import Recording
from recordings.sealing import Sealed, unseal
from recordings.shelf import SealedShelf


def messages(centre: Centre, *, insurer_id: str, limit: int = 100) -> list[Recording]:
    """The insurer's messages, newest first."""
    with centre.database.reading("messages") as tx:
        statement = select(Recording).where(Recording.insurer_id == insurer_id).order_by(Recording.id.desc())
        return list(tx.scalars(statement.limit(limit)))


def play(centre: Centre, *, insurer_id: str, recording_id: str, actor: str) -> bytes:
    """The sound of a message, as a WAV file; audited before it is handed out. Raises NotThere, SealBroken."""
    now = centre.clock.now()
    with centre.database.transaction("play_recording") as tx:
        row = tx.get(Recording, recording_id)
        if row is None or row.insurer_id != insurer_id or row.file_name is None or row.wrapped_key is None:
            raise NotThere(recording_id)
        audit(
            tx,
            insurer_id=insurer_id,
            at=now,
            actor=actor,
            action="played_recording",
            subject_kind="recording",
            subject_id=recording_id,
        )
    content = SealedShelf(centre.settings.data_dir).get(row.file_name)
    sealed = Sealed(content, row.wrapped_key)
    return unseal(sealed, recording_id=recording_id, seal_key=centre.settings.seal_key)
