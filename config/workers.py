"""The workers: RQ's pool, each worker with a plan of its own, and a burst of jobs in this process for simulations."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Final, TypeAlias

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.scheduler import RQScheduler
from rq.worker_pool import WorkerPool

from config import job_queues
from config.clock import stopwatch
from config.due_work import JobQueue, WorkPlan
from config.tether import die_with_parent

log = logging.getLogger("pult.workers")

Compose: TypeAlias = Callable[[], WorkPlan]
"""Opens what a worker needs and returns its plan; called in the worker's own process, after the fork."""

# After a power cut RQ itself would hand a lost job out again after this and a minute; our sweep is sooner (parts.md).
_WORKER_TTL_SECONDS: Final = 30
# What callers wait for. One of several workers does nothing else: fetching recordings and joining exports may last
# minutes, and nobody's ring waits for that.
_FOR_CALLS: Final = (JobQueue.DISPATCH, JobQueue.TELEPHONE, JobQueue.MESSAGES)
_REDIS_PAUSE_SECONDS: Final = 0.25
_LOOK_SECONDS: Final = 0.5
_STOP_SECONDS: Final = 5.0
_QUIET: Final = "WARNING"


def run_worker_pool(redis_url: str, count: int, compose: Compose) -> None:
    """Run `count` workers and RQ's scheduler until SIGTERM or SIGINT; a worker that dies is replaced.

    Job queues are emptied in the order of `JobQueue`; of several workers one does only what calls need. The calling
    process must hold no database connection.
    """
    _Pool(redis_url, count, compose).run()


def run_burst(redis: Redis, plan: WorkPlan) -> int:
    """Do every job that waits, here and now, and return how many there were.

    What RQ's burst worker does without the record that it keeps of a worker for others to see, which costs more than
    most of our jobs. A failed job is dropped: its row comes due again by itself.
    """
    job_queues.bind(plan)
    queues = [Queue(name, connection=redis) for name in JobQueue]
    keys = [queue.key for queue in queues]
    done = 0
    # Asked first whether anything waits at all: RQ asks every queue in turn, which a rehearsal would do all day.
    while redis.exists(*keys) and (found := Queue.dequeue_any(queues, None, connection=redis)) is not None:
        job, _ = found
        try:
            job.perform()
        except Exception:
            log.exception("job %s failed", job.id)
        redis.delete(job.key)
        done += 1
    return done


class _Worker(SimpleWorker):
    """Does jobs in its own process (no fork each), and comes back soon when Redis does."""

    max_connection_wait_time = _REDIS_PAUSE_SECONDS
    is_stopping = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Called by SIGTERM and SIGINT."""
        _Worker.is_stopping = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


class _Scheduler(RQScheduler):
    """RQ's scheduler, which ends with the pool that started it."""

    def work(self) -> None:
        """Runs in the scheduler's process."""
        die_with_parent(os.getppid())
        try:
            super().work()  # type: ignore[no-untyped-call]
        except RedisError as error:
            log.warning("the scheduler ends without Redis (%s); the pool starts another", type(error).__name__)


class _Pool(WorkerPool):
    """RQ's pool; its workers compose a plan first, and the scheduler runs beside them.

    RQ would fork the scheduler from a worker: it would inherit the worker's database connections and, ending, close
    them under its hands; and after an outage of Redis it would be missed for ten minutes.
    """

    def __init__(self, redis_url: str, count: int, compose: Compose) -> None:
        super().__init__(list(JobQueue), _connect(redis_url), num_workers=count)
        self._redis_url = redis_url
        self._compose = compose
        self._scheduler: RQScheduler | None = None
        self._for_calls: BaseProcess | None = None
        self._is_stopping = threading.Event()

    def run(self) -> None:
        """Keep workers and scheduler running until a signal, then see them end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._is_stopping.set())
        while not self._is_stopping.is_set():
            self.check_workers()
            self._see_to_scheduler()
            self._is_stopping.wait(_LOOK_SECONDS)
        self._end()

    def get_worker_process(self, name: str, *_: object, **__: object) -> BaseProcess:
        """The process of one worker, not yet started."""
        is_for_calls = self.num_workers > 1 and (self._for_calls is None or not self._for_calls.is_alive())
        names = _FOR_CALLS if is_for_calls else tuple(JobQueue)
        arguments = (self._redis_url, self._compose, names, os.getpid())
        process = get_context("fork").Process(target=_work, args=arguments, name=f"worker {name}")
        if is_for_calls:
            self._for_calls = process
        return process

    def _see_to_scheduler(self) -> None:
        scheduler = self._scheduler
        if scheduler is not None and scheduler._process is not None and scheduler._process.is_alive():
            return
        try:
            # Only one of all machines' schedulers has the locks; the others ask again at each look.
            self._scheduler = _Scheduler(list(JobQueue), connection=self.connection, logging_level=_QUIET)
            self._scheduler.acquire_locks(auto_start=True)  # type: ignore[no-untyped-call]
        except RedisError as error:
            log.warning("the scheduler waits for Redis (%s); the sweep goes on", type(error).__name__)

    def _end(self) -> None:
        processes = [data.process for data in self.worker_dict.values()]
        if self._scheduler is not None and self._scheduler._process is not None:
            processes.append(self._scheduler._process)
        for process in processes:
            process.terminate()
        deadline = stopwatch() + _STOP_SECONDS
        for process in processes:
            process.join(max(0.0, deadline - stopwatch()))
            # A job that was cut short is done again when its lease ends.
            process.kill()


def _work(redis_url: str, compose: Compose, names: Sequence[JobQueue], parent: int) -> None:
    """A worker's process: empties these job queues until told to stop, and waits where Redis is away."""
    # Inherited handlers are the pool's and would stop its other workers.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent(parent)
    job_queues.bind(compose())
    while not _Worker.is_stopping:
        with suppress(StopRequested):
            _work_while_redis_answers(redis_url, names)


def _work_while_redis_answers(redis_url: str, names: Sequence[JobQueue]) -> None:
    try:
        _Worker(list(names), connection=_connect(redis_url), worker_ttl=_WORKER_TTL_SECONDS).work(
            logging_level=_QUIET
        )
    except RedisError as error:
        log.warning("a worker waits for Redis (%s)", type(error).__name__)
        time.sleep(_REDIS_PAUSE_SECONDS)


def _connect(redis_url: str) -> Redis:
    """A connection that fails at once: RQ's own loop waits and tries again, and knows when to stop."""
    return Redis.from_url(redis_url, retry=Retry(NoBackoff(), 0))
