"""Text messages: sent, delivered to the telephones of that number, or not (twilio.md §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.exchange import phones
from ivr.exchange.behaviours import Fail
from ivr.exchange.model import Message
from ivr.exchange.twiml.verbs import Callback
from ivr.exchange.webhooks import API_VERSION, tell

if TYPE_CHECKING:
    from ivr.exchange.core import Core

UNREACHABLE = 30003


def send(
    core: Core, *, to: str, sender: str, body: str, callback: Callback, service_sid: str = ""
) -> Message:
    """Queue a message; it is sent at once and delivered after a moment."""
    message = Message(core.sids.make("SM"), to, sender, body, core.now(), callback, service_sid)
    core.messages[message.sid] = message
    core.after(0, lambda: _move(core, message, "sent"))
    core.after(core.settings.message_delivery_seconds, lambda: _deliver(core, message))
    return message


def _deliver(core: Core, message: Message) -> None:
    if isinstance(phones.behaviour_of(core, message.to), Fail):
        message.error_code = UNREACHABLE
        _move(core, message, "undelivered")
        return
    for phone in phones.at_number(core, message.to):
        phones.note(core, phone, phone.live_call, "sms", sender=message.sender, text=message.body)
    _move(core, message, "delivered")


def _move(core: Core, message: Message, status: str) -> None:
    message.status, message.updated_at = status, core.now()
    message.sent_at = message.sent_at or core.now()
    fields = [
        ("AccountSid", core.settings.account_sid),
        ("ApiVersion", API_VERSION),
        ("From", message.sender),
        ("MessageSid", message.sid),
        ("MessageStatus", status),
        ("SmsSid", message.sid),
        ("SmsStatus", status),
        ("To", message.to),
    ]
    if message.error_code:
        fields.append(("ErrorCode", str(message.error_code)))
    tell(core, message.callback, tuple(fields))
