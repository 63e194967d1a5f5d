"""The supervisors of the history judge conversations, agents object, two calibrate: by the services of the pages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from random import Random
from typing import Final

from sqlalchemy import exists, func, select

from agents.accounts.models import AccountRole, Role
from agents.draft_editions import Edition
from agents.floor import Floor
from agents.history.agenda import Agenda
from agents.history.week import ZONE, Day
from agents.models import Agent
from agents.models.evaluations import Calibration, Evaluation, EvaluationState
from agents.quality import calibrations, disputes, evaluations
from agents.quality.card_library import CardLibrary
from agents.quality.cards import NO, NOT_APPLICABLE, YES, Question, ScoreCard
from agents.quality.conversations import Evaluator
from agents.quality.drawing import Drawn, quotas
from agents.quality.errors import NotScorable
from agents.quality.evaluations import Written
from agents.quality.scoring import Answer, Answers, Moment, from_row, result_of
from config.database import Transaction
from recordings.models import Recording, RecordingKind

_SITTINGS: Final = (time(10, 10), time(11, 10), time(12, 5), time(15, 20), time(16, 20))
"""When supervisors sit down to it on a working day; each then takes one conversation."""
_WORKING_DAYS: Final = range(5)
_BEGINS_SECONDS, _LISTENS_SECONDS = (60, 600), (420, 1020)
_GOOD: Final = 850
# What failed by a critical question is not argued about.
_DISPUTED: Final = range(1, 900)
_MOST_DISPUTES: Final = 2
_READS_WITHIN, _ANSWERS_WITHIN = timedelta(hours=2), timedelta(hours=3)
_CALIBRATE: Final = 2
_NO, _CRITICAL_NO, _APPLIES_NOT, _RARE_APPLIES_NOT = 0.05, 0.012, 0.12, 0.55
_MARKS: Final = (0.6, 0.31, 0.08, 0.01)
_COMMENTS: Final[Mapping[str, Sequence[str]]] = {
    "good": (
        "Разговор выстроен, следующий шаг назван ясно. Так держать.",
        "Спокойный тон, всё существенное сказано и записано.",
        "Хорошо выслушан вопрос; коллега продолжит по заметке без уточнений.",
        "",
    ),
    "middling": (
        "По существу верно; следующий шаг стоит называть с днём и часом.",
        "Верно, но суть вопроса не повторена: уточнения заняли лишнюю минуту.",
        "Ответ полный, заметка коротка: коллеге придётся переспрашивать.",
    ),
    "failed": (
        "Разобрать вместе: нарушен обязательный пункт.",
        "Нужен разбор записи и повторная оценка через неделю.",
    ),
}
_OBJECTIONS: Final = (
    "Следующий шаг назван в конце разговора, просьба переслушать последнюю минуту.",
    "Вопрос был общий, опознание для него не требовалось.",
)
_UPHELD: Final = "Переслушано: шаг назван без срока, оценка остаётся."
_CHANGED: Final = "Переслушано: верно, в конце разговора это сказано. Ответ исправлен."


class Judges:
    """Everybody who judges. What is to be done is read from the rows, so that the next day goes on with it."""

    def __init__(self, floor: Floor, agenda: Agenda, dice: Random) -> None:
        self._centre = floor.centre
        self._agenda = agenda
        self._dice = dice
        self._library = CardLibrary(floor.centre)
        self._evaluators = _evaluators(floor)

    def plan(self, day: Day) -> None:
        """Plan the day's sittings, each of which is over before the day is."""
        self._library.install()
        on = day.begins_at.astimezone(ZONE).date()
        longest = timedelta(seconds=_BEGINS_SECONDS[1] + _LISTENS_SECONDS[1])
        for sitting in _SITTINGS:
            at = datetime.combine(on, sitting, tzinfo=ZONE)
            if on.weekday() in _WORKING_DAYS and day.begins_at <= at < day.last_call_at - longest:
                self._agenda.add(at, self._sit)

    def _sit(self) -> None:
        for insurer_id, those in self._evaluators.items():
            self._object(insurer_id)
            self._answer(insurer_id, those[0])
            if len(those) >= _CALIBRATE:
                self._calibrate(insurer_id, those[:_CALIBRATE])
            for by in those:
                at = self._now + timedelta(seconds=self._dice.uniform(*_BEGINS_SECONDS))
                self._agenda.add(at, partial(self._judge_next, insurer_id, by))

    def _judge_next(self, insurer_id: str, by: Evaluator) -> None:
        drawn = self._drawn(insurer_id, by)
        if not drawn:
            return
        one = self._dice.choice(drawn)
        try:
            evaluation_id = evaluations.begin(
                self._centre, self._library, insurer_id=insurer_id, call_id=one.call_id, agent_id=one.agent_id, by=by
            )
        except NotScorable:
            return
        self._submit_later(insurer_id, evaluation_id, by)

    def _calibrate(self, insurer_id: str, those: Sequence[Evaluator]) -> None:
        """Once a week the same conversation is judged by both."""
        with self._centre.database.reading("calibrated_in_history") as tx:
            if tx.scalar(select(exists().where(Calibration.insurer_id == insurer_id))):
                return
        drawn = [self._drawn(insurer_id, by) for by in those]
        both = [one for one in drawn[0] if all(one in others for others in drawn)]
        if not both:
            return
        one = self._dice.choice(both)
        for by in those:
            evaluation_id = calibrations.calibrate(
                self._centre, self._library, insurer_id=insurer_id, call_id=one.call_id, agent_id=one.agent_id, by=by
            )
            self._submit_later(insurer_id, evaluation_id, by)

    def _object(self, insurer_id: str) -> None:
        """An agent who has read a middling score disputes it, now and then."""
        with self._centre.database.reading("disputable_of_history") as tx:
            disputed = (Evaluation.insurer_id == insurer_id, Evaluation.disputed_at.is_not(None))
            if (tx.scalar(select(func.count()).where(*disputed)) or 0) >= _MOST_DISPUTES:
                return
            row = tx.execute(
                select(Evaluation.id, Evaluation.agent_id, Agent.code)
                .join(Agent, Agent.id == Evaluation.agent_id)
                .where(
                    *(Evaluation.insurer_id == insurer_id, Evaluation.state == EvaluationState.SUBMITTED),
                    *(Evaluation.calibration_id.is_(None), Evaluation.submitted_at < self._now - _READS_WITHIN),
                    *(Evaluation.score >= _DISPUTED.start, Evaluation.score < _DISPUTED.stop),
                    Evaluation.disputable_until > self._now,
                )
                .order_by(Evaluation.submitted_at.desc())
                .limit(1)
            ).first()
        if row is not None:
            reason = self._dice.choice(_OBJECTIONS)
            named = {"evaluation_id": row.id, "agent_id": row.agent_id, "code": row.code}
            disputes.dispute(self._centre, insurer_id=insurer_id, reason=reason, **named)

    def _answer(self, insurer_id: str, by: Evaluator) -> None:
        """One who has objected is answered a while later: one score stands, another is changed."""
        with self._centre.database.reading("disputed_in_history") as tx:
            row = tx.scalar(
                select(Evaluation).where(
                    *(Evaluation.insurer_id == insurer_id, Evaluation.state == EvaluationState.DISPUTED),
                    *(Evaluation.disputed_at < self._now - _ANSWERS_WITHIN, Evaluation.agent_id != by.agent_id),
                )
            )
            if row is None:
                return
            better = _bettered(self._library.version(tx, row.card_digest), from_row(row.answers))
        named = {"insurer_id": insurer_id, "evaluation_id": row.id}
        if better is None or self._dice.random() < 0.5:
            disputes.uphold(self._centre, by=by, reason=_UPHELD, **named)
        else:
            disputes.change(self._centre, self._library, by=by, reason=_CHANGED, answers=better, **named)

    def _submit_later(self, insurer_id: str, evaluation_id: str, by: Evaluator) -> None:
        """Whoever judges listens first."""
        at = self._now + timedelta(seconds=self._dice.uniform(*_LISTENS_SECONDS))
        self._agenda.add(at, partial(self._submit, insurer_id, evaluation_id, by))

    def _submit(self, insurer_id: str, evaluation_id: str, by: Evaluator) -> None:
        with self._centre.database.reading("evaluation_of_history") as tx:
            row = tx.get_one(Evaluation, evaluation_id)
            if row.state != EvaluationState.DRAFT:
                return
            card, moment = self._library.version(tx, row.card_digest), self._moment(tx, row.call_id)
        answers = {one.name: self._answered(one, moment) for one in card.questions}
        written = Written(answers, self._comment(card, answers), Edition(row.version))
        evaluations.submit(
            self._centre,
            self._library,
            insurer_id=insurer_id,
            evaluation_id=evaluation_id,
            by=by,
            written=written,
        )

    def _answered(self, question: Question, moment: Callable[[], Moment | None]) -> Answer:
        drawn = self._dice.random()
        if question.may_not_apply and drawn < (_RARE_APPLIES_NOT if question.is_critical else _APPLIES_NOT):
            return Answer(NOT_APPLICABLE)
        if question.scale is not None:
            marks = [one for one in question.answers if one != NOT_APPLICABLE][: len(_MARKS)]
            return Answer(self._dice.choices(marks, _MARKS[: len(marks)])[0])
        is_no = self._dice.random() < (_CRITICAL_NO if question.is_critical else _NO)
        return Answer(NO, moment=moment()) if is_no else Answer(YES)

    def _comment(self, card: ScoreCard, answers: Answers) -> str:
        result = result_of(card, answers)
        kind = "failed" if result.failed_by else "good" if result.score >= _GOOD else "middling"
        return self._dice.choice(_COMMENTS[kind])

    def _moment(self, tx: Transaction, call_id: str) -> Callable[[], Moment | None]:
        """Somewhere in the first recording of the call with an agent."""
        of_agents = select(Recording).where(Recording.call_id == call_id, Recording.kind != RecordingKind.OUTSIDE)
        recording = tx.scalar(of_agents.order_by(Recording.id).limit(1))
        if recording is None or not recording.duration_seconds:
            return lambda: None
        recording_id, seconds = recording.id, recording.duration_seconds
        return lambda: Moment(recording_id, self._dice.randrange(seconds))

    def _drawn(self, insurer_id: str, by: Evaluator) -> list[Drawn]:
        """What the page of quality proposes."""
        insurer = self._centre.insurers[insurer_id]
        with self._centre.database.reading("drawn_in_history") as tx:
            found = quotas(tx, self._centre, insurer, by=by, at=self._now)
        return [one for quota in found for one in quota.drawn]

    @property
    def _now(self) -> datetime:
        return self._centre.clock.now()


def _evaluators(floor: Floor) -> Mapping[str, Sequence[Evaluator]]:
    """Who may judge, by insurer: everybody who signs in there as a supervisor and is one of its agents."""
    statement = (
        select(AccountRole.insurer_id, AccountRole.account_id, Agent.code, Agent.id)
        .join(Agent, Agent.id == AccountRole.agent_id)
        .where(AccountRole.role == Role.SUPERVISOR)
        .order_by(Agent.code)
    )
    found: dict[str, list[Evaluator]] = {}
    with floor.centre.database.reading("evaluators_of_history") as tx:
        for insurer_id, account_id, code, agent_id in tx.execute(statement):
            found.setdefault(insurer_id, []).append(Evaluator(account_id, code, agent_id))
    return found


def _bettered(card: ScoreCard, answers: Answers) -> Answers | None:
    """The same answers, but for one "no" that was none; None where there is none to take back."""
    denied = (one.name for one in card.questions if not one.is_critical and answers[one.name].value == NO)
    taken_back = next(denied, None)
    return None if taken_back is None else {**answers, taken_back: Answer(YES)}
