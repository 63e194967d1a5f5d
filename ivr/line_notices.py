"""What a duty manager puts up at once for a line or queue: an announcement, or a diversion to a number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import and_, or_, select

from config.audit import audit
from config.database import Transaction
from config.ids import new_id
from config.line_descriptions import Insurer
from config.phone_numbers import PhoneNumberError, parse_phone
from ivr.calls.models import LineNotice
from ivr.errors import PhoneError

_LONGEST_TEXT: Final = 600


class NoticeKind(StrEnum):
    """What a notice does."""

    ANNOUNCEMENT = "announcement"
    DIVERSION = "diversion"


class NoticeRefused(PhoneError):
    """A notice for a line or queue that the insurer does not have, without Russian text, or to no number."""


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
        raise NoticeRefused(f"{insurer.id} has no {what} '{name}': one of {', '.join(known)}")
    return Place(insurer.id, queue=name) if is_queue else Place(insurer.id, line=name)


def announce(
    tx: Transaction, *, place: Place, text: Mapping[str, str], by: str, at: datetime, until: datetime | None = None
) -> LineNotice:
    """Put up an announcement, in place of one that hangs there; audited. `text` is by language, Russian a must.

    `until` is the instant from which it is not said any more; None until somebody takes it down.
    """
    spoken = {language: " ".join(words.split()) for language, words in text.items() if words.strip()}
    if "ru" not in spoken:
        raise NoticeRefused("an announcement needs its Russian text")
    if any(len(words) > _LONGEST_TEXT for words in spoken.values()):
        raise NoticeRefused(f"an announcement is at most {_LONGEST_TEXT} letters long: callers listen to all of it")
    return _put_up(tx, place, NoticeKind.ANNOUNCEMENT, by=by, at=at, until=until, text=spoken)


def divert(
    tx: Transaction, *, place: Place, to: str, by: str, at: datetime, until: datetime | None = None
) -> LineNotice:
    """Divert a line or queue to a telephone number, in place of an earlier diversion; audited.

    Emergencies are never diverted. Raises NoticeRefused where `to` is no number without an extension.
    """
    try:
        number = parse_phone(to)
    except PhoneNumberError as error:
        raise NoticeRefused(f"a diversion needs a telephone number: {error}") from error
    if number.extension is not None:
        raise NoticeRefused("a diversion goes to a number without an extension")
    return _put_up(tx, place, NoticeKind.DIVERSION, by=by, at=at, until=until, divert_to=number.e164)


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


def announcement_of_line(tx: Transaction, insurer_id: str, line: str, now: datetime, language: str) -> str | None:
    """The announcement's words for callers of a line, in Russian where the language has none; None if none hangs."""
    return _announcement(_hanging(tx, Place(insurer_id, line=line), now), language)


def announcement_of_queue(tx: Transaction, insurer_id: str, queue: str, now: datetime, language: str) -> str | None:
    """The announcement's words for callers of a queue, as for a line."""
    return _announcement(_hanging(tx, Place(insurer_id, queue=queue), now), language)


def diversion_of_line(tx: Transaction, insurer_id: str, line: str, now: datetime) -> str | None:
    """The E.164 number that the line is diverted to now, if it is."""
    return _diversion(_hanging(tx, Place(insurer_id, line=line), now))


def diversion_of_queue(tx: Transaction, insurer_id: str, queue: str, now: datetime) -> str | None:
    """The E.164 number that the queue is diverted to now, if it is."""
    return _diversion(_hanging(tx, Place(insurer_id, queue=queue), now))


def _announcement(notices: list[LineNotice], language: str) -> str | None:
    texts = (notice.text for notice in notices if notice.kind == NoticeKind.ANNOUNCEMENT)
    return next((text.get(language) or text["ru"] for text in texts if text), None)


def _diversion(notices: list[LineNotice]) -> str | None:
    return next((notice.divert_to for notice in notices if notice.kind == NoticeKind.DIVERSION), None)


def _hanging(tx: Transaction, place: Place, now: datetime) -> list[LineNotice]:
    statement = select(LineNotice).where(
        LineNotice.insurer_id == place.insurer_id,
        LineNotice.put_up_at <= now,
        LineNotice.taken_down_at.is_(None),
        or_(LineNotice.until.is_(None), LineNotice.until > now),
    )
    if place.line or place.queue:
        statement = statement.where(
            and_(LineNotice.line.is_not_distinct_from(place.line), LineNotice.queue.is_not_distinct_from(place.queue))
        )
    return list(tx.scalars(statement.order_by(LineNotice.put_up_at, LineNotice.id)))


def _put_up(
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
    if until is not None and until <= at:
        raise NoticeRefused("a notice must end later than now")
    take_down(tx, place=place, by=by, at=at, kind=kind)
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
    tx.flush()
    _audit(tx, notice, "notice_put_up", by=by, at=at)
    return notice


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
    )
