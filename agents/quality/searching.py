"""Finds evaluations: the newest first, page by page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from agents.models import Agent
from agents.models.evaluations import Evaluation, EvaluationState
from config.audit import audit
from config.database import Transaction
from config.line_descriptions import Insurer

PAGE: Final = 50


class ResultKind(StrEnum):
    """What an evaluation came to."""

    PASSED = "passed"
    FAILED = "failed"
    DISPUTED = "disputed"
    UPHELD = "upheld"
    CHANGED = "changed"


@dataclass(frozen=True)
class EvaluationSearch:
    """What is searched for; None is any. `agent` is a code; the period, half-open, is that of the submission."""

    since: datetime | None = None
    until: datetime | None = None
    agent: str | None = None
    line: str | None = None
    card: str | None = None
    result: ResultKind | None = None


@dataclass(frozen=True)
class Place:
    """Where a page ends: the next one has what was submitted, or of the same instant made, before that."""

    submitted_at: datetime
    id: str

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """As `str` wrote it; None for anything else."""
        written, _, id_ = text.partition("_")
        try:
            at = datetime.fromisoformat(written)
        except ValueError:
            return None
        return cls(at, id_[:32]) if at.tzinfo else None

    def __str__(self) -> str:
        return f"{self.submitted_at.isoformat()}_{self.id}"


@dataclass(frozen=True)
class FoundEvaluations:
    """A page; `agents` are codes by row id, and the next page begins after `go_on_at`, None at the end."""

    evaluations: tuple[Evaluation, ...]
    agents: Mapping[str, str]
    go_on_at: Place | None


def search_evaluations(
    tx: Transaction, *, insurer: Insurer, wanted: EvaluationSearch, by: str, at: datetime, after: Place | None = None
) -> FoundEvaluations:
    """One page of the insurer's evaluations, no calibrations, for `by` to read; audited, see `audited_reading`."""
    found = _page(tx, after, Evaluation.insurer_id == insurer.id, *_conditions(tx, insurer, wanted))
    asked = {"agent": wanted.agent, "line": wanted.line, "card": wanted.card, "result": wanted.result}
    audit(
        tx,
        insurer_id=insurer.id,
        at=at,
        actor=by,
        action="evaluations_searched",
        subject_kind="evaluations",
        subject_id="",
        found=len(found.evaluations),
        since=wanted.since.isoformat() if wanted.since else None,
        until=wanted.until.isoformat() if wanted.until else None,
        **asked,
    )
    return found


def evaluations_of(tx: Transaction, *, agent_id: str, after: Place | None = None) -> FoundEvaluations:
    """One page of an agent's own."""
    return _page(tx, after, Evaluation.agent_id == agent_id)


def every_evaluation(tx: Transaction, *, insurer: Insurer, wanted: EvaluationSearch) -> Sequence[Evaluation]:
    """All that were submitted and fit, without calibrations: for figures."""
    conditions = (Evaluation.insurer_id == insurer.id, *_conditions(tx, insurer, wanted))
    return tx.scalars(_counted(conditions).order_by(Evaluation.id)).all()


def in_state(tx: Transaction, insurer: Insurer, state: EvaluationState, *, most: int) -> list[tuple[Evaluation, str]]:
    """The insurer's evaluations in one state, what was disputed first before all, each with the agent's code."""
    statement = (
        select(Evaluation, Agent.code)
        .join(Agent, Agent.id == Evaluation.agent_id)
        .where(*_in_state(insurer, state))
        .order_by(Evaluation.disputed_at, Evaluation.id)
        .limit(most)
    )
    return [(row, code) for row, code in tx.execute(statement)]


def count_in_state(tx: Transaction, insurer: Insurer, state: EvaluationState) -> int:
    """How many of the insurer's evaluations are in one state."""
    return tx.scalar(select(func.count()).select_from(Evaluation).where(*_in_state(insurer, state))) or 0


def _in_state(insurer: Insurer, state: EvaluationState) -> tuple[ColumnElement[bool], ...]:
    return Evaluation.insurer_id == insurer.id, Evaluation.state == state


def _counted(conditions: Iterable[ColumnElement[bool]]) -> Select[Evaluation]:
    return select(Evaluation).where(
        *conditions, Evaluation.calibration_id.is_(None), Evaluation.submitted_at.is_not(None)
    )


def _page(tx: Transaction, after: Place | None, *conditions: ColumnElement[bool]) -> FoundEvaluations:
    statement = _counted(conditions)
    if after is not None:
        same = and_(Evaluation.submitted_at == after.submitted_at, Evaluation.id < after.id)
        statement = statement.where(or_(Evaluation.submitted_at < after.submitted_at, same))
    rows = tx.scalars(statement.order_by(Evaluation.submitted_at.desc(), Evaluation.id.desc()).limit(PAGE + 1)).all()
    page, last = tuple(rows[:PAGE]), rows[PAGE - 1] if len(rows) > PAGE else None
    go_on_at = None if last is None or last.submitted_at is None else Place(last.submitted_at, last.id)
    return FoundEvaluations(page, _codes(tx, page), go_on_at)


def _conditions(tx: Transaction, insurer: Insurer, wanted: EvaluationSearch) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.agent:
        of_code = select(Agent.id).where(Agent.insurer_id == insurer.id, Agent.code == wanted.agent)
        found.append(Evaluation.agent_id == (tx.scalar(of_code) or ""))
    if wanted.line:
        found.append(Evaluation.line == wanted.line)
    if wanted.card:
        found.append(Evaluation.card == wanted.card)
    if wanted.since:
        found.append(Evaluation.submitted_at >= wanted.since)
    if wanted.until:
        found.append(Evaluation.submitted_at < wanted.until)
    match wanted.result:
        case ResultKind.PASSED | ResultKind.FAILED:
            found.append(Evaluation.has_failed.is_(wanted.result == ResultKind.FAILED))
        case ResultKind.DISPUTED | ResultKind.UPHELD | ResultKind.CHANGED:
            found.append(Evaluation.state == wanted.result.value)
        case None:
            pass
    return found


def _codes(tx: Transaction, rows: tuple[Evaluation, ...]) -> Mapping[str, str]:
    statement = select(Agent.id, Agent.code).where(Agent.id.in_({one.agent_id for one in rows}))
    return {one.id: one.code for one in tx.execute(statement)}
