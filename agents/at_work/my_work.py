"""What an agent has to do beside the call that they have: gathered for the page, and done from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from agents import wrap_up_drafts
from agents.at_work.caller_requests import next_step
from agents.errors import ChangedMeanwhile, OutOfSight
from agents.finding import agent_named
from agents.floor import Floor
from agents.models import Agent, AgentSkill, Callback, CallbackState, Offer, OfferState, Shift, Wait, WrapUp
from agents.models.evaluations import Evaluation
from agents.rows import locked
from config.audit import AuditEntry, audit
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.calls.log import record
from ivr.calls.models import Call, Outcome, Request, RequestStep
from ivr.calls.outcomes import DESK
from ivr.calls.requests import advance_request
from ivr.insured.models import InsuredPerson
from recordings.models import Recording, RecordingKind, RecordingState
from recordings.plays import PLAYED

_MISSED_DAYS: Final = timedelta(days=7)
_MESSAGE_DAYS: Final = timedelta(days=14)
_SHIFT_DAYS: Final = timedelta(days=7)
_MOST: Final = 50
_TO_COME: Final = (CallbackState.PLANNED, CallbackState.DIALLING)
_HERE: Final = (RecordingState.ANNOUNCED, RecordingState.SEALED, RecordingState.DELETED_AT_CARRIER)


@dataclass(frozen=True)
class Task:
    """What an outcome left to be done, and the number of its call (none for an anonymous one)."""

    outcome: Outcome
    phone: str | None


@dataclass(frozen=True)
class VoiceMessage:
    """A message left by voice; `is_here` once it can be played, `is_heard` once somebody has played it."""

    recording: Recording
    phone: str | None
    is_here: bool
    is_heard: bool


@dataclass(frozen=True)
class DueRequest:
    """An open request, and the step that follows."""

    request: Request
    next_step: str | None
    is_late: bool


@dataclass(frozen=True)
class MyWork:
    """All of it, the most pressing first in each part."""

    owed: Sequence[WrapUp]
    callbacks: Sequence[Callback]
    tasks: Sequence[Task]
    messages: Sequence[VoiceMessage]
    requests: Sequence[DueRequest]
    missed: Sequence[Offer]
    shifts: Sequence[Shift]
    evaluations: int = 0
    """How many evaluations of their calls they have not looked at yet."""


def my_work(tx: Transaction, *, insurer: Insurer, agent_id: str, at: datetime) -> MyWork:
    """The work of one agent of the insurer."""
    agent = tx.get_one(Agent, agent_id)
    return MyWork(
        owed=wrap_up_drafts.owed_by(tx, agent),
        callbacks=_callbacks(tx, agent),
        tasks=_tasks(tx, agent),
        messages=_messages(tx, insurer.id, at),
        requests=[_due(insurer, one, at) for one in tx.scalars(_requests_of(agent, at).limit(_MOST))],
        missed=_missed(tx, agent, at),
        shifts=_shifts(tx, agent, at),
        evaluations=_unseen(tx, agent),
    )


def finish_task(floor: Floor, *, insurer_id: str, code: str, outcome_id: str) -> None:
    """What an outcome left to be done is done; audited.

    Raises OutOfSight for another's task, and ChangedMeanwhile for one that is done already.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("finish_task") as tx:
        agent = agent_named(tx, insurer_id, code)
        seen = tx.get(Outcome, outcome_id)
        call = None if seen is None or seen.insurer_id != insurer_id else locked(tx, Call, seen.call_id)
        outcome = None if call is None else locked(tx, Outcome, outcome_id)
        if call is None or outcome is None or outcome.next_action is None or outcome.owner not in (agent.code, DESK):
            raise OutOfSight(outcome_id)
        if outcome.done_at is not None:
            raise ChangedMeanwhile(f"outcome {outcome_id}: its next action is done")
        outcome.done_at = now
        record(tx, call, "next_action_done", at=now, action=outcome.next_action, by=code)
        audit(
            tx,
            insurer_id=insurer_id,
            at=now,
            actor=code,
            action="finished_task",
            subject_kind="outcome",
            subject_id=outcome.id,
            next_action=outcome.next_action,
        )


def move_own_request(floor: Floor, *, insurer_id: str, code: str, request_id: str, stood_at: str, step: str) -> None:
    """Bring a request of the agent's work on to `step`, without a call. Audited.

    Raises OutOfSight for what is not in their work, ChangedMeanwhile where it does not stand at `stood_at` any more,
    and StepRefused.
    """
    now, insurer = floor.centre.clock.now(), floor.centre.insurers[insurer_id]
    with floor.centre.database.transaction("move_own_request") as tx:
        request = locked(tx, Request, request_id)
        agent = agent_named(tx, insurer_id, code)
        if request is None or tx.scalar(_requests_of(agent, now).where(Request.id == request_id)) is None:
            raise OutOfSight(request_id)
        if request.step != stood_at or step == stood_at:
            raise ChangedMeanwhile(f"request {request_id} stands at {request.step}")
        advance_request(tx, insurer=insurer, request_id=request_id, step=step, by=code, at=now)


