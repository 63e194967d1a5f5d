"""Redirect, Reject, Hangup and Leave: verbs that send the call elsewhere. And Sms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.exchange import calls, messaging
from ivr.exchange.script import Script, fetch, performs
from ivr.exchange.transitions import CallStatus
from ivr.exchange.twiml.verbs import Hangup, Leave, Redirect, Reject, Sms
from ivr.exchange.webhooks import located

if TYPE_CHECKING:
    from ivr.exchange.core import Core


@performs(Redirect)
def redirect(core: Core, script: Script, verb: Redirect) -> None:
    """Ask for another document; an empty address is the current one."""
    fetch(core, script, verb.url, verb.method)


@performs(Reject)
def reject(core: Core, script: Script, verb: Reject) -> None:
    """Refuse a call that was not answered yet; an answered one is hung up."""
    call = script.call
    if call.is_up:
        calls.hang_up(core, call, "rejected")
    elif verb.reason == "busy":
        calls.finish(core, call, CallStatus.BUSY, "rejected as busy", 486)
    else:
        calls.finish(core, call, CallStatus.NO_ANSWER, "rejected", 603)


@performs(Hangup)
def hang_up(core: Core, script: Script, _verb: Hangup) -> None:
    """End the call."""
    calls.hang_up(core, script.call, "hung up by the document")


@performs(Leave)
def leave(core: Core, script: Script, _verb: Leave) -> None:
    """Leave the queue whose waiting document this is; anywhere else it does nothing."""
    if script.on_leave:
        script.on_leave()


@performs(Sms)
def sms(core: Core, script: Script, verb: Sms) -> None:
    """Send a text, to the caller from the number called unless the verb says otherwise."""
    call = script.call
    to, sender = verb.to or call.sender, verb.sender or call.to
    callback = located(script.url, verb.callback)
    messaging.send(core, to=to, sender=sender, body=verb.body, callback=callback)
