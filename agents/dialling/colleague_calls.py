"""A call from desk to desk: the colleague's telephone is rung by the carrier's Dial, and both are busy until its end.

It is no caller: nobody waits, nothing of an insured person is shown, no outcome is owed, and a ring that nobody answers
changes nobody's presence.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from agents import presence
from agents.errors import NothingToDo, UnknownAgent
from agents.floor import Floor
from agents.models import Agent, Dial, DialState, Presence
from agents.offering import legs
from agents.placed_calls import live_call
from agents.rows import locked
from agents.waiting.estimates import RING_SECONDS
from config import due_work
from config.database import Transaction
from config.errors import NotYet
from ivr.calls.log import record
from ivr.calls.models import Call, Leg
from ivr.carrier.port import CarrierStatus

CHECK_COLLEAGUE: Final = "check_colleague"
RUNG_WITHIN: Final = timedelta(seconds=RING_SECONDS + 5)
"""By then a colleague has answered or not, and news of it have come."""

_BUSY: Final = (Presence.OFFERED, Presence.ON_CALL)


class OwnExtension(NothingToDo):
    """Nobody rings themselves."""


class ColleagueNotFree(NothingToDo):
    """The colleague is away, or has a call; `presence` says which."""

    def __init__(self, code: str, now: Presence) -> None:
        super().__init__(f"{code} is {now}: ring somebody who is available")
        self.presence = now


def colleague_to_ring(tx: Transaction, caller: Agent, *, extension: str | None, to_code: str | None) -> Agent:
    """The free colleague of the same insurer with this extension or, without one, this code.

    Raises UnknownAgent, OwnExtension and ColleagueNotFree.
    """
    is_wanted = Agent.code == to_code if extension is None else Agent.extension == extension
    found = tx.scalar(select(Agent).where(Agent.insurer_id == caller.insurer_id, is_wanted))
    if found is None:
        raise UnknownAgent(f"{caller.insurer_id} has no agent {extension or to_code}")
    if found.id == caller.id:
        raise OwnExtension(f"{caller.code} cannot ring themselves")
    if found.presence != Presence.AVAILABLE:
        raise ColleagueNotFree(found.code, Presence(found.presence))
    return found


def is_between_colleagues(tx: Transaction, call_id: str) -> bool:
    """Whether an agent made this call to another."""
    statement = select(Dial.id).where(Dial.call_id == call_id, Dial.colleague_id.is_not(None))
    return tx.scalar(statement) is not None


def parties(tx: Transaction, dial: Dial) -> tuple[Agent | None, Agent | None]:
    """Who dials, and the colleague who is rung, if any; locked in one order, as two may ring each other at once."""
    ids = sorted(one for one in (dial.agent_id, dial.colleague_id) if one is not None)
    found = {one: locked(tx, Agent, one) for one in ids}
    return found.get(dial.agent_id), found.get(dial.colleague_id or "")


def hear_leg(floor: Floor, dial_id: str, sid: str, status: CarrierStatus) -> None:
    """News of the colleague's leg; late, repeated, or about another dial's, it changes no presence."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("hear_colleague") as tx:
        seen = tx.get(Dial, dial_id)
        call = None if seen is None or seen.call_id is None else locked(tx, Call, seen.call_id)
        dial = None if call is None else locked(tx, Dial, dial_id)
        colleague = None if dial is None else parties(tx, dial)[1]
        if call is None or dial is None or colleague is None:
            return
        has_answered = status is CarrierStatus.IN_PROGRESS
        cause = status.value if status.is_over else None
        legs.follow(tx, call, colleague, sid, at=now, has_answered=has_answered, cause=cause)
        if has_answered and _rings(colleague, call) and dial.state == DialState.PLACED:
            due_work.cancel(tx, kind=CHECK_COLLEAGUE, subject_id=dial.id)
            presence.change(tx, colleague, Presence.ON_CALL, at=now, call_id=call.id)
            record(tx, call, "agent_joined", at=now, dial=dial.id, agent=colleague.code)


def check(floor: Floor, dial_id: str) -> None:
    """Due work: no news of a colleague for longer than their telephone rings; ask the carrier whether they answered.

    Raises NotYet while it rings there. A leg that is over ends the call, and that is heard or looked for elsewhere.
    """
    with floor.centre.database.reading("colleague_to_check") as tx:
        dial = tx.get(Dial, dial_id)
        call = None if dial is None or dial.call_id is None else tx.get(Call, dial.call_id)
        colleague = None if dial is None or dial.colleague_id is None else tx.get(Agent, dial.colleague_id)
        if call is None or colleague is None or not _rings(colleague, call):
            return
        sid = tx.scalar(select(Leg.carrier_sid).where(Leg.call_id == call.id, Leg.agent_id == colleague.id))
    sid = sid or live_call(floor, to=colleague.address, caller_id=call.dnis, since=call.started_at)
    leg = None if sid is None else floor.carrier.call_status(sid)
    if leg is None:
        return
    if not leg.status.is_over and leg.status is not CarrierStatus.IN_PROGRESS:
        raise NotYet("the colleague's telephone rings")
    hear_leg(floor, dial_id, leg.sid, leg.status)


def let_go(tx: Transaction, call: Call, dial: Dial, agent: Agent, colleague: Agent, *, at: datetime) -> None:
    """The call is over: both locked agents are as they were before it; free, who has finished wrap-up meanwhile."""
    if agent.presence == Presence.ON_CALL and agent.call_id == call.id:
        is_away = dial.presence_before == Presence.AWAY
        before = Presence.AWAY if is_away else Presence.AVAILABLE
        presence.change(tx, agent, before, at=at, reason=dial.reason_before)
    if colleague.presence in _BUSY and colleague.call_id == call.id:
        presence.change(tx, colleague, Presence.AVAILABLE, at=at)
        record(tx, call, "agent_left", at=at, dial=dial.id, agent=colleague.code)


def _rings(colleague: Agent, call: Call) -> bool:
    return colleague.presence == Presence.OFFERED and colleague.call_id == call.id
