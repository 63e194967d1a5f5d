"""The life of a call: coming in, being placed, ringing, answer, end, and who is bridged to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from ivr.exchange import phones, recorder
from ivr.exchange.behaviours import AutoAnswer, Busy, Fail, NoAnswer, Offline, Person
from ivr.exchange.model import Call, Number, Owner
from ivr.exchange.phones import Phone, hear
from ivr.exchange.script import Purpose, Script, Stop, fetch
from ivr.exchange.transitions import CallStatus, is_allowed
from ivr.exchange.twiml.verbs import NOWHERE, Callback, Dial, Pause, Redirect, Reject, Sms, Verb
from ivr.exchange.webhooks import tell_progress

if TYPE_CHECKING:
    from ivr.exchange.core import Core

T = TypeVar("T")


def dial_in(core: Core, number: Number, phone: Phone, sender: str, forwarded_from: str = "") -> Call:
    """A telephone calls a number of the account: the number's voice URL is asked what to do."""
    call = _new(core, "inbound", sender, number.number, phone)
    call.number_sid, call.forwarded_from = number.sid, forwarded_from
    call.fallback = number.fallback
    # An inbound number's status callback fires once, at the end (twilio.md §1).
    call.progress = Callback(number.progress.url, number.progress.method, ("completed",))
    call.status = CallStatus.RINGING
    call.started_at = core.now()
    hear(core, call, "dialled", to=number.number, sender=sender, phone_id=phone.id)
    script = main_script(core, call)
    if number.voice.url:
        fetch(core, script, number.voice.url, number.voice.method)
    else:
        core.alert(11100, f"{number.number} has no voice URL", call)
        finish(core, call, CallStatus.FAILED, "no voice URL")
    return call


def new_outgoing(
    core: Core,
    *,
    direction: str,
    sender: str,
    to: str,
    owner: Owner,
    parent: Call | None = None,
    ring_seconds: float = 60.0,
    progress: Callback = NOWHERE,
    parameters: tuple[tuple[str, str], ...] = (),
) -> Call:
    """An outgoing call, not placed yet."""
    call = _new(core, direction, sender, to, phones.callee(core, to))
    call.owner, call.parent = owner, parent
    call.ring_seconds, call.progress = ring_seconds, progress
    call.parameters = parameters
    return call


def _new(core: Core, direction: str, sender: str, to: str, phone: Phone) -> Call:
    _forget_old(core)
    call = Call(core.sids.make("CA"), direction, sender, to, phone, core.now())
    core.calls[call.sid] = core.live_calls[call.sid] = call
    phone.calls.append(call)
    return call


def main_script(core: Core, call: Call) -> Script:
    """A fresh main script, in place of the one that the call may have had."""
    call.main = Script(call, at_end=lambda: end_of_document(core, call), purpose=Purpose.MAIN)
    call.main.on_verb = lambda verb: _answer_for(core, call, verb)
    return call.main


def _answer_for(core: Core, call: Call, verb: Verb) -> None:
    """The first verb answers an incoming call, save those that come before an answer (§3)."""
    is_early = isinstance(verb, Reject | Pause | Redirect | Sms)
    if isinstance(verb, Dial):
        is_early = verb.is_answer_on_bridge
    if call.status is CallStatus.RINGING and call.direction == "inbound" and not is_early:
        answer(core, call)


def end_of_document(core: Core, call: Call) -> None:
    """The end of a document hangs up, and a call that nothing answered is answered first."""
    if call.status is CallStatus.RINGING and call.direction == "inbound":
        answer(core, call)
    hang_up(core, call, "end of document")


def place(core: Core, call: Call) -> None:
    """Send an outgoing call on its way, in the account's queue if its rate is limited."""
    wait = _queue_seconds(core) if call.direction == "outbound-api" else 0.0
    call.queue_ms = round(wait * 1000)
    core.after_unless_over(call, wait, lambda: _initiate(core, call))


def _queue_seconds(core: Core) -> float:
    """How long a call waits for its turn at the account's calls per second (twilio.md §4)."""
    rate = core.settings.calls_per_second
    if rate is None:
        return 0.0
    now = core.now()
    slot = max(now, core.next_slot or now)
    core.next_slot = slot + timedelta(seconds=1 / rate)
    return (slot - now).total_seconds()


def _initiate(core: Core, call: Call) -> None:
    if call.is_over:
        return
    call.started_at = core.now()
    move(core, call, CallStatus.INITIATED)
    delay = core.settings.ringing_delay_seconds
    core.after_unless_over(
        call, call.ring_seconds + core.settings.dial_grace_seconds, lambda: _give_up(core, call)
    )
    match call.phone.behaviour:
        case AutoAnswer(after=after):
            core.after_unless_over(call, delay, lambda: ring(core, call))
            core.after_unless_over(call, delay + after, lambda: answer(core, call))
        case Busy(after=after):
            core.after_unless_over(call, after, lambda: finish(core, call, CallStatus.BUSY, "busy", 486))
        case Fail(after=after, sip_code=code):
            core.after_unless_over(call, after, lambda: finish(core, call, CallStatus.FAILED, "failed", code))
        case Offline(after=after):
            core.after_unless_over(
                call, after, lambda: finish(core, call, CallStatus.NO_ANSWER, "offline", 480)
            )
        case NoAnswer():
            core.after_unless_over(call, delay, lambda: ring(core, call))
        case Person():
            core.after_unless_over(call, delay, lambda: _ring_person(core, call))


def _ring_person(core: Core, call: Call) -> None:
    """One line each: an engaged number is busy, an engaged client silently ignores the call."""
    if any(other is not call and not other.is_over for other in call.phone.calls):
        if not call.to.startswith("client:"):
            finish(core, call, CallStatus.BUSY, "busy", 486)
        return
    ring(core, call)


