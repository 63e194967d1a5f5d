"""Workers and the sweep, with real processes, a real Redis-protocol server and a real database."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rq.job import Job
from sqlalchemy import select, update

from config import job_queues
from config.clock import MovedClock, WallClock
from config.database import Database
from config.due_work import LEASE, DueWork, JobQueue, WorkPlan, schedule
from config.embedded_redis import EmbeddedRedis, running
from config.job_queues import JobQueues, connect
from config.sweep import Sweep
from config.sweep_process import run_sweep
from config.workers import run_burst
from tests.config import pool_of_workers
from tests.ports import free_port

POOL = Path(pool_of_workers.__file__)


@dataclass
class Line:
    subject: str
    at: float
    pid: int


class Bench:
    """A database, a Redis and a file that workers write to."""

    def __init__(self, folder: Path, database_url: str, redis_url: str) -> None:
        self.database = Database(database_url)
        self.redis_url = redis_url
        self.output = folder / "output"
        self.clock = WallClock()
        self.plan = pool_of_workers.compose(database_url, self.output)
        self.job_queues = JobQueues(redis_url, self.plan, self.clock, timeout_seconds=5)
        self.sweep = Sweep(self.database, self.clock, self.plan, self.job_queues)

    def schedule(self, subject: str, kind: str = "note", in_seconds: float = 0) -> float:
        due_at = self.clock.now() + timedelta(seconds=in_seconds)
        with self.database.transaction("test") as tx:
            schedule(tx, kind=kind, subject_id=subject, insurer_id="vsk", due_at=due_at)
        return time.time()

    def lines(self) -> list[Line]:
        if not self.output.exists():
            return []
        split = (line.split() for line in self.output.read_text().splitlines())
        return [Line(subject, float(at), int(pid)) for subject, at, pid in split]

    def done(self, subject: str) -> Line:
        deadline = time.monotonic() + 60
        while True:
            for line in self.lines():
                if line.subject == subject:
                    return line
            assert time.monotonic() < deadline, f"{subject} was not done"
            time.sleep(0.005)

    @contextmanager
    def workers(self, count: int = 1) -> Iterator[subprocess.Popen[bytes]]:
        arguments = [self.database.url, self.redis_url, str(count), str(self.output)]
        process = subprocess.Popen([sys.executable, str(POOL), *arguments], cwd=POOL.parents[2])
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)

    @contextmanager
    def sweeping(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=run_sweep, args=(self.sweep.once,), kwargs={"stop": stop})
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def bench(tmp_path: Path, sqlite_url: str, redis_url: str) -> Iterator[Bench]:
    bench = Bench(tmp_path, sqlite_url, redis_url)
    bench.database.after_commit(bench.job_queues.hurry_scheduled)
    yield bench
    bench.database.close()


def test_what_lasts_long_never_keeps_all_workers_from_the_calls(bench: Bench) -> None:
    with bench.workers(3), bench.sweeping():
        for number in range(4):
            bench.schedule(f"recording-{number}", kind="fetch")
        at_work = {bench.done(f"recording-{number}").pid for number in range(2)}
        assert len(at_work) == 2
        for number in range(5):
            bench.schedule(f"ring-{number}")
            assert bench.done(f"ring-{number}").pid not in at_work
        for_calls = bench.done("ring-0").pid
        assert for_calls != os.getpid()
        os.kill(for_calls, signal.SIGKILL)
        bench.schedule("ring-again")
        assert bench.done("ring-again").pid not in at_work


def test_a_waiting_worker_starts_a_job_at_once(bench: Bench) -> None:
    with bench.workers():
        bench.schedule("warm")
        bench.done("warm")
        waits = []
        for number in range(20):
            began = bench.schedule(str(number))
            waits.append(bench.done(str(number)).at - began)
    # Nobody looks once a second: the worker is told. How fast exactly, `pult bench ringing` measures.
    assert sorted(waits)[len(waits) // 2] < 0.5


def test_work_waits_for_workers_and_is_done_within_two_seconds_of_their_start(bench: Bench) -> None:
    waits, allowed = [], []
    with bench.sweeping():
        # More than once, as the machine that runs the tests has other things to do too.
        for number in range(3):
            bench.schedule(str(number))
            time.sleep(0.7)
            assert len(bench.lines()) == number
            allowed.append(max(2.0, 1.0 + importing_seconds()))
            started = time.time()
            with bench.workers():
                waits.append(bench.done(str(number)).at - started)
    assert min(wait - limit for wait, limit in zip(waits, allowed, strict=True)) < 0, (waits, allowed)


def importing_seconds() -> float:
    """What Python needs here and now to load what a worker needs, before any of it runs."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import tests.config.pool_of_workers"], cwd=POOL.parents[2], check=True)
    return time.monotonic() - began


