"""Out of the queue and out of a conversation: what the carrier tells of either, and where the caller goes then."""

import logging
from enum import StrEnum
from typing import assert_never

from flows.actions import FAILED
from flows.turn import Answered, Heard
from ivr.calls.ending import end_call
from ivr.calls.models import CallState
from ivr.calls.transitions import move
from ivr.phone_side import PhoneSide
from ivr.ports import Parting
from ivr.turns.apologies import BACK_IN_QUEUE, PASSED_ON
from ivr.turns.diverted import diverted_document
from ivr.turns.replies import keep_reply, latest_reply
from ivr.turns.steps import queue_document
from ivr.turns.taking import end_turn, finish
from ivr.turns.turning import Turning, turning
from ivr.twiml import elements
from ivr.twiml.elements import Xml
from ivr.twiml.speech import say_text

log = logging.getLogger("pult.turns")


class QueueResult(StrEnum):
    """How a caller left the carrier's queue, in the carrier's words (twilio.md §1)."""

    BRIDGED = "bridged"
    BRIDGING = "bridging-in-process"
    ERROR = "error"
    HANGUP = "hangup"
    LEAVE = "leave"
    REDIRECTED = "redirected"
    REDIRECTED_FROM_BRIDGED = "redirected-from-bridged"
    QUEUE_FULL = "queue-full"
    SYSTEM_ERROR = "system-error"


def queue_result(word: str) -> QueueResult:
    """The carrier's word; one that nobody has told us of is an error, from which the flow goes on."""
    try:
        return QueueResult(word)
    except ValueError:
        return QueueResult.ERROR


def queue_left(phone: PhoneSide, call_id: str, number: int, result: QueueResult) -> Xml:
    """The reply to the carrier's news of how turn `number`'s wait ended. Raises CallUnreadable."""
    with turning(phone, call_id, "leave_queue") as one:
        if number != one.call.turn:
            return latest_reply(one.tx, one.call)
        heard = _heard(one, result)
        if heard is None:
            return elements.EMPTY
        if heard == Answered("timed_out") and (diversion := one.phone.ports.queues.diversion(one.tx, one.call)):
            return end_turn(one, diverted_document(one, diversion, "", queue=_queue_of(one)))
        return finish(one, heard)


def _heard(one: Turning, result: QueueResult) -> Heard | None:
    """What the flow hears of it; None where it hears nothing: an agent took the caller out, or nobody is there."""
    match result:
        case QueueResult.LEAVE:
            one.has_left_queue = True
            return Answered("left" if one.session().leaving else "timed_out")
        case QueueResult.QUEUE_FULL:
            one.has_left_queue = True
            return Answered("full")
        case QueueResult.ERROR | QueueResult.SYSTEM_ERROR:
            one.has_left_queue = True
            one.note("queue_failed", result=result.value)
            return Answered(FAILED)
        case QueueResult.HANGUP:
            one.write_events()
            end_call(one.phone.centre, one.tx, one.call, cause="completed", at=one.at)
            return None
        case QueueResult.BRIDGED | QueueResult.BRIDGING | QueueResult.REDIRECTED | QueueResult.REDIRECTED_FROM_BRIDGED:
            return None
        case _ as never:
            assert_never(never)


def join_agent(phone: PhoneSide, call_id: str, conference: str) -> Xml:
    """The document that brings a claimed caller into the agent's conference. Raises CallUnreadable."""
    with turning(phone, call_id, "join_agent") as one:
        if one.is_over or not move(one.call, CallState.CONNECTED):
            return elements.EMPTY
        one.note("connected", offer=conference)
        action = one.urls.bridge_left(one.call.turn)
        return elements.document(elements.dial_conference(conference, action=action))


def bridge_left(phone: PhoneSide, call_id: str, number: int, *, has_hung_up: bool) -> Xml:
    """The conversation is over: on with the flow if it was meant to be, else back to the head of the queue.

    Raises CallUnreadable.
    """
    with turning(phone, call_id, "leave_bridge") as one:
        if number != one.call.turn:
            return latest_reply(one.tx, one.call)
        if has_hung_up:
            end_call(one.phone.centre, one.tx, one.call, cause="completed", at=one.at)
        if one.is_over:
            return elements.EMPTY
        parting = one.phone.ports.queues.parting(one.tx, one.call)
        if parting is Parting.OUTSIDE:
            # The carrier asks all the same, and plays no answer: what follows is for the number's end to say.
            return elements.EMPTY
        return finish(one, Answered("served")) if parting is Parting.CONCLUDED else _back_to_queue(one, parting)


def _back_to_queue(one: Turning, parting: Parting) -> Xml:
    """The agent was lost, or passed the caller on: they wait again, first in line, and are told why."""
    queue = _queue_of(one)
    one.write_events()
    one.phone.ports.queues.join(
        one.tx, one.call, queue=queue, is_emergency=one.call.is_emergency, prefer_curator=False, at_head=True
    )
    one.note("queued_again", queue=queue)
    texts = PASSED_ON if parting is Parting.TRANSFERRED else BACK_IN_QUEUE
    text = texts.get(one.call.language, texts["ru"])
    words = say_text(text, language=one.call.language, delivery=one.delivery)
    reply = queue_document(one, queue, words)
    keep_reply(one.tx, one.call, str(one.call.turn), reply, at=one.at)
    one.call.turn += 1
    return reply


def _queue_of(one: Turning) -> str:
    """The queue whose node the flow still stands at; in a call that we placed, the one that keeps its place."""
    at_node: str = getattr(one.node(), "queue", "")
    return at_node or one.phone.ports.queues.queue_of(one.tx, one.call) or next(iter(one.insurer.queues))