def _callbacks(tx: Transaction, agent: Agent) -> Sequence[Callback]:
    """Those that may come to this agent: of their own people, and of queues that they have the skills for."""
    rows = tx.execute(
        select(Callback, Wait)
        .join(Wait, Wait.id == Callback.wait_id)
        .where(Callback.insurer_id == agent.insurer_id, Callback.state.in_(_TO_COME))
        .order_by(Callback.is_urgent.desc(), Callback.due_at, Callback.id)
        .limit(4 * _MOST)
    ).all()
    skills = set(tx.scalars(select(AgentSkill.skill).where(AgentSkill.agent_id == agent.id)))
    return [one for one, wait in rows if wait.preferred_agent_id == agent.id or set(wait.skills) <= skills][:_MOST]


def _tasks(tx: Transaction, agent: Agent) -> Sequence[Task]:
    rows = tx.execute(
        select(Outcome, Call)
        .join(Call, Call.id == Outcome.call_id)
        .where(
            Outcome.insurer_id == agent.insurer_id,
            Outcome.next_action.is_not(None),
            Outcome.done_at.is_(None),
            Outcome.owner.in_((agent.code, DESK)),
        )
        .order_by(Outcome.due_at.is_(None), Outcome.due_at, Outcome.id)
        .limit(_MOST)
    )
    return [Task(outcome, None if call.is_anonymous else call.ani) for outcome, call in rows]


def _messages(tx: Transaction, insurer_id: str, at: datetime) -> Sequence[VoiceMessage]:
    heard = exists().where(AuditEntry.action == PLAYED, AuditEntry.subject_id == Recording.id)
    rows = tx.execute(
        select(Recording, Call, heard)
        .join(Call, Call.id == Recording.call_id)
        .where(
            Recording.insurer_id == insurer_id,
            Recording.kind == RecordingKind.VOICEMAIL,
            Recording.state.in_(_HERE),
            Recording.announced_at > at - _MESSAGE_DAYS,
        )
        .order_by(heard, Recording.id.desc())
        .limit(_MOST)
    )
    return [
        VoiceMessage(
            one,
            phone=None if call.is_anonymous else call.ani,
            is_here=one.state != RecordingState.ANNOUNCED,
            is_heard=bool(is_heard),
        )
        for one, call, is_heard in rows
    ]


def _requests_of(agent: Agent, at: datetime) -> Select[Request]:
    """Open requests that are the agent's: by name, because they opened or moved them, or as the curator of the insured;
    and what nobody owns and is overdue.
    """
    touched = exists().where(RequestStep.request_id == Request.id, RequestStep.by == agent.code)
    curated = exists().where(InsuredPerson.id == Request.insured_id, _is_curated_by(agent))
    forgotten = Request.due_at < at
    whose = or_(Request.owner == agent.code, Request.owner.is_(None) & or_(touched, curated, forgotten))
    return (
        select(Request)
        .where(Request.insurer_id == agent.insurer_id, Request.closed_at.is_(None), whose)
        .order_by(Request.due_at.is_(None), Request.due_at, Request.id)
    )


def _is_curated_by(agent: Agent) -> ColumnElement[bool]:
    """Rosters write extensions with a dash or without."""
    return func.replace(InsuredPerson.curator_extension, "-", "") == (agent.extension or "nobody's")


def _due(insurer: Insurer, request: Request, at: datetime) -> DueRequest:
    return DueRequest(request, next_step(insurer, request), request.due_at is not None and request.due_at < at)


def _missed(tx: Transaction, agent: Agent, at: datetime) -> Sequence[Offer]:
    lately = select(Offer).where(
        Offer.agent_id == agent.id, Offer.state == OfferState.MISSED, Offer.ended_at > at - _MISSED_DAYS
    )
    return tx.scalars(lately.order_by(Offer.id.desc()).limit(_MOST)).all()


def _unseen(tx: Transaction, agent: Agent) -> int:
    submitted = (Evaluation.submitted_at.is_not(None), Evaluation.calibration_id.is_(None))
    unseen = (Evaluation.agent_id == agent.id, *submitted, Evaluation.agent_seen_at.is_(None))
    return tx.scalar(select(func.count()).select_from(Evaluation).where(*unseen)) or 0


def _shifts(tx: Transaction, agent: Agent, at: datetime) -> Sequence[Shift]:
    coming = select(Shift).where(
        Shift.agent_id == agent.id, Shift.ends_at > at, Shift.starts_at < at + _SHIFT_DAYS
    )
    return tx.scalars(coming.order_by(Shift.starts_at).limit(_MOST)).all()
