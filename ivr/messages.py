"""Text messages: written as rows in the call's transaction, sent as due work, followed to their end."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from sqlalchemy import select

from config import due_work
from config.centre import Centre
from config.database import Transaction
from config.ids import new_id
from flows.flow import PromptText
from flows.speech import SpeechError, write_out
from flows.turn import Scalar
from ivr.calls.log import record
from ivr.calls.models import Call, Message
from ivr.carrier.errors import CarrierRefused
from ivr.carrier.port import CarrierMessage, Messaging
from ivr.errors import PhoneError
from ivr.urls import message_status_url

log = logging.getLogger("pult.messages")

SEND_MESSAGE: Final = "send_message"
"""The due work that sends a message; its subject is the message's id."""

MOST_ATTEMPTS: Final = 5
# The carrier stamps a message by its own clock, which need not agree with ours to the second.
_CLOCKS_DIFFER: Final = timedelta(minutes=2)


class MessageState(StrEnum):
    """How far a message has come."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


# News of a delivery may overtake our own note that the message was sent.
NEXT: Final[Mapping[MessageState, frozenset[MessageState]]] = {
    MessageState.QUEUED: frozenset({MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED}),
    MessageState.SENT: frozenset({MessageState.DELIVERED, MessageState.FAILED}),
    MessageState.DELIVERED: frozenset(),
    MessageState.FAILED: frozenset(),
}

_CARRIER_WORDS: Final[Mapping[str, MessageState]] = {
    "accepted": MessageState.SENT,
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}


class MessageRefused(PhoneError):
    """The text is no message (`sms.…`): nothing else may be sent."""


@dataclass(frozen=True)
class MessageDesk:
    """What sending needs: the centre, the carrier, and the prompts as they are now (asked anew for each message)."""

    centre: Centre
    carrier: Messaging
    prompts: Callable[[], Mapping[str, PromptText]]


def write_message(
    tx: Transaction,
    *,
    call: Call,
    template: str,
    variables: Mapping[str, Scalar],
    language: str,
    at: datetime,
    to: str | None = None,
) -> Message | None:
    """Owe a message to `to` (default: whoever is calling), and have it sent after commit.

    None where there is no number, as for an anonymous call. The same message in the same call is owed once.
    `variables` are the ones that the text speaks, as plain values; raises MessageRefused for another prompt than
    `sms.…`. `call` must be locked.
    """
    if not template.startswith("sms."):
        raise MessageRefused(template)
    number = None if call.is_anonymous else to or call.ani
    if number is None:
        return None
    for known in messages_of(tx, call.id):
        if (known.template, known.to_e164, known.variables) == (template, number, dict(variables)):
            return known
    message = Message(
        id=new_id(at),
        insurer_id=call.insurer_id,
        call_id=call.id,
        to_e164=number,
        template=template,
        variables=dict(variables),
        language=language,
        state=MessageState.QUEUED,
        attempts=0,
        created_at=at,
    )
    tx.add(message)
    tx.flush()
    record(tx, call, "message_written", at=at, message=message.id, template=template)
    due_work.schedule(tx, kind=SEND_MESSAGE, subject_id=message.id, insurer_id=call.insurer_id, due_at=at)
    return message


def messages_of(tx: Transaction, call_id: str) -> list[Message]:
    """The messages of a call, oldest first."""
    return list(tx.scalars(select(Message).where(Message.call_id == call_id).order_by(Message.created_at, Message.id)))


def text_of(prompts: Mapping[str, PromptText], message: Message) -> str:
    """The words of a message, in Russian where its language has none. Raises MessageRefused where the text is gone or
    cannot be said.
    """
    prompt = prompts.get(message.template)
    if prompt is None:
        raise MessageRefused(message.template)
    language = message.language if message.language in prompt.texts else "ru"
    try:
        return write_out(prompt.texts[language], message.variables, language=language)
    except (SpeechError, KeyError) as error:
        raise MessageRefused(message.template) from error


def send_message(desk: MessageDesk, message_id: str) -> None:
    """Send one message: the handler of `SEND_MESSAGE`.

    From the second attempt on it looks first whether the carrier has the message already. What may succeed later
    is raised, for due work to come again; after `MOST_ATTEMPTS` the message has failed.
    """
    letter = _begin(desk, message_id)
    if letter is None:
        return
    if letter.attempt > 1 and (sid := _already_sent(desk, letter)):
        _note_sent(desk, letter.id, sid)
        return
    if letter.attempt > MOST_ATTEMPTS:
        _note_failed(desk, letter.id, "unreachable")
        return
    try:
        sid = desk.carrier.send_sms(
            to=letter.to,
            sender=letter.sender,
            body=letter.body,
            status_url=message_status_url(desk.centre.settings.public_url, letter.id),
        )
    except CarrierRefused as error:
        _note_failed(desk, letter.id, f"refused {error.code}")
        return
    _note_sent(desk, letter.id, sid)


def message_news(
    centre: Centre, message_id: str, *, carrier_sid: str, status: str, error_code: str | None = None
) -> bool:
    """The carrier tells how far a message has come, in its own words, in any order and any number of times.

    False, and nothing changes, for news that is late, repeated, unknown, or of a message that we do not have.
    """
    state = _CARRIER_WORDS.get(status)
    if state is None:
        log.info("message %s: the carrier says %s", message_id, status)
        return False
    with centre.database.transaction("message_news") as tx:
        message = tx.get(Message, message_id, with_for_update=True)
        if message is None or message.carrier_sid not in (None, carrier_sid):
            return False
        return _move(message, state, carrier_sid, error=error_code, at=centre.clock.now())


@dataclass(frozen=True)
class _Letter:
    id: str
    attempt: int
    to: str
    sender: str
    body: str
    written_at: datetime


def _begin(desk: MessageDesk, message_id: str) -> _Letter | None:
    """Count the attempt before it is made; None where nothing is to be sent any more."""
    prompts = desk.prompts()
    with desk.centre.database.transaction("begin_sending") as tx:
        message = tx.get(Message, message_id, with_for_update=True)
        if message is None or message.state != MessageState.QUEUED:
            return None
        message.attempts += 1
        sender = _sender(tx, desk.centre, message)
        try:
            body = _signed(desk.centre, message, text_of(prompts, message))
        except MessageRefused:
            log.error("message %s: %s cannot be said", message.id, message.template)
            message.state, message.error = MessageState.FAILED, "unsayable"
            return None
        return _Letter(message.id, message.attempts, message.to_e164, sender, body, message.created_at)


def _signed(centre: Centre, message: Message, text: str) -> str:
    """Whoever gets it must see whose it is; the number that it comes from need not be known to them."""
    titles = centre.insurers[message.insurer_id].title
    return f"{titles.get(message.language) or titles['ru']}: {text}"


def _sender(tx: Transaction, centre: Centre, message: Message) -> str:
    """The number that the person knows: the one they dialled, else the first of the line."""
    lines = centre.insurers[message.insurer_id].lines
    call = tx.get(Call, message.call_id) if message.call_id else None
    if call is None or call.line not in lines:
        return next(iter(lines.values())).numbers[0]
    numbers = lines[call.line].numbers
    return call.dnis if call.dnis in numbers else numbers[0]


def _already_sent(desk: MessageDesk, letter: _Letter) -> str | None:
    listed = desk.carrier.messages_to(letter.to, since=letter.written_at - _CLOCKS_DIFFER)
    with desk.centre.database.reading("known_messages") as tx:
        sids = [message.sid for message in listed]
        others = set(tx.scalars(select(Message.carrier_sid).where(Message.carrier_sid.in_(sids))))
    return next((message.sid for message in listed if _is_same(message, letter) and message.sid not in others), None)


def _is_same(listed: CarrierMessage, letter: _Letter) -> bool:
    return listed.body == letter.body


def _note_sent(desk: MessageDesk, message_id: str, sid: str) -> None:
    with desk.centre.database.transaction("note_message_sent") as tx:
        message = tx.get(Message, message_id, with_for_update=True)
        if message is not None:
            _move(message, MessageState.SENT, sid, error=None, at=desk.centre.clock.now())


def _note_failed(desk: MessageDesk, message_id: str, why: str) -> None:
    with desk.centre.database.transaction("note_message_failed") as tx:
        message = tx.get(Message, message_id, with_for_update=True)
        if message is not None:
            _move(message, MessageState.FAILED, message.carrier_sid, error=why, at=desk.centre.clock.now())


def _move(message: Message, state: MessageState, sid: str | None, *, error: str | None, at: datetime) -> bool:
    message.carrier_sid = message.carrier_sid or sid
    if state not in NEXT[MessageState(message.state)]:
        return False
    message.state = state
    match state:
        case MessageState.SENT | MessageState.DELIVERED:
            message.sent_at = message.sent_at or at
        case MessageState.FAILED:
            message.error = error
        case MessageState.QUEUED:
            pass
        case _ as never:
            assert_never(never)
    return True
