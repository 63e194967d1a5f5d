"""Taking a turn: once for its number, whatever the carrier repeats; and what to say where it fails."""

import logging
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from flows.actions import FAILED
from flows.turn import Answered, Heard
from ivr.calls.ending import end_call
from ivr.calls.models import CallState
from ivr.phone_side import PhoneSide
from ivr.turns.replies import keep_reply, latest_reply
from ivr.turns.steps import leave_for_good, settle
from ivr.turns.turning import Turning, turning
from ivr.twiml import elements
from ivr.twiml.elements import Xml

log = logging.getLogger("pult.turns")

Listening: TypeAlias = Callable[[Turning], Heard | None]
"""What the flow is to hear of a request; None where the request says nothing to it."""

_DIALLED: Final[Mapping[str, str]] = {
    "completed": "completed",
    "answered": "completed",
    "busy": "busy",
    "no-answer": "no_answer",
    "canceled": "no_answer",
}


def take_turn(phone: PhoneSide, call_id: str, number: int, listen: Listening, *, has_hung_up: bool = False) -> Xml:
    """The reply to turn `number` of the call; a request may also say that the caller `has_hung_up`.

    The same number again gets the same reply; one that is out of date changes nothing and gets the reply to the call's
    last turn. Raises CallUnreadable. Any other error leaves the call as it was before.
    """
    with turning(phone, call_id, "take_turn") as one:
        if number != one.call.turn:
            return latest_reply(one.tx, one.call)
        one.has_hung_up = has_hung_up
        heard = listen(one)
        return elements.EMPTY if heard is None else finish(one, heard)


def finish(one: Turning, heard: Heard) -> Xml:
    """Let the flow hear it and keep the reply as that of the call's turn, which is then over."""
    reply = settle(one, heard)
    leave_for_good(one, "left")
    keep_reply(one.tx, one.call, str(one.call.turn), reply, at=one.at)
    one.call.turn += 1
    if one.has_hung_up:
        one.write_events()
        end_call(one.phone.centre, one.tx, one.call, cause="completed", at=one.at)
    return reply


def transfer_result(dial_status: str) -> Listening:
    """What came of connecting the caller elsewhere."""
    return lambda one: Answered(_DIALLED.get(dial_status, FAILED))


def diversion_result(dial_status: str) -> Listening:
    """What came of the number that stands in for a queue: somebody spoke to the caller, or nobody did."""
    is_served = _DIALLED.get(dial_status) == "completed"
    return lambda one: Answered("served" if is_served else FAILED)


def give_up_waiting(one: Turning) -> Heard | None:
    """The emergency's agents were of no help in time: the flow goes on to the duty number."""
    return Answered("timed_out") if one.call.state == CallState.WAITING else None


def call_duty(phone: PhoneSide, call_id: str) -> Xml:
    """The document for a waiting emergency that nobody answered; for a call that waits no more, its last reply."""
    with turning(phone, call_id, "call_duty") as one:
        heard = give_up_waiting(one)
        return latest_reply(one.tx, one.call) if heard is None else finish(one, heard)
