"""Curators and shifts: who works now, who stands in during leave, and when somebody is back."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from agents.models import Agent, Shift
from config.clock import Clock
from config.database import Transaction
from ivr.calls.models import Call
from ivr.insured.models import InsuredPerson
from ivr.ports import Curator, ShiftState

WORK = "work"
LEAVE = "leave"
_NOBODY = Curator(ShiftState.NONE, None, None)


class ShiftCurators:
    """Answers `ivr.ports.Curators` from the shifts on record."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def preferred(self, tx: Transaction, call: Call) -> Curator:
        """Who was dialled, else the curator of the identified insured's policy; or the substitute during leave."""
        agent = preferred_agent(tx, call)
        return _NOBODY if agent is None else curator_now(tx, agent, self._clock.now())

    def by_extension(self, tx: Transaction, insurer_id: str, extension: str) -> Curator:
        """The agent with this extension; dashes and blanks in it do not matter."""
        agent = agent_by_extension(tx, insurer_id, extension)
        return _NOBODY if agent is None else curator_now(tx, agent, self._clock.now())


def preferred_agent(tx: Transaction, call: Call) -> Agent | None:
    """The agent dialled by extension, else named as curator of the call's insured, whether at work or not."""
    if call.extension is not None:
        return agent_by_extension(tx, call.insurer_id, call.extension)
    if call.insured_id is None:
        return None
    extension = tx.scalar(
        select(InsuredPerson.curator_extension).where(
            InsuredPerson.id == call.insured_id, InsuredPerson.insurer_id == call.insurer_id
        )
    )
    return None if extension is None else agent_by_extension(tx, call.insurer_id, extension)


def preferred_on_shift(tx: Transaction, call: Call, at: datetime) -> Agent | None:
    """Who should have the call first now: the curator if at work, else a substitute who is."""
    agent = preferred_agent(tx, call)
    if agent is None or is_on_shift(tx, agent, at):
        return agent
    substitute = substitute_of(tx, agent, at)
    return substitute if substitute is not None and is_on_shift(tx, substitute, at) else None


def agent_by_extension(tx: Transaction, insurer_id: str, extension: str) -> Agent | None:
    """The insurer's agent with this extension, compared by its digits."""
    digits = "".join(sign for sign in extension if sign.isdigit())
    statement = select(Agent).where(Agent.insurer_id == insurer_id, Agent.extension == digits)
    return tx.scalar(statement) if digits else None


def curator_now(tx: Transaction, agent: Agent, at: datetime) -> Curator:
    """The agent's shift as the phone side wants it; on leave it is the substitute's, where one works."""
    if is_on_shift(tx, agent, at):
        return Curator(ShiftState.ON_SHIFT, agent.extension, None)
    substitute = substitute_of(tx, agent, at)
    if substitute is not None and is_on_shift(tx, substitute, at):
        return Curator(ShiftState.ON_SHIFT, substitute.extension, None)
    return Curator(ShiftState.OFF_SHIFT, agent.extension, back_at(tx, agent, at))


def is_on_shift(tx: Transaction, agent: Agent, at: datetime) -> bool:
    """Whether the agent works at `at`: a shift holds it and no leave does."""
    return _covers(tx, agent, WORK, at) is not None and _covers(tx, agent, LEAVE, at) is None


def on_shift_ids(tx: Transaction, insurer_id: str, at: datetime) -> frozenset[str]:
    """The ids of all agents of the insurer who work at `at`."""
    leave = aliased(Shift)
    statement = select(Shift.agent_id).where(
        Shift.insurer_id == insurer_id,
        Shift.kind == WORK,
        Shift.starts_at <= at,
        Shift.ends_at > at,
        ~exists().where(
            leave.agent_id == Shift.agent_id, leave.kind == LEAVE, leave.starts_at <= at, leave.ends_at > at
        ),
    )
    return frozenset(tx.scalars(statement))


def substitute_of(tx: Transaction, agent: Agent, at: datetime) -> Agent | None:
    """Who stands in for an agent on leave at `at`."""
    leave = _covers(tx, agent, LEAVE, at)
    return None if leave is None or leave.substitute_id is None else tx.get(Agent, leave.substitute_id)


def back_at(tx: Transaction, agent: Agent, at: datetime) -> datetime | None:
    """When the agent next works: the start of a shift, or the end of the leave that covers its start."""
    after = at
    for _ in range(100):
        shift = tx.scalar(
            select(Shift)
            .where(
                Shift.agent_id == agent.id,
                Shift.insurer_id == agent.insurer_id,
                Shift.kind == WORK,
                Shift.ends_at > after,
            )
            .order_by(Shift.starts_at)
            .limit(1)
        )
        if shift is None:
            return None
        starts_at = max(shift.starts_at, after)
        leave = _covers(tx, agent, LEAVE, starts_at)
        if leave is None:
            return starts_at
        after = leave.ends_at
    return None


def on_shift_until(tx: Transaction, agent: Agent, at: datetime) -> datetime | None:
    """When the stretch that the agent works in now ends, or a leave cuts it short; None for who does not work now."""
    shift = _covers(tx, agent, WORK, at)
    if shift is None or _covers(tx, agent, LEAVE, at) is not None:
        return None
    leave_at = tx.scalar(
        select(Shift.starts_at)
        .where(
            Shift.agent_id == agent.id,
            Shift.insurer_id == agent.insurer_id,
            Shift.kind == LEAVE,
            Shift.starts_at > at,
            Shift.starts_at < shift.ends_at,
        )
        .order_by(Shift.starts_at)
        .limit(1)
    )
    return leave_at or shift.ends_at


def _covers(tx: Transaction, agent: Agent, kind: str, at: datetime) -> Shift | None:
    return tx.scalar(
        select(Shift)
        .where(
            Shift.agent_id == agent.id,
            Shift.insurer_id == agent.insurer_id,
            Shift.kind == kind,
            Shift.starts_at <= at,
            Shift.ends_at > at,
        )
        .order_by(Shift.starts_at)
        .limit(1)
    )
