"""The first turn: a dialled number finds its line, the call is written once, the flow begins."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.exc import IntegrityError

from config.database import Transaction
from config.found_rows import NewRows
from config.ids import new_id
from config.line_descriptions import Line
from config.phone_numbers import mask_phone, parse_caller_id
from config.prepared import insertion
from flows import FlowSet, begin
from flows.turn import Begin
from ivr.calls.ending import end_call
from ivr.calls.finding import locked_call_by_sid
from ivr.calls.models import Call, CallState, Direction, Leg
from ivr.phone_side import PhoneSide
from ivr.turns.apologies import ended_call, unknown_number
from ivr.turns.replies import latest_reply
from ivr.turns.taking import finish
from ivr.turns.turning import turning_of
from ivr.twiml.elements import Xml

log = logging.getLogger("pult.turns")

CALLER: Final = "caller"
_CALLS: Final = NewRows(Call)
_ADD_LEG: Final = insertion(Leg, "id", "insurer_id", "call_id", "carrier_sid", "party", "started_at", "answered_at")


@dataclass(frozen=True)
class Arrival:
    """A call as the carrier announces it: its sid, the number dialled, and what it says of the caller's number."""

    carrier_sid: str
    dialled: str
    caller: str


def answer_call(phone: PhoneSide, arrival: Arrival) -> Xml:
    """The reply to a new call, the same however often it is announced; a number of nobody leaves no row."""
    line = phone.centre.insurers.line_by_number(arrival.dialled)
    if line is None:
        log.warning("a number that no line publishes was dialled: %s", mask_phone(arrival.dialled))
        return unknown_number()
    try:
        return _answer(phone, line, arrival)
    except IntegrityError:
        # Two announcements at once, where the database lets both look first: now the row is there.
        return _answer(phone, line, arrival)


def write_ended(
    phone: PhoneSide,
    tx: Transaction,
    arrival: Arrival,
    *,
    cause: str,
    began_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> Call | None:
    """A call of which only the end was heard, as a row; None where no line has the number.

    Its times are the carrier's, where it knows them and its clock is not before ours.
    """
    line = phone.centre.insurers.line_by_number(arrival.dialled)
    if line is None:
        return None
    now = phone.centre.clock.now()
    ended = min(now, ended_at or now)
    call = new_call(tx, line, phone.flow_library.current(tx), arrival, at=min(ended, began_at or ended))
    end_call(phone.centre, tx, call, cause=cause, at=ended)
    return call


def new_call(
    tx: Transaction,
    line: Line,
    flows: FlowSet,
    arrival: Arrival,
    *,
    at: datetime,
    direction: Direction = Direction.INBOUND,
    language: str | None = None,
    continues_call_id: str | None = None,
) -> Call:
    """A call of this line as a row, its caller's leg beside it; the session stands before the flow's first word."""
    spoken = language or line.languages[0]
    session = begin(flows, line.flow, language=spoken)
    caller = parse_caller_id(arrival.caller)
    call = _CALLS.add(
        tx,
        id=new_id(at),
        insurer_id=line.insurer_id,
        carrier_sid=arrival.carrier_sid,
        line=line.name,
        dnis=arrival.dialled,
        ani=None if caller is None else caller.e164,
        direction=direction,
        state=CallState.IN_MENU,
        started_at=at,
        answered_at=at,
        language=session.language,
        flow=line.flow,
        flow_digest=flows.digest,
        session=session.to_json(),
        continues_call_id=continues_call_id,
    )
    leg = {
        "id": new_id(at),
        "insurer_id": line.insurer_id,
        "call_id": call.id,
        "carrier_sid": arrival.carrier_sid,
        "party": CALLER,
        "started_at": at,
        "answered_at": at,
    }
    _ADD_LEG.gather(tx, [leg])
    return call


def _answer(phone: PhoneSide, line: Line, arrival: Arrival) -> Xml:
    with phone.centre.database.transaction("answer_call") as tx:
        known = locked_call_by_sid(tx, arrival.carrier_sid)
        if known is not None:
            return ended_call() if known.state == CallState.ENDED else latest_reply(tx, known)
        now = phone.centre.clock.now()
        call = new_call(tx, line, phone.flow_library.current(tx), arrival, at=now)
        one = turning_of(phone, tx, call)
        one.note("answered", line=line.name, withheld=call.ani is None)
        reply = finish(one, Begin())
        one.write_events()
        return reply
