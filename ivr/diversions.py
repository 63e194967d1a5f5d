"""Where a duty manager sends callers instead: a line to a number; a queue to a number, a queue, or the secretary."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from config.database import Transaction
from config.line_descriptions import EMERGENCY_QUEUE, Insurer
from config.phone_numbers import PhoneNumberError, parse_phone
from ivr.calls.models import LineNotice
from ivr.line_notices import NoticeKind, NoticeRefused, Place, Refusal, current_notices, place_in, put_up

_TO_QUEUE: Final = "queue:"
_TO_VOICEMAIL: Final = "voicemail"
# What waits in a queue of this name is in danger: nobody may take it from those who answer there.


@dataclass(frozen=True)
class Diversion:
    """Where callers go: a number (E.164), a queue of the same insurer, or, with neither, the electronic secretary."""

    number: str | None = None
    queue: str | None = None

    @property
    def is_voicemail(self) -> bool:
        """Whether a message is taken."""
        return self.number is None and self.queue is None

    def __str__(self) -> str:
        return self.number or (f"{_TO_QUEUE}{self.queue}" if self.queue else _TO_VOICEMAIL)

    @classmethod
    def read(cls, text: str) -> Self:
        """What a notice's row says."""
        if text == _TO_VOICEMAIL:
            return cls()
        return cls(queue=text.removeprefix(_TO_QUEUE)) if text.startswith(_TO_QUEUE) else cls(number=text)


VOICEMAIL: Final = Diversion()


def to_number(text: str, *, begins: tuple[str, ...]) -> Diversion:
    """A diversion to a telephone number; raises NoticeRefused where it is none, has an extension, or begins otherwise
    than one of `begins`, as the numbers do that agents may dial (`config.settings.dial_prefixes`).
    """
    try:
        number = parse_phone(text)
    except PhoneNumberError as error:
        raise NoticeRefused(Refusal.NO_NUMBER, f"a diversion needs a telephone number: {error}") from error
    if number.extension is not None:
        raise NoticeRefused(Refusal.NO_NUMBER, "a diversion goes to a number without an extension")
    if not number.e164.startswith(begins):
        may = f"a diversion goes to a number that begins with {' or '.join(begins)} (PULT_DESK_DIAL)"
        raise NoticeRefused(Refusal.NOT_DIALLED, may)
    return Diversion(number=number.e164)


def divert(
    tx: Transaction,
    *,
    insurer: Insurer,
    place: Place,
    to: Diversion,
    by: str,
    at: datetime,
    until: datetime | None = None,
) -> LineNotice:
    """Divert a line or queue of the insurer, in place of an earlier diversion; audited.

    It holds from the next caller on, and for who waits in the queue from their next round on. Raises NoticeRefused
    where callers could not go: a line to anything but a number, emergencies to anywhere, anonymous callers to a
    recording, a queue to itself by whatever way round.
    """
    if place.queue is not None:
        _refuse_for_queue(tx, insurer, place.queue, to, at)
    elif to.number is None:
        onward = "a line is diverted to a number; divert its queues to a queue or to voicemail"
        raise NoticeRefused(Refusal.LINE_TO_NUMBER, onward)
    return put_up(tx, place, NoticeKind.DIVERSION, by=by, at=at, until=until, divert_to=str(to))


def diversion_of_line(tx: Transaction, insurer_id: str, line: str, now: datetime) -> str | None:
    """The E.164 number that the line is diverted to now, if it is."""
    found = _at(tx, Place(insurer_id, line=line), now)
    return None if found is None else found.number


def diversion_of_queue(tx: Transaction, insurer_id: str, queue: str, now: datetime) -> Diversion | None:
    """Where callers of the queue go now, if not there; a queue that is diverted itself is followed to the end.

    Two diversions put up in the same moment may make a circle that neither made alone: then none holds.
    """
    chain = list(_chain(tx, insurer_id, queue, now))
    return None if not chain or chain[-1].queue == queue else chain[-1]


def _refuse_for_queue(tx: Transaction, insurer: Insurer, queue: str, to: Diversion, at: datetime) -> None:
    if EMERGENCY_QUEUE in (queue, to.queue):
        never = "emergencies are never diverted, and nobody else is diverted to their queue"
        raise NoticeRefused(Refusal.EMERGENCY, never)
    if to.is_voicemail and insurer.queues[queue].is_anonymous:
        nobodys = f"callers of queue {queue} are anonymous: nothing of theirs is recorded"
        raise NoticeRefused(Refusal.ANONYMOUS, nobodys)
    if to.queue is not None:
        place_in(insurer, to.queue, is_queue=True)
        if queue in (to.queue, *(onward.queue for onward in _chain(tx, insurer.id, to.queue, at))):
            raise NoticeRefused(Refusal.CIRCLE, f"queue {to.queue} leads back to queue {queue}")


def _chain(tx: Transaction, insurer_id: str, queue: str, now: datetime) -> Iterator[Diversion]:
    """The diversions one after the other, until one that leads to no queue, or to one that came before."""
    seen: set[str] = set()
    following: str | None = queue
    while following is not None and following not in seen:
        seen.add(following)
        found = _at(tx, Place(insurer_id, queue=following), now)
        if found is not None:
            yield found
        following = None if found is None else found.queue


def _at(tx: Transaction, place: Place, now: datetime) -> Diversion | None:
    notices = current_notices(tx, place.insurer_id, line=place.line, queue=place.queue, now=now)
    texts = (notice.divert_to for notice in notices if notice.kind == NoticeKind.DIVERSION)
    return next((Diversion.read(text) for text in texts if text), None)
