"""Every figure of the reports, once: what it is called, what it means in plain words, its unit, and its formula."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from agents.supervisor.reports.facts import Facts
from agents.supervisor.reports.intervals import Grouping

REPEAT_DAYS: Final = 3
"""Who rings again within so many days was not helped the first time."""


class Unit(StrEnum):
    """How a figure is written: a count, a share from 0 to 1, seconds, a mean of scores."""

    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"
    SCORE = "score"


@dataclass(frozen=True)
class Figure:
    """One figure; its `formula` gives None where there was nothing to compute it from.

    `not_by` are groupings in which it means nothing: those who hang up were nobody's callers, and being at work
    belongs to no line and no queue.
    """

    name: str
    title: LazyString
    words: LazyString
    unit: Unit
    formula: Callable[[Facts], float | None]
    not_by: Collection[Grouping] = field(default_factory=frozenset)


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None


def _share(found: Iterable[bool]) -> float | None:
    return _mean(float(one) for one in found)


def _emergency_seconds(facts: Facts) -> list[float]:
    return [one.answer_seconds for one in facts.emergencies]


def _occupancy(facts: Facts) -> float | None:
    at_work = sum(one.seconds for one in facts.presences)
    return sum(one.seconds for one in facts.presences if one.is_busy) / at_work if at_work else None


_NOBODYS: Final = frozenset({Grouping.AGENT})
_NOT_AT_WORK: Final = frozenset({Grouping.LINE, Grouping.QUEUE})

FIGURES: Final = (
    Figure(
        "offered",
        lazy_gettext("Offered"),
        lazy_gettext("Callers who joined a queue, counted where and when they joined, however it ended."),
        Unit.COUNT,
        lambda facts: len(facts.waits),
        _NOBODYS,
    ),
    Figure(
        "answered",
        lazy_gettext("Answered"),
        lazy_gettext("Of them, those whom an agent took. A promised callback is counted under callbacks instead."),
        Unit.COUNT,
        lambda facts: facts.answering.answered,
    ),
    Figure(
        "service_level",
        lazy_gettext("Service level"),
        lazy_gettext(
            "Answered within the queue's target, of all who were answered or hung up after it. Who hung up within the "
            "target (a short abandon), and who left for a callback, a message or another number, counts for nothing."
        ),
        Unit.SHARE,
        lambda facts: facts.answering.service_level,
        _NOBODYS,
    ),
    Figure(
        "asa",
        lazy_gettext("Speed of answer (ASA)"),
        lazy_gettext("The mean wait of answered callers, from joining the queue until an agent took the call."),
        Unit.SECONDS,
        lambda facts: facts.answering.speed_seconds,
    ),
    Figure(
        "abandonment",
        lazy_gettext("Abandoned"),
        lazy_gettext("Hung up after the queue's target, of all who were answered or hung up after it."),
        Unit.SHARE,
        lambda facts: facts.answering.abandonment,
        _NOBODYS,
    ),
    Figure(
        "short",
        lazy_gettext("Short abandons"),
        lazy_gettext("Callers who hung up within the queue's target, before anybody had to answer."),
        Unit.COUNT,
        lambda facts: facts.answering.short,
        _NOBODYS,
    ),
    Figure(
        "aht",
        lazy_gettext("Handling time (AHT)"),
        lazy_gettext("The mean of talk, hold and wrap-up together, of conversations with callers that began here."),
        Unit.SECONDS,
        lambda facts: _mean(one.talk_seconds + one.wrap_up_seconds for one in facts.services),
    ),
    Figure(
        "wrap_up",
        lazy_gettext("Wrap-up"),
        lazy_gettext("The part of the handling time after the hang-up, until the outcome is written down."),
        Unit.SECONDS,
        lambda facts: _mean(one.wrap_up_seconds for one in facts.services),
    ),
    Figure(
        "occupancy",
        lazy_gettext("Occupancy"),
        lazy_gettext("Of the time at work (available, ringing, on a call, wrapping up): on a call or wrapping up."),
        Unit.SHARE,
        _occupancy,
        _NOT_AT_WORK,
    ),
    Figure(
        "callbacks_kept",
        lazy_gettext("Callbacks kept"),
        lazy_gettext("Of callbacks whose promised time ran out here: the person was reached before it did."),
        Unit.SHARE,
        lambda facts: _share(one.is_kept for one in facts.callbacks),
        _NOBODYS,
    ),
    Figure(
        "emergency_asa",
        lazy_gettext("Emergencies answered in"),
        lazy_gettext("The mean time from when a call was known for an emergency until an agent took it."),
        Unit.SECONDS,
        lambda facts: _mean(_emergency_seconds(facts)),
    ),
    Figure(
        "emergency_longest",
        lazy_gettext("Longest emergency wait"),
        lazy_gettext("The longest time from when a call was known for an emergency until an agent took it."),
        Unit.SECONDS,
        lambda facts: max(_emergency_seconds(facts), default=None),
    ),
    Figure(
        "fcr",
        lazy_gettext("Solved at once (FCR)"),
        lazy_gettext(
            "Of answered calls of a known person: the person did not ring again within three days. Calls that are not "
            "three days old yet, and anonymous ones, are not judged."
        ),
        Unit.SHARE,
        lambda facts: _share(one.is_resolved for one in facts.contacts),
    ),
    Figure(
        "rating",
        lazy_gettext("Rating"),
        lazy_gettext(
            "The mean of what callers keyed when they were asked after a conversation, from 1 (very bad) to 5 (very "
            "good). Nobody is asked after an emergency or a talk with the psychologist."
        ),
        Unit.SCORE,
        lambda facts: _mean(one.score for one in facts.ratings),
    ),
    Figure(
        "ratings",
        lazy_gettext("Ratings"),
        lazy_gettext("How many callers answered that question; the others hung up, or kept silent."),
        Unit.COUNT,
        lambda facts: len(facts.ratings),
    ),
    Figure(
        "quality",
        lazy_gettext("Quality"),
        lazy_gettext(
            "The mean score of the evaluations of calls that began here, as they stand after disputes. An evaluation "
            "that failed by a critical question scores 0. Drafts and calibrations count for nothing."
        ),
        Unit.SHARE,
        lambda facts: _mean(one.score for one in facts.evaluations),
    ),
    Figure(
        "quality_failed",
        lazy_gettext("Evaluations failed"),
        lazy_gettext("Of those evaluations: failed by a critical question, or below the pass mark of the score card."),
        Unit.SHARE,
        lambda facts: _share(one.has_failed for one in facts.evaluations),
    ),
    Figure(
        "evaluations",
        lazy_gettext("Evaluations"),
        lazy_gettext("How many calls that began here were evaluated, each agent's part in a call for itself."),
        Unit.COUNT,
        lambda facts: len(facts.evaluations),
    ),
)
"""In the order of the page."""

BY_NAME: Final = {one.name: one for one in FIGURES}
