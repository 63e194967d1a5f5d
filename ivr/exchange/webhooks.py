"""The webhooks that concern a call: their parameters, and how they set out (twilio.md §1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from ivr.exchange.clock import rfc2822
from ivr.exchange.transitions import event_of, is_final
from ivr.exchange.twiml.verbs import Callback
from ivr.exchange.webrequest import Fields, WebReply, WebRequest

if TYPE_CHECKING:
    from ivr.exchange.core import Core
    from ivr.exchange.model import Call, Recording

API_VERSION = "2010-04-01"


def call_fields(core: Core, call: Call) -> Fields:
    """The standard parameters, with the undocumented ones that live traffic carries."""
    fields = [
        ("AccountSid", core.settings.account_sid),
        ("ApiVersion", API_VERSION),
        ("CallSid", call.sid),
        ("CallStatus", str(call.status)),
        ("Called", call.to),
        ("Caller", call.sender),
        ("Direction", call.direction),
        ("From", call.sender),
        ("To", call.to),
        *core.settings.unannounced_fields,
        *call.parameters,
    ]
    if call.forwarded_from:
        fields.append(("ForwardedFrom", call.forwarded_from))
    if call.parent:
        fields.append(("ParentCallSid", call.parent.sid))
    return tuple(fields)


def ask(
    core: Core,
    call: Call,
    url: str,
    method: str,
    extra: Fields,
    on_reply: Callable[[WebReply], None],
) -> None:
    """Request TwiML for a call; mischief may double the request or lose its first answer."""
    core.outbox.append(
        _request(
            core,
            url,
            method,
            _merged(call_fields(core, call), extra),
            on_reply,
            core.trickster.twiml_copies(),
            core.trickster.loses_twiml_answer(),
        )
    )


def tell(core: Core, where: Callback, fields: Fields) -> None:
    """Send a callback, whose reply nobody reads; mischief may double, delay or lose it."""
    if not where.url:
        return
    request = _request(core, where.url, where.method, fields, None)
    for delay in core.trickster.callback_delays():
        if delay:
            core.after(delay, lambda: core.outbox.append(request))
        else:
            core.outbox.append(request)


def tell_progress(core: Core, call: Call) -> None:
    """Announce the call's status to its status callback, if that event was asked for."""
    event = event_of(call.status)
    if event is None or event not in call.progress.events:
        return
    fields = _merged(call_fields(core, call), _progress_fields(core, call))
    call.sequence += 1
    tell(core, call.progress, fields)


def _progress_fields(core: Core, call: Call) -> Fields:
    fields = [
        ("CallbackSource", "call-progress-events"),
        ("SequenceNumber", str(call.sequence)),
        ("Timestamp", rfc2822(core.now()) or ""),
    ]
    if is_final(call.status):
        seconds = call.duration_seconds
        fields += [("CallDuration", str(seconds)), ("Duration", str(-(-seconds // 60)))]
        fields += [("SipResponseCode", str(call.sip_code or 200))]
        fields += _recording_fields(core, call)
    return tuple(fields)


def _recording_fields(core: Core, call: Call) -> list[tuple[str, str]]:
    """The recording that the call was placed with, as the last news of the call names it."""
    if call.recorded is None:
        return []
    return [
        ("RecordingUrl", url_of(core, call.recorded)),
        ("RecordingSid", call.recorded.sid),
        ("RecordingDuration", str(call.recorded.duration_seconds)),
    ]


def url_of(core: Core, recording: Recording) -> str:
    """Where a recording's sound is, without an extension."""
    return f"{core.public_url}/{API_VERSION}/Accounts/{core.settings.account_sid}/Recordings/{recording.sid}"


def resolve(base: str, url: str) -> str:
    """``url`` as seen from the document ``base``; an empty one is the document itself."""
    return urljoin(base, url) if url else base.partition("#")[0]


def located(base: str, callback: Callback) -> Callback:
    """A document's callback settings with the address made absolute; none stays none."""
    return replace(callback, url=resolve(base, callback.url)) if callback.url else callback


def _merged(first: Fields, second: Fields) -> Fields:
    names = {name for name, _ in second}
    return tuple(field for field in first if field[0] not in names) + second


def _request(
    core: Core,
    url: str,
    method: str,
    fields: Fields,
    on_reply: Callable[[WebReply], None] | None,
    copies: int = 1,
    loses_first_answer: bool = False,
) -> WebRequest:
    return WebRequest(
        url=url,
        method=method,
        fields=fields,
        token=core.sids.make("")[:32],
        account_sid=core.settings.account_sid,
        auth_token=core.settings.auth_token,
        on_reply=on_reply,
        copies=copies,
        loses_first_answer=loses_first_answer,
    )
