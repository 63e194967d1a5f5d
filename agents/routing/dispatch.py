"""Dispatch: one short transaction matches those who wait with those who are free, and writes the offers."""

from collections import Counter
from datetime import datetime

from sqlalchemy import text

from agents import presence
from agents.calling_back.callbacks import PLACE
from agents.floor import Floor
from agents.models import Agent, Presence, Wait, WaitState
from agents.offering import offers
from agents.routing import lanes
from agents.routing.matcher import Candidate, Head, Match, match
from agents.rows import locked, open_offers
from agents.waiting import waits
from agents.waiting.lane_words import Lane
from agents.waiting.serving import overflow_rules
from config import due_work
from config.database import Database, Transaction
from ivr.calls.log import record
from ivr.calls.models import Call


def route(floor: Floor, insurer_id: str) -> None:
    """Offer the insurer's waiting contacts to its free agents; emergencies are rung before anything else is done."""
    for offer_id in match_and_offer(floor, insurer_id):
        floor.centre.plan.perform(offers.RING, offer_id)


def match_and_offer(floor: Floor, insurer_id: str) -> list[str]:
    """Write the offers of one match; the ids of those for emergencies, which jump the dialling queue."""
    now = floor.centre.clock.now()
    urgent: list[str] = []
    with floor.centre.database.transaction("match_offers") as tx:
        _one_router_at_a_time(tx, floor.centre.database, insurer_id)
        matches = find_matches(tx, insurer_id, now)
        for one in matches:
            urgent += _offer(tx, insurer_id, one, now)
        if len(matches) >= lanes.BATCH:
            presence.call_router(tx, insurer_id, now)
    return urgent


def find_matches(tx: Transaction, insurer_id: str, now: datetime) -> list[Match]:
    """Who would get whom now; reads the heads of the lanes only, however many wait."""
    found = lanes.held_heads(tx, insurer_id, now)
    candidates: dict[str, list[Candidate]] = {}
    for lane in lanes.lanes_waiting(tx, insurer_id):
        candidates[lane] = lanes.candidates(tx, insurer_id, lane)
        # The very first is read even where nobody is free: it may be an emergency, which must then escalate.
        found += lanes.heads(tx, insurer_id, lane, now, limit=max(1, len(candidates[lane])))
    found += _callbacks(tx, insurer_id, candidates, now)
    preferred = {head.preferred_id for head in found if head.preferred_id is not None}
    return match(found, candidates, lanes.available_among(tx, insurer_id, preferred))


def _callbacks(tx: Transaction, insurer_id: str, candidates: dict[str, list[Candidate]], now: datetime) -> list[Head]:
    """Callbacks that may be dialled: no more of a lane at once than agents are free for it."""
    found: list[Head] = []
    dialling: Counter[str] = Counter()
    for head in lanes.due_callbacks(tx, insurer_id, now):
        if head.lane not in candidates:
            candidates[head.lane] = lanes.candidates(tx, insurer_id, head.lane)
        if head.lane not in dialling:
            dialling[head.lane] = lanes.dialling_now(tx, insurer_id, head.lane)
        if dialling[head.lane] < len(candidates[head.lane]):
            dialling[head.lane] += 1
            found.append(head)
    return found


def widen_wait(floor: Floor, wait_id: str) -> None:
    """The preferred agent's window is over: from now anyone may take the contact."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("widen_wait") as tx:
        wait = locked(tx, Wait, wait_id)
        if wait is not None and wait.state == WaitState.WAITING:
            presence.call_router(tx, wait.insurer_id, now)


def ask_any_language(floor: Floor, wait_id: str) -> None:
    """Nobody who speaks the caller's language was free in time: from now anyone may take them, speakers first."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("ask_any_language") as tx:
        wait = locked(tx, Wait, wait_id)
        if wait is None or not (lane := Lane.read(wait.lane)).is_strict:
            return
        wait.lane = lane.widened().word
        tx.flush()
        presence.call_router(tx, wait.insurer_id, now)


def overflow_wait(floor: Floor, wait_id: str) -> None:
    """The contact has waited too long for its queue: the one named as overflow serves it, its age kept."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("overflow_wait") as tx:
        seen = tx.get(Wait, wait_id)
        call = None if seen is None else locked(tx, Call, seen.call_id)
        wait = locked(tx, Wait, wait_id)
        if call is None or wait is None or wait.state not in waits.STANDING:
            return
        to = overflow_rules(tx, floor.centre, call, wait, at=now)
        if to is not None:
            waits.change_queue(tx, wait, rules=to, at=now)
            record(tx, call, "wait_overflowed", at=now, wait=wait.id, queue=wait.queue)


def _one_router_at_a_time(tx: Transaction, database: Database, insurer_id: str) -> None:
    """SQLite's writers take turns anyway; elsewhere two routers of one insurer would lock the same rows."""
    if not database.is_sqlite:
        tx.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"route:{insurer_id}"})


def _offer(tx: Transaction, insurer_id: str, one: Match, now: datetime) -> list[str]:
    """Write one match as offers, unless the contact or the agent changed since it was read; the urgent ones' ids."""
    if one.head.callback_id is not None:
        _call_back(tx, one.head, now)
        return []
    seen = tx.get(Wait, one.head.wait_id)
    call = None if seen is None else locked(tx, Call, seen.call_id)
    wait = locked(tx, Wait, one.head.wait_id)
    if call is None or wait is None or call.ended_at is not None or wait.state != WaitState.WAITING:
        if call is not None and wait is not None and wait.state == WaitState.WAITING:
            # The caller has gone, and nobody told: at the front of a lane such a wait would hold up all the others.
            waits.end(tx, wait, WaitState.ABANDONED, reason="caller_left", at=now)
        # The agent is free still: whoever is next is to be asked at once.
        presence.call_router(tx, insurer_id, now)
        return []
    agents = [locked(tx, Agent, agent_id) for agent_id in one.agent_ids]
    free = [agent for agent in agents if agent is not None and agent.presence == Presence.AVAILABLE]
    # Only the first step is hurried; later ones keep their seconds, however often the router runs.
    if not free and wait.is_emergency and wait.escalation == 0 and not open_offers(tx, wait.id):
        due_work.schedule(tx, kind=waits.ESCALATE, subject_id=wait.id, insurer_id=wait.insurer_id, due_at=now)
    made = [offers.make(tx, call=call, wait=wait, agent=agent, at=now).id for agent in free]
    return made if wait.is_emergency else []


def _call_back(tx: Transaction, head: Head, now: datetime) -> None:
    """It is this promised call's turn: dial the person; the agent is not bound until they are on the line."""
    wait = tx.get(Wait, head.wait_id)
    if wait is not None and head.callback_id is not None:
        due_work.schedule(tx, kind=PLACE, subject_id=head.callback_id, insurer_id=wait.insurer_id, due_at=now)
