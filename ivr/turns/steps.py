"""Steps carried out: what the caller hears becomes a document, everything else an answer for the flow."""

import logging
from typing import Final, assert_never

from config.phone_numbers import PhoneNumber
from flows import Session, Turn, advance
from flows.actions import FAILED
from flows.turn import Answered, Ask, Do, Enqueue, HangUp, Heard, LeaveQueue, Prompt, Record, Transfer, Wait
from ivr.actions.registry import carry_out, touches_rows
from ivr.calls.models import CallState
from ivr.calls.outcomes import record_line_outcome
from ivr.calls.recorded import RECORDING_ANNOUNCED
from ivr.calls.transitions import move
from ivr.diversions import diversion_of_line, diversion_of_queue
from ivr.errors import TurnWithoutEnd
from ivr.flow_library import DIVERSION, DUTY
from ivr.ports import QueueEntry
from ivr.signals import caller_left, caller_queued
from ivr.turns.connecting import dial
from ivr.turns.diverted import diverted_document, recording_document
from ivr.turns.notices import announcements
from ivr.turns.turning import Turning
from ivr.twiml import elements
from ivr.twiml.elements import Xml
from ivr.twiml.speech import spoken
from ivr.urls import first_round

log = logging.getLogger("pult.turns")

# More steps that the caller does not hear than any flow has in a row; the checks prove that loops end.
_MOST_STEPS: Final = 64
_TRANSFER_SECONDS: Final = 30
_DUTY_SECONDS: Final = 45
_HOLD_PIECE_SECONDS: Final = 5
_ROUND_SECONDS: Final = 2
PASSING_SECONDS: Final = 1
"""How long is listened for keys after words that ask nothing."""

# What a flow ends with when an agent has spoken to the caller: that agent records what came of it.
_LEFT_TO_AGENT: Final = "left_to_agent"


def settle(one: Turning, heard: Heard) -> Xml:
    """Let the flow go on from what was heard until the caller hears something; that document.

    Raises TurnWithoutEnd if nothing is ever heard.
    """
    session, words = one.session(), ""
    for _ in range(_MOST_STEPS):
        turn = advance(one.flows, session, heard)
        session = turn.session
        one.note_trace(turn.trace)
        words += _words(one, turn.said, session)
        answer = _carried_out(one, turn, words)
        if isinstance(answer, str):
            one.keep(session)
            return answer
        heard = answer
    raise TurnWithoutEnd(one.call.id)


def hold_round(one: Turning, words: Xml, wait: Wait, *, round_number: int) -> Xml:
    """A waiting round: what is said, then music, any of the keys heard, then the next round."""
    pieces = max(1, round(wait.seconds / _HOLD_PIECE_SECONDS))
    heard = words + elements.play(one.urls.hold_music, times=pieces)
    if wait.keys:
        heard = elements.gather_or_go_on(heard, action=one.urls.waiting_key(round_number), timeout=_ROUND_SECONDS)
    return elements.document(heard, elements.redirect(one.urls.waiting(round_number + 1)))


def _words(one: Turning, said: tuple[Prompt, ...], session: Session) -> Xml:
    if not said:
        return ""
    one.note("said", prompts=[prompt.id for prompt in said], language=session.language)
    if any(one.flows.prompts[prompt.id].announces_recording for prompt in said):
        one.note(RECORDING_ANNOUNCED, language=session.language)
    return spoken(one.flows, said, language=session.language, delivery=one.delivery)


def _carried_out(one: Turning, turn: Turn, words: Xml) -> Xml | Heard:
    """A document for a step that is heard, else what the flow is to hear next.

    For a caller who has hung up the flow still does what it owes (a callback for a spoken message) and says how the
    call came out, but nobody is asked, queued or connected any more.
    """
    if one.is_over and not isinstance(turn.step, (Do, HangUp)):
        return elements.document(elements.hang_up())
    match turn.step:
        case Ask() as step:
            return _ask(one, step, words)
        case Do() as step:
            return _do(one, step, turn.session)
        case Enqueue() as step:
            return _enqueue(one, step, words)
        case Wait() as step:
            return hold_round(one, words, step, round_number=first_round(one.call.turn + 1))
        case LeaveQueue():
            return Answered("left")
        case Transfer() as step:
            return _transfer(one, step, words)
        case Record() as step:
            return recording_document(one, words, step.max_seconds)
        case HangUp() as step:
            return _hang_up(one, step, words)
        case _ as never:
            assert_never(never)


def _ask(one: Turning, step: Ask, words: Xml) -> Xml:
    move(one.call, CallState.IN_MENU)
    action = one.urls.turn(one.call.turn + 1)
    return elements.document(
        elements.gather(words, action=action, timeout=step.timeout, keys=step.max_digits, finish=step.finish)
    )


