"""Callers of a queue that a duty manager diverted: put through to a number, or heard by the electronic secretary."""

from typing import Final

from sqlalchemy import func, select

from config.phone_numbers import PhoneNumber
from flows.turn import Prompt, Scalar
from ivr.calls.models import CallEvent, CallState
from ivr.calls.outcomes import record_line_outcome
from ivr.calls.transitions import move
from ivr.calls.zones import told_there, zone_of_caller
from ivr.diversions import Diversion
from ivr.ports import CallbackPlan
from ivr.turns.connecting import dial
from ivr.turns.turning import Turning
from ivr.twiml import elements
from ivr.twiml.elements import Xml
from ivr.twiml.speech import spoken

_RING_SECONDS: Final = 30
LONGEST_MESSAGE_SECONDS: Final = 120
_TRIES: Final = 2
_ASKED: Final = "secretary_asked"
REASON: Final = "message"
"""What a callback for a message is about, wherever the message was left."""


def diverted_document(one: Turning, diversion: Diversion, words: Xml, *, queue: str) -> Xml:
    """Say `words` and send the queue's caller where the duty manager wants them: to a number, or to the secretary."""
    one.note("queue_diverted", to="number" if diversion.number else "voicemail")
    if diversion.number is None:
        return _ask_for_message(one, words, "message.speak")
    move(one.call, CallState.TRANSFERRED)
    number, action = PhoneNumber(diversion.number), one.urls.diverted(one.call.turn + 1)
    return dial(one, number, words, action=action, seconds=_RING_SECONDS, queue=queue)


def is_with_secretary(one: Turning) -> bool:
    """Whether the caller speaks to the secretary in a queue's place, and not in a node of the flow that records."""
    return one.call.state == CallState.LEAVING_MESSAGE and hasattr(one.node(), "queue")


def message_taken(one: Turning, *, is_recorded: bool) -> Xml:
    """The message is kept, and a call promised; nothing recorded is asked for once more, then given up."""
    if is_recorded:
        return _part(one, _promise(one), "voicemail_left")
    if not one.is_over and _times_asked(one) < _TRIES:
        return _ask_for_message(one, "", "message.once_more")
    return _part(one, _said(one, "goodbye.unreached"), "callback_failed")


def _promise(one: Turning) -> Xml:
    one.write_events()
    plan = one.phone.ports.callbacks.plan(one.tx, one.call, reason=REASON, keep_place=True)
    if not isinstance(plan, CallbackPlan):
        return _said(one, "message.taken") + _said(one, "goodbye")
    zone = zone_of_caller(one.tx, one.insurer, one.call)
    window = {
        name: told_there(at, zone, one.call.language)
        for name, at in zip(("callback_from", "callback_until"), plan.told, strict=True)
    }
    return _said(one, "message.promised", window) + _said(one, "goodbye")


def _ask_for_message(one: Turning, words: Xml, prompt: str) -> Xml:
    one.note(_ASKED)
    return recording_document(one, words + _said(one, prompt))


def recording_document(one: Turning, words: Xml, seconds: int = LONGEST_MESSAGE_SECONDS) -> Xml:
    """Say `words`, if any, and record a message of so many seconds at most."""
    move(one.call, CallState.LEAVING_MESSAGE)
    action = one.urls.recorded(one.call.turn + 1)
    return elements.document(
        # A key is heard before the tone as well: 9 brings help, and nobody has to listen to the end for it.
        elements.gather_or_go_on(words, action=action, timeout=1) if words else "",
        elements.record(action=action, status_url=one.urls.recordings, max_seconds=seconds),
        # Reached only where nothing was recorded: without it whoever says nothing after the tone is cut off.
        elements.redirect(action),
    )


def _times_asked(one: Turning) -> int:
    one.write_events()
    asked = select(func.count()).where(CallEvent.call_id == one.call.id, CallEvent.kind == _ASKED)
    return one.tx.scalar(asked) or 0


def _part(one: Turning, words: Xml, outcome: str) -> Xml:
    move(one.call, CallState.IN_MENU)
    one.write_events()
    record_line_outcome(one.tx, call=one.call, code=outcome, at=one.at, own_codes=one.insurer.outcomes)
    return elements.document(words, elements.hang_up())


def _said(one: Turning, prompt: str, values: dict[str, Scalar] | dict[str, str] | None = None) -> Xml:
    """A prompt of the flows that all lines share; one that a centre's own flows do not have is left out."""
    if prompt not in one.flows.prompts:
        return ""
    said = Prompt(prompt, tuple(sorted((values or {}).items())))
    one.note("said", prompts=[prompt], language=one.call.language)
    return spoken(one.flows, (said,), language=one.call.language, delivery=one.delivery)
