"""Waits: a contact's place in line, from joining to being served, abandoned or gone another way."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import Table, bindparam, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from agents import presence, transitions
from agents.models import OPEN_WAIT, Purpose, QueuedCall, Wait, WaitState
from agents.waiting.estimates import agents_at_work
from agents.waiting.lane_words import Lane
from agents.waiting.queue_rules import QueueRules
from config import due_work
from config.database import Transaction
from config.found_rows import ChangedRows, FoundRows, NewRows, columns_of
from config.ids import new_id
from config.prepared import Prepared
from ivr.calls.models import Call

ESCALATE: Final = "escalate_emergency"
WIDEN: Final = "widen_wait"
ANY_LANGUAGE: Final = "any_language"
OVERFLOW: Final = "overflow_wait"

RANK_EMERGENCY: Final = 0
RANK_HEAD: Final = 1
_RANK_USUAL: Final = 1000
PREFER_SECONDS: Final = 20
ESCALATE_SECONDS: Final = 10
# Queues overflow into one another without a circle; diversions on top of that might make one.
_MOST_CHANGES: Final = 4
STANDING: Final = (WaitState.WAITING, WaitState.OFFERED)
"""Whoever waits for an answer: after a promise to call back nobody stands in the queue."""


def lane_of(skills: Iterable[str]) -> str:
    """The word of a lane that asks for skills and nothing else: the same skills in any order are one lane."""
    return Lane(tuple(skills)).word


def open_wait(tx: Transaction, call_id: str) -> Wait | None:
    """The call's wait that is not over, locked."""
    return _OPEN.first(tx, call_id=call_id)


def last_wait(tx: Transaction, call_id: str) -> Wait | None:
    """The call's open wait, else its newest, locked."""
    return _LAST.first(tx, call_id=call_id)


_WAITS: Final = columns_of(Wait)
# Built once: building a statement anew takes longer than the database needs for it.
_OF_CALL: Final = select(_WAITS).where(_WAITS.c.call_id == bindparam("call_id")).with_for_update()
_NEW: Final = NewRows(Wait)
_WAITED: Final = ChangedRows(Call, "waited_seconds")
_OPEN: Final = FoundRows(Wait, _OF_CALL.where(OPEN_WAIT))
# Two waits of one millisecond have ids in any order, but at most one of them is open.
_LAST: Final = FoundRows(
    Wait,
    _OF_CALL.order_by(_WAITS.c.ended_at.is_not(None), _WAITS.c.joined_at.desc(), _WAITS.c.id.desc()).limit(
        literal_column("1")
    ),
)


def start(
    tx: Transaction,
    call: Call,
    *,
    rules: QueueRules,
    joined_queue: str,
    is_emergency: bool,
    at: datetime,
    preferred_agent_id: str | None = None,
    is_held: bool = False,
    is_promised: bool = False,
    since: datetime | None = None,
) -> Wait:
    """A new wait; where it `is_held`, for the preferred agent alone at first. `since` if the contact waited before.
    Where it `is_promised` nobody joins a queue: it is the place of a call that we owe.

    Where somebody who speaks the caller's language is at work, only they are offered the caller for a while.
    """
    lane = rules.lane(is_strict=not is_emergency and _is_spoken(tx, call.insurer_id, rules))
    wait = _NEW.add(
        tx,
        id=new_id(at),
        insurer_id=call.insurer_id,
        call_id=call.id,
        queue=rules.name,
        joined_queue=joined_queue,
        first_queue=None if is_promised else rules.name,
        promised_at=at if is_promised else None,
        skills=sorted(rules.skills),
        lane=lane.word,
        priority=rules.priority,
        rank=RANK_EMERGENCY if is_emergency else _RANK_USUAL - rules.priority,
        is_emergency=is_emergency,
        emergency_since=at if is_emergency else None,
        preferred_agent_id=preferred_agent_id,
        purpose=Purpose.QUEUE.value,
        state=WaitState.WAITING.value,
        since=since or at,
        joined_at=at,
        queue_since=at,
        anyone_from=at + timedelta(seconds=PREFER_SECONDS) if is_held and not is_emergency else at,
    )
    _note_queue(tx, wait)
    appoint(tx, wait, rules=rules, at=at)
    return wait


def appoint(tx: Transaction, wait: Wait, *, rules: QueueRules, at: datetime) -> None:
    """Schedule all that a wait which has just (again) begun to wait calls for: routing now, and its deadlines."""
    presence.call_router(tx, wait.insurer_id, at)
    if wait.anyone_from > at:
        _schedule(tx, wait, WIDEN, wait.anyone_from)
    if Lane.read(wait.lane).is_strict:
        _schedule(tx, wait, ANY_LANGUAGE, wait.queue_since + timedelta(seconds=rules.speaks_first_seconds))
    if wait.is_emergency:
        _schedule(tx, wait, ESCALATE, at + timedelta(seconds=ESCALATE_SECONDS))
    elif may_overflow(wait, rules):
        _schedule(tx, wait, OVERFLOW, max(at, wait.queue_since + timedelta(seconds=rules.max_wait_seconds)))


