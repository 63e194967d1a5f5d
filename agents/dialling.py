"""Calls that agents make: asked from the desk, placed by their telephone, logged as calls of the insurer's line.

The page never has the number: it is given the id of a `Dial`, its telephone calls that id, and `/voice/outgoing` finds
the number by it; so what may be dialled is decided where it is asked, and once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from agents import colleague_calls, legs, presence
from agents.addresses import dial_through_url
from agents.commands import agent_named, conversation_of, let_go
from agents.errors import NothingToDo
from agents.floor import Floor
from agents.models import Agent, Dial, DialState, Offer, Presence, Purpose
from agents.rows import locked
from agents.waits import last_wait
from config.audit import audit
from config.database import Transaction
from config.ids import new_id
from config.line_descriptions import Line
from config.phone_numbers import PhoneNumber
from config.settings import dial_prefixes
from ivr.calls.ending import end_call
from ivr.calls.log import record
from ivr.calls.models import Call, CallState, Direction
from ivr.carrier.port import CarrierStatus
from ivr.insured.models import InsuredPerson, InsuredPhone
from recordings.conversations import expect
from recordings.models import RecordingKind

ASKED_FOR: Final = timedelta(seconds=60)
"""How long a page may take to place the call that it asked for."""

_MAY_DIAL: Final = (Presence.AVAILABLE, Presence.AWAY, Presence.WRAP_UP)
_ANI_OF: Final = "caller"
_INSURED: Final = "insured"


class NumberRefused(NothingToDo):
    """Agents may not dial this number."""


def pass_outside(floor: Floor, *, insurer_id: str, code: str, number: PhoneNumber) -> None:
    """Cold transfer to a number outside: the caller is connected with it, the agent wraps up; audited.

    Unanswered, the caller comes back to the head of the queue. Raises NumberRefused, and NothingToDo without a call.
    """
    _check(floor, code, number)
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("pass_outside") as tx:
        offer = conversation_of(tx, insurer_id, code)
        call = tx.get_one(Call, offer.call_id)
        dial = _new(insurer_id, offer.agent_id, number, now, about_call_id=call.id)
        tx.add(dial)
        record(tx, call, "transfer_began", at=now, agent=code, dial=dial.id)
        _audit(tx, dial, code, now, action="passes_outside")
        dial_id, call_sid, leg_sid, offer_id = dial.id, call.carrier_sid, offer.carrier_sid, offer.id
    floor.carrier.redirect(call_sid=call_sid, document_url=dial_through_url(floor.centre.settings, dial_id))
    let_go(floor, offer_id, leg_sid)


def through(floor: Floor, dial_id: str, *, carrier_sid: str) -> tuple[Dial, Call] | None:
    """The caller who is passed on outside by this dial; None for any other call."""
    with floor.centre.database.reading("dial_through") as tx:
        dial = tx.get(Dial, dial_id)
        call = None if dial is None or dial.about_call_id is None else tx.get(Call, dial.about_call_id)
    return None if dial is None or call is None or call.carrier_sid != carrier_sid else (dial, call)


def through_over(floor: Floor, dial_id: str, *, carrier_sid: str, is_answered: bool) -> Call | None:
    """The number outside is done with the caller, or did not answer; their call, which goes on as the wait now says."""
    found = through(floor, dial_id, carrier_sid=carrier_sid)
    if found is None:
        return None
    with floor.centre.database.transaction("dial_through_over") as tx:
        call, wait = locked(tx, Call, found[1].id), last_wait(tx, found[1].id)
        dial = tx.get_one(Dial, dial_id)
        if call is None or wait is None or dial.state != DialState.ASKED:
            return call
        dial.state = DialState.OVER
        record(tx, call, "passed_outside", at=floor.centre.clock.now(), dial=dial.id, answered=is_answered)
        if is_answered:
            _conclude(tx, call, dial)
        else:
            wait.purpose, wait.preferred_agent_id = Purpose.TRANSFER, None
        return call


def ask(
    floor: Floor, *, insurer_id: str, code: str, number: PhoneNumber, about_call_id: str | None = None
) -> str:
    """Note that the agent is about to dial a number; the id for their page. Audited.

    Raises NumberRefused, and NothingToDo for who has a call, or a telephone that rings.
    """
    _check(floor, code, number)
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("ask_to_dial") as tx:
        agent = _who_may_dial(tx, insurer_id, code)
        dial = _new(insurer_id, agent.id, number, now, about_call_id=about_call_id)
        tx.add(dial)
        _audit(tx, dial, code, now, action="dials")
        return dial.id


def ask_colleague(
    floor: Floor,
    *,
    insurer_id: str,
    code: str,
    extension: str | None = None,
    to_code: str | None = None,
    about_call_id: str | None = None,
) -> str:
    """Note that the agent is about to ring a colleague, by extension or code; the id for their page. Audited.

    Raises UnknownAgent, OwnExtension, ColleagueNotFree, and NothingToDo for who has a call, or a telephone that rings.
    """
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("ask_to_ring_colleague") as tx:
        agent = _who_may_dial(tx, insurer_id, code)
        colleague = colleague_calls.colleague_to_ring(tx, agent, extension=extension, to_code=to_code)
        dial = _new(insurer_id, agent.id, colleague, now, about_call_id=about_call_id)
        tx.add(dial)
        _audit(tx, dial, code, now, action="rings_colleague")
        return dial.id


def number_on_card(floor: Floor, *, insurer_id: str, code: str, call_id: str, whose: str) -> PhoneNumber:
    """The number of the caller, or the insured person's first, of the call that the agent has or writes down.

    Raises NothingToDo where there is none, or the call is another's.
    """
    with floor.centre.database.reading("number_on_card") as tx:
        agent = tx.scalar(select(Agent).where(Agent.insurer_id == insurer_id, Agent.code == code))
        call = tx.get(Call, call_id)
        if agent is None or call is None or agent.call_id != call.id or call.is_anonymous:
            raise NothingToDo(f"{code} does not have this call")
        found = _number(tx, call, whose)
    if found is None:
        raise NothingToDo("there is no such number on the card")
    return found


@dataclass(frozen=True)
class Placed:
    """A dial whose call is written: the line in whose name, and where the colleague is rung if it rings one.

    A call to a number is recorded where the line records its calls; one to a colleague never.
    """

    dial: Dial
    line: Line
    colleague_address: str | None

    @property
    def is_recorded(self) -> bool:
        """Whether whoever answers is told of the recording, and the call is recorded."""
        return self.line.records_calls and self.colleague_address is None


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
        if dial.state != DialState.ASKED or now - dial.asked_at > ASKED_FOR or agent.presence not in _MAY_DIAL:
            return None
        if colleague is not None and colleague.presence != Presence.AVAILABLE:
            return None
        call = _write(tx, dial, agent, colleague, placed.line, carrier_sid, now)
        if placed.is_recorded:
            expect(tx, call, conversation=carrier_sid, kind=RecordingKind.OWN_CALL, at=now)
        return placed


def ended(floor: Floor, *, dial_id: str, status: CarrierStatus) -> None:
    """The call that an agent made is over; late or repeated, it changes nothing."""
    centre = floor.centre
    with centre.database.transaction("end_dial") as tx:
        dial = tx.get(Dial, dial_id)
        call = None if dial is None or dial.call_id is None else locked(tx, Call, dial.call_id)
        if call is not None:
            end_call(centre, tx, call, cause=status.value, at=centre.clock.now())


def hung_up(floor: Floor, *, insurer_id: str, code: str, dial_id: str) -> None:
    """The agent's page says that its call is over: the carrier is asked whether that is so."""
    with floor.centre.database.reading("dial_hung_up") as tx:
        agent = tx.scalar(select(Agent).where(Agent.insurer_id == insurer_id, Agent.code == code))
        dial = tx.get(Dial, dial_id)
    if agent is None or dial is None or dial.agent_id != agent.id or dial.carrier_sid is None:
        raise NothingToDo(f"{code} did not make this call")
    leg = floor.carrier.call_status(dial.carrier_sid)
    if leg is None or leg.status.is_over:
        ended(floor, dial_id=dial.id, status=CarrierStatus.COMPLETED if leg is None else leg.status)


