"""What the configuration says of a queue, as routing needs it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from config.calendars import Hours
from config.database import Transaction
from config.lines import Insurers
from ivr.calls.models import LineNotice

_MOST_DIVERSIONS = 5


@dataclass(frozen=True)
class QueueRules:
    """Hours, skills and limits of one queue. After `max_wait_seconds` the caller overflows, or the flow goes on."""

    name: str
    hours: Hours
    skills: tuple[str, ...]
    priority: int
    max_size: int | None
    max_wait_seconds: int | None
    overflow_to: str | None
    answer_target_seconds: int


def rules_of(insurers: Insurers, insurer_id: str, queue: str) -> QueueRules:
    """The rules of the insurer's queue; raises KeyError for one that its lines do not describe."""
    written = insurers[insurer_id].queues[queue]
    return QueueRules(
        name=queue,
        hours=written.hours,
        skills=tuple(written.skills),
        priority=written.priority,
        max_size=written.max_size,
        max_wait_seconds=written.max_wait_seconds,
        overflow_to=written.overflow,
        answer_target_seconds=written.answer_target_seconds,
    )


def diverted_queue(tx: Transaction, insurers: Insurers, insurer_id: str, queue: str, at: datetime) -> str:
    """The queue that serves instead while a duty manager's diversion of `queue` stands; itself where none does."""
    known = insurers[insurer_id].queues
    for _ in range(_MOST_DIVERSIONS):
        to = tx.scalar(
            select(LineNotice.divert_to)
            .where(
                LineNotice.insurer_id == insurer_id,
                LineNotice.queue == queue,
                LineNotice.divert_to.is_not(None),
                LineNotice.put_up_at <= at,
                LineNotice.taken_down_at.is_(None),
                or_(LineNotice.until.is_(None), LineNotice.until > at),
            )
            .order_by(LineNotice.put_up_at.desc())
            .limit(1)
        )
        if to is None or to not in known:
            return queue
        queue = to
    return queue