def change_queue(tx: Transaction, wait: Wait, *, rules: QueueRules, at: datetime) -> None:
    """Let another queue serve the wait: age and rank are kept, the caller stays where the carrier holds them."""
    wait.queue_since = at
    wait.queue_changes += 1
    serve_by(wait, rules, is_strict=not wait.is_emergency and _is_spoken(tx, wait.insurer_id, rules))
    wait.anyone_from = min(wait.anyone_from, at)
    tx.flush()
    _note_queue(tx, wait)
    appoint(tx, wait, rules=rules, at=at)


def serve_by(wait: Wait, rules: QueueRules, *, is_strict: bool = False) -> None:
    """Let the agents of another queue have the wait."""
    wait.queue = rules.name
    wait.skills, wait.lane, wait.priority = sorted(rules.skills), rules.lane(is_strict=is_strict).word, rules.priority
    # Who is passed on must not fall behind: a more important queue helps, a less important one does not harm.
    wait.rank = min(wait.rank, _RANK_USUAL - rules.priority)


def become_emergency(wait: Wait, *, at: datetime) -> None:
    """Serve a locked wait before all others from now on."""
    wait.is_emergency, wait.rank = True, RANK_EMERGENCY
    wait.emergency_since = wait.emergency_since or at


def may_overflow(wait: Wait, rules: QueueRules) -> bool:
    """Whether the wait will go on in another queue; not for ever, so that queues cannot pass it round."""
    return rules.overflow_to is not None and wait.queue_changes < _MOST_CHANGES


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
    wait.queue_since, wait.queue_changes = at, 0
    if wait.purpose == Purpose.TRANSFER and wait.preferred_agent_id is not None:
        # A cold transfer: for a while only the agent named may have the caller, then whoever can.
        wait.anyone_from = at + timedelta(seconds=PREFER_SECONDS)
    tx.flush()
    _note_queue(tx, wait)
    appoint(tx, wait, rules=rules, at=at)


def end(tx: Transaction, wait: Wait, to: WaitState, *, reason: str, at: datetime) -> None:
    """Close a locked wait and take its appointments back. Whoever leaves without an agent was claimed by nobody."""
    if wait.state in STANDING:
        note_stay(tx, wait, at=at)
    if to is not WaitState.SERVED:
        wait.claimed_at = None
    move(wait, to)
    wait.ended_at, wait.end_reason = at, reason
    for kind in (ESCALATE, WIDEN, ANY_LANGUAGE, OVERFLOW):
        due_work.cancel(tx, kind=kind, subject_id=wait.id)


def stayed_seconds(wait: Wait, *, at: datetime) -> int:
    """How long the caller stands in the queue, in this call, until `at`.

    `since` does not tell it: it is older where the contact waited before, in another call or before a conversation.
    """
    return int((at - wait.joined_at).total_seconds())


def note_stay(tx: Transaction, wait: Wait, *, at: datetime) -> int:
    """The caller stands in the queue no longer: how many seconds they did, which the call keeps if it is the longest.
    """
    call = tx.known(Call, wait.call_id) or tx.get_one(Call, wait.call_id)
    stayed = stayed_seconds(wait, at=at)
    if call.waited_seconds is None or stayed > call.waited_seconds:
        _WAITED.change(tx, call, waited_seconds=stayed)
    return stayed


_QUEUED: Final = cast(Table, QueuedCall.__table__)
_NOTE_QUEUE: Final = {
    name: Prepared(
        insert(_QUEUED)
        .values({column.name: bindparam(column.name, type_=column.type) for column in _QUEUED.columns})
        .on_conflict_do_nothing()
    )
    for name, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


def _note_queue(tx: Transaction, wait: Wait) -> None:
    """The call waits in this queue now; the log finds it there, also when it has gone on to another."""
    row = {"insurer_id": wait.insurer_id, "queue": wait.queue, "call_id": wait.call_id}
    _NOTE_QUEUE[tx.own_connection.dialect.name].run(tx, [row])


def _is_spoken(tx: Transaction, insurer_id: str, rules: QueueRules) -> bool:
    """Whether it is worth waiting for the caller's own language: somebody at work speaks it and can serve them."""
    return rules.speaks is not None and agents_at_work(tx, insurer_id, [*rules.skills, rules.speaks]).at_work > 0


def _schedule(tx: Transaction, wait: Wait, kind: str, due_at: datetime) -> None:
    due_work.schedule(tx, kind=kind, subject_id=wait.id, insurer_id=wait.insurer_id, due_at=due_at)
