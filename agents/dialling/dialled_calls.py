"""Calls that agents make: placed by their telephone, logged as calls of the insurer's line, and how they end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from agents import presence, wrap_up_drafts
from agents.dialling import colleague_calls
from agents.dialling.dials import ASKED_FOR, MAY_DIAL
from agents.errors import NothingToDo
from agents.floor import Floor
from agents.models import Agent, Dial, DialState, Presence
from agents.offering import legs, offers
from agents.rows import locked
from config import due_work
from config.database import Transaction
from config.ids import new_id
from config.line_descriptions import Line
from ivr.calls.ending import end_call
from ivr.calls.log import record
from ivr.calls.models import Call, CallState, Direction
from ivr.carrier.port import CarrierStatus

RING: Final = "ring_number"
CHECK: Final = "check_number"
END_LEGS: Final = "end_dialled_legs"

_NOBODY: Final = (CarrierStatus.BUSY, CarrierStatus.NO_ANSWER, CarrierStatus.FAILED)


@dataclass(frozen=True)
class Unreached:
    """Nobody was spoken with: how the carrier ended it, None where it was not even rung; and of a colleague, what they
    are doing now.
    """

    status: CarrierStatus | None
    colleague: Presence | None


@dataclass(frozen=True)
class Placed:
    """A dial whose call is written: the line in whose name, and where the colleague is rung if it rings one.

    A call to a number is recorded where the line records its calls; one to a colleague never.
    """

    dial: Dial
    line: Line
    colleague_address: str | None


def place(floor: Floor, *, dial_id: str, address: str, carrier_sid: str) -> Placed | None:
    """The agent's telephone calls: write the call, once; whom to dial, and the line in whose name.

    None for a dial that there is not, another agent's, an old one, or one that was placed under another call; and where
    the colleague is not free any more.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("place_dial") as tx:
        dial = locked(tx, Dial, dial_id)
        agent, colleague = (None, None) if dial is None else colleague_calls.parties(tx, dial)
        if dial is None or agent is None or agent.address != address:
            return None
        placed = Placed(dial, _line(floor, tx, dial), None if colleague is None else colleague.address)
        if dial.carrier_sid == carrier_sid and dial.state == DialState.PLACED:
            return placed
        if dial.state != DialState.ASKED or now - dial.asked_at > ASKED_FOR or agent.presence not in MAY_DIAL:
            return None
        if colleague is not None and colleague.presence != Presence.AVAILABLE:
            return None
        _write(tx, dial, agent, colleague, placed.line, carrier_sid, now)
        if colleague is None:
            # The number rings when this is committed; the agent hears ringing until somebody answers.
            schedule(tx, dial, RING, now)
        else:
            schedule(tx, dial, colleague_calls.CHECK_COLLEAGUE, now + colleague_calls.RUNG_WITHIN)
        return placed


def ended(floor: Floor, *, dial_id: str, status: CarrierStatus) -> None:
    """The call that an agent made is over; late or repeated, it changes nothing.

    An agent who hangs up before anybody answers at the number has given it up, whatever their own leg says.
    """
    centre = floor.centre
    with centre.database.transaction("end_dial") as tx:
        dial = tx.get(Dial, dial_id)
        call = None if dial is None or dial.call_id is None else locked(tx, Call, dial.call_id)
        if dial is None or call is None:
            return
        is_given_up = status is CarrierStatus.COMPLETED and dial.e164 is not None and dial.answered_at is None
        cause = CarrierStatus.CANCELED if is_given_up else status
        end_call(centre, tx, call, cause=cause.value, at=centre.clock.now())


def hung_up(floor: Floor, *, insurer_id: str, code: str, dial_id: str) -> Unreached | None:
    """The agent's page says that its call is over: the carrier is asked whether that is so; and why nobody was reached,
    if nobody was and it was not the agent who ended it.
    """
    with floor.centre.database.reading("dial_hung_up") as tx:
        agent = tx.scalar(select(Agent).where(Agent.insurer_id == insurer_id, Agent.code == code))
        dial = tx.get(Dial, dial_id)
    if agent is None or dial is None or dial.agent_id != agent.id:
        raise NothingToDo(f"{code} did not make this call")
    leg = None if dial.carrier_sid is None else floor.carrier.call_status(dial.carrier_sid)
    if leg is None or leg.status.is_over:
        ended(floor, dial_id=dial.id, status=CarrierStatus.COMPLETED if leg is None else leg.status)
    return _unreached(floor, dial_id)


