"""A pool of workers for the tests: each piece of work writes its subject, the instant and its process to a file.

Run as `python pool_of_workers.py DATABASE_URL REDIS_URL COUNT OUTPUT`.
"""

import os
import sys
import time
from pathlib import Path

from config.clock import WallClock
from config.database import Database
from config.due_work import JobQueue, WorkPlan
from config.workers import run_worker_pool


def compose(database_url: str, output: Path) -> WorkPlan:
    """A plan with three kinds of work: `note` is quick, `dawdle` takes a minute the first time, `fetch` a minute."""
    plan = WorkPlan(Database(database_url), WallClock())

    def note(subject_id: str) -> None:
        with output.open("a") as file:
            file.write(f"{subject_id} {time.time()} {os.getpid()}\n")

    def dawdle(subject_id: str) -> None:
        is_first = not output.exists()
        note(subject_id)
        if is_first:
            time.sleep(60)

    def fetch(subject_id: str) -> None:
        note(subject_id)
        time.sleep(60)

    plan.handle("fetch", JobQueue.RECORDINGS, fetch)
    plan.handle("note", JobQueue.DISPATCH, note)
    plan.handle("dawdle", JobQueue.MESSAGES, dawdle)
    return plan


if __name__ == "__main__":
    _, database_url, redis_url, count, output = sys.argv
    run_worker_pool(redis_url, int(count), lambda: compose(database_url, Path(output)))
