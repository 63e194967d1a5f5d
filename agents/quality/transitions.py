"""What may follow what in an evaluation's life: the one table."""

from collections.abc import Mapping
from typing import Final

from agents.models.evaluations import Evaluation, EvaluationState
from agents.transitions import check

# Disputed once: an answer ends it.
NEXT: Final[Mapping[EvaluationState, frozenset[EvaluationState]]] = {
    EvaluationState.DRAFT: frozenset({EvaluationState.SUBMITTED, EvaluationState.DROPPED}),
    EvaluationState.SUBMITTED: frozenset({EvaluationState.DISPUTED}),
    EvaluationState.DISPUTED: frozenset({EvaluationState.UPHELD, EvaluationState.CHANGED}),
    EvaluationState.UPHELD: frozenset(),
    EvaluationState.CHANGED: frozenset(),
    EvaluationState.DROPPED: frozenset(),
}


def move(row: Evaluation, to: EvaluationState) -> None:
    """Bring a locked evaluation to `to`. Raises ImpossibleChange."""
    check(NEXT, EvaluationState(row.state), to)
    row.state = to