def call_made_by(tx: Transaction, agent: Agent) -> str | None:
    """The id of the call that the agent made and that goes on."""
    return tx.scalar(select(Dial.call_id).where(Dial.agent_id == agent.id, Dial.state == DialState.PLACED))


def over(tx: Transaction, call: Call, *, at: datetime) -> None:
    """The call is over: whoever made it writes down what came of it, unless they did, or write down another still.

    After a call between colleagues there is nothing to write down.
    """
    dial = tx.scalar(select(Dial).where(Dial.call_id == call.id, Dial.state == DialState.PLACED))
    if dial is None:
        return
    dial.state = DialState.OVER
    for kind in (RING, CHECK, colleague_calls.CHECK_COLLEAGUE):
        due_work.cancel(tx, kind=kind, subject_id=dial.id)
    if dial.e164 is not None:
        schedule(tx, dial, END_LEGS, at)
        offers.withdraw_listeners(tx, call=call, conference=dial.id, reason="conversation_over", at=at)
    agent, colleague = colleague_calls.parties(tx, dial)
    if agent is None or dial.carrier_sid is None:
        return
    legs.follow(tx, call, agent, dial.carrier_sid, at=at, cause=call.hangup_cause)
    record(tx, call, "agent_left", at=at, dial=dial.id, agent=agent.code)
    if colleague is not None:
        colleague_calls.let_go(tx, call, dial, agent, colleague, at=at)
    elif agent.presence == Presence.ON_CALL and agent.call_id == call.id:
        is_written_down = wrap_up_drafts.recordings_of(tx, agent, call) > 0
        to = Presence.AVAILABLE if is_written_down else Presence.WRAP_UP
        presence.change(tx, agent, to, at=at, call_id=None if is_written_down else call.id)


def schedule(tx: Transaction, dial: Dial, kind: str, due_at: datetime) -> None:
    """Make `kind` due for the dial."""
    due_work.schedule(tx, kind=kind, subject_id=dial.id, insurer_id=dial.insurer_id, due_at=due_at)


def _unreached(floor: Floor, dial_id: str) -> Unreached | None:
    with floor.centre.database.reading("dial_unreached") as tx:
        dial = tx.get_one(Dial, dial_id)
        call = None if dial.call_id is None else tx.get_one(Call, dial.call_id)
        colleague = None if dial.colleague_id is None else tx.get_one(Agent, dial.colleague_id)
    presence_now = None if colleague is None else Presence(colleague.presence)
    if call is None:
        return Unreached(None, presence_now)
    cause = next((one for one in _NOBODY if one == call.hangup_cause), None)
    return None if cause is None else Unreached(cause, presence_now)


def _write(
    tx: Transaction, dial: Dial, agent: Agent, colleague: Agent | None, line: Line, carrier_sid: str, now: datetime
) -> None:
    about = None if dial.about_call_id is None else tx.get(Call, dial.about_call_id)
    call = Call(
        id=new_id(now),
        insurer_id=dial.insurer_id,
        carrier_sid=carrier_sid,
        line=line.name,
        dnis=line.numbers[0],
        ani=dial.e164,
        direction=Direction.OUTBOUND,
        state=CallState.CONNECTED,
        started_at=now,
        answered_at=now,
        language="ru" if about is None else about.language,
        flow=line.flow,
        flow_digest="" if about is None else about.flow_digest,
        continues_call_id=dial.about_call_id,
    )
    tx.add(call)
    tx.flush()
    dial.state, dial.carrier_sid, dial.call_id = DialState.PLACED, carrier_sid, call.id
    to = {} if colleague is None else {"to": colleague.code}
    record(tx, call, "dialled", at=now, dial=dial.id, agent=agent.code, **to)
    legs.follow(tx, call, agent, carrier_sid, at=now, has_answered=True)
    # An agent speaks here from the start: what came of the call is theirs to say.
    record(tx, call, "agent_connected", at=now, dial=dial.id, agent=agent.code)
    if colleague is not None:
        dial.presence_before, dial.reason_before = agent.presence, agent.presence_reason
        presence.change(tx, colleague, Presence.OFFERED, at=now, call_id=call.id)
    if agent.presence != Presence.WRAP_UP:
        presence.change(tx, agent, Presence.ON_CALL, at=now, call_id=call.id)


def _line(floor: Floor, tx: Transaction, dial: Dial) -> Line:
    """The line of the call that it is about, else the insurer's first."""
    lines = floor.centre.insurers[dial.insurer_id].lines
    about = None if dial.about_call_id is None else tx.get(Call, dial.about_call_id)
    return lines.get(about.line if about else "") or next(iter(lines.values()))
