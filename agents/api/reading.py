"""What the API reads: pages of rows of one insurer, along their ids, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute

from agents.api.tokens import System
from agents.models import Agent
from config.audit import audit
from config.database import Transaction
from config.ids import first_id_at
from config.line_descriptions import Insurer
from ivr.calls.models import Call, Outcome, Request, RequestStep
from recordings.models import KEPT, Recording

_Row = TypeVar("_Row", Request, Recording, Agent)
_Found = tuple[Sequence[_Row], str | None]


@dataclass(frozen=True)
class WantedRequests:
    """Which requests; None is any. The periods are half-open."""

    kinds: Sequence[str]
    is_open: bool | None = None
    overdue_at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    updated_since: datetime | None = None
    insured_id: str | None = None


@dataclass(frozen=True)
class WantedRecordings:
    """Which recordings; None is any. The period is half-open."""

    call_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_stored: bool | None = None


def call_of(tx: Transaction, insurer: Insurer, call_id: str) -> Call | None:
    """The insurer's call."""
    return tx.scalars(select(Call).where(Call.id == call_id, Call.insurer_id == insurer.id)).one_or_none()


def outcomes_of(tx: Transaction, call: Call) -> Sequence[Outcome]:
    """What came of the call, the primary one first."""
    statement = select(Outcome).where(Outcome.call_id == call.id)
    return tx.scalars(statement.order_by(Outcome.is_primary.desc(), Outcome.id)).all()


def requests_of_call(tx: Transaction, call: Call, kinds: Sequence[str]) -> list[str]:
    """The ids of the requests of these kinds that the call brought."""
    statement = select(Request.id).where(Request.call_id == call.id, Request.kind.in_(kinds))
    return list(tx.scalars(statement.order_by(Request.id)))


def recordings_of_call(tx: Transaction, call: Call) -> list[str]:
    """The ids of the call's recordings."""
    return list(tx.scalars(select(Recording.id).where(Recording.call_id == call.id).order_by(Recording.id)))


def request_of(tx: Transaction, insurer: Insurer, request_id: str) -> Request | None:
    """The insurer's request."""
    statement = select(Request).where(Request.id == request_id, Request.insurer_id == insurer.id)
    return tx.scalars(statement).one_or_none()


def requests_page(
    tx: Transaction, insurer: Insurer, wanted: WantedRequests, *, before: str | None, most: int
) -> _Found[Request]:
    """A page of requests, and where the next begins."""
    statement = select(Request).where(Request.insurer_id == insurer.id, Request.kind.in_(wanted.kinds))
    if wanted.is_open is not None:
        statement = statement.where(Request.closed_at.is_(None) if wanted.is_open else Request.closed_at.is_not(None))
    if wanted.overdue_at is not None:
        statement = statement.where(Request.closed_at.is_(None), Request.due_at < wanted.overdue_at)
    if wanted.updated_since is not None:
        reached = (RequestStep.request_id == Request.id) & (RequestStep.reached_at >= wanted.updated_since)
        statement = statement.where(exists().where(reached))
    if wanted.insured_id is not None:
        statement = statement.where(Request.insured_id == wanted.insured_id)
    statement = _within(statement, Request.id, wanted.since, wanted.until)
    return _page(tx, statement, Request.id, before=before, most=most)


def recording_of(tx: Transaction, insurer: Insurer, recording_id: str) -> Recording | None:
    """The insurer's recording."""
    statement = select(Recording).where(Recording.id == recording_id, Recording.insurer_id == insurer.id)
    return tx.scalars(statement).one_or_none()


def recordings_page(
    tx: Transaction, insurer: Insurer, wanted: WantedRecordings, *, before: str | None, most: int
) -> _Found[Recording]:
    """A page of recordings, and where the next begins."""
    statement = select(Recording).where(Recording.insurer_id == insurer.id)
    if wanted.call_id is not None:
        statement = statement.where(Recording.call_id == wanted.call_id)
    if wanted.is_stored is not None:
        is_playable = Recording.state.in_(KEPT)
        statement = statement.where(is_playable if wanted.is_stored else ~is_playable)
    statement = _within(statement, Recording.id, wanted.since, wanted.until)
    return _page(tx, statement, Recording.id, before=before, most=most)


def agents_page(
    tx: Transaction, insurer: Insurer, presence: str | None, *, before: str | None, most: int
) -> _Found[Agent]:
    """A page of agents, and where the next begins."""
    statement = select(Agent).where(Agent.insurer_id == insurer.id)
    if presence is not None:
        statement = statement.where(Agent.presence == presence)
    return _page(tx, statement, Agent.id, before=before, most=most)


def note(
    tx: Transaction,
    system: System,
    action: str,
    subject_kind: str,
    subject_id: str,
    *,
    at: datetime,
    **detail: str | int | None,
) -> None:
    """Write down what a system was shown."""
    audit(
        tx,
        insurer_id=system.insurer_id,
        at=at,
        actor=system.actor,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        **detail,
    )


def _within(
    statement: Select[_Row], row_id: InstrumentedAttribute[str], since: datetime | None, until: datetime | None
) -> Select[_Row]:
    """An id begins with the instant of its row's making."""
    if since is not None:
        statement = statement.where(row_id >= first_id_at(since))
    if until is not None:
        statement = statement.where(row_id < first_id_at(until))
    return statement


def _page(
    tx: Transaction, statement: Select[_Row], row_id: InstrumentedAttribute[str], *, before: str | None, most: int
) -> _Found[_Row]:
    if before is not None:
        statement = statement.where(row_id < before)
    rows = tx.scalars(statement.order_by(row_id.desc()).limit(most + 1)).all()
    return rows[:most], rows[most - 1].id if len(rows) > most else None
