"""A score card as a value: sections of questions, each with its weight and what may be answered to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from config.line_descriptions import Words

YES: Final = "yes"
NO: Final = "no"
NOT_APPLICABLE: Final = "na"


@dataclass(frozen=True)
class Question:
    """One question. Without a `scale` it is answered by yes or no; with one by 0 to `scale`, 0 for nothing of it.

    "No" to a critical question fails the whole evaluation. `weight` 0 only makes it known, or critical.
    """

    name: str
    text: Words
    hint: Words
    weight: int
    scale: int | None
    is_critical: bool
    may_not_apply: bool

    @property
    def answers(self) -> tuple[str, ...]:
        """What may be answered, the best first."""
        found = (YES, NO) if self.scale is None else tuple(str(mark) for mark in range(self.scale, -1, -1))
        return (*found, NOT_APPLICABLE) if self.may_not_apply else found


@dataclass(frozen=True)
class CardSection:
    """Questions that belong together."""

    name: str
    title: Words
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class ScoreCard:
    """What a conversation is evaluated by, as it stood in one version, known by its digest.

    `pass_mark` is in whole percent: what scores less has failed.
    """

    name: str
    digest: str
    title: Words
    pass_mark: int
    sections: tuple[CardSection, ...]

    @property
    def questions(self) -> Iterator[Question]:
        """Every question, in the order of the card."""
        for section in self.sections:
            yield from section.questions

    @property
    def by_name(self) -> Mapping[str, Question]:
        """The questions by their names, which are unique in a card."""
        return {question.name: question for question in self.questions}
