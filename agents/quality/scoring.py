"""The arithmetic of an evaluation, once: from answers to a score, and whether the conversation passed.

The score is the sum of what the answers earned, out of the sum of the weights of the questions that apply, in tenths of
a percent. "Yes" earns the whole weight, "no" nothing, a mark on a scale its part of the highest mark. "Not applicable"
takes the question's weight out. "No" to a critical question makes the score 0 and fails the whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from agents.models.evaluations import WHOLE
from agents.quality.cards import NO, NOT_APPLICABLE, YES, Question, ScoreCard
from agents.quality.errors import Unanswered


@dataclass(frozen=True)
class Moment:
    """A place in a recording, in whole seconds from its beginning."""

    recording_id: str
    second: int


@dataclass(frozen=True)
class Answer:
    """What was answered to a question (None is nothing yet), with a note and a moment to listen to."""

    value: str | None = None
    note: str = ""
    moment: Moment | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was written."""
        return self == Answer()


Answers = Mapping[str, Answer]
"""By the names of the card's questions; a question that is not in it has no answer."""
NOTHING: Final = Answer()


@dataclass(frozen=True)
class Result:
    """The score in tenths of a percent, whether it failed, and the critical questions that failed it."""

    score: int
    has_failed: bool
    failed_by: tuple[str, ...]


def result_of(card: ScoreCard, answers: Answers) -> Result:
    """The result of a whole evaluation. Raises Unanswered where an answer lacks, or nothing with a weight applies."""
    missing = tuple(one.name for one in card.questions if answers.get(one.name, NOTHING).value not in one.answers)
    score = None if missing else score_of(card.questions, answers)
    if score is None:
        raise Unanswered(missing)
    failed_by = critical_failures(card, answers)
    if failed_by:
        return Result(0, True, failed_by)
    return Result(score, score < card.pass_mark * 10, ())


def score_of(questions: Iterable[Question], answers: Answers) -> int | None:
    """The share of the weights that was earned, in tenths of a percent, rounded half up; critical failures are not
    looked at. None where nothing that has a weight was answered or applies.
    """
    earned, weights = Fraction(0), 0
    for question in questions:
        share = share_of(question, answers.get(question.name, NOTHING).value)
        if share is not None:
            earned += question.weight * share
            weights += question.weight
    return int(WHOLE * earned / weights + Fraction(1, 2)) if weights else None


def share_of(question: Question, value: str | None) -> Fraction | None:
    """What an answer earns of its question's weight, from 0 to 1; None where it takes the weight out."""
    if value is None or value == NOT_APPLICABLE or value not in question.answers:
        return None
    if question.scale is None:
        return Fraction(int(value == YES))
    return Fraction(int(value), question.scale)


def critical_failures(card: ScoreCard, answers: Answers) -> tuple[str, ...]:
    """The critical questions that were answered by "no"."""
    return tuple(one.name for one in card.questions if one.is_critical and answers.get(one.name, NOTHING).value == NO)


def to_row(answers: Answers) -> dict[str, Any]:
    """As a row keeps it."""
    return {name: _to_row(one) for name, one in answers.items() if not one.is_empty}


def from_row(kept: Mapping[str, Any]) -> dict[str, Answer]:
    """As `to_row` wrote it."""
    return {
        name: Answer(
            one.get("value"),
            one.get("note", ""),
            Moment(one["recording"], one["second"]) if "recording" in one else None,
        )
        for name, one in kept.items()
    }


def _to_row(answer: Answer) -> dict[str, Any]:
    moment = answer.moment
    where = {} if moment is None else {"recording": moment.recording_id, "second": moment.second}
    return {"value": answer.value, "note": answer.note, **where}