def test_the_scheduler_hands_out_what_comes_due(bench: Bench) -> None:
    with bench.workers():
        bench.schedule("now")
        bench.done("now")
        began = time.time()
        bench.schedule("later", in_seconds=1.5)
        assert bench.done("later").at - began > 1.4


def test_a_killed_worker_is_replaced(bench: Bench) -> None:
    # What Redis hands to the dead one the sweep finds.
    with bench.workers(), bench.sweeping():
        bench.schedule("first")
        first = bench.done("first")
        os.kill(first.pid, signal.SIGKILL)
        bench.schedule("second")
        second = bench.done("second")
    assert second.pid != first.pid


def test_work_of_a_killed_worker_is_done_again_when_its_lease_ends(bench: Bench) -> None:
    with bench.workers(), bench.sweeping():
        bench.schedule("slow", kind="dawdle")
        os.kill(bench.done("slow").pid, signal.SIGKILL)
        # Instead of waiting for it.
        with bench.database.transaction("test") as tx:
            tx.execute(update(DueWork).values(leased_until=None))
        deadline = time.monotonic() + 40
        while len(bench.lines()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_no_worker_outlives_a_killed_pool(bench: Bench) -> None:
    with bench.workers() as pool:
        bench.schedule("first")
        worker = bench.done("first").pid
        pool.kill()
        deadline = time.monotonic() + 30
        while is_running(worker):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_workers_come_back_when_redis_was_restarted(tmp_path: Path, sqlite_url: str) -> None:
    server = EmbeddedRedis(free_port(), tmp_path / "redis")
    server.start()
    bench = Bench(tmp_path, sqlite_url, server.url)
    with bench.workers(2), bench.sweeping():
        bench.schedule("before")
        bench.done("before")
        server.kill()
        bench.schedule("during")
        assert bench.done("during").pid == os.getpid()
        server.start()
        bench.schedule("after")
        bench.done("after")
        wait_for_worker(bench)
    bench.database.close()
    server.stop()


def wait_for_worker(bench: Bench) -> None:
    """Some job is done by a worker again, not by the sweep in this process."""
    for number in range(10):
        bench.schedule(f"again-{number}")
        if bench.done(f"again-{number}").pid != os.getpid():
            return
    raise AssertionError("no worker came back")


def test_nothing_is_lost_with_everything_in_redis(bench: Bench) -> None:
    bench.schedule("first")
    with connect(bench.redis_url) as client:
        client.flushall()
    with bench.workers(), bench.sweeping():
        bench.done("first")


AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def burst_bench(database: Database, redis_url: str) -> tuple[MovedClock, WorkPlan, Sweep, list[str]]:
    clock = MovedClock(AT)
    plan = WorkPlan(database, clock)
    done: list[str] = []
    plan.handle("note", JobQueue.MESSAGES, done.append)
    plan.handle("urgent", JobQueue.DISPATCH, done.append)
    return clock, plan, Sweep(database, clock, plan, JobQueues(redis_url, plan, clock, timeout_seconds=5)), done


def test_a_burst_does_what_waits_most_urgent_first(database: Database, redis_url: str) -> None:
    clock, plan, sweep, done = burst_bench(database, redis_url)
    with database.transaction("test") as tx:
        for kind, subject, seconds in (("note", "a", 0), ("urgent", "b", 1), ("note", "later", 60)):
            due_at = AT + timedelta(seconds=seconds)
            schedule(tx, kind=kind, subject_id=subject, insurer_id="vsk", due_at=due_at)
    clock.move_by(1)
    assert sweep.once() == 2
    with connect(redis_url) as redis:
        assert run_burst(redis, plan) == 2
        assert run_burst(redis, plan) == 0
        assert not [key for key in redis.scan_iter() if b"rq:job" in key]
    assert done == ["b", "a"]


def test_a_burst_runs_outside_the_main_thread(database: Database, redis_url: str) -> None:
    _, plan, sweep, done = burst_bench(database, redis_url)
    with database.transaction("test") as tx:
        schedule(tx, kind="note", subject_id="a", insurer_id="vsk", due_at=AT)
    sweep.once()
    with connect(redis_url) as redis:
        thread = threading.Thread(target=run_burst, args=(redis, plan))
        thread.start()
        thread.join()
    assert done == ["a"]


def test_the_sweep_enqueues_once_while_a_job_waits(database: Database, redis_url: str) -> None:
    _, plan, sweep, done = burst_bench(database, redis_url)
    with database.transaction("test") as tx:
        schedule(tx, kind="note", subject_id="a", insurer_id="vsk", due_at=AT)
    for _ in range(5):
        sweep.once()
    with connect(redis_url) as redis:
        assert redis.llen("rq:queue:messages") == 1
        run_burst(redis, plan)
    assert done == ["a"]


def test_a_job_is_broken_off_only_after_it_may_last_no_longer(database: Database, redis_url: str) -> None:
    _, plan, sweep, done = burst_bench(database, redis_url)
    plan.handle("long", JobQueue.UPKEEP, done.append, lasts=timedelta(minutes=8))
    queues = JobQueues(redis_url, plan, MovedClock(AT), timeout_seconds=5)
    with database.transaction("test") as tx:
        for kind, seconds in (("note", 0), ("long", 0), ("long", 90)):
            due_at = AT + timedelta(seconds=seconds)
            schedule(tx, kind=kind, subject_id=f"{seconds}", insurer_id="vsk", due_at=due_at)
    sweep.once()
    queues.hurry_scheduled(tx)
    with connect(redis_url) as redis:
        jobs = [Job.fetch(key.split(b":")[-1].decode(), connection=redis) for key in redis.scan_iter("rq:job:*")]
    limits = {(job.args[0], job.timeout) for job in jobs}
    assert limits == {("note", 60), ("long", 525)}
    assert len(jobs) == 5


def test_what_waits_behind_long_work_gets_no_job_more_with_each_lease(
    database: Database, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, _, sweep, _ = burst_bench(database, redis_url)
    monkeypatch.setattr(job_queues, "_ENOUGH", 5)
    with database.transaction("test") as tx:
        for number in range(4):
            schedule(tx, kind="note", subject_id=f"{number}", insurer_id="vsk", due_at=AT)
    with connect(redis_url) as redis:
        for _ in range(5):
            sweep.once()
            clock.move_by(LEASE.total_seconds())
        assert redis.llen("rq:queue:messages") == 5
        with database.transaction("test") as tx:
            schedule(tx, kind="urgent", subject_id="ring", insurer_id="vsk", due_at=AT)
        sweep.once()
        assert redis.llen("rq:queue:dispatch") == 1


def test_without_redis_the_sweep_does_telephone_work_only(database: Database) -> None:
    _, _, sweep, done = burst_bench(database, f"redis://127.0.0.1:{free_port()}/0")
    with database.transaction("test") as tx:
        schedule(tx, kind="note", subject_id="a", insurer_id="vsk", due_at=AT)
        schedule(tx, kind="urgent", subject_id="b", insurer_id="vsk", due_at=AT)
    sweep.once()
    assert done == ["b"]
    with database.reading("test") as tx:
        assert tx.scalars(select(DueWork.subject_id)).all() == ["a"]


def test_work_that_nobody_handles_is_left_alone(database: Database, redis_url: str) -> None:
    _, _, sweep, _ = burst_bench(database, redis_url)
    with database.transaction("test") as tx:
        schedule(tx, kind="of_tomorrow", subject_id="a", insurer_id="vsk", due_at=AT)
    assert sweep.once() == 0


def test_the_sweep_outlives_failures_and_tells_of_them_once(caplog: pytest.LogCaptureFixture) -> None:
    stop = threading.Event()
    looks: list[Callable[[], None]] = [fail, fail, fail, lambda: None, stop.set]
    run_sweep(lambda: looks.pop(0)(), stop=stop, pause_seconds=0)
    assert [record.getMessage() for record in caplog.records] == [
        "the sweep cannot look (RuntimeError: the database is away); it keeps trying",
        "the sweep looks again, after 3 failures",
    ]


def fail() -> None:
    raise RuntimeError("the database is away\nwith much detail")


def test_the_embedded_server_is_what_the_pool_runs_on(tmp_path: Path) -> None:
    with running(free_port(), tmp_path) as server, connect(server.url) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}
