"""One evaluation as its page shows it: card, answers, score by section, recordings, and what is said of the call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.models import Agent
from agents.models.evaluations import Evaluation
from agents.quality.card_library import CardLibrary
from agents.quality.cards import ScoreCard
from agents.quality.conversations import recordings_of, spoken_in
from agents.quality.scoring import Answer, critical_failures, from_row, score_of
from config.database import Transaction
from ivr.calls.models import Call
from recordings.playing_conversations import Part, parts_of


@dataclass(frozen=True)
class EvaluationView:
    """`agent` is the code; `recordings` are those of the agent's own conversations in the call alone. `sections` are
    scores in tenths of a percent by section, None where nothing of it applies; `first` is what stood before a dispute.
    """

    row: Evaluation
    card: ScoreCard
    agent: str
    agent_title: str
    answers: Mapping[str, Answer]
    first: Mapping[str, Answer]
    sections: Mapping[str, int | None]
    failed_by: tuple[str, ...]
    recordings: Sequence[Part]
    lasted_seconds: float | None


def evaluation_view(tx: Transaction, library: CardLibrary, row: Evaluation) -> EvaluationView:
    """The evaluation; whoever shows it has seen to it that it may be seen, and to the audit."""
    card, answers = library.version(tx, row.card_digest), from_row(row.answers)
    agent, call = tx.get_one(Agent, row.agent_id), tx.get_one(Call, row.call_id)
    return EvaluationView(
        row=row,
        card=card,
        agent=agent.code,
        agent_title=agent.title,
        answers={question.name: answers.get(question.name, Answer()) for question in card.questions},
        first=from_row(row.first_answers or {}),
        sections={section.name: score_of(section.questions, answers) for section in card.sections},
        failed_by=critical_failures(card, answers),
        recordings=own_recordings(tx, row),
        lasted_seconds=None if call.ended_at is None else (call.ended_at - call.started_at).total_seconds(),
    )


def own_recordings(tx: Transaction, row: Evaluation) -> list[Part]:
    """The recordings of the evaluated agent's conversations in the call, and of nobody else's."""
    call = tx.get_one(Call, row.call_id)
    names = next((one.conversations for one in spoken_in(tx, call) if one.agent_id == row.agent_id), frozenset())
    ids = frozenset(recordings_of(tx, row.call_id, names))
    return [part for part in parts_of(tx, insurer_id=row.insurer_id, call_id=row.call_id) if part.id in ids]
