"""Dial to numbers, clients and SIP addresses: ring together, the first answer wins."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ivr.exchange import calls, recorder
from ivr.exchange.conferencing import attending
from ivr.exchange.model import Call, Recording
from ivr.exchange.script import Activity, Purpose, Script, Stop, fetch, performs, resume
from ivr.exchange.timeline import Timer
from ivr.exchange.transitions import CallStatus
from ivr.exchange.twiml.verbs import ConferenceNoun, Dial, Endpoint, QueueNoun
from ivr.exchange.verbs import queueing
from ivr.exchange.verbs.saying import key_digits
from ivr.exchange.webhooks import ask, located, resolve, url_of
from ivr.exchange.webrequest import Fields, WebReply

if TYPE_CHECKING:
    from ivr.exchange.core import Core

_RESULT = {
    CallStatus.COMPLETED: "completed",
    CallStatus.BUSY: "busy",
    CallStatus.NO_ANSWER: "no-answer",
    CallStatus.FAILED: "failed",
    CallStatus.CANCELED: "canceled",
}


class Dialling(Activity):
    """A Dial under way: it owns the legs that ring, and later the bridge to the one that won."""

    def __init__(self, core: Core, script: Script, dial: Dial) -> None:
        self._script = script
        self._dial = dial
        self._waiting: list[Endpoint] = [n for n in dial.nouns if isinstance(n, Endpoint)]
        self._legs: dict[str, tuple[Call, Endpoint]] = {}
        self._winner: Call | None = None
        self._last: Call | None = None
        self._bridged_at: datetime | None = None
        self._timers: list[Timer] = []
        self._recording: Recording | None = None
        self._is_done = False

    def begin(self, core: Core) -> None:
        """Ring every endpoint, or one after another if the Dial is sequential."""
        if not self._waiting:
            core.alert(13201, "Dial has nobody to dial", self._script.call)
            self._end(core, "failed")
            return
        if not _may_show(core, self._script.call, self._dial.caller_id):
            core.alert(13214, "Dial: callerId is neither a number of the account nor the caller's", self._script.call)
            self._end(core, "failed")
            return
        if self._dial.record.startswith("record-from-ringing"):
            self._record(core)
        count = 1 if self._dial.is_sequential else len(self._waiting)
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        for endpoint in batch:
            self._place(core, endpoint)

    def _place(self, core: Core, endpoint: Endpoint) -> None:
        parent = self._script.call
        leg = calls.new_outgoing(
            core,
            direction="outbound-dial",
            sender=self._dial.caller_id or parent.sender,
            to=endpoint.address,
            owner=self,
            parent=parent,
            ring_seconds=self._dial.timeout,
            progress=located(self._script.url, endpoint.progress),
            parameters=endpoint.parameters,
        )
        leg.fallback, leg.send_digits = parent.fallback, endpoint.send_digits
        self._legs[leg.sid] = (leg, endpoint)
        self._last = leg
        calls.place(core, leg)

    # Owner: what the legs report.

    def ringing(self, core: Core, call: Call) -> None:
        """The caller hears the ringing by the documents' own ring tone; nothing to do."""

    def answered(self, core: Core, call: Call) -> None:
        """The first leg to answer wins: the others stop ringing, the winner hears its whisper."""
        self._winner = call
        for leg, _endpoint in self._legs.values():
            if leg is not call:
                calls.finish(core, leg, CallStatus.CANCELED, "answered elsewhere", 487)
        # An extension is keyed before anybody is put through to whoever answers there.
        key_digits(core, call, lambda: self._whisper(core, call))

    def _whisper(self, core: Core, call: Call) -> None:
        endpoint = self._legs[call.sid][1]
        script = calls.main_script(core, call)
        if endpoint.url:
            script.purpose = Purpose.WHISPER
            script.at_end = lambda: self._bridge(core, call)
            script.on_fault = script.at_end
            base = resolve(self._script.url, endpoint.url)
            fetch(core, script, base, endpoint.method)
        else:
            self._bridge(core, call)

    def finished(self, core: Core, call: Call) -> None:
        """A leg is over: the winner's end is the Dial's; the last loser's is its result."""
        if self._is_done:
            return
        if call is self._winner:
            self._end(core, "completed" if self._bridged_at else "no-answer")
        elif self._winner is None and all(leg.is_over for leg, _ in self._legs.values()):
            if self._waiting:
                self.begin(core)
            else:
                self._end(core, _RESULT[call.status])

    def _bridge(self, core: Core, leg: Call) -> None:
        parent = self._script.call
        if leg.main:
            leg.main.activity = _FarEnd(self)
            leg.main.purpose = Purpose.MAIN
        self._bridged_at = core.now()
        calls.answer(core, parent)
        if self._dial.record.startswith("record-from-answer"):
            self._record(core)
        calls.bridge(core, parent, leg)
        limit = core.after(self._dial.time_limit, lambda: calls.hang_up(core, leg, "time limit"))
        self._timers.append(limit)

    def _record(self, core: Core) -> None:
        if self._recording is None:
            self._recording = recorder.begin(
                core,
                source="DialVerb",
                call_sid=self._script.call.sid,
                channels=2 if self._dial.record.endswith("dual") else 1,
                callback=located(self._script.url, self._dial.recording),
            )

    def far_end_left(self, core: Core, why: Stop) -> None:
        """The other leg was taken away by REST: the caller goes on with the Dial's action."""
        if not self._is_done and why is not Stop.HANGUP:
            self._end(core, "completed")

    # Activity: what happens to the caller's own leg.

    def key(self, core: Core, key: str) -> bool:
        if self._bridged_at is None:
            return False
        if key == "*" and self._dial.is_hangup_on_star and self._winner:
            calls.hang_up(core, self._winner, "hung up by *")
        return True

    def stop(self, core: Core, why: Stop) -> None:
        result = "completed" if self._bridged_at else "canceled"
        self._close(core)
        if self._dial.action is not None:
            url = resolve(self._script.url, self._dial.action)
            ask(core, self._script.call, url, self._dial.method, self._fields(core, result), _ignore)

    def _end(self, core: Core, result: str) -> None:
        self._close(core)
        if self._dial.action is None:
            resume(core, self._script)
            return
        fields = self._fields(core, result)
        fetch(core, self._script, self._dial.action, self._dial.method, fields)

    def _close(self, core: Core) -> None:
        self._is_done = True
        for timer in self._timers:
            timer.cancel()
        calls.unbridge(core, self._script.call)
        for leg, _endpoint in self._legs.values():
            # A leg that REST has taken elsewhere is no longer this Dial's.
            if leg.owner is self and not leg.is_over and not _is_elsewhere(leg):
                calls.hang_up(core, leg, "the other party left")
        if self._recording:
            recorder.stop(core, self._recording)

    def _fields(self, core: Core, result: str) -> Fields:
        leg = self._winner or self._last
        fields = [("DialCallStatus", result), ("DialBridged", str(bool(self._bridged_at)).lower())]
        if leg:
            fields.append(("DialCallSid", leg.sid))
        if self._bridged_at:
            seconds = round((core.now() - self._bridged_at).total_seconds())
            fields.append(("DialCallDuration", str(seconds)))
        if self._recording:
            fields.append(("RecordingUrl", url_of(core, self._recording)))
        return tuple(fields)


