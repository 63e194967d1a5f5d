"""How the questions of the score cards were answered over many evaluations: each figure once, with its meaning."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from agents.models.evaluations import WHOLE
from agents.quality.card_library import CardLibrary
from agents.quality.cards import NO, NOT_APPLICABLE, CardSection, Question, ScoreCard
from agents.quality.scoring import Answer, from_row, share_of
from agents.quality.searching import EvaluationSearch, every_evaluation
from config.database import Transaction
from config.line_descriptions import Insurer


@dataclass(frozen=True)
class QuestionFigure:
    """One figure of a question's answers; `formula` gives a count, or tenths of a percent, None without anything."""

    name: str
    title: LazyString
    words: LazyString
    is_share: bool
    formula: Callable[[Question, Sequence[Answer]], int | None]


@dataclass(frozen=True)
class QuestionRow:
    """One question of one version of a card, and its figures in the order of `QUESTION_FIGURES`."""

    card: ScoreCard
    section: CardSection
    question: Question
    figures: tuple[int | None, ...]


def _applied(question: Question, answers: Sequence[Answer]) -> int:
    return sum(one.value in question.answers and one.value != NOT_APPLICABLE for one in answers)


def _earned(question: Question, answers: Sequence[Answer]) -> int | None:
    shares = [share for one in answers if (share := share_of(question, one.value)) is not None]
    return round(WHOLE * sum(shares) / len(shares)) if shares else None


def _failed(question: Question, answers: Sequence[Answer]) -> int | None:
    applied = _applied(question, answers)
    return round(WHOLE * sum(one.value in (NO, "0") for one in answers) / applied) if applied else None


QUESTION_FIGURES: Final = (
    QuestionFigure(
        "applied",
        lazy_gettext("Applied"),
        lazy_gettext("In how many evaluations the question was answered by something else than “not applicable”."),
        False,
        _applied,
    ),
    QuestionFigure(
        "earned",
        lazy_gettext("Earned"),
        lazy_gettext("The mean part of its weight that the question earned, where it applied."),
        True,
        _earned,
    ),
    QuestionFigure(
        "failed",
        lazy_gettext("Nothing of it"),
        lazy_gettext("Where it applied: how often it was answered by “no”, or by 0 on a scale."),
        True,
        _failed,
    ),
)


def question_rows(
    tx: Transaction, library: CardLibrary, *, insurer: Insurer, wanted: EvaluationSearch
) -> list[QuestionRow]:
    """Every question of the versions of the cards that were evaluated by, in the order of the cards.

    A version is told apart: a question that was rewritten, or weighs otherwise, is another one.
    """
    by_version: defaultdict[str, list[dict[str, Answer]]] = defaultdict(list)
    for row in every_evaluation(tx, insurer=insurer, wanted=wanted):
        by_version[row.card_digest].append(from_row(row.answers))
    cards = sorted((library.version(tx, digest) for digest in by_version), key=lambda card: (card.name, card.digest))
    return [
        _row(card, section, question, [one.get(question.name, Answer()) for one in by_version[card.digest]])
        for card in cards
        for section in card.sections
        for question in section.questions
    ]


def _row(card: ScoreCard, section: CardSection, question: Question, answers: Sequence[Answer]) -> QuestionRow:
    return QuestionRow(card, section, question, tuple(one.formula(question, answers) for one in QUESTION_FIGURES))
