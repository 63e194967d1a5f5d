"""What the Redis-protocol server knows: how long the job queues are, and what failed in them."""

from collections.abc import Iterator

from prometheus_client.core import Metric
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.registry import FailedJobRegistry

from agents.metrics.families import gauge
from config.due_work import JobQueue
from config.job_queues import connect

_PATIENCE_SECONDS = 1.0


def measurements(url: str) -> Iterator[Metric]:
    """Lengths and failures; only that it is away where it does not answer."""
    redis = connect(url, timeout_seconds=_PATIENCE_SECONDS)
    try:
        found = list(_found(redis))
        is_up = 1.0
    except RedisError:
        found, is_up = [], 0.0
    finally:
        redis.close()
    yield gauge("pult_redis_up", "Whether the Redis-protocol server answers.", (), {(): is_up})
    yield from found


def _found(redis: Redis) -> Iterator[Metric]:
    queues = {(str(one),): Queue(one, connection=redis) for one in JobQueue}
    yield gauge(
        "pult_job_queue_length",
        "Jobs that wait for a worker.",
        ("job_queue",),
        {name: float(queue.count) for name, queue in queues.items()},
    )
    yield gauge(
        "pult_job_queue_failed",
        "Jobs that ended in an error within the hour.",
        ("job_queue",),
        {name: float(FailedJobRegistry(queue=queue).count) for name, queue in queues.items()},
    )
    yield gauge("pult_job_workers", "Workers that are there.", (), {(): float(Worker.count(connection=redis))})
