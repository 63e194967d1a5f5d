"""A caller connected with a number outside: on duty, in place of a line or a queue, or after a failed turn."""

from config.phone_numbers import PhoneNumber
from ivr.calls.recorded import is_recorded
from ivr.turns.turning import Turning
from ivr.twiml import elements
from ivr.twiml.elements import Xml


def dial(
    one: Turning, destination: PhoneNumber, words: Xml, *, action: str, seconds: int, queue: str | None = None
) -> Xml:
    """Say `words` and connect the caller to a number; the carrier tells `action` what came of it.

    `queue` is the one in whose place the number stands.
    """
    connecting = elements.dial_number(
        destination.e164,
        extension=destination.extension,
        action=action,
        caller_id=one.call.dnis,
        timeout=seconds,
        recording_url=_recording_url(one, _conversation(one, one.call.turn), queue),
    )
    return elements.document(words, connecting)


def number_left(one: Turning, *, is_answered: bool) -> None:
    """The number of the turn before is done with the caller, or nobody answered there."""
    one.write_events()
    conversation = _conversation(one, one.call.turn - 1)
    recordings = one.phone.ports.outside_recordings
    recordings.number_left(one.tx, one.call, conversation=conversation, is_answered=is_answered)


def sorry_recording_url(one: Turning) -> str | None:
    """Where the carrier tells of what the caller of a failed turn says to the duty number; None: it is not recorded."""
    return _recording_url(one, f"{_conversation(one, one.call.turn)}-sorry")


def _recording_url(one: Turning, conversation: str, queue: str | None = None) -> str | None:
    """Where the carrier tells of the recording of this conversation, expected from now on; None: it is not recorded."""
    one.write_events()
    queues = (queue, one.phone.ports.queues.queue_of(one.tx, one.call))
    if not is_recorded(one.tx, one.phone.centre, one.call, *(name for name in queues if name is not None)):
        return None
    return one.phone.ports.outside_recordings.expect(one.tx, one.call, conversation=conversation)


def _conversation(one: Turning, number: int) -> str:
    """By the turn whose reply connects the caller: a number that is rung again is another conversation."""
    return f"{one.call.id}-{number}"
