"""Upkeep: derives from the rows themselves what must still happen, so that nothing is stuck even without its due work.

Every rule reads a handful of rows by index and writes only appointments or repairs that the services would make too.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import exists, or_, select

from agents import desk_connection, presence
from agents.calling_back import callbacks
from agents.models import (
    OPEN_OFFER,
    Agent,
    Callback,
    CallbackState,
    Dial,
    DialState,
    Offer,
    OfferState,
    Presence,
    Wait,
    WaitState,
)
from agents.offering import offers
from agents.rows import locked, open_offers
from agents.waiting import waits
from agents.waiting.lane_words import STRICT_WORDS
from config import due_work
from config.centre import Centre
from config.database import Transaction
from config.due_work import DueWork
from ivr.calls.models import Call, CallState

# What is younger than this is on its ordinary way and left alone.
_SETTLED: Final = timedelta(seconds=10)
_AT_ONCE: Final = 200


def keep_up(centre: Centre) -> int:
    """Repair or appoint whatever has stood too long; how many rows were touched. Idempotent."""
    now = centre.clock.now()
    touched = 0
    for rule in _RULES:
        with centre.database.reading("upkeep") as tx:
            ids = rule.find(tx, now)
        for row_id in ids:
            with centre.database.transaction("upkeep") as tx:
                touched += bool(rule.mend(tx, row_id, now))
    return touched


class _Rule:
    """What to look for, and how to mend one: `mend` looks again, under lock, and says whether it changed anything."""

    def __init__(
        self,
        find: Callable[[Transaction, datetime], list[str]],
        mend: Callable[[Transaction, str, datetime], bool],
    ) -> None:
        self.find = find
        self.mend = mend


def _is_appointed(tx: Transaction, kind: str, subject_id: str) -> bool:
    statement = select(DueWork.id).where(DueWork.kind == kind, DueWork.subject_id == subject_id)
    return tx.scalar(statement) is not None


def _unrouted(tx: Transaction, now: datetime) -> list[str]:
    """Insurers with somebody waiting and somebody free for longer than a match takes."""
    statement = (
        select(Agent.insurer_id)
        .where(Agent.presence == Presence.AVAILABLE, Agent.presence_since < now - _SETTLED)
        .where(
            exists().where(
                Wait.insurer_id == Agent.insurer_id,
                Wait.state == WaitState.WAITING,
                Wait.joined_at < now - _SETTLED,
            )
        )
        .distinct()
    )
    return list(tx.scalars(statement))


def _route(tx: Transaction, insurer_id: str, now: datetime) -> bool:
    if _is_appointed(tx, presence.ROUTE, insurer_id):
        return False
    presence.call_router(tx, insurer_id, now)
    return True


def _waits_of_ended_calls(tx: Transaction, _now: datetime) -> list[str]:
    statement = (
        select(Wait.id)
        .join(Call, Call.id == Wait.call_id)
        .where(Wait.state.in_((WaitState.WAITING, WaitState.OFFERED, WaitState.CLAIMED)), Call.state == CallState.ENDED)
    )
    return list(tx.scalars(statement.limit(_AT_ONCE)))


def _end_wait(tx: Transaction, wait_id: str, now: datetime) -> bool:
    found = _locked_wait(tx, wait_id)
    if found is None:
        return False
    call, wait = found
    if call.ended_at is None:
        return False
    if wait.state == WaitState.CLAIMED:
        # An agent who spoke to the caller is asked after first; the offer's own check ends the conversation.
        spoken = [offer for offer in open_offers(tx, wait.id) if offer.bridged_at is not None]
        if spoken:
            waits.end(tx, wait, WaitState.SERVED, reason="served", at=now)
            return True
    elif wait.state not in waits.STANDING:
        return False
    offers.withdraw_all(tx, call=call, wait=wait, reason="caller_left", at=now)
    waits.end(tx, wait, WaitState.ABANDONED, reason="upkeep", at=now)
    return True


def _orphaned_waits(tx: Transaction, now: datetime) -> list[str]:
    """Waits said to be offered or claimed with no offer open."""
    statement = select(Wait.id).where(
        Wait.state.in_((WaitState.OFFERED, WaitState.CLAIMED)),
        Wait.joined_at < now - _SETTLED,
        ~exists().where(Offer.wait_id == Wait.id, OPEN_OFFER),
    )
    return list(tx.scalars(statement.limit(_AT_ONCE)))


def _put_back(tx: Transaction, wait_id: str, now: datetime) -> bool:
    found = _locked_wait(tx, wait_id)
    if found is None or found[1].state not in (WaitState.OFFERED, WaitState.CLAIMED) or open_offers(tx, wait_id):
        return False
    call, wait = found
    if call.state == CallState.WAITING:
        waits.put_back(tx, wait, at=now)
    elif wait.state == WaitState.CLAIMED:
        waits.end(tx, wait, WaitState.SERVED, reason="upkeep", at=now)
    else:
        waits.end(tx, wait, WaitState.LEFT, reason="upkeep", at=now)
    return True


def _silent_emergencies(tx: Transaction, now: datetime) -> list[str]:
    statement = select(Wait.id).where(
        Wait.is_emergency,
        Wait.state.in_((WaitState.WAITING, WaitState.OFFERED)),
        Wait.joined_at < now - timedelta(seconds=waits.ESCALATE_SECONDS),
        ~exists().where(DueWork.kind == waits.ESCALATE, DueWork.subject_id == Wait.id),
    )
    return list(tx.scalars(statement.limit(_AT_ONCE)))


def _appoint(kind: str, tx: Transaction, wait_id: str, now: datetime) -> bool:
    """Make what should have happened to the wait due now."""
    wait = locked(tx, Wait, wait_id)
    if wait is None or _is_appointed(tx, kind, wait_id):
        return False
    due_work.schedule(tx, kind=kind, subject_id=wait.id, insurer_id=wait.insurer_id, due_at=now)
    return True


def _waits_for_a_language(tx: Transaction, now: datetime) -> list[str]:
    """Waits that are still kept for whoever speaks the caller's language, with nothing appointed to end that."""
    statement = select(Wait.id).where(
        Wait.state.in_((WaitState.WAITING, WaitState.OFFERED)),
        Wait.lane.like(STRICT_WORDS),
        Wait.queue_since < now - _SETTLED,
        ~exists().where(DueWork.kind == waits.ANY_LANGUAGE, DueWork.subject_id == Wait.id),
    )
    return list(tx.scalars(statement.limit(_AT_ONCE)))


