"""What the configuration says of a queue, as routing needs it."""

from dataclasses import dataclass

from config.calendars import Hours
from config.lines import Insurers


@dataclass(frozen=True)
class QueueRules:
    """Hours, skills and limits of one queue. After `max_wait_seconds` the caller overflows, or the flow goes on."""

    name: str
    hours: Hours
    skills: tuple[str, ...]
    priority: int
    max_size: int | None
    max_wait_seconds: int
    overflow_to: str | None


def rules_of(insurers: Insurers, insurer_id: str, queue: str, *, region: str | None = None) -> QueueRules:
    """The rules of the insurer's queue for a caller of `region`; raises KeyError for one that no line describes.

    Where a queue is staffed by region, its hours are those of the region's zone, and its skills hold the region's.
    """
    insurer = insurers[insurer_id]
    written, place = insurer.queues[queue], insurer.regions.get(region or "")
    return QueueRules(
        name=queue,
        hours=written.hours_in(place),
        skills=tuple(written.skills_in(place)),
        priority=written.priority,
        max_size=written.max_size,
        max_wait_seconds=written.max_wait_seconds,
        overflow_to=written.overflow,
    )
