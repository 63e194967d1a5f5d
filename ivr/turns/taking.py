"""Taking a turn: once for its number, whatever the carrier repeats; and what to say where it fails."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, TypeAlias

from flows.actions import FAILED
from flows.turn import Answered, Heard
from ivr.calls.ending import end_call
from ivr.calls.models import CallState
from ivr.calls.outcomes import DESK, LINE, TRANSFERRED_DUTY, TRANSFERRED_ELSEWHERE, record_outcome
from ivr.flow_library import DIVERSION, DUTY
from ivr.phone_side import PhoneSide
from ivr.turns.connecting import number_left
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
_SPOKE_TO: Final[Mapping[str, str]] = {DUTY: TRANSFERRED_DUTY, DIVERSION: TRANSFERRED_ELSEWHERE}
_ASK_WHAT_CAME_OF_IT: Final = "ask_what_came_of_it"
_ASKED_WITHIN: Final = timedelta(hours=1)


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
    return end_turn(one, settle(one, heard))


def end_turn(one: Turning, reply: Xml) -> Xml:
    """Keep the reply as that of the call's turn, which is then over."""
    leave_for_good(one, "left")
    keep_reply(one.tx, one.call, str(one.call.turn), reply, at=one.at)
    one.call.turn += 1
    if one.has_hung_up:
        one.write_events()
        end_call(one.phone.centre, one.tx, one.call, cause="completed", at=one.at)
    return reply


def transfer_result(dial_status: str) -> Listening:
    """What came of connecting the caller elsewhere; that somebody on duty spoke to them is the call's outcome."""
    result = _DIALLED.get(dial_status, FAILED)

    def listen(one: Turning) -> Heard:
        number_left(one, is_answered=result == "completed")
        code = _SPOKE_TO.get(getattr(one.node(), "destination", ""))
        if result == "completed" and code is not None:
            _note_spoken_to(one, code)
        return Answered(result)

    return listen


def diversion_result(dial_status: str) -> Listening:
    """What came of the number that stands in for a queue: somebody spoke to the caller, or nobody did."""
    is_served = _DIALLED.get(dial_status) == "completed"

    def listen(one: Turning) -> Heard:
        number_left(one, is_answered=is_served)
        if is_served:
            _note_spoken_to(one, TRANSFERRED_ELSEWHERE)
        return Answered("served" if is_served else FAILED)

    return listen


def _note_spoken_to(one: Turning, code: str) -> None:
    """Somebody without a desk had the caller: the line says so. After an emergency the desk asks what came of it."""
    is_urgent = one.call.is_emergency
    one.write_events()
    record_outcome(
        one.tx,
        call=one.call,
        code=code,
        by=LINE,
        at=one.at,
        next_action=_ASK_WHAT_CAME_OF_IT if is_urgent else None,
        due_at=one.at + _ASKED_WITHIN if is_urgent else None,
        owner=DESK if is_urgent else None,
    )


def give_up_waiting(one: Turning) -> Heard | None:
    """The emergency's agents were of no help in time: the flow goes on to the duty number."""
    return Answered("timed_out") if one.call.state == CallState.WAITING else None


def call_duty(phone: PhoneSide, call_id: str) -> Xml:
    """The document for a waiting emergency that nobody answered; for a call that waits no more, its last reply."""
    with turning(phone, call_id, "call_duty") as one:
        heard = give_up_waiting(one)
        return latest_reply(one.tx, one.call) if heard is None else finish(one, heard)
