"""Evaluations: begun from a call, kept as a draft while the supervisor listens, submitted, or dropped."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from agents.draft_editions import Edition
from agents.errors import ChangedMeanwhile, OutOfSight
from agents.models.evaluations import COUNTED, Evaluation, EvaluationState
from agents.quality.card_library import CardLibrary
from agents.quality.cards import ScoreCard
from agents.quality.conversations import Evaluator, Spoken, conversation_to_score
from agents.quality.errors import NotScorable, Why
from agents.quality.scoring import Answer, Answers, from_row, result_of, to_row
from agents.quality.transitions import move
from agents.rows import locked
from config.audit import audit
from config.centre import Centre
from config.database import Transaction
from config.ids import new_id
from config.line_descriptions import Insurer
from ivr.calls.models import Call
from recordings.models import Recording


@dataclass(frozen=True)
class Written:
    """What stands in the form of an evaluation: answers by question, a comment on the whole, and over which draft."""

    answers: Answers
    comment: str
    edition: Edition


def begin(centre: Centre, library: CardLibrary, *, insurer_id: str, call_id: str, agent_id: str, by: Evaluator) -> str:
    """Begin to evaluate one agent's part in a call, by the card that its queue, line or insurer names; audited.

    The id; that of one's own draft, or of an evaluation that there is. Raises OutOfSight and NotScorable.
    """
    now, insurer = centre.clock.now(), centre.insurers[insurer_id]
    with centre.database.transaction("begin_evaluation") as tx:
        call = call_of(tx, insurer_id, call_id)
        spoken = conversation_to_score(tx, insurer, call, agent_id=agent_id, by=by)
        known = counted_of(tx, call_id, agent_id)
        if known is not None and known.state == EvaluationState.DRAFT and known.account_id != by.account_id:
            raise NotScorable(Why.BEGUN)
        if known is not None:
            return known.id
        card = card_of_call(library, insurer, call, spoken)
        row = add(tx, call, spoken, card, by=by, at=now)
        note(tx, row, "evaluation_begun", by=by.name, at=now, card=card.name)
        return row.id


def keep(
    centre: Centre, library: CardLibrary, *, insurer_id: str, evaluation_id: str, by: Evaluator, written: Written
) -> int:
    """Keep the draft as it stands; the version that it has now. Raises OutOfSight and ChangedMeanwhile."""
    with centre.database.transaction("keep_evaluation") as tx:
        row = own_draft(tx, insurer_id, evaluation_id, by)
        _write(tx, row, library.version(tx, row.card_digest), written, centre.clock.now())
        return row.version


def submit(
    centre: Centre, library: CardLibrary, *, insurer_id: str, evaluation_id: str, by: Evaluator, written: Written
) -> None:
    """Keep the draft and make it the evaluation, which the agent sees; audited.

    Raises OutOfSight, ChangedMeanwhile, and Unanswered with what lacks: the draft is kept then.
    """
    keep(centre, library, insurer_id=insurer_id, evaluation_id=evaluation_id, by=by, written=written)
    now, rules = centre.clock.now(), centre.insurers[insurer_id].quality
    with centre.database.transaction("submit_evaluation") as tx:
        row = own_draft(tx, insurer_id, evaluation_id, by)
        result = result_of(library.version(tx, row.card_digest), from_row(row.answers))
        move(row, EvaluationState.SUBMITTED)
        row.submitted_at, row.score, row.has_failed = now, result.score, result.has_failed
        if row.calibration_id is None:
            row.disputable_until = now + timedelta(days=rules.dispute_days)
        note(tx, row, "evaluation_submitted", by=by.name, at=now, score=result.score, failed=result.has_failed)


def drop(centre: Centre, *, insurer_id: str, evaluation_id: str, by: Evaluator) -> None:
    """Give a draft up, another's too: who is not here any more must not keep a conversation. Audited.

    Raises OutOfSight, and ImpossibleChange for what is submitted.
    """
    now = centre.clock.now()
    with centre.database.transaction("drop_evaluation") as tx:
        row = evaluation_of(tx, insurer_id, evaluation_id)
        move(row, EvaluationState.DROPPED)
        note(tx, row, "evaluation_dropped", by=by.name, at=now)


def counted_of(tx: Transaction, call_id: str, agent_id: str) -> Evaluation | None:
    """The evaluation of an agent's part in a call, a draft too, that is not a calibration's."""
    of_part = (Evaluation.call_id == call_id, Evaluation.agent_id == agent_id, COUNTED)
    return tx.scalar(select(Evaluation).where(*of_part))


def call_of(tx: Transaction, insurer_id: str, call_id: str) -> Call:
    """The insurer's call, locked. Raises OutOfSight."""
    call = locked(tx, Call, call_id)
    if call is None or call.insurer_id != insurer_id:
        raise OutOfSight(call_id)
    return call


