"""Drafts of wrap-ups as rows: what an agent has written down so far, in whichever window, and what is still owed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select

from agents.draft_editions import Edition
from agents.models import Agent, WrapUp
from config.database import Transaction
from config.ids import new_id
from ivr.calls.models import Call


@dataclass(frozen=True)
class Draft:
    """What stands in the form: every field may still be empty."""

    code: str | None = None
    secondary: tuple[str, ...] = ()
    note: str | None = None
    next_action: str | None = None
    due_at: datetime | None = None
    owner: str | None = None


def keep(tx: Transaction, agent: Agent, call: Call, draft: Draft, *, edition: Edition, at: datetime) -> int:
    """Write the draft over the one that its edition knows, and return its version; the same again changes nothing.

    Agent and call must be locked. Raises ChangedMeanwhile where another version is on record.
    """
    row = wrap_up_of(tx, agent, call.id) or _added(tx, agent, call, at)
    version = edition.over(row.version, is_same=draft_of(row) == draft)
    if version != row.version:
        _fill(row, draft, version, at)
    return version


def close(tx: Transaction, agent: Agent, call: Call, *, at: datetime) -> None:
    """The call's outcomes are on record now: the draft is empty."""
    row = wrap_up_of(tx, agent, call.id) or _added(tx, agent, call, at)
    row.recordings += 1
    _fill(row, Draft(), row.version + 1, at)


def owe(tx: Transaction, agent: Agent, call: Call, *, at: datetime) -> None:
    """The agent still has to write this call down."""
    if wrap_up_of(tx, agent, call.id) is None:
        _added(tx, agent, call, at)


def is_owed(tx: Transaction, agent: Agent, call_id: str) -> bool:
    """Whether the agent began to write the call down, or was released from it, and recorded nothing yet."""
    owed = exists().where(WrapUp.agent_id == agent.id, WrapUp.call_id == call_id, WrapUp.recordings == 0)
    return bool(tx.scalar(select(owed)))


def owed_by(tx: Transaction, agent: Agent) -> list[WrapUp]:
    """What the agent still has to write down beside the call that they have, oldest first."""
    owed = select(WrapUp).where(WrapUp.agent_id == agent.id, WrapUp.recordings == 0)
    return [row for row in tx.scalars(owed.order_by(WrapUp.id)) if row.call_id != agent.call_id]


def recordings_of(tx: Transaction, agent: Agent, call: Call) -> int:
    """How often the agent has recorded what came of the call."""
    row = wrap_up_of(tx, agent, call.id)
    return 0 if row is None else row.recordings


def wrap_up_of(tx: Transaction, agent: Agent, call_id: str) -> WrapUp | None:
    """The agent's writing down of the call, if it was begun."""
    return tx.scalar(select(WrapUp).where(WrapUp.agent_id == agent.id, WrapUp.call_id == call_id))


def draft_of(row: WrapUp) -> Draft:
    """What stands in the row."""
    return Draft(row.code, tuple(row.secondary), row.note, row.next_action, row.due_at, row.owner)


def _added(tx: Transaction, agent: Agent, call: Call, at: datetime) -> WrapUp:
    row = WrapUp(
        id=new_id(at),
        insurer_id=agent.insurer_id,
        agent_id=agent.id,
        call_id=call.id,
        version=0,
        recordings=0,
        secondary=[],
        saved_at=at,
    )
    tx.add(row)
    tx.flush()
    return row


def _fill(row: WrapUp, draft: Draft, version: int, at: datetime) -> None:
    row.code, row.secondary, row.note = draft.code, list(draft.secondary), draft.note
    row.next_action, row.due_at, row.owner = draft.next_action, draft.due_at, draft.owner
    row.version = version
    row.saved_at = at
