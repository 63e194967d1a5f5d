"""Disputes: an agent's one objection to an evaluation, and the supervisor's answer: the score stands or is changed."""

from typing import Final

from agents.errors import ChangedMeanwhile, OutOfSight
from agents.models.evaluations import Evaluation, EvaluationState
from agents.quality.card_library import CardLibrary
from agents.quality.conversations import Evaluator
from agents.quality.errors import NotDisputable, NothingChanged, NotScorable, Why
from agents.quality.evaluations import evaluation_of, fitting, note
from agents.quality.scoring import Answers, result_of, to_row
from agents.quality.transitions import move
from config.centre import Centre
from config.clock import Clock
from config.database import Transaction

LONGEST_REASON: Final = 2000


def dispute(centre: Centre, *, insurer_id: str, evaluation_id: str, agent_id: str, code: str, reason: str) -> None:
    """The agent objects to their own evaluation, once and in time; audited. Raises OutOfSight and NotDisputable."""
    now, reason = centre.clock.now(), reason.strip()[:LONGEST_REASON]
    with centre.database.transaction("dispute_evaluation") as tx:
        row = own_evaluation(tx, insurer_id, evaluation_id, agent_id)
        if not reason or not is_disputable(row, centre.clock):
            raise NotDisputable(evaluation_id)
        move(row, EvaluationState.DISPUTED)
        row.disputed_at, row.dispute_reason = now, reason
        note(tx, row, "evaluation_disputed", by=code, at=now)


def uphold(centre: Centre, *, insurer_id: str, evaluation_id: str, by: Evaluator, reason: str) -> None:
    """A supervisor answers that the score stands, and why; audited.

    Raises OutOfSight, NotScorable, NotDisputable without a reason, and ChangedMeanwhile for what is answered already.
    """
    now = centre.clock.now()
    with centre.database.transaction("uphold_evaluation") as tx:
        row = _disputed(tx, insurer_id, evaluation_id, by)
        move(row, EvaluationState.UPHELD)
        _answer(row, by, reason, centre.clock)
        note(tx, row, "evaluation_upheld", by=by.name, at=now)


def change(
    centre: Centre,
    library: CardLibrary,
    *,
    insurer_id: str,
    evaluation_id: str,
    by: Evaluator,
    reason: str,
    answers: Answers,
) -> None:
    """A supervisor answers with other answers, and why; what stood first stays on record. Audited.

    Raises OutOfSight, NotScorable, Unanswered, NothingChanged, NotDisputable without a reason, and ChangedMeanwhile for
    what is answered already.
    """
    now = centre.clock.now()
    with centre.database.transaction("change_evaluation") as tx:
        row = _disputed(tx, insurer_id, evaluation_id, by)
        card = library.version(tx, row.card_digest)
        answers = fitting(tx, row, card, answers)
        result = result_of(card, answers)
        if to_row(answers) == row.answers:
            raise NothingChanged(row.id)
        move(row, EvaluationState.CHANGED)
        row.first_answers, row.first_score, row.first_has_failed = row.answers, row.score, row.has_failed
        row.answers, row.score, row.has_failed = to_row(answers), result.score, result.has_failed
        _answer(row, by, reason, centre.clock)
        note(tx, row, "evaluation_changed", by=by.name, at=now, score=result.score, before=row.first_score)


def is_disputable(row: Evaluation, clock: Clock) -> bool:
    """Whether the agent may object now."""
    until = row.disputable_until
    return row.state == EvaluationState.SUBMITTED and until is not None and clock.now() < until


def own_evaluation(tx: Transaction, insurer_id: str, evaluation_id: str, agent_id: str) -> Evaluation:
    """An agent's own evaluation, locked; drafts and calibrations are not theirs to see. Raises OutOfSight."""
    row = evaluation_of(tx, insurer_id, evaluation_id)
    if row.agent_id != agent_id or row.calibration_id is not None or row.submitted_at is None:
        raise OutOfSight(evaluation_id)
    return row


def _disputed(tx: Transaction, insurer_id: str, evaluation_id: str, by: Evaluator) -> Evaluation:
    row = evaluation_of(tx, insurer_id, evaluation_id)
    if row.agent_id == by.agent_id:
        raise NotScorable(Why.OWN_CALL)
    if row.state != EvaluationState.DISPUTED:
        raise ChangedMeanwhile(f"evaluation {evaluation_id} is {row.state}")
    return row


def _answer(row: Evaluation, by: Evaluator, reason: str, clock: Clock) -> None:
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise NotDisputable(row.id)
    row.answered_at, row.answered_by, row.answer_reason = clock.now(), by.name, reason
    # The agent has not seen it like this.
    row.agent_seen_at = None
