"""Due work: what must happen, and when, as rows; the job queues only hurry them along.

A row says "do `kind` for `subject_id` from `due_at` on". It is written in the same transaction as the fact that calls
for it, so that a crash, a lost Redis or a killed worker costs seconds and never the work itself. Performing one is:
claim the row (a lease), run the handler outside any transaction, delete the row unless it was scheduled anew meanwhile.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias, cast
from zlib import crc32

from sqlalchemy import Index, Table, UniqueConstraint, bindparam, case, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from config.clock import Clock
from config.database import Base, CoveredInsurerId, Database, RowId, Transaction
from config.errors import NotYet
from config.ids import new_id
from config.prepared import Prepared

log = logging.getLogger("pult.due_work")

# A worker killed in mid-work costs its callers this and no more, so it is short; but it must be longer than honest work
# takes, or a second worker begins it beside the first. The longest is to look at the carrier and then to ring: two
# exchanges of 6 s at most (`ANSWER_WITHIN_SECONDS` of the carrier's adapter to connect, and again to answer), and what
# the database needs around them. What asks more often can tell for itself that somebody was there before.
LEASE: Final = timedelta(seconds=15)
_FIRST_RETRY_SECONDS: Final = 1
_LONGEST_RETRY_SECONDS: Final = 300
_SCHEDULED: Final = "pult_scheduled"


class JobQueue(StrEnum):
    """RQ's job queues, most urgent first; a worker empties them in this order.

    Recordings come last: one that a slow carrier hands out takes minutes, and all others of the day with it.
    """

    DISPATCH = "dispatch"
    TELEPHONE = "telephone"
    MESSAGES = "messages"
    UPKEEP = "upkeep"
    WEBHOOKS = "webhooks"
    RECORDINGS = "recordings"


class DueWork(Base):
    """One thing to do, once, from an instant on."""

    __tablename__ = "due_work"
    __table_args__ = (UniqueConstraint("kind", "subject_id"), Index("ix_due_work_due_at", "due_at"))

    id: Mapped[RowId]
    insurer_id: Mapped[CoveredInsurerId]
    kind: Mapped[str]
    subject_id: Mapped[str]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)


# Each of these is built once: building a statement anew takes ten times as long as the database needs for it. They are
# of the table, not of the model: the session keeps no account of due work.
_ROWS: Final = cast(Table, DueWork.__table__)


def _schedule_statement(
    insert: Callable[[Table], postgresql.Insert] | Callable[[Table], sqlite.Insert], *, keep_earlier: bool
) -> Prepared:
    """Write a row, or make an earlier appointment of the same kind and subject this one."""
    new = {name: bindparam(name, type_=_ROWS.c[name].type) for name in ("id", "insurer_id", "kind", "subject_id")}
    statement = insert(_ROWS).values(
        **new, due_at=bindparam("due_at", type_=_ROWS.c.due_at.type), attempts=0, revision=1
    )
    changes = {"due_at": statement.excluded.due_at, "attempts": 0, "revision": _ROWS.c.revision + 1}
    where = _ROWS.c.due_at > statement.excluded.due_at if keep_earlier else None
    return Prepared(statement.on_conflict_do_update(index_elements=["kind", "subject_id"], set_=changes, where=where))


_SCHEDULE: Final = {
    (name, keep_earlier): _schedule_statement(insert, keep_earlier=keep_earlier)
    for name, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
    for keep_earlier in (False, True)
}
_THIS: Final = (_ROWS.c.kind == bindparam("of_kind"), _ROWS.c.subject_id == bindparam("of_subject"))
_CANCEL: Final = Prepared(delete(_ROWS).where(*_THIS))
_NOW: Final = bindparam("now", type_=_ROWS.c.due_at.type)
_CLAIM: Final = Prepared(
    update(_ROWS)
    .where(*_THIS, _ROWS.c.due_at <= _NOW, or_(_ROWS.c.leased_until.is_(None), _ROWS.c.leased_until <= _NOW))
    .values(leased_until=bindparam("lease_end", type_=_ROWS.c.due_at.type), attempts=_ROWS.c.attempts + 1)
    .returning(_ROWS.c.id, _ROWS.c.due_at, _ROWS.c.attempts, _ROWS.c.revision)
)
_FINISH: Final = Prepared(
    delete(_ROWS)
    .where(_ROWS.c.id == bindparam("row_id"), _ROWS.c.revision == bindparam("as_claimed"))
    .returning(_ROWS.c.id)
)


@dataclass(frozen=True)
class _Claimed:
    """A row as it was when its work began."""

    id: str
    due_at: datetime
    attempts: int
    revision: int


@dataclass(frozen=True)
class Due:
    """Names one piece of due work; all that a job ever carries."""

    kind: str
    subject_id: str
    due_at: datetime


Handler: TypeAlias = Callable[[str], None]
"""Does one kind of work for a subject id; may run twice; opens its own transactions.