def evaluation_of(tx: Transaction, insurer_id: str, evaluation_id: str) -> Evaluation:
    """The insurer's evaluation, locked. Raises OutOfSight."""
    row = locked(tx, Evaluation, evaluation_id)
    if row is None or row.insurer_id != insurer_id:
        raise OutOfSight(evaluation_id)
    return row


def own_draft(tx: Transaction, insurer_id: str, evaluation_id: str, by: Evaluator) -> Evaluation:
    """Somebody's own draft, locked. Raises OutOfSight for another's, ChangedMeanwhile for what is no draft any more."""
    row = evaluation_of(tx, insurer_id, evaluation_id)
    if row.account_id != by.account_id:
        raise OutOfSight(evaluation_id)
    if row.state != EvaluationState.DRAFT:
        raise ChangedMeanwhile(f"evaluation {evaluation_id} is {row.state}")
    return row


def card_of_call(library: CardLibrary, insurer: Insurer, call: Call, spoken: Spoken) -> ScoreCard:
    """What the agent's part in the call is evaluated by. Raises NotScorable where nothing names a card."""
    card = library.card_for(insurer, line=call.line, queue=spoken.queue)
    if card is None:
        raise NotScorable(Why.NO_CARD)
    return card


def add(
    tx: Transaction,
    call: Call,
    spoken: Spoken,
    card: ScoreCard,
    *,
    by: Evaluator,
    at: datetime,
    calibration_id: str | None = None,
    seat: int | None = None,
) -> Evaluation:
    """An empty draft."""
    row = Evaluation(
        id=new_id(at),
        insurer_id=call.insurer_id,
        call_id=call.id,
        agent_id=spoken.agent_id,
        line=call.line,
        queue=spoken.queue,
        call_at=call.started_at,
        card=card.name,
        card_digest=card.digest,
        account_id=by.account_id,
        evaluator=by.name,
        calibration_id=calibration_id,
        seat=seat,
        state=EvaluationState.DRAFT,
        answers={},
        begun_at=at,
        saved_at=at,
    )
    tx.add(row)
    tx.flush()
    return row


def fitting(tx: Transaction, row: Evaluation, card: ScoreCard, answers: Answers) -> dict[str, Answer]:
    """The answers that the card asks for, with moments of this call's recordings only."""
    recordings = frozenset(tx.scalars(select(Recording.id).where(Recording.call_id == row.call_id)))
    found = {}
    for question in card.questions:
        given = answers.get(question.name, Answer())
        value = given.value if given.value in question.answers else None
        moment = given.moment if given.moment and given.moment.recording_id in recordings else None
        found[question.name] = Answer(value, given.note, moment)
    return found


def note(
    tx: Transaction, row: Evaluation, action: str, *, by: str, at: datetime, **detail: str | int | bool | None
) -> None:
    """Audit what was done with an evaluation: by ids and figures, without a word of what was written."""
    audit(
        tx,
        insurer_id=row.insurer_id,
        at=at,
        actor=by,
        action=action,
        subject_kind="evaluation",
        subject_id=row.id,
        call=row.call_id,
        **detail,
    )


def _write(tx: Transaction, row: Evaluation, card: ScoreCard, written: Written, at: datetime) -> None:
    """The same draft again changes nothing; over another version than the form knows nothing is written."""
    answers = to_row(fitting(tx, row, card, written.answers))
    is_same = (row.answers, row.comment) == (answers, written.comment)
    version = written.edition.over(row.version, is_same=is_same)
    if version == row.version:
        return
    row.answers, row.comment = answers, written.comment
    row.version = version
    row.saved_at = at
