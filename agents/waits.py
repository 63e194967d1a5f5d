"""Waits: a contact's place in line, from joining to being served, abandoned or gone another way."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, literal_column, select

from agents import presence, transitions
from agents.models import OPEN_WAIT, Purpose, Wait, WaitState
from agents.queue_rules import QueueRules
from config import due_work
from config.database import Transaction
from config.ids import new_id
from ivr.calls.models import Call

ESCALATE: Final = "escalate_emergency"
WIDEN: Final = "widen_wait"
OVERFLOW: Final = "overflow_wait"

RANK_EMERGENCY: Final = 0
RANK_HEAD: Final = 1
_RANK_USUAL: Final = 1000
PREFER_SECONDS: Final = 20
ESCALATE_SECONDS: Final = 10


def lane_of(skills: list[str]) -> str:
    """The skill set as one word: the same skills in any order are one lane."""
    return "+".join(sorted(set(skills)))


def open_wait(tx: Transaction, call_id: str) -> Wait | None:
    """The call's wait that is not over, locked."""
    return tx.scalar(_OPEN, {"call_id": call_id})


def last_wait(tx: Transaction, call_id: str) -> Wait | None:
    """The call's open wait, else its newest, locked."""
    return tx.scalar(_LAST, {"call_id": call_id})


# Built once: building a statement anew takes longer than the database needs for it.
_OF_CALL: Final = (
    select(Wait)
    .where(Wait.call_id == bindparam("call_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_OPEN: Final = _OF_CALL.where(OPEN_WAIT)
# Two waits of one millisecond have ids in any order, but at most one of them is open.
_LAST: Final = _OF_CALL.order_by(Wait.ended_at.is_not(None), Wait.joined_at.desc(), Wait.id.desc()).limit(
    literal_column("1")
)


def start(
    tx: Transaction,
    call: Call,
    *,
    rules: QueueRules,
    joined_queue: str,
    is_emergency: bool,
    preferred_agent_id: str | None,
    at: datetime,
) -> Wait:
    """A new wait, open to anyone at once, or after a while where a preferred agent comes first."""
    is_held = preferred_agent_id is not None and not is_emergency
    wait = Wait(
        id=new_id(at),
        insurer_id=call.insurer_id,
        call_id=call.id,
        queue=rules.name,
        joined_queue=joined_queue,
        skills=sorted(rules.skills),
        lane=lane_of(list(rules.skills)),
        priority=rules.priority,
        rank=RANK_EMERGENCY if is_emergency else _RANK_USUAL - rules.priority,
        is_emergency=is_emergency,
        preferred_agent_id=preferred_agent_id,
        purpose=Purpose.QUEUE,
        state=WaitState.WAITING,
        since=at,
        joined_at=at,
        queue_since=at,
        anyone_from=at + timedelta(seconds=PREFER_SECONDS) if is_held else at,
    )
    tx.add(wait)
    tx.flush()
    appoint(tx, wait, rules=rules, at=at)
    return wait


def appoint(tx: Transaction, wait: Wait, *, rules: QueueRules, at: datetime) -> None:
    """Schedule all that a wait which has just (again) begun to wait calls for: routing now, and its deadlines."""
    presence.call_router(tx, wait.insurer_id, at)
    if wait.anyone_from > at:
        _schedule(tx, wait, WIDEN, wait.anyone_from)
    if wait.is_emergency:
        _schedule(tx, wait, ESCALATE, at + timedelta(seconds=ESCALATE_SECONDS))
    elif rules.overflow_to is not None and not has_overflowed(wait):
        _schedule(tx, wait, OVERFLOW, max(at, wait.queue_since + timedelta(seconds=rules.max_wait_seconds)))


def change_queue(tx: Transaction, wait: Wait, *, rules: QueueRules, at: datetime) -> None:
    """Let another queue serve the wait; its place by age stays, the caller stays where the carrier holds them."""
    wait.queue, wait.queue_since = rules.name, at
    wait.skills, wait.lane, wait.priority = sorted(rules.skills), lane_of(list(rules.skills)), rules.priority
    if wait.rank > RANK_HEAD:
        wait.rank = _RANK_USUAL - rules.priority
    wait.anyone_from = min(wait.anyone_from, at)
    tx.flush()
    appoint(tx, wait, rules=rules, at=at)


def has_overflowed(wait: Wait) -> bool:
    """Whether another queue serves it already: a wait overflows once, so that queues cannot pass it round for ever."""
    return wait.queue_since > wait.joined_at


def move(wait: Wait, to: WaitState) -> None:
    """Bring a locked wait to `to`; raises ImpossibleChange."""
    transitions.check(transitions.WAIT, WaitState(wait.state), to)
    wait.state = to


def put_back(tx: Transaction, wait: Wait, *, at: datetime, at_head: bool = False) -> None:
    """Let the contact wait on in its old place (an offer came to nothing), or at the head (its agent was lost)."""
    if wait.state != WaitState.WAITING:
        move(wait, WaitState.WAITING)
    wait.claimed_at = wait.ended_at = wait.end_reason = None
    if at_head:
        wait.rank = min(wait.rank, RANK_HEAD)
    presence.call_router(tx, wait.insurer_id, at)


def resume(tx: Transaction, wait: Wait, call: Call, *, joined_queue: str, rules: QueueRules, at: datetime) -> None:
    """The contact is in the carrier's queue again, perhaps under another call: at the head, waiting since as before."""
    put_back(tx, wait, at=at, at_head=True)
    wait.call_id, wait.joined_queue, wait.joined_at, wait.round, wait.escalation = call.id, joined_queue, at, 0, 0
    wait.queue_since = at
    if wait.purpose == Purpose.TRANSFER:
        # A cold transfer: for a while only the agent named may have the caller, then whoever can.
        wait.purpose, wait.anyone_from = Purpose.QUEUE, at + timedelta(seconds=PREFER_SECONDS)
    tx.flush()
    appoint(tx, wait, rules=rules, at=at)


def end(tx: Transaction, wait: Wait, to: WaitState, *, reason: str, at: datetime) -> None:
    """Close a locked wait and take its appointments back."""
    move(wait, to)
    wait.ended_at, wait.end_reason = at, reason
    for kind in (ESCALATE, WIDEN, OVERFLOW):
        due_work.cancel(tx, kind=kind, subject_id=wait.id)


def _schedule(tx: Transaction, wait: Wait, kind: str, due_at: datetime) -> None:
    due_work.schedule(tx, kind=kind, subject_id=wait.id, insurer_id=wait.insurer_id, due_at=due_at)