def over(tx: Transaction, call: Call, *, at: datetime) -> None:
    """The call is over: whoever made it writes down what came of it, unless they write down another already.

    After a call between colleagues there is nothing to write down.
    """
    dial = tx.scalar(select(Dial).where(Dial.call_id == call.id, Dial.state == DialState.PLACED))
    if dial is None:
        return
    dial.state = DialState.OVER
    agent, colleague = colleague_calls.parties(tx, dial)
    if agent is None or dial.carrier_sid is None:
        return
    legs.follow(tx, call, agent, dial.carrier_sid, at=at, cause=call.hangup_cause)
    record(tx, call, "agent_left", at=at, dial=dial.id, agent=agent.code)
    if colleague is not None:
        colleague_calls.let_go(tx, call, dial, agent, colleague, at=at)
    elif agent.presence == Presence.ON_CALL and agent.call_id == call.id:
        presence.change(tx, agent, Presence.WRAP_UP, at=at, call_id=call.id)


def _check(floor: Floor, code: str, number: PhoneNumber) -> None:
    if not number.e164.startswith(dial_prefixes(floor.centre.settings)):
        raise NumberRefused(f"{code} may not dial this number")


def _who_may_dial(tx: Transaction, insurer_id: str, code: str) -> Agent:
    agent = agent_named(tx, insurer_id, code)
    if agent.presence not in _MAY_DIAL:
        raise NothingToDo(f"{code} is {agent.presence}")
    return agent


