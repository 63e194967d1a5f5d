"""Callers whom an agent passes on to a number outside: connected with it, and back in the queue if nobody answers."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from agents.addresses import dial_through_url
from agents.dialling.dials import audit_dial, check_number, new_dial
from agents.finding import conversation_of
from agents.floor import Floor
from agents.models import Dial, DialState, Offer, Purpose
from agents.offering.answering import let_go
from agents.rows import locked
from agents.waiting.waits import last_wait
from config.database import Transaction
from config.phone_numbers import PhoneNumber
from ivr.calls.log import record
from ivr.calls.models import Call, CallEvent
from ivr.calls.recorded import is_recorded
from recordings.outside import ConnectedOutside

# The carrier tells at once that the caller left the conversation. Where they could not be moved after all, it goes on,
# and its end is an end like any other.
_LEFT_WITHIN: Final = timedelta(minutes=1)


def pass_outside(floor: Floor, *, insurer_id: str, code: str, number: PhoneNumber) -> None:
    """Cold transfer to a number outside: the caller is connected with it, the agent wraps up; audited.

    Unanswered, the caller comes back to the head of the queue. Raises NumberRefused, and NothingToDo without a call.
    """
    check_number(floor, code, number)
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("pass_outside") as tx:
        offer = conversation_of(tx, insurer_id, code)
        call = tx.get_one(Call, offer.call_id)
        dial = new_dial(insurer_id, offer.agent_id, number, now, about_call_id=call.id)
        tx.add(dial)
        record(tx, call, "transfer_began", at=now, agent=code, dial=dial.id)
        audit_dial(tx, dial, code, now, action="passes_outside")
        if is_recorded(tx, floor.centre, call, offer.queue):
            ConnectedOutside(floor.centre).expect(tx, call, conversation=dial.id)
        dial_id, call_sid, leg_sid, offer_id = dial.id, call.carrier_sid, offer.carrier_sid, offer.id
    floor.carrier.redirect(call_sid=call_sid, document_url=dial_through_url(floor.centre.settings, dial_id))
    let_go(floor, offer_id, leg_sid)


def recording_url(floor: Floor, dial: Dial, call: Call) -> str | None:
    """Where the carrier tells of the recording of what the caller says outside; None where it is not recorded."""
    with floor.centre.database.reading("outside_recording") as tx:
        return ConnectedOutside(floor.centre).url_if_expected(tx, call, conversation=dial.id)


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
        ConnectedOutside(floor.centre).number_left(tx, call, conversation=dial.id, is_answered=is_answered)
        record(tx, call, "passed_outside", at=floor.centre.clock.now(), dial=dial.id, answered=is_answered)
        if is_answered:
            _conclude(tx, call, dial)
        else:
            wait.purpose, wait.preferred_agent_id = Purpose.TRANSFER, None
        return call


def is_on_the_way(tx: Transaction, call: Call, *, at: datetime) -> bool:
    """Whether the caller left the conversation because an agent just passed them on outside."""
    passed = select(CallEvent.data).where(CallEvent.call_id == call.id, CallEvent.kind == "transfer_began")
    data = tx.scalar(passed.order_by(CallEvent.seq.desc()).limit(1)) or {}
    dial = tx.get(Dial, data["dial"]) if "dial" in data else None
    return dial is not None and dial.state == DialState.ASKED and at - dial.asked_at <= _LEFT_WITHIN


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
