"""The job queues: RQ over a Redis-protocol server, which may lose everything at any moment."""

import logging
import re
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError

from config.clock import Clock, stopwatch
from config.database import Transaction, refuse_inside_transaction
from config.due_work import Due, WorkPlan, scheduled_in
from config.errands import Errands, at_once

log = logging.getLogger("pult.job_queues")

_SILENT_SECONDS: Final = 1.0
# A job is broken off so long after its lease: a slow one may still end, and one that hangs gives its worker back.
_SPARE: Final = timedelta(seconds=45)

# Behind long work, what waits would get a job more with each lease.
_ENOUGH: Final = 1000

_plan: WorkPlan | None = None


def bind(plan: WorkPlan) -> None:
    """Tell this process which plan its jobs work from; the composer of a worker calls it once."""
    global _plan  # RQ calls a module-level function by name: the plan must be reachable from there.
    _plan = plan


def perform(kind: str, subject_id: str) -> None:
    """The one RQ job: do one piece of due work, and again while it has come due anew meanwhile."""
    if _plan is None:
        raise RuntimeError("this worker was started without a plan: start it with `pult worker`")
    while _plan.perform(kind, subject_id):
        pass


class JobQueues:
    """Hurries due work along. A failure here is never an error: the sweep finds every row that is due."""

    def __init__(
        self, url: str, plan: WorkPlan, clock: Clock, *, timeout_seconds: float = 0.05, errands: Errands = at_once
    ) -> None:
        self._redis = connect(url, timeout_seconds=timeout_seconds)
        self._plan = plan
        self._clock = clock
        self._errands = errands
        self._silent_until = 0.0

    def hurry_scheduled(self, tx: Transaction) -> None:
        """After a commit: enqueue what the transaction made due, each once. Waits for Redis at most the time-out."""
        if scheduled := scheduled_in(tx):
            self._errands(partial(self._hurry_all, list(dict.fromkeys(scheduled))))

    def enqueue_once(self, due: Due) -> bool:
        """For the sweep: enqueue unless a job for it, or very many, are waiting already. False if Redis refuses."""
        refuse_inside_transaction("enqueue")
        queue = self._queue(due)
        try:
            if queue.count >= _ENOUGH:
                return True
            queue.enqueue(
                perform, due.kind, due.subject_id, job_id=self._job_id(due), unique=True, **self._options(due)
            )
        except DuplicateJobError:
            return True
        except RedisError:
            return False
        return True

    def _hurry_all(self, scheduled: Sequence[Due]) -> None:
        for due in scheduled:
            self._hurry(due)

    def _hurry(self, due: Due) -> None:
        if stopwatch() < self._silent_until:
            return
        refuse_inside_transaction("enqueue")
        try:
            if due.due_at <= self._clock.now():
                self._queue(due).enqueue(perform, due.kind, due.subject_id, **self._options(due))
            else:
                # RQ's scheduler counts whole seconds and drops the rest: a job that comes too early does nothing.
                whole_second = due.due_at.replace(microsecond=0) + timedelta(seconds=1)
                self._queue(due).enqueue_at(whole_second, perform, due.kind, due.subject_id, **self._options(due))
        except RedisError as error:
            log.warning("job queues do not answer (%s); the sweep takes over", type(error).__name__)
            self._silent_until = stopwatch() + _SILENT_SECONDS

    def _job_id(self, due: Due) -> str:
        """One a lease: the job of a worker that was killed keeps its id for minutes, and must not stand in the way."""
        lease_number = int(self._clock.now().timestamp() // self._plan.longest_of(due.kind).total_seconds())
        return re.sub(r"[^A-Za-z0-9_-]", "-", f"{due.kind}-{due.subject_id}-{lease_number}")

    def _options(self, due: Due) -> dict[str, int]:
        longest = self._plan.longest_of(due.kind) + _SPARE
        return {"result_ttl": 0, "failure_ttl": 3600, "job_timeout": round(longest.total_seconds())}

    def _queue(self, due: Due) -> Queue:
        return Queue(self._plan.job_queue_of(due.kind), connection=self._redis)


def connect(url: str, *, timeout_seconds: float | None = None) -> Redis:
    """A connection to the Redis-protocol server at `url`; with a time-out it fails fast and is not retried."""
    if timeout_seconds is None:
        return Redis.from_url(url)
    return Redis.from_url(
        url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
    )