def _give_up(core: Core, call: Call) -> None:
    if not call.is_up:
        finish(core, call, CallStatus.NO_ANSWER, "no answer", 487)


def ring(core: Core, call: Call) -> None:
    """The telephone at the far end begins to ring."""
    if not move(core, call, CallStatus.RINGING):
        return
    hear(core, call, "ringing", sender=call.sender, parameters=dict(call.parameters))
    if call.owner:
        call.owner.ringing(core, call)


def answer(core: Core, call: Call) -> None:
    """The call is up; its owner, if any, decides what happens on it."""
    if call.is_up or not move(core, call, CallStatus.IN_PROGRESS):
        return
    hear(core, call, "answered")
    core.after_unless_over(call, call.limit_seconds, lambda: hang_up(core, call, "time limit"))
    if call.is_recorded:
        call.recorded = recorder.begin(
            core,
            source="OutboundAPI",
            call_sid=call.sid,
            channels=call.recording_channels,
            callback=call.recording,
        )
    behaviour = call.phone.behaviour
    if call.direction != "inbound" and isinstance(behaviour, AutoAnswer):
        _be_patient(core, call, behaviour.patience)
    if call.owner:
        call.owner.answered(core, call)


def _be_patient(core: Core, call: Call, patience: float | None) -> None:
    def leave() -> None:
        if not call.is_bridged:
            hang_up(core, call, "nobody came", by_party=True)

    if patience is not None:
        core.after_unless_over(call, patience, leave)


def bridged(core: Core, call: Call, others: tuple[str, ...]) -> None:
    """The call's holder now hears ``others`` (addresses); nobody at all means unbridged."""
    hear(core, call, "bridged" if others else "unbridged", others=list(others))
    behaviour = call.phone.behaviour
    if not others or call.is_bridged:
        return
    call.is_bridged = True
    if isinstance(behaviour, AutoAnswer) and behaviour.talk_for is not None:
        core.after_unless_over(
            call, behaviour.talk_for, lambda: hang_up(core, call, "said goodbye", by_party=True)
        )


def hang_up(core: Core, call: Call, cause: str, by_party: bool = False) -> None:
    """End a call as its state allows: an answered one is completed, another canceled."""
    if call.is_over:
        return
    if call.is_up or (call.direction == "inbound" and by_party):
        finish(core, call, CallStatus.COMPLETED, cause)
    else:
        finish(core, call, CallStatus.CANCELED, cause, 487)


def finish(core: Core, call: Call, status: CallStatus, cause: str, sip_code: int = 0) -> None:
    """Bring a call to its end, once: everything under way on it stops, its owner learns of it."""
    if not is_allowed(call.status, status):
        return
    was_queued = call.status is CallStatus.QUEUED
    call.status, call.ended_at = status, core.now()
    call.cause, call.sip_code = cause, sip_code
    core.live_calls.pop(call.sid, None)
    for timer in call.timers:
        timer.cancel()
    call.timers.clear()
    if call.main:
        call.main.stop(core, Stop.HANGUP)
    if call.owner:
        call.owner.finished(core, call)
    recorder.stop_all(core, call.sid)
    hear(core, call, "ended", cause=cause, status=str(status), seconds=call.duration_seconds)
    # A call canceled while queued makes no callback (twilio.md §1).
    if not was_queued:
        tell_progress(core, call)
    core.ended_calls.append(call)


def _forget_old(core: Core) -> None:
    """Old ended calls go when new ones come: no timer, so that an idle exchange awaits nothing."""
    oldest = core.now() - timedelta(seconds=core.settings.keep_ended_seconds)
    while core.ended_calls and (core.ended_calls[0].ended_at or oldest) < oldest:
        _forget(core, core.ended_calls.popleft())
    _forget_first(core.conferences, lambda room: room.is_over and (room.ended_at or oldest) < oldest)
    _forget_first(core.recordings, lambda it: it.status not in recorder.UNFINISHED and it.started_at < oldest)
    _forget_first(core.messages, lambda it: it.created_at < oldest)


def _forget_first(kept: dict[str, T], is_old: Callable[[T], bool]) -> None:
    """Drop what is old from the beginning of a table, which is in the order of making."""
    while kept and is_old(next(iter(kept.values()))):
        kept.pop(next(iter(kept)))


def _forget(core: Core, call: Call) -> None:
    core.calls.pop(call.sid, None)
    call.phone.calls.remove(call)
    is_registered = core.registered.get(call.phone.address) is call.phone
    if not call.phone.calls and not is_registered:
        core.phones.pop(call.phone.id, None)


def move(core: Core, call: Call, status: CallStatus) -> bool:
    """Change a call's status where the table allows it, and announce it."""
    if not is_allowed(call.status, status):
        return False
    call.status = status
    if status is CallStatus.IN_PROGRESS:
        call.answered_at = core.now()
    tell_progress(core, call)
    return True


def redirect(core: Core, call: Call) -> Script:
    """Take a call away from what it does; the new main script is still empty."""
    if call.main:
        call.main.stop(core, Stop.REDIRECTED)
    return main_script(core, call)


def bridge(core: Core, one: Call, other: Call) -> None:
    """Let two calls hear each other."""
    core.bridges[one.sid], core.bridges[other.sid] = other, one
    one.keys_ahead = other.keys_ahead = ""
    bridged(core, one, (other.phone.address,))
    bridged(core, other, (one.phone.address,))


def unbridge(core: Core, one: Call) -> None:
    """End the bridge that ``one`` is in, if any."""
    other = core.bridges.pop(one.sid, None)
    if other is None:
        return
    core.bridges.pop(other.sid, None)
    for call in (one, other):
        if not call.is_over:
            bridged(core, call, ())
