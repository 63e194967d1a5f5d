"""What the call log shows of each call: where it waited and how long, who spoke, what came of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from agents.models import Agent, Wait
from agents.waiting.waits import STANDING
from config.database import Transaction
from ivr.calls.models import Call, Leg, Outcome
from ivr.calls.replay import masked_caller
from recordings.models import Recording


@dataclass(frozen=True)
class LogRow:
    """One call. `waited_seconds` is how long its caller stood in a queue at the longest, None where they never did;
    agents are those who spoke, by code; `outcome` is the primary one's code.
    """

    id: str
    started_at: datetime
    ended_at: datetime | None
    line: str
    direction: str
    caller: str
    level: str
    is_emergency: bool
    is_anonymous: bool
    queues: tuple[str, ...]
    waited_seconds: int | None
    agents: tuple[str, ...]
    outcome: str | None
    recordings: int

    @property
    def lasted_seconds(self) -> float | None:
        """From the first ring to the last hang-up; None for a call that goes on."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


def log_rows(tx: Transaction, calls: Sequence[Call], *, at: datetime) -> list[LogRow]:
    """The calls' rows, in the same order."""
    ids = [call.id for call in calls]
    waits, agents, outcomes, recordings = _waits(tx, ids), _agents(tx, ids), _outcomes(tx, ids), _recordings(tx, ids)
    return [
        LogRow(
            id=call.id,
            started_at=call.started_at,
            ended_at=call.ended_at,
            line=call.line,
            direction=call.direction,
            caller=masked_caller(call),
            level=call.level,
            is_emergency=call.is_emergency,
            is_anonymous=call.is_anonymous,
            queues=tuple(dict.fromkeys(wait.queue for wait in waits[call.id])),
            waited_seconds=_longest(call, waits[call.id], at),
            agents=tuple(agents[call.id]),
            outcome=outcomes.get(call.id),
            recordings=recordings[call.id],
        )
        for call in calls
    ]


def _longest(call: Call, own: Sequence[Wait], at: datetime) -> int | None:
    """The longest stay that is over, or the one that goes on."""
    over = [] if call.waited_seconds is None else [call.waited_seconds]
    going_on = [int((at - wait.joined_at).total_seconds()) for wait in own if wait.state in STANDING]
    return max([*over, *going_on], default=None)


def _waits(tx: Transaction, ids: Sequence[str]) -> Mapping[str, list[Wait]]:
    found: defaultdict[str, list[Wait]] = defaultdict(list)
    for wait in tx.scalars(select(Wait).where(Wait.call_id.in_(ids)).order_by(Wait.id)):
        found[wait.call_id].append(wait)
    return found


def _agents(tx: Transaction, ids: Sequence[str]) -> Mapping[str, dict[str, None]]:
    """A dict for its order: each agent once, who came first first."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    statement = (
        select(Leg.call_id, Agent.code)
        .join(Agent, Agent.id == Leg.agent_id)
        .where(Leg.call_id.in_(ids), Leg.answered_at.is_not(None))
        .order_by(Leg.answered_at, Leg.id)
    )
    for one in tx.execute(statement):
        found[one.call_id][one.code] = None
    return found


def _outcomes(tx: Transaction, ids: Sequence[str]) -> Mapping[str, str]:
    statement = select(Outcome.call_id, Outcome.code).where(Outcome.call_id.in_(ids), Outcome.is_primary)
    return {one.call_id: one.code for one in tx.execute(statement)}


def _recordings(tx: Transaction, ids: Sequence[str]) -> Mapping[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for call_id in tx.scalars(select(Recording.call_id).where(Recording.call_id.in_(ids))):
        found[call_id] += 1
    return found
