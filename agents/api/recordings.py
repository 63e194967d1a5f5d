"""What recordings there are, for other systems: of which call, how long, until where their life has come."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from agents.api import reading
from agents.api.errors import Refused, Why
from agents.api.operations import Asked, Operation, Page, Paged, Shape
from agents.api.written import Id, Instant, YesOrNo
from agents.scopes import Scope
from config.audit import audited_reading
from config.database import Transaction
from recordings.keeping import usual_end
from recordings.models import KEPT, Recording, RecordingKind, RecordingState
from recordings.retention import open_hold


class RecordingShape(Shape):
    """A recording, or one part of a call; never its sound. `stored_at` is when it was sealed in the centre's store,
    `ended_at` when it came to its last state. It is destroyed after `kept_until`, unless it `is_held`.
    """

    id: Id
    call_id: Id
    kind: RecordingKind
    state: RecordingState
    duration_seconds: int | None
    began_at: datetime | None
    announced_at: datetime
    stored_at: datetime | None
    ended_at: datetime | None
    kept_until: datetime | None
    is_held: bool


class RecordingPage(Page[RecordingShape]):
    """A page of recordings."""


class RecordingQuery(Paged):
    """Which recordings; `since` and `until` are of their beginning at the carrier."""

    call_id: Id | None = None
    since: Instant | None = None
    until: Instant | None = None
    is_stored: Annotated[YesOrNo | None, Field(description="true: only what can be played now.")] = None


def list_recordings(asked: Asked) -> RecordingPage:
    """A page of recordings; audited."""
    query = asked.query_as(RecordingQuery)
    wanted = reading.WantedRecordings(query.call_id, query.since, query.until, query.is_stored)
    with audited_reading(asked.centre.database, "list_recordings_for_system") as tx:
        rows, next_cursor = reading.recordings_page(
            tx, asked.insurer, wanted, before=query.cursor, most=query.limit
        )
        reading.note(
            tx, asked.system, "recordings_listed", "recordings", query.call_id or "", at=asked.at,
            count=len(rows), recordings=" ".join(row.id for row in rows) or None,
        )  # fmt: skip
        return RecordingPage(items=[_shape(asked, tx, one) for one in rows], next_cursor=next_cursor)


def show_recording(asked: Asked) -> RecordingShape:
    """One recording; audited."""
    with audited_reading(asked.centre.database, "show_recording_to_system") as tx:
        row = reading.recording_of(tx, asked.insurer, asked.ids["recording_id"])
        if row is None:
            raise Refused(Why.NOT_FOUND)
        reading.note(tx, asked.system, "recording_shown", "recording", row.id, at=asked.at)
        return _shape(asked, tx, row)


def _shape(asked: Asked, tx: Transaction, row: Recording) -> RecordingShape:
    is_kept = RecordingState(row.state) in KEPT
    return RecordingShape(
        id=row.id,
        call_id=row.call_id,
        kind=RecordingKind(row.kind),
        state=RecordingState(row.state),
        duration_seconds=row.duration_seconds,
        began_at=row.began_at,
        announced_at=row.announced_at,
        stored_at=row.sealed_at,
        ended_at=row.ended_at,
        kept_until=usual_end(asked.centre.insurers, tx, row) if is_kept else None,
        is_held=open_hold(tx, row.call_id) is not None,
    )


LIST: Final = Operation(
    name="list_recordings",
    method="GET",
    path="/recordings",
    scopes=(Scope.RECORDINGS,),
    summary="What recordings there are, the newest first",
    query=RecordingQuery,
    answer=RecordingPage,
    answerer=list_recordings,
)
SHOW: Final = Operation(
    name="show_recording",
    method="GET",
    path="/recordings/{recording_id}",
    scopes=(Scope.RECORDINGS,),
    summary="One recording",
    answer=RecordingShape,
    answerer=show_recording,
)
