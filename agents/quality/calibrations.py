"""Calibration: two supervisors evaluate the same conversation, and see each other's answers when both are done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import func, select

from agents.errors import OutOfSight
from agents.models import Agent
from agents.models.evaluations import WHOLE, Calibration, Evaluation, EvaluationState
from agents.quality.card_library import CardLibrary
from agents.quality.cards import Question, ScoreCard
from agents.quality.conversations import Evaluator, Spoken, conversation_to_score
from agents.quality.errors import NotScorable, Why
from agents.quality.evaluations import add, call_of, card_of_call, note
from agents.quality.scoring import NOTHING, Answer, Answers, from_row, share_of
from config.centre import Centre
from config.database import Transaction
from config.ids import new_id
from config.line_descriptions import Insurer
from ivr.calls.models import Call

SEATS = (1, 2)


@dataclass(frozen=True)
class Standing:
    """A calibration on the list: whose conversation, who takes part, how many are done, and one's own evaluation."""

    id: str
    call_id: str
    agent_id: str
    agent: str
    evaluators: tuple[str, ...]
    done: int
    own_id: str | None

    @property
    def is_finished(self) -> bool:
        """Whether both may be seen."""
        return self.done == len(SEATS)

    @property
    def may_join(self) -> bool:
        """Whether there is a seat left for somebody who has none."""
        return self.own_id is None and len(self.evaluators) < len(SEATS)


@dataclass(frozen=True)
class Difference:
    """One question, both answers, and how far apart in tenths of a percent; None where only one says it applies."""

    question: Question
    answers: tuple[Answer, Answer]
    apart: int | None

    @property
    def is_same(self) -> bool:
        """Whether both answered the same."""
        return self.answers[0].value == self.answers[1].value


@dataclass(frozen=True)
class Comparison:
    """A finished calibration, question by question, by the card that both had."""

    calibration: Calibration
    card: ScoreCard
    agent: str
    evaluations: tuple[Evaluation, Evaluation]
    differences: tuple[Difference, ...]

    @property
    def agreed(self) -> int:
        """Of how many questions both said the same."""
        return sum(one.is_same for one in self.differences)


def calibrate(
    centre: Centre, library: CardLibrary, *, insurer_id: str, call_id: str, agent_id: str, by: Evaluator
) -> str:
    """Take a seat in the calibration of this conversation, which is opened where there is none; audited.

    The id of one's evaluation. Raises OutOfSight and NotScorable, also where both seats are taken.
    """
    now, insurer = centre.clock.now(), centre.insurers[insurer_id]
    with centre.database.transaction("calibrate") as tx:
        call = call_of(tx, insurer_id, call_id)
        spoken = conversation_to_score(tx, insurer, call, agent_id=agent_id, by=by)
        known = _of_part(tx, call_id, agent_id) or _opened(tx, library, insurer, call, spoken, by, now)
        seated = _seated(tx, [known.id])
        own = next((one for one in seated if one.account_id == by.account_id), None)
        if own is not None:
            return own.id
        free = [seat for seat in SEATS if seat not in {one.seat for one in seated}]
        if not free:
            raise NotScorable(Why.TAKEN)
        card = library.version(tx, known.card_digest)
        row = add(tx, call, spoken, card, by=by, at=now, calibration_id=known.id, seat=free[0])
        note(tx, row, "calibration_joined", by=by.name, at=now, calibration=known.id, card=card.name)
        return row.id


def calibrations_of(tx: Transaction, insurer: Insurer, by: Evaluator, *, most: int) -> list[Standing]:
    """The insurer's calibrations, the newest first."""
    statement = (
        select(Calibration, Agent.code)
        .join(Agent, Agent.id == Calibration.agent_id)
        .where(Calibration.insurer_id == insurer.id)
        .order_by(Calibration.id.desc())
        .limit(most)
    )
    rows = tx.execute(statement).all()
    seated = _seated(tx, [one.id for one, _ in rows])
    return [_standing(one, code, [it for it in seated if it.calibration_id == one.id], by) for one, code in rows]


def comparison(tx: Transaction, library: CardLibrary, *, insurer_id: str, calibration_id: str) -> Comparison | None:
    """Both evaluations side by side; None while one of them is not submitted. Raises OutOfSight."""
    row = tx.get(Calibration, calibration_id)
    if row is None or row.insurer_id != insurer_id:
        raise OutOfSight(calibration_id)
    done = [one for one in _seated(tx, [row.id]) if one.state == EvaluationState.SUBMITTED]
    if len(done) < len(SEATS):
        return None
    card = library.version(tx, row.card_digest)
    first, second = from_row(done[0].answers), from_row(done[1].answers)
    differences = tuple(_difference(question, first, second) for question in card.questions)
    return Comparison(row, card, tx.get_one(Agent, row.agent_id).code, (done[0], done[1]), differences)


def veiled(tx: Transaction, evaluations: Iterable[Evaluation], by: Evaluator) -> frozenset[str]:
    """Which of these evaluations `by` must not see yet: of another's of a conversation that is being calibrated."""
    others = [one for one in evaluations if one.account_id != by.account_id]
    done = select(func.count()).where(
        Evaluation.calibration_id == Calibration.id, Evaluation.state == EvaluationState.SUBMITTED
    )
    open_ones = select(Calibration.call_id, Calibration.agent_id).where(
        Calibration.call_id.in_([one.call_id for one in others]), done.scalar_subquery() < len(SEATS)
    )
    parts = {(one.call_id, one.agent_id) for one in tx.execute(open_ones)} if others else set()
    return frozenset(one.id for one in others if (one.call_id, one.agent_id) in parts)


def _of_part(tx: Transaction, call_id: str, agent_id: str) -> Calibration | None:
    return tx.scalar(select(Calibration).where(Calibration.call_id == call_id, Calibration.agent_id == agent_id))


def _opened(
    tx: Transaction,
    library: CardLibrary,
    insurer: Insurer,
    call: Call,
    spoken: Spoken,
    by: Evaluator,
    at: datetime,
) -> Calibration:
    row = Calibration(
        id=new_id(at),
        insurer_id=insurer.id,
        call_id=call.id,
        agent_id=spoken.agent_id,
        card_digest=card_of_call(library, insurer, call, spoken).digest,
        opened_by=by.name,
        opened_at=at,
    )
    tx.add(row)
    tx.flush()
    return row


def _seated(tx: Transaction, calibration_ids: Sequence[str]) -> list[Evaluation]:
    """In the order of their seats."""
    seated = (Evaluation.calibration_id.in_(calibration_ids), Evaluation.state != EvaluationState.DROPPED)
    return list(tx.scalars(select(Evaluation).where(*seated).order_by(Evaluation.seat)))


def _standing(row: Calibration, code: str, seated: Sequence[Evaluation], by: Evaluator) -> Standing:
    return Standing(
        id=row.id,
        call_id=row.call_id,
        agent_id=row.agent_id,
        agent=code,
        evaluators=tuple(one.evaluator for one in seated),
        done=sum(one.state == EvaluationState.SUBMITTED for one in seated),
        own_id=next((one.id for one in seated if one.account_id == by.account_id), None),
    )


def _difference(question: Question, first: Answers, second: Answers) -> Difference:
    answers = first.get(question.name, NOTHING), second.get(question.name, NOTHING)
    shares = [share_of(question, one.value) for one in answers]
    return Difference(question, answers, _apart(shares))


def _apart(shares: Sequence[Fraction | None]) -> int | None:
    first, second = shares
    if first is None or second is None:
        return 0 if first is second else None
    return round(WHOLE * abs(first - second))