class _FarEnd(Activity):
    """What the dialled leg does while it is bridged."""

    def __init__(self, dialling: Dialling) -> None:
        self._dialling = dialling

    def key(self, core: Core, key: str) -> bool:
        return True

    def stop(self, core: Core, why: Stop) -> None:
        self._dialling.far_end_left(core, why)


def _may_show(core: Core, parent: Call, caller_id: str) -> bool:
    """Whether a Dial may show this number; none is the caller's own (twilio.md §1, 13214)."""
    return caller_id in ("", parent.sender, parent.to) or caller_id in core.numbers or not caller_id.startswith("+")


def _is_elsewhere(leg: Call) -> bool:
    return leg.is_up and leg.main is not None and leg.main.is_over


def _ignore(_reply: WebReply) -> None:
    """The caller is gone or elsewhere: whatever comes back is not played (twilio.md §3)."""


@performs(Dial)
def perform(core: Core, script: Script, dial: Dial) -> None:
    """Begin to dial; a call still ringing is answered first unless it waits for the bridge."""
    if dial.nouns and isinstance(dial.nouns[0], ConferenceNoun):
        calls.answer(core, script.call)
        attending.attend(core, script, dial, dial.nouns[0])
    elif dial.nouns and isinstance(dial.nouns[0], QueueNoun):
        calls.answer(core, script.call)
        queueing.serve(core, script, dial, dial.nouns[0])
    else:
        dialling = Dialling(core, script, dial)
        script.activity = dialling
        dialling.begin(core)