def _new(
    insurer_id: str, agent_id: str, whom: PhoneNumber | Agent, now: datetime, *, about_call_id: str | None
) -> Dial:
    return Dial(
        id=new_id(now),
        insurer_id=insurer_id,
        agent_id=agent_id,
        about_call_id=about_call_id,
        colleague_id=whom.id if isinstance(whom, Agent) else None,
        e164=None if isinstance(whom, Agent) else whom.e164,
        extension=whom.extension,
        state=DialState.ASKED,
        asked_at=now,
    )


def _audit(tx: Transaction, dial: Dial, code: str, now: datetime, *, action: str) -> None:
    audit(
        tx,
        insurer_id=dial.insurer_id,
        at=now,
        actor=code,
        action=action,
        subject_kind="dial",
        subject_id=dial.id,
        call=dial.about_call_id,
    )


def _conclude(tx: Transaction, call: Call, dial: Dial) -> None:
    """Let the caller hear the survey or the goodbye: whoever passed them on had meant to."""
    offer = tx.scalar(
        select(Offer)
        .where(Offer.call_id == call.id, Offer.agent_id == dial.agent_id, Offer.bridged_at.is_not(None))
        .order_by(Offer.bridged_at.desc())
        .limit(1)
    )
    if offer is not None:
        offer.is_ended_by_desk = True


def _write(
    tx: Transaction, dial: Dial, agent: Agent, colleague: Agent | None, line: Line, carrier_sid: str, now: datetime
) -> Call:
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
    return call


def _line(floor: Floor, tx: Transaction, dial: Dial) -> Line:
    """The line of the call that it is about, else the insurer's first."""
    lines = floor.centre.insurers[dial.insurer_id].lines
    about = None if dial.about_call_id is None else tx.get(Call, dial.about_call_id)
    return lines.get(about.line if about else "") or next(iter(lines.values()))


def _number(tx: Transaction, call: Call, whose: str) -> PhoneNumber | None:
    if whose == _ANI_OF:
        return None if call.ani is None else PhoneNumber(call.ani)
    if whose != _INSURED or call.insured_id is None:
        return None
    row = tx.execute(
        select(InsuredPhone.e164, InsuredPhone.extension)
        .join(InsuredPerson, InsuredPerson.id == InsuredPhone.insured_id)
        .where(InsuredPhone.insured_id == call.insured_id, InsuredPerson.insurer_id == call.insurer_id)
        .order_by(InsuredPhone.id)
        .limit(1)
    ).first()
    return None if row is None else PhoneNumber(row.e164, row.extension)
