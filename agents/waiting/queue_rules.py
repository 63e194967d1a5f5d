"""What the configuration says of a queue, as routing needs it."""

from dataclasses import dataclass

from agents.waiting.lane_words import Lane
from config.calendars import Hours
from config.lines import Insurers
from ivr.calls.models import Call


@dataclass(frozen=True)
class QueueRules:
    """Hours, skills and limits of one queue. After `max_wait_seconds` the caller overflows, or the flow goes on.

    `speaks` is the skill of the caller's language; for `speaks_first_seconds` only who has it is offered the caller.
    """

    name: str
    hours: Hours
    skills: tuple[str, ...]
    first_skills: tuple[str, ...]
    priority: int
    max_size: int | None
    max_wait_seconds: int
    overflow_to: str | None
    speaks: str | None
    speaks_first_seconds: int

    def lane(self, *, is_strict: bool = False) -> Lane:
        """The queue's lane for this caller; a strict one asks nobody who does not speak their language."""
        return Lane(self.skills, self.first_skills, self.speaks, is_strict and self.speaks is not None)


def rules_of(
    insurers: Insurers, insurer_id: str, queue: str, *, region: str | None, language: str | None = None
) -> QueueRules:
    """The rules of the insurer's queue for a caller of `region` and `language`; raises KeyError for no such queue.

    Where a queue is staffed by region, its hours are those of the region's zone, and its skills hold the region's.
    """
    insurer = insurers[insurer_id]
    written, place = insurer.queues[queue], insurer.region(region)
    return QueueRules(
        name=queue,
        hours=written.hours_in(place),
        skills=tuple(written.skills_in(place)),
        first_skills=written.first_skills,
        priority=written.priority,
        max_size=written.max_size,
        max_wait_seconds=written.max_wait_seconds,
        overflow_to=written.overflow,
        speaks=insurer.language_skills.skills.get(language or ""),
        speaks_first_seconds=insurer.language_skills.first_seconds,
    )


def rules_for(insurers: Insurers, call: Call, queue: str) -> QueueRules:
    """The rules of a queue of the call's insurer for this very caller; raises KeyError for no such queue."""
    return rules_of(insurers, call.insurer_id, queue, region=call.region, language=call.language)
