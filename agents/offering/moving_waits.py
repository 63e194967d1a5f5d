"""A supervisor moves somebody who waits: to the head of their queue, to another one, or out of all; audited."""

from datetime import datetime
from typing import Final

from agents import presence
from agents.errors import NothingToDo
from agents.floor import Floor
from agents.models import Wait, WaitState
from agents.offering import giving_up
from agents.rows import locked
from agents.waiting import waits
from agents.waiting.queue_rules import rules_for
from config.audit import audit
from config.database import Transaction
from config.line_descriptions import EMERGENCY_QUEUE
from ivr.calls.log import record
from ivr.calls.models import Call

_WAITING: Final = (WaitState.WAITING, WaitState.OFFERED)


def move_up(floor: Floor, *, insurer_id: str, wait_id: str, by: str) -> None:
    """Let the caller be the next, behind emergencies only. Raises NothingToDo for who does not wait any more."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("move_wait_up") as tx:
        call, wait = _waiting(tx, insurer_id, wait_id)
        wait.rank = min(wait.rank, waits.RANK_HEAD)
        tx.flush()
        presence.call_router(tx, insurer_id, now)
        record(tx, call, "wait_moved_up", at=now, wait=wait.id, by=by)
        _audit(tx, call, wait, by, now)


def move_to_queue(floor: Floor, *, insurer_id: str, wait_id: str, queue: str, by: str) -> None:
    """Let another queue serve the caller, whose place by age is kept.

    Raises NothingToDo for who does not wait any more, an emergency, a queue that there is not or that is closed, the
    emergencies' own, and for an anonymous one, on either side: who goes there must have been forgotten first.
    """
    now, queues = floor.centre.clock.now(), floor.centre.insurers[insurer_id].queues
    with floor.centre.database.transaction("move_wait") as tx:
        call, wait = _waiting(tx, insurer_id, wait_id)
        if wait.is_emergency or queue in (wait.queue, EMERGENCY_QUEUE) or queue not in queues:
            raise NothingToDo(f"this caller is not moved to {queue}")
        if queues[queue].is_anonymous or wait.queue not in queues or queues[wait.queue].is_anonymous:
            raise NothingToDo("anonymous callers, and their queue, are left alone")
        rules = rules_for(floor.centre.insurers, call, queue)
        if not rules.hours.is_open(now):
            raise NothingToDo(f"{queue} is closed")
        waits.change_queue(tx, wait, rules=rules, at=now)
        record(tx, call, "wait_moved", at=now, wait=wait.id, queue=queue, by=by)
        _audit(tx, call, wait, by, now)


def release(floor: Floor, *, insurer_id: str, wait_id: str, by: str) -> None:
    """Take the caller out of the queue: they go on as after its longest wait; one whom the carrier has lost waits no
    more. Raises NothingToDo for who does not wait any more, and for an emergency.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("release_wait") as tx:
        call, wait = _waiting(tx, insurer_id, wait_id)
        if wait.is_emergency:
            raise NothingToDo("an emergency goes on to the duty number by itself")
        giving_up.give_up(tx, call=call, wait=wait, reason="released", at=now)
        record(tx, call, "wait_released", at=now, wait=wait.id, by=by)
        _audit(tx, call, wait, by, now, action="wait_released")


def _waiting(tx: Transaction, insurer_id: str, wait_id: str) -> tuple[Call, Wait]:
    seen = tx.get(Wait, wait_id)
    call = None if seen is None else locked(tx, Call, seen.call_id)
    wait = locked(tx, Wait, wait_id)
    if call is None or wait is None or wait.insurer_id != insurer_id or wait.state not in _WAITING:
        raise NothingToDo("this caller does not wait any more")
    return call, wait


def _audit(tx: Transaction, call: Call, wait: Wait, by: str, at: datetime, *, action: str = "wait_moved") -> None:
    audit(
        tx,
        insurer_id=wait.insurer_id,
        at=at,
        actor=by,
        action=action,
        subject_kind="call",
        subject_id=call.id,
        queue=wait.queue,
        rank=wait.rank,
    )