def _stuck_offers(tx: Transaction, now: datetime) -> list[str]:
    """Open offers whose next step is appointed nowhere."""
    kinds = (offers.RING, offers.TIMEOUT, offers.CONNECT, offers.CHECK)
    statement = select(Offer.id).where(
        OPEN_OFFER,
        Offer.made_at < now - _SETTLED,
        ~exists().where(DueWork.kind.in_(kinds), DueWork.subject_id == Offer.id),
    )
    return list(tx.scalars(statement.limit(_AT_ONCE)))


def _unstick_offer(tx: Transaction, offer_id: str, now: datetime) -> bool:
    offer = locked(tx, Offer, offer_id)
    if offer is None:
        return False
    match OfferState(offer.state):
        case OfferState.MADE | OfferState.RINGING:
            offers.schedule(tx, offer, offers.TIMEOUT, now)
        case OfferState.ACCEPTED if offer.bridged_at is None:
            offers.schedule(tx, offer, offers.CONNECT, now)
        case OfferState.ACCEPTED:
            offers.schedule(tx, offer, offers.CHECK, now)
        case _:
            return False
    return True


def _idle_agents(tx: Transaction, now: datetime) -> list[str]:
    """Agents said to be offered or on a call with no offer open, and with no call that they or a colleague made."""
    statement = select(Agent.id).where(
        Agent.presence.in_((Presence.OFFERED, Presence.ON_CALL)),
        Agent.presence_since < now - _SETTLED,
        ~exists().where(Offer.agent_id == Agent.id, OPEN_OFFER),
        ~exists().where(or_(Dial.agent_id == Agent.id, Dial.colleague_id == Agent.id), Dial.state == DialState.PLACED),
    )
    return list(tx.scalars(statement.limit(_AT_ONCE)))


