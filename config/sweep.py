"""The sweep: asks the database what is due and enqueues it; where Redis refuses, does the telephone work itself."""

import logging
from typing import Final

from config.clock import Clock
from config.database import Database
from config.due_work import Due, JobQueue, WorkPlan, due_now
from config.job_queues import JobQueues

log = logging.getLogger("pult.sweep")

_TELEPHONE: Final = (JobQueue.DISPATCH, JobQueue.TELEPHONE)
_URGENCY: Final = tuple(JobQueue)
# Without Redis messages and recordings pile up; somebody's ringing telephone must be found behind them.
_MOST_AT_ONCE: Final = 5000


class Sweep:
    """One look at what is due; kept between looks only for its connections."""

    def __init__(self, database: Database, clock: Clock, plan: WorkPlan, job_queues: JobQueues) -> None:
        self._database = database
        self._clock = clock
        self._plan = plan
        self._job_queues = job_queues

    def once(self) -> int:
        """See that everything due is enqueued, or done here if it is telephone work. How many pieces were due."""
        with self._database.reading("sweep") as tx:
            found = due_now(tx, self._clock.now(), limit=_MOST_AT_ONCE)
        known = [due for due in found if self._is_known(due)]
        # One refusal is enough: every try of a Redis that hangs would cost its whole time-out.
        refused = next((place for place, due in enumerate(known) if not self._job_queues.enqueue_once(due)), None)
        if refused is not None:
            self._do_telephone_work(known[refused:])
        return len(known)

    def do_all(self) -> int:
        """For a centre without job queues: do what is due here and now, the most urgent first. How many pieces."""
        with self._database.reading("sweep") as tx:
            found = due_now(tx, self._clock.now(), limit=_MOST_AT_ONCE)
        known = [due for due in found if self._is_known(due)]
        for due in sorted(known, key=lambda one: _URGENCY.index(self._plan.job_queue_of(one.kind))):
            while self._plan.perform(due.kind, due.subject_id):
                pass
        return len(known)

    def _do_telephone_work(self, refused: list[Due]) -> None:
        urgent = [due for due in refused if self._plan.job_queue_of(due.kind) in _TELEPHONE]
        for due in sorted(urgent, key=lambda one: _TELEPHONE.index(self._plan.job_queue_of(one.kind))):
            while self._plan.perform(due.kind, due.subject_id):
                pass

    def _is_known(self, due: Due) -> bool:
        if due.kind in self._plan.kinds:
            return True
        log.warning("nobody handles %s: the row stays until a version that does", due.kind)
        return False
