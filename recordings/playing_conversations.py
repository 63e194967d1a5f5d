"""Hearing recordings in a page: what there is of a call, short-lived links to the sound, a row of audit for each play.

A link is for one recording, one session and a few minutes, and whoever follows it must be signed in all the same.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from config.centre import Centre
from config.database import Transaction
from recordings.errors import NotThere
from recordings.keys import seal_keys
from recordings.models import KEPT, Recording, RecordingPause, RecordingState
from recordings.plays import note_play
from recordings.sealing import opened
from recordings.shelf import shelf_of
from recordings.sound import UnsealedSound

LINK_HOLDS: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Part:
    """One recording of a call, for a page. `peaks` are from 0 to 255; `silences` are seconds from its beginning."""

    id: str
    call_id: str
    kind: str
    state: RecordingState
    began_at: datetime
    duration_seconds: int
    peaks: tuple[int, ...]
    silences: tuple[tuple[float, float], ...]
    error: str | None

    @property
    def is_playable(self) -> bool:
        """Whether its sound is here."""
        return self.state in KEPT


@dataclass(frozen=True)
class Link:
    """What a url needs so that the sound is handed out: until when (seconds of the Unix time), and the seal on it."""

    until: int
    key: str


def parts_of(tx: Transaction, *, insurer_id: str, call_id: str) -> list[Part]:
    """The recordings of a call of this insurer, in the order of their beginning."""
    of_call = (Recording.insurer_id == insurer_id, Recording.call_id == call_id)
    rows = tx.scalars(select(Recording).where(*of_call).order_by(Recording.id)).all()
    return [_part(tx, row) for row in rows]


def part(tx: Transaction, *, insurer_id: str, recording_id: str) -> Part:
    """One recording of this insurer. Raises NotThere."""
    row = tx.get(Recording, recording_id)
    if row is None or row.insurer_id != insurer_id:
        raise NotThere(recording_id)
    return _part(tx, row)


def play(centre: Centre, *, insurer_id: str, recording_id: str, session_id: str, actor: str) -> Link:
    """Audit that `actor` is about to hear a recording; the link to its sound. Raises NotThere."""
    now = centre.clock.now()
    with centre.database.transaction("play_conversation") as tx:
        found = part(tx, insurer_id=insurer_id, recording_id=recording_id)
        if not found.is_playable:
            raise NotThere(recording_id)
        note_play(tx, insurer_id=insurer_id, recording_id=recording_id, call_id=found.call_id, actor=actor, at=now)
    until = int((now + LINK_HOLDS).timestamp())
    return Link(until, _signed(centre, recording_id, session_id, until))


def is_good(centre: Centre, link: Link, *, recording_id: str, session_id: str) -> bool:
    """Whether the link was given to this session for this recording, and holds still."""
    expected = _signed(centre, recording_id, session_id, link.until)
    return hmac.compare_digest(expected.encode(), link.key.encode()) and centre.clock.now().timestamp() < link.until


def sound_of(centre: Centre, *, insurer_id: str, recording_id: str) -> UnsealedSound:
    """The sound of a recording of this insurer, unsealed as it is read. Raises NotThere and SealBroken."""
    with centre.database.reading("recording_to_hear") as tx:
        row = tx.get(Recording, recording_id)
    if row is None or row.insurer_id != insurer_id or row.file_name is None or row.wrapped_key is None:
        raise NotThere(recording_id)
    shelf, key = shelf_of(centre.settings), seal_keys(centre.settings).named(row.key_id)
    size = shelf.size(row.file_name)
    seal = opened(row.wrapped_key, recording_id=row.id, seal_key=key.key, sealed_bytes=size)
    return UnsealedSound(shelf, row.file_name, seal)


def _signed(centre: Centre, recording_id: str, session_id: str, until: int) -> str:
    text = f"recording link:{recording_id}:{session_id}:{until}".encode()
    return hmac.new(centre.settings.secret_pepper, text, hashlib.sha256).hexdigest()


def _part(tx: Transaction, row: Recording) -> Part:
    began_at = row.began_at or row.announced_at
    return Part(
        id=row.id,
        call_id=row.call_id,
        kind=row.kind,
        state=RecordingState(row.state),
        began_at=began_at,
        duration_seconds=row.duration_seconds or 0,
        peaks=tuple(base64.b64decode(row.peaks or "")),
        silences=tuple(_silences(tx, row, began_at)),
        error=row.error,
    )


def _silences(tx: Transaction, row: Recording, began_at: datetime) -> Iterator[tuple[float, float]]:
    """The pauses that fall into this recording."""
    length = row.duration_seconds or 0
    pauses = select(RecordingPause).where(
        RecordingPause.call_id == row.call_id, RecordingPause.conversation == row.conversation
    )
    for pause in tx.scalars(pauses):
        end = pause.ended_at or began_at + timedelta(seconds=length)
        start, stop = ((at - began_at).total_seconds() for at in (pause.started_at, end))
        if stop > 0 and start < length:
            yield max(0.0, start), min(float(length), stop)
