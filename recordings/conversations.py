"""Recordings of conversations: expected once caller and agent meet, followed by the carrier's news, looked for without.

The carrier makes them: of a conference from its start, of a caller connected with a number outside from the answer. A
call whose caller spoke to several people one after the other has one for each: its parts.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from config import due_work
from config.centre import Centre
from config.database import Transaction
from config.due_work import JobQueue, WorkPlan
from config.ids import new_id
from config.line_descriptions import Insurers
from ivr.calls.finding import locked_call
from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.calls.recorded import has_been_told
from ivr.carrier.port import CarrierRecording, RecordingStatus, Shelf
from ivr.errors import UnknownCall
from ivr.signals import call_ended
from ivr.turns.messages import DISCARD
from recordings.keeping import CHECK, FETCH, appoint, fail, locked_recording
from recordings.models import UNDER_WAY, Recording, RecordingKind, RecordingState
from recordings.pauses import end_pause, pause_anew
from recordings.transitions import move

log = logging.getLogger("pult.recordings")

STAYED: Final = "stayed_on_line"
"""How a caller who was told agrees: by staying on the line (standards.md §5.4)."""

_STILL_TALKING: Final = timedelta(minutes=10)
NEWS_WITHIN: Final = timedelta(minutes=1)
"""What the carrier has not told so long after an end is asked for."""
# What the carrier does not list so long after the call's end was never recorded.
_LISTED_WITHIN: Final = timedelta(minutes=10)


def expect(tx: Transaction, call: Call, *, conversation: str, kind: RecordingKind, at: datetime) -> Recording:
    """A recorded conversation of the locked call begins; its row. Repeated, it changes nothing."""
    first = select(Recording).where(Recording.conversation == conversation).order_by(Recording.id).limit(1)
    return tx.scalar(first) or _expected(tx, call, conversation=conversation, kind=kind, at=at)


def _expected(
    tx: Transaction, call: Call, *, conversation: str, kind: str, at: datetime, carrier_sid: str | None = None
) -> Recording:
    row = Recording(
        id=new_id(at),
        insurer_id=call.insurer_id,
        call_id=call.id,
        carrier_sid=carrier_sid,
        kind=kind,
        conversation=conversation,
        state=RecordingState.EXPECTED,
        announced_at=at,
    )
    tx.add(row)
    tx.flush()
    appoint(tx, row, CHECK, at + _STILL_TALKING)
    return row


@dataclass(frozen=True)
class Conversations:
    """What follows conversations as they are recorded."""

    centre: Centre
    carrier: Shelf

    def wire(self, plan: WorkPlan) -> None:
        """Bind the due work, and listen to the ends of calls for as long as the plan lives."""
        plan.handle(CHECK, JobQueue.RECORDINGS, self.check)
        call_ended.connect(self.on_call_ended, sender=self.centre)
        plan.keep(self)

    def hear(self, call_id: str, *, conversation: str, kind: RecordingKind, news: CarrierRecording) -> None:
        """News of a recording: in any order, any number of times. Of an unknown call they are nothing."""
        now = self.centre.clock.now()
        with self.centre.database.transaction("hear_recording") as tx:
            try:
                call = locked_call(tx, call_id)
            except UnknownCall:
                log.warning("news of a recording of call %s, which there is not", call_id)
                return
            row = expect(tx, call, conversation=conversation, kind=kind, at=now)
            _follow(tx, self.centre.insurers, call, row, news, at=now)

    def check(self, recording_id: str) -> None:
        """No news for long: ask the carrier what became of it, and again later while it goes on."""
        with self.centre.database.reading("recording_to_check") as tx:
            row = tx.get(Recording, recording_id)
            call_sid = "" if row is None else tx.scalar(select(Call.carrier_sid).where(Call.id == row.call_id))
        if row is None or row.state not in UNDER_WAY:
            return
        is_outside = row.kind == RecordingKind.OUTSIDE
        if is_outside:
            found = self.carrier.recordings_of_dials(call_sid or "")
        else:
            found = self.carrier.recordings_of(row.conversation or "")
        now = self.centre.clock.now()
        with self.centre.database.transaction("check_recording") as tx:
            call, locked = locked_call(tx, row.call_id), locked_recording(tx, recording_id)
            if locked is None or locked.state not in UNDER_WAY:
                return
            found = _of_this_dial(tx, locked, found) if is_outside else found
            for one in found:
                _follow(tx, self.centre.insurers, call, locked, one, at=now)
            if locked.state not in UNDER_WAY:
                return
            if not found and call.ended_at is not None and now - call.ended_at >= _LISTED_WITHIN:
                end_absent(tx, call, locked, at=now, why="never made", alarm=_is_missed(locked))
                return
            appoint(tx, locked, CHECK, now + (NEWS_WITHIN if call.ended_at else _STILL_TALKING))

    def on_call_ended(self, _sender: Any, *, tx: Transaction, call: Call, **_more: Any) -> None:
        """The caller is gone: what is not told of its recording in a minute is asked for."""
        now = self.centre.clock.now()
        rows = tx.scalars(select(Recording).where(Recording.call_id == call.id, Recording.state.in_(UNDER_WAY)))
        for row in rows.all():
            appoint(tx, row, CHECK, now + NEWS_WITHIN)


def _follow(
    tx: Transaction, insurers: Insurers, call: Call, first: Recording, news: CarrierRecording, *, at: datetime
) -> None:
    """Bring the conversation's row to where the carrier says that its recording is.

    One that the carrier began anew, as it does where everybody was out of the conference for a moment, has a row of its
    own: no part of it may be missing, or stay at the carrier.
    """
    known = tx.scalar(select(Recording).where(Recording.carrier_sid == news.sid))
    row = known or (first if first.carrier_sid is None else _begun_anew(tx, call, first, news.sid, at))
    row.carrier_sid = news.sid
    match news.status:
        case RecordingStatus.UNDER_WAY:
            _begin(tx, call, row, news, at=at)
        case RecordingStatus.COMPLETED:
            _end(tx, call, row, news, at=at)
        case RecordingStatus.ABSENT:
            end_absent(tx, call, row, at=at)
        case RecordingStatus.FAILED:
            if row.state in UNDER_WAY:
                end_pause(tx, row, at=at)
            fail(tx, insurers, call, row, "the carrier could not record", at=at)


def _of_this_dial(tx: Transaction, row: Recording, found: Sequence[CarrierRecording]) -> list[CarrierRecording]:
    """Those of a call's recordings that are this connection's: its own by sid, else what began before the next one.

    What the two clocks make of a connection that was answered at once must lose nothing: the first takes what began
    before any.
    """
    if row.carrier_sid is not None:
        return [one for one in found if one.sid == row.carrier_sid]
    outside = select(Recording).where(Recording.call_id == row.call_id, Recording.kind == RecordingKind.OUTSIDE)
    rows = tx.scalars(outside.order_by(Recording.announced_at, Recording.id)).all()
    known = {other.carrier_sid for other in rows}
    waiting = [other for other in rows if other.carrier_sid is None and other.state in UNDER_WAY]

    def is_its_own(one: CarrierRecording) -> bool:
        before = [other for other in waiting if one.started_at is None or other.announced_at <= one.started_at]
        return (before or waiting)[-1 if before else 0].id == row.id

    return [one for one in found if one.sid not in known and is_its_own(one)]


def _is_missed(row: Recording) -> bool:
    """Whether somebody spoke who ought to have been recorded."""
    if row.kind == RecordingKind.OUTSIDE:
        return row.answered_at is not None or row.carrier_sid is not None
    return row.kind == RecordingKind.CONVERSATION


def _begun_anew(tx: Transaction, call: Call, first: Recording, carrier_sid: str, at: datetime) -> Recording:
    row = _expected(tx, call, conversation=first.conversation or "", kind=first.kind, at=at, carrier_sid=carrier_sid)
    pause_anew(tx, row, at=at)
    return row


def _begin(tx: Transaction, call: Call, row: Recording, news: CarrierRecording, *, at: datetime) -> None:
    if not move(row, RecordingState.RECORDING):
        return
    row.began_at = news.started_at or at
    is_told = has_been_told(tx, call.id)
    record(tx, call, "recording_began", at=at, recording=row.id, part=_part(tx, row), told=is_told, consent=STAYED)


def _end(tx: Transaction, call: Call, row: Recording, news: CarrierRecording, *, at: datetime) -> None:
    if not has_been_told(tx, call.id) or call.is_anonymous:
        # Whoever was not told has not agreed: nothing of it is fetched, and nothing may stay at the carrier.
        due_work.schedule(tx, kind=DISCARD, subject_id=news.sid, insurer_id=row.insurer_id, due_at=at)
        end_absent(tx, call, row, at=at, why="nobody was told")
        return
    if not news.duration_seconds:
        end_absent(tx, call, row, at=at)
        return
    if not move(row, RecordingState.ANNOUNCED):
        return
    row.began_at = row.began_at or news.started_at or at - timedelta(seconds=news.duration_seconds)
    row.duration_seconds, row.announced_at, row.ended_at, row.error = news.duration_seconds, at, None, None
    due_work.cancel(tx, kind=CHECK, subject_id=row.id)
    appoint(tx, row, FETCH, at)
    end_pause(tx, row, at=at)
    record(tx, call, "recording_ended", at=at, recording=row.id, seconds=news.duration_seconds)


def end_absent(
    tx: Transaction, call: Call, row: Recording, *, at: datetime, why: str = "nothing was said", alarm: bool = False
) -> None:
    """Nothing came of an expected recording: the locked row ends, with an alarm where it ought to have been made."""
    if not move(row, RecordingState.ABSENT):
        return
    row.ended_at, row.error = at, why
    due_work.cancel(tx, kind=CHECK, subject_id=row.id)
    end_pause(tx, row, at=at)
    record(tx, call, "recording_absent", at=at, recording=row.id, why=why, alarm=alarm)


def _part(tx: Transaction, row: Recording) -> int:
    """Which of the call's conversations it is, from 1."""
    before = select(func.count()).where(
        Recording.call_id == row.call_id, Recording.kind != RecordingKind.VOICEMAIL, Recording.id <= row.id
    )
    return tx.scalar(before) or 1