Raises NotYet where it has to wait for something; any other exception is an error.
"""


@dataclass(frozen=True)
class _Bound:
    """How one kind of work is done."""

    job_queue: JobQueue
    handler: Handler
    lasts: timedelta


def schedule(
    tx: Transaction, *, kind: str, subject_id: str, insurer_id: str, due_at: datetime, keep_earlier: bool = False
) -> None:
    """Make `kind` due for `subject_id` at `due_at`, replacing an earlier appointment of the same kind and subject.

    With `keep_earlier` an appointment that is due sooner stays as it is (for work that serves everybody at once).
    """
    statement = _SCHEDULE[tx.own_connection.dialect.name, keep_earlier]
    appointment = {
        "id": new_id(due_at),
        "insurer_id": insurer_id,
        "kind": kind,
        "subject_id": subject_id,
        "due_at": due_at,
    }
    statement.run(tx, [appointment])
    tx.info.setdefault(_SCHEDULED, []).append(Due(kind, subject_id, due_at))


def cancel(tx: Transaction, *, kind: str, subject_id: str) -> None:
    """Take the appointment back; nothing happens if there is none."""
    _CANCEL.run(tx, [{"of_kind": kind, "of_subject": subject_id}])


def scheduled_in(tx: Transaction) -> list[Due]:
    """What this transaction scheduled, for the job queues to hurry along once it is committed."""
    scheduled: list[Due] = tx.info.get(_SCHEDULED, [])
    return scheduled


_STARTABLE_AT: Final = case((_ROWS.c.leased_until > _ROWS.c.due_at, _ROWS.c.leased_until), else_=_ROWS.c.due_at)
# A rehearsal asks it at every step.
_NEXT: Final = Prepared(select(func.min(_STARTABLE_AT)))


def next_due_at(tx: Transaction) -> datetime | None:
    """When the next piece of work can be begun, if any is left: what somebody holds, once their lease is over."""
    found: datetime | None = _NEXT.value(tx, {})
    return found


def due_now(tx: Transaction, now: datetime, *, limit: int = 500) -> list[Due]:
    """Unleased work due at `now`, oldest first."""
    rows = tx.execute(
        select(DueWork.kind, DueWork.subject_id, DueWork.due_at)
        .where(DueWork.due_at <= now, or_(DueWork.leased_until.is_(None), DueWork.leased_until <= now))
        .order_by(DueWork.due_at, DueWork.id)
        .limit(limit)
    )
    return [Due(*row) for row in rows]


def pause_seconds(row_id: str, attempts: int) -> float:
    """How long after this many failed attempts to try again: twice as long each time, and somewhere in its second half.

    What failed together (a carrier that is too busy refuses everybody at once) must not come back together. The row's
    id decides and not dice, so that a rehearsal can be repeated.
    """
    longest: float = min(_FIRST_RETRY_SECONDS * 2 ** (attempts - 1), _LONGEST_RETRY_SECONDS)
    return longest * (0.5 + crc32(f"{row_id}:{attempts}".encode()) / 2**33)


class WorkPlan:
    """Which handler does which kind of work, in which job queue; composed once, in agents/house/composing.py."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._handlers: dict[str, _Bound] = {}
        self._companions: list[object] = []

    def keep(self, companion: object) -> None:
        """Let `companion` live as long as the plan does: signals hold those who listen weakly."""
        self._companions.append(companion)

    def handle(self, kind: str, job_queue: JobQueue, handler: Handler, *, lasts: timedelta = LEASE) -> None:
        """Let `handler` do the work named `kind`, from `job_queue`.

        It `lasts` so long at most: until then nobody begins it anew, and soon after then a job is broken off.
        """
        self._handlers[kind] = _Bound(job_queue, handler, lasts)

    @property
    def kinds(self) -> Mapping[str, JobQueue]:
        """Each known kind and its job queue."""
        return {kind: bound.job_queue for kind, bound in self._handlers.items()}

    def job_queue_of(self, kind: str) -> JobQueue:
        """The job queue of `kind`; raises KeyError for a kind that nobody handles."""
        return self._handlers[kind].job_queue

    def longest_of(self, kind: str) -> timedelta:
        """How long work of `kind` lasts at most, which is its lease; raises KeyError for a kind that nobody handles."""
        return self._handlers[kind].lasts

    def perform(self, kind: str, subject_id: str) -> bool:
        """Do one piece of work if it is due and nobody else does it now. True if work of this row is due again at once.

        After an error, which is logged, or NotYet the row comes due again after a growing pause: work is never dropped.
        """
        claimed = self._claim(kind, subject_id)
        if claimed is None:
            return False
        try:
            self._handlers[kind].handler(subject_id)
        except NotYet as reason:
            log.info("%s for %s waits: %s (attempt %d)", kind, subject_id, reason, claimed.attempts)
            self._put_back(claimed)
            return False
        except Exception:
            log.exception("%s for %s failed, attempt %d", kind, subject_id, claimed.attempts)
            self._put_back(claimed)
            return False
        return self._finish(claimed)

    def _claim(self, kind: str, subject_id: str) -> _Claimed | None:
        now = self._clock.now()
        wanted = {"of_kind": kind, "of_subject": subject_id, "now": now, "lease_end": now + self.longest_of(kind)}
        with self._database.transaction("claim_work") as tx:
            rows = _CLAIM.rows(tx, wanted)
        return _Claimed(*rows[0]) if rows else None

    def _finish(self, claimed: _Claimed) -> bool:
        now = self._clock.now()
        with self._database.transaction("finish_work") as tx:
            if _FINISH.rows(tx, {"row_id": claimed.id, "as_claimed": claimed.revision}):
                return False
            return self._release(tx, claimed) <= now

    def _release(self, tx: Transaction, claimed: _Claimed) -> datetime:
        due_at = tx.scalar(
            update(DueWork).where(DueWork.id == claimed.id).values(leased_until=None).returning(DueWork.due_at)
        )
        return due_at or datetime.max.replace(tzinfo=claimed.due_at.tzinfo)

    def _put_back(self, claimed: _Claimed) -> None:
        retry_at = self._clock.now() + timedelta(seconds=pause_seconds(claimed.id, claimed.attempts))
        with self._database.transaction("put_work_back") as tx:
            tx.execute(
                update(DueWork)
                .where(DueWork.id == claimed.id, DueWork.revision == claimed.revision)
                .values(due_at=retry_at, leased_until=None)
            )
            tx.execute(
                update(DueWork)
                .where(DueWork.id == claimed.id, DueWork.revision != claimed.revision)
                .values(leased_until=None)
            )
