"""What a duty manager puts up at once for a line or queue: an announcement, or a diversion (`ivr/diversions.py`)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from config.audit import audit
from config.database import Transaction
from config.found_rows import FoundRows, columns_of
from config.ids import new_id
from config.line_descriptions import Insurer
from flows.speech import MOST_SECONDS, seconds_to_say
from ivr.calls.models import Call, CallEvent, LineNotice
from ivr.errors import PhoneError

SAID: Final = "announcement_said"
"""The event of a call to which the announcement `notice` was said."""

_READ: Final = "line_notices"
# Built once: building a statement anew takes longer than the database needs for it.
_NOTICES: Final = columns_of(LineNotice)
_PUT_UP: Final = FoundRows(
    LineNotice,
    select(_NOTICES)
    .where(_NOTICES.c.insurer_id == bindparam("insurer_id"), _NOTICES.c.taken_down_at.is_(None))
    .order_by(_NOTICES.c.put_up_at, _NOTICES.c.id),
)


class NoticeKind(StrEnum):
    """What a notice does."""

    ANNOUNCEMENT = "announcement"
    DIVERSION = "diversion"


class Refusal(StrEnum):
    """The one rule by which a notice is not put up."""

    NO_PLACE = "no such place"
    NO_TEXT = "an announcement needs its Russian text"
    TOO_LONG = "too long to listen to"
    ENDED = "would end before now"
    TAKEN = "somebody has just put up another"
    NO_NUMBER = "no telephone number"
    NOT_DIALLED = "numbers like it are not dialled"
    NO_TARGET = "a diversion to nowhere"
    LINE_TO_NUMBER = "a line goes to a number"
    EMERGENCY = "emergencies stay where they are"
    ANONYMOUS = "nothing of the anonymous is recorded"
    CIRCLE = "leads back"


class NoticeRefused(PhoneError):
    """A notice is not put up; `why` is the rule, the message says it in full for a terminal."""

    def __init__(self, why: Refusal, message: str) -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True)
class Place:
    """Where a notice hangs: one line or one queue of an insurer."""

    insurer_id: str
    line: str | None = None
    queue: str | None = None

    def __str__(self) -> str:
        return f"{self.insurer_id} {'line' if self.line else 'queue'} {self.line or self.queue}"


def place_in(insurer: Insurer, name: str, *, is_queue: bool = False) -> Place:
    """The line (or queue) called `name`; raises NoticeRefused, naming those there are."""
    known = insurer.queues if is_queue else insurer.lines
    if name not in known:
        what = "queue" if is_queue else "line"
        raise NoticeRefused(Refusal.NO_PLACE, f"{insurer.id} has no {what} '{name}': one of {', '.join(known)}")
    return Place(insurer.id, queue=name) if is_queue else Place(insurer.id, line=name)


def announce(
    tx: Transaction, *, place: Place, text: Mapping[str, str], by: str, at: datetime, until: datetime | None = None
) -> LineNotice:
    """Put up an announcement, in place of one that hangs there; audited. `text` is by language, Russian a must.

    `until` is the instant from which it is not said any more; None until somebody takes it down.
    """
    spoken = {language: " ".join(words.split()) for language, words in text.items() if words.strip()}
    if "ru" not in spoken:
        raise NoticeRefused(Refusal.NO_TEXT, "an announcement needs its Russian text")
    for language, words in spoken.items():
        if (seconds := seconds_to_say(words, language=language)) > MOST_SECONDS:
            takes = f"takes about {seconds:.0f} s to say, of {MOST_SECONDS} that callers listen"
            raise NoticeRefused(Refusal.TOO_LONG, f"the announcement in '{language}' {takes}: shorten it")
    return put_up(tx, place, NoticeKind.ANNOUNCEMENT, by=by, at=at, until=until, text=spoken)


def take_down(
    tx: Transaction, *, place: Place, by: str, at: datetime, kind: NoticeKind | None = None
) -> list[LineNotice]:
    """Take down what hangs at the place (only of `kind`, if given); audited. What was taken down, perhaps nothing."""
    hanging = [notice for notice in _hanging(tx, place, at) if kind in (None, notice.kind)]
    for notice in hanging:
        notice.taken_down_at = at
        _audit(tx, notice, "notice_taken_down", by=by, at=at)
    tx.flush()
    return hanging


def current_notices(
    tx: Transaction, insurer_id: str, *, line: str | None = None, queue: str | None = None, now: datetime
) -> list[LineNotice]:
    """What hangs now at the insurer's line or queue, or anywhere of the insurer's if neither is named; oldest first."""
    return _hanging(tx, Place(insurer_id, line, queue), now)


def announcement_of_line(tx: Transaction, insurer_id: str, line: str, now: datetime) -> LineNotice | None:
    """The announcement that hangs at the line now, if one does."""
    notices = _hanging(tx, Place(insurer_id, line=line), now)
    return next((notice for notice in notices if notice.kind == NoticeKind.ANNOUNCEMENT), None)


def unheard_announcements(
    tx: Transaction, call: Call, *, queues: Collection[str], is_line_included: bool, now: datetime
) -> list[LineNotice]:
    """What hangs at one of the queues, or at the call's line, and was not said in this call yet; oldest first."""
    hanging = [
        notice
        for notice in _hanging(tx, Place(call.insurer_id), now)
        if notice.kind == NoticeKind.ANNOUNCEMENT
        and (notice.queue in queues or (is_line_included and notice.line == call.line))
    ]
    if not hanging:
        return []
    said = select(CallEvent.data).where(CallEvent.call_id == call.id, CallEvent.kind == SAID)
    heard = {data.get("notice") for data in tx.scalars(said)}
    return [notice for notice in hanging if notice.id not in heard]