def _free_agent(tx: Transaction, agent_id: str, now: datetime) -> bool:
    agent = locked(tx, Agent, agent_id)
    is_held = tx.scalar(select(Offer.id).where(Offer.agent_id == agent_id, OPEN_OFFER)) is not None
    if agent is None or is_held or agent.presence not in (Presence.OFFERED, Presence.ON_CALL):
        return False
    if agent.presence == Presence.ON_CALL and agent.call_id is not None:
        presence.change(tx, agent, Presence.WRAP_UP, at=now, call_id=agent.call_id)
    else:
        presence.change(tx, agent, Presence.AVAILABLE, at=now)
    return True


def _silent_desks(tx: Transaction, now: datetime) -> list[str]:
    """Agents whom calls may reach, whose page has been silent for the grace: its server was killed, perhaps."""
    statement = select(Agent.id).where(
        Agent.is_at_desk,
        Agent.last_seen_at <= now - desk_connection.GRACE,
        or_(Agent.presence.in_((Presence.AVAILABLE, Presence.OFFERED)), Agent.is_automatic),
        ~exists().where(DueWork.kind == desk_connection.LOST, DueWork.subject_id == Agent.id),
    )
    return list(tx.scalars(statement.limit(_AT_ONCE)))


def _lose_desk(tx: Transaction, agent_id: str, now: datetime) -> bool:
    agent = tx.get(Agent, agent_id)
    if agent is None or _is_appointed(tx, desk_connection.LOST, agent_id):
        return False
    due_work.schedule(tx, kind=desk_connection.LOST, subject_id=agent_id, insurer_id=agent.insurer_id, due_at=now)
    return True


def _forgotten_callbacks(tx: Transaction, now: datetime) -> list[str]:
    kinds = (callbacks.TURN, callbacks.PLACE, callbacks.TIMEOUT)
    statement = select(Callback.id).where(
        Callback.ended_at.is_(None),
        Callback.planned_at < now - _SETTLED,
        ~exists().where(DueWork.kind.in_(kinds), DueWork.subject_id == Callback.id),
    )
    return list(tx.scalars(statement.limit(_AT_ONCE)))


def _appoint_callback(tx: Transaction, callback_id: str, now: datetime) -> bool:
    callback = locked(tx, Callback, callback_id)
    if callback is None or callback.ended_at is not None:
        return False
    if callback.state == CallbackState.PLANNED:
        kind = callbacks.PLACE if callback.is_urgent else callbacks.TURN
        callbacks.schedule(tx, callback, kind, max(now, callback.due_at))
    else:
        callbacks.schedule(tx, callback, callbacks.TIMEOUT, now)
    return True


def _locked_wait(tx: Transaction, wait_id: str) -> tuple[Call, Wait] | None:
    seen = tx.get(Wait, wait_id)
    call = None if seen is None else locked(tx, Call, seen.call_id)
    wait = locked(tx, Wait, wait_id)
    return None if call is None or wait is None else (call, wait)


_RULES: Final = (
    _Rule(_waits_of_ended_calls, _end_wait),
    _Rule(_orphaned_waits, _put_back),
    _Rule(_idle_agents, _free_agent),
    _Rule(_stuck_offers, _unstick_offer),
    _Rule(_silent_emergencies, partial(_appoint, waits.ESCALATE)),
    _Rule(_waits_for_a_language, partial(_appoint, waits.ANY_LANGUAGE)),
    _Rule(_forgotten_callbacks, _appoint_callback),
    _Rule(_silent_desks, _lose_desk),
    _Rule(_unrouted, _route),
)
