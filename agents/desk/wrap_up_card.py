"""What the page shows of an agent's writing down of a call: how far it is, the draft, and what may be chosen."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from agents import presence
from agents.at_work.wrap_up import only_joined
from agents.desk.outcome_words import outcomes_to_choose
from agents.models import Agent, Presence, WrapUp
from agents.sight import is_anonymous
from agents.wrap_up_drafts import Draft, draft_of, wrap_up_of
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.calls.models import Call, Outcome

BY_DIGITS: Final = 9
_WORKDAY_ENDS: Final = time(18)


class Stage(StrEnum):
    """How far the agent is with the call."""

    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    OWED = "owed"
    DONE = "done"


_STAGES: Final = {
    Presence.OFFERED: Stage.RINGING,
    Presence.ON_CALL: Stage.TALKING,
    Presence.WRAP_UP: Stage.WRAP_UP,
}


@dataclass(frozen=True)
class WrapUpCard:
    """One agent's wrap-up of one call.

    `outcomes` may be chosen, the first of them by digits. `owners` are codes and titles of who may be left something
    to do, the agent first. `usual_due_at` is when the next working day ends.
    """

    call_id: str
    stage: Stage
    since: datetime
    target_seconds: int
    is_anonymous: bool
    draft: Draft
    version: int
    recordings: int
    saved_at: datetime | None
    outcomes: tuple[str, ...]
    owners: tuple[tuple[str, str], ...]
    usual_due_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether something may be written."""
        return self.stage in (Stage.TALKING, Stage.WRAP_UP, Stage.OWED)

    @property
    def by_digits(self) -> tuple[str, ...]:
        """The outcomes that a digit picks."""
        return self.outcomes[:BY_DIGITS]


def wrap_up_card(
    tx: Transaction, *, insurer: Insurer, agent_id: str, call_id: str, at: datetime
) -> WrapUpCard | None:
    """The agent's card for the call; None for a call that is, and was, not theirs to write down."""
    agent, call = tx.get_one(Agent, agent_id), tx.get(Call, call_id)
    if call is None or call.insurer_id != insurer.id:
        return None
    row = wrap_up_of(tx, agent, call_id)
    stage = _stage(tx, agent, call_id, row)
    if stage is None:
        return None
    return WrapUpCard(
        call_id=call_id,
        stage=stage,
        since=agent.presence_since,
        target_seconds=presence.WRAP_UP_SECONDS,
        is_anonymous=is_anonymous(tx, insurer, call),
        draft=_shown(tx, agent, call_id, row),
        version=row.version if row else 0,
        recordings=row.recordings if row else 0,
        saved_at=row.saved_at if row else None,
        outcomes=outcomes_to_choose(insurer),
        owners=_owners(tx, agent),
        usual_due_at=_usual_due_at(insurer, at),
    )


def _stage(tx: Transaction, agent: Agent, call_id: str, row: WrapUp | None) -> Stage | None:
    if agent.call_id == call_id:
        return None if only_joined(tx, agent) else _STAGES[Presence(agent.presence)]
    if row is None:
        return None
    return Stage.DONE if row.recordings else Stage.OWED


def _shown(tx: Transaction, agent: Agent, call_id: str, row: WrapUp | None) -> Draft:
    """The draft; where there is none, what was recorded already, which may be corrected."""
    draft = draft_of(row) if row else Draft()
    return draft if draft != Draft() else _recorded(tx, agent, call_id)


def _recorded(tx: Transaction, agent: Agent, call_id: str) -> Draft:
    own = select(Outcome).where(Outcome.call_id == call_id, Outcome.recorded_by == agent.code)
    rows = tx.scalars(own.order_by(Outcome.is_primary.desc(), Outcome.id)).all()
    if not rows:
        return Draft()
    first = rows[0]
    others = tuple(row.code for row in rows[1:])
    return Draft(first.code, others, first.note, first.next_action, first.due_at, first.owner)


def _owners(tx: Transaction, agent: Agent) -> tuple[tuple[str, str], ...]:
    others = select(Agent.code, Agent.title).where(Agent.insurer_id == agent.insurer_id, Agent.id != agent.id)
    return ((agent.code, agent.title), *((code, title) for code, title in tx.execute(others.order_by(Agent.code))))


def _usual_due_at(insurer: Insurer, at: datetime) -> datetime:
    day = insurer.calendar.add_working_days(at.astimezone(insurer.time_zone).date(), 1)
    return datetime.combine(day, _WORKDAY_ENDS, tzinfo=insurer.time_zone)
