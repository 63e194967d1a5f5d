"""The arithmetic of an evaluation: weights, scales, what does not apply, and what fails all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.quality.cards import NO, NOT_APPLICABLE, YES, CardSection, Question, ScoreCard
from agents.quality.errors import Unanswered
from agents.quality.scoring import Answer, Moment, Result, from_row, result_of, to_row


def question(name: str, weight: int, *, scale: int | None = None, is_critical: bool = False) -> Question:
    return Question(name, {"ru": name}, {}, weight, scale, is_critical, True)


GREETING, IDENTIFIED, MANNER = question("g", 10), question("i", 30, is_critical=True), question("m", 20, scale=4)
CARD = ScoreCard("desk", "d", {}, 80, (CardSection("s", {}, (GREETING, IDENTIFIED, MANNER)),))


def scored(greeting: str | None, identified: str | None, manner: str | None) -> Result:
    values = {"g": greeting, "i": identified, "m": manner}
    return result_of(CARD, {name: Answer(value) for name, value in values.items()})


@pytest.mark.parametrize(
    ("answers", "score", "has_failed"),
    [
        ((YES, YES, "4"), 1000, False),
        ((NO, YES, "4"), 833, False),  # 50 of 60
        ((NO, YES, "3"), 750, True),  # 45 of 60, below the pass mark
        ((YES, NOT_APPLICABLE, "3"), 833, False),  # 25 of 30: the weight of what does not apply is out
        ((NOT_APPLICABLE, NOT_APPLICABLE, "0"), 0, True),
        ((YES, NO, "4"), 0, True),
    ],
)
def test_the_score_is_what_was_earned_of_the_weights_that_apply(
    answers: tuple[str, str, str], score: int, has_failed: bool
) -> None:
    failed_by = ("i",) if answers[1] == NO else ()
    assert scored(*answers) == Result(score, has_failed, failed_by)


@pytest.mark.parametrize(
    ("answers", "missing"),
    [((YES, None, "5"), ("i", "m")), ((NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE), ())],
)
def test_without_all_answers_or_without_anything_that_applies_there_is_no_score(
    answers: tuple[str, str, str], missing: tuple[str, ...]
) -> None:
    with pytest.raises(Unanswered) as unanswered:
        scored(*answers)
    assert unanswered.value.questions == missing


@given(st.sampled_from((YES, NO, NOT_APPLICABLE)), st.sampled_from((YES, NOT_APPLICABLE)), st.integers(0, 3))
def test_a_better_mark_never_lowers_the_score(greeting: str, identified: str, mark: int) -> None:
    worse, better = scored(greeting, identified, str(mark)), scored(greeting, identified, str(mark + 1))
    assert 0 <= worse.score < better.score <= 1000


def test_answers_come_back_from_their_row_as_they_went() -> None:
    answers = {"g": Answer(YES, "хорошо", Moment("r" * 32, 12)), "i": Answer(None, "ещё раз"), "m": Answer()}
    kept = to_row(answers)
    assert "m" not in kept
    assert from_row(kept) == {"g": answers["g"], "i": answers["i"]}