def _do(one: Turning, step: Do, session: Session) -> Heard:
    if touches_rows(step.action):
        one.write_events()
    answer = carry_out(one.context(session), step.action, step.arguments)
    one.happenings.extend(answer.noted)
    one.note("action_answered", action=step.action, result=answer.result)
    return Answered(answer.result, answer.variables)


def _enqueue(one: Turning, step: Enqueue, words: Xml) -> Xml | Heard:
    """Join the queue, or tell the flow why not. An emergency is never refused, and never diverted."""
    call, queues = one.call, one.phone.ports.queues
    one.write_events()
    if one.has_left_queue and not step.is_emergency:
        queues.leave(one.tx, call, reason="left")
    one.has_left_queue = False
    diversion = None if step.is_emergency else diversion_of_queue(one.tx, call.insurer_id, step.queue, one.at)
    if diversion is not None and diversion.queue is None:
        return diverted_document(one, diversion, words, queue=step.queue)
    if step.is_emergency:
        call.is_emergency = True
    entry = queues.join(
        one.tx, call, queue=step.queue, is_emergency=step.is_emergency, prefer_curator=step.prefer_curator
    )
    match entry:
        case QueueEntry.JOINED:
            one.note("queued", queue=step.queue, reason=dict(step.reason), emergency=step.is_emergency)
            # In an emergency the line's news can wait; only what hangs at the emergency queue itself is said.
            also = () if diversion is None else (str(diversion.queue),)
            words += announcements(one, (step.queue, *also), is_line_included=not step.is_emergency)
            return queue_document(one, step.queue, words)
        case QueueEntry.CLOSED | QueueEntry.FULL:
            one.note("queue_refused", queue=step.queue, why=entry.value)
            return Answered(entry.value)
        case _ as never:
            assert_never(never)


def queue_document(one: Turning, queue: str, words: Xml) -> Xml:
    """Say `words` and put the caller into the carrier's queue; the wait has been written already."""
    move(one.call, CallState.WAITING)
    caller_queued.send(one.phone.centre, tx=one.tx, call=one.call, queue=queue)
    return door_document(one, queue, words, number=one.call.turn + 1)


def door_document(one: Turning, queue: str, words: Xml, *, number: int) -> Xml:
    """The words at the queue's door, then the queue, which turn `number` ends; a key pressed over them is heard.

    In an emergency no key leads anywhere else, so that none is listened for and no second is lost.
    """
    if words and not one.call.is_emergency:
        words = elements.gather_or_go_on(words, action=one.urls.turn(number), timeout=PASSING_SECONDS)
    return elements.document(
        words,
        elements.enqueue(
            f"{one.call.insurer_id}-{queue}",
            action=one.urls.queue_left(number),
            wait_url=one.urls.waiting(first_round(number)),
        ),
    )


def _transfer(one: Turning, step: Transfer, words: Xml) -> Xml | Heard:
    destination = _destination(one, step.destination)
    one.note("transferred", destination=step.destination, known=destination is not None)
    if destination is None:
        return Answered(FAILED)
    move(one.call, CallState.TRANSFERRED)
    seconds = _DUTY_SECONDS if step.destination == DUTY else _TRANSFER_SECONDS
    action = one.urls.turn(one.call.turn + 1)
    if words and not one.call.is_emergency:
        words = elements.gather_or_go_on(words, action=action, timeout=PASSING_SECONDS)
    return dial(one, destination, words, action=action, seconds=seconds)


def _destination(one: Turning, name: str) -> PhoneNumber | None:
    if name == DUTY:
        return one.line.duty_number
    if name == DIVERSION:
        number = diversion_of_line(one.tx, one.call.insurer_id, one.call.line, one.at)
        return None if number is None else PhoneNumber(number)
    return one.insurer.destinations.get(name)


def _hang_up(one: Turning, step: HangUp, words: Xml) -> Xml:
    move(one.call, CallState.IN_MENU)
    if step.outcome != _LEFT_TO_AGENT:
        one.write_events()
        own = one.insurer.outcomes
        record_line_outcome(one.tx, call=one.call, code=step.outcome, at=one.at, own_codes=own)
    return elements.document(words, elements.hang_up())


def leave_for_good(one: Turning, reason: str) -> None:
    """The caller left the queue and does not come back into one in this turn."""
    if one.has_left_queue and one.call.state != CallState.WAITING:
        one.write_events()
        one.phone.ports.queues.leave(one.tx, one.call, reason=reason)
        caller_left.send(one.phone.centre, tx=one.tx, call=one.call, reason=reason)
    one.has_left_queue = False