def words_of(notice: LineNotice, language: str) -> tuple[str, str]:
    """An announcement's words, in Russian where the language has none, and the language that they are in."""
    texts = notice.text or {}
    return (texts[language], language) if texts.get(language) else (texts.get("ru", ""), "ru")


def put_up(
    tx: Transaction,
    place: Place,
    kind: NoticeKind,
    *,
    by: str,
    at: datetime,
    until: datetime | None,
    text: dict[str, str] | None = None,
    divert_to: str | None = None,
) -> LineNotice:
    """Hang a notice at a place, in place of one of its kind that hangs there; audited. Each kind has its own function.

    Raises NoticeRefused where it would end before now, or somebody else hung one up in the same moment.
    """
    if until is not None and until <= at:
        raise NoticeRefused(Refusal.ENDED, "a notice must end later than now")
    take_down(tx, place=place, by=by, at=at, kind=kind)
    _tidy(tx, place, kind, at)
    notice = LineNotice(
        id=new_id(at),
        insurer_id=place.insurer_id,
        line=place.line,
        queue=place.queue,
        kind=kind,
        text=text,
        divert_to=divert_to,
        put_up_by=by,
        put_up_at=at,
        until=until,
    )
    tx.add(notice)
    try:
        tx.flush()
    except IntegrityError as error:
        another = f"somebody has just put up another {kind} on {place}: look at what hangs"
        raise NoticeRefused(Refusal.TAKEN, another) from error
    tx.info.pop(_READ, None)
    _audit(tx, notice, "notice_put_up", by=by, at=at)
    return notice


def _hanging(tx: Transaction, place: Place, now: datetime) -> list[LineNotice]:
    is_anywhere = not place.line and not place.queue
    return [
        notice
        for notice in _put_up_at(tx, place.insurer_id)
        if (is_anywhere or (notice.line, notice.queue) == (place.line, place.queue))
        and notice.taken_down_at is None
        and notice.put_up_at <= now
        and (notice.until is None or notice.until > now)
    ]


def _put_up_at(tx: Transaction, insurer_id: str) -> Sequence[LineNotice]:
    """What the insurer has put up, mostly nothing; read once a transaction, as a turn asks for each place in turn."""
    read: dict[str, Sequence[LineNotice]] = tx.info.setdefault(_READ, {})
    if insurer_id not in read:
        read[insurer_id] = _PUT_UP.all(tx, insurer_id=insurer_id)
    return read[insurer_id]


def _tidy(tx: Transaction, place: Place, kind: NoticeKind, at: datetime) -> None:
    """One whose time is over hangs no more in the eyes of the constraint either: one of a kind at a place."""
    tx.execute(
        update(LineNotice)
        .where(
            LineNotice.insurer_id == place.insurer_id,
            LineNotice.line.is_not_distinct_from(place.line),
            LineNotice.queue.is_not_distinct_from(place.queue),
            LineNotice.kind == kind,
            LineNotice.taken_down_at.is_(None),
            LineNotice.until <= at,
        )
        .values(taken_down_at=LineNotice.until)
    )


def _audit(tx: Transaction, notice: LineNotice, action: str, *, by: str, at: datetime) -> None:
    audit(
        tx,
        insurer_id=notice.insurer_id,
        at=at,
        actor=by,
        action=action,
        subject_kind="line_notice",
        subject_id=notice.id,
        notice_kind=notice.kind,
        line=notice.line,
        queue=notice.queue,
        # Whole: it is the insurer's own number, or one that somebody put in its place, and never a caller's.
        divert_to=notice.divert_to,
        until=None if notice.until is None else notice.until.isoformat(),
    )
